#!/usr/bin/env bash
# Everything that CI decides on.
#
#   tools/check.sh                   all stages
#   tools/check.sh --but test        all stages but the named ones
#   tools/check.sh lint c-test       the named stages
#
# Every stage runs, whatever came of the ones before it.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
. tools/lib.sh

stages="lint typing c-test test asyncio-debug asan pythons"
python=.venv/bin/python
# The suite once in one process, as users run it; its repetitions on all cores
# and without the comparisons of texts and mappings with the peer, which depend
# on neither the interpreter nor the allocator.
# With "=", so that the shell finds no files to put in the place of the globs.
parallel="-n $(nproc) --ignore-glob=tests/parity/test_statement_*
    --ignore-glob=tests/parity/test_orm_* --ignore-glob=tests/parity/test_mapping_*
    --ignore-glob=tests/parity/test_reflection_*"

stage_lint() {
    local status=0
    "$python" -m ruff check -q . || status=1
    "$python" -m ruff format -q --check . || status=1
    find src tests/c -name '*.[ch]' -exec \
        .venv/bin/clang-format --dry-run -Werror {} + || status=1
    return $status
}
# Part of stage_test; by itself for `make lint`.
stage_source() { "$python" -m pytest -q tests/source; }
stage_typing() {
    "$python" -m mypy || return
    [ ! -e sqlactive_c/_core.pyi ] ||
        "$python" -m mypy.stubtest sqlactive_c._core \
            --mypy-config-file pyproject.toml \
            --allowlist tests/typing/stubtest_allowlist.txt
}
stage_c-test() { make -s -C tests/c plain asan tsan portable; }
stage_test() { "$python" -m pytest -q; }
stage_asyncio-debug() {
    PYTHONASYNCIODEBUG=1 "$python" -X dev -m pytest -q --ignore tests/source \
        $parallel
}
stage_asan() { tools/asan.sh $parallel; }
# .venv's own Python had its turn in stage_test.
stage_pythons() {
    tools/pythons.sh --but "$(real_python "$python")" $parallel
}

skip=
if [ "${1:-}" = --but ]; then
    shift
    skip=" $* "
elif [ $# -gt 0 ]; then
    stages=$*
fi

tools/setup.sh dev || exit 1

failed=
for stage in $stages; do
    [[ $skip == *" $stage "* ]] && continue
    begin=$SECONDS
    printf '\n== %s\n' "$stage"
    if "stage_$stage"; then
        printf '== %s: passed in %d s\n' "$stage" $((SECONDS - begin))
    else
        printf '== %s: FAILED after %d s\n' "$stage" $((SECONDS - begin))
        failed="$failed $stage"
    fi
done

printf '\n== check: %s, %d s in all\n' \
    "$([ -z "$failed" ] && echo all passed || echo "FAILED:$failed")" "$SECONDS"
[ -z "$failed" ]
