#!/usr/bin/env bash
# The Python tests on every CPython >= 3.11 that this machine has: each gets an
# environment under build/py and an extension built with warnings as errors.
#
#   tools/pythons.sh [--but PYTHON] [PYTEST ARGUMENT...]
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib.sh
. tools/variant.sh

but=
if [ "${1:-}" = --but ]; then
    but=$2
    shift 2
fi
need_packages
# The folder has the package too, with the build of .venv in it.
export PYTHONSAFEPATH=1

candidates() {
    local folder minor
    for folder in /usr/bin /usr/local/bin \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin; do
        for minor in "" .11 .12 .13 .14 .15; do
            echo "$folder/python3$minor"
        done
    done
    for minor in 11 12 13 14 15; do
        echo "python3.$minor"
    done
}

# The real binaries, each once, that fit and can build an extension.
pythons() {
    local name
    candidates | while read -r name; do
        if python_version_fits "$name" && python_is_complete "$name"; then
            real_python "$name"
        fi
    done | sort -u
}

failed=
for python in $(pythons); do
    [ "$python" != "$but" ] || continue
    version=$("$python" -c 'import platform; print(platform.python_version())')
    printf -- '-- Python %s\n' "$version"
    venv=build/py/$version
    # Two of one version: the second gets a name of its own.
    if [ -e "$venv/bin/python" ] && [ "$(real_python "$venv/bin/python")" != "$python" ]; then
        venv=$venv-$(printf %s "$python" | cksum | cut -d' ' -f1)
    fi
    SAC_WERROR=1 make_variant "$venv" "$python"
    "$venv/bin/python" -m pytest -q -p no:cacheprovider \
        --ignore tests/source --ignore tests/typing "$@" || failed="$failed $version"
done
[ -z "$failed" ] || die "failed on:$failed"
