#!/usr/bin/env bash
# The Python tests on a build with the address and undefined-behaviour
# sanitizers, in an environment of its own; leaks count too.
#
#   tools/asan.sh [PYTEST ARGUMENT...]
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib.sh

need_packages
dir=$PWD/build/asan
. tools/variant.sh
SAC_SANITIZE=1 make_variant "$dir/venv" "$(find_python)"

# ASAN's reports go to files, since a child's stderr is often dropped; UBSAN
# knows stderr only, so pytest must not capture the descriptor.
# With exitcode=0 a leak leaves the exit status of its process alone (Python
# 3.12 and later leak themselves); the filter decides.  An error aborts.
rm -rf "$dir/reports"
mkdir -p "$dir/reports"
# A safe path: the folder has the package too, with another build in it.
export PYTHONMALLOC=malloc PYTHONSAFEPATH=1 SAC_SANITIZE=1
export ASAN_OPTIONS=detect_leaks=1:exitcode=0:abort_on_error=1:detect_stack_use_after_return=1:strict_string_checks=1:malloc_context_size=60:log_path=$dir/reports/asan
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:abort_on_error=1

status=0
# The interpreter's own binary: a launcher script would be instrumented too.
# libstdc++ beside it: what ASAN intercepts of C++ must be there when greenlet,
# which a peer loads, throws.
preload() { "$(compiler)" -print-file-name="$1"; }
LD_PRELOAD="$(preload libasan.so) $(preload libstdc++.so)" \
    "$dir/venv/bin/python" -m pytest -q -p no:cacheprovider --timeout 600 \
    --capture=sys --ignore tests/source --ignore tests/typing "$@" || status=$?
"$dir/venv/bin/python" tools/lsan_filter.py "$dir"/reports || status=1
exit "$status"
