# shellcheck shell=bash
# Environments beside .venv, with the package installed from a wheel as users
# do; sourced after lib.sh.  The build follows SAC_WERROR and SAC_SANITIZE.

# make_variant DIR PYTHON
make_variant() {
    local venv=$1 python=$2
    if ! "$venv/bin/python" -c '' 2>/dev/null; then
        rm -rf "$venv"
        mkdir -p "$(dirname "$venv")"
        run_quietly "making ${venv#"$PWD/"} with $("$python" --version)" \
            "$python" -m venv "$venv"
    fi
    if newer_than "$venv/.installed" setup.py pyproject.toml; then
        with_stamp "$venv/.installed" "installing what the tests need" \
            "$venv/bin/python" -m pip install --disable-pip-version-check -q ".[dev]"
        touch -r "$venv/.installed" "$venv/.built"
    elif newer_than "$venv/.built" src sqlactive_c; then
        with_stamp "$venv/.built" "building and installing sqlactive_c" \
            "$venv/bin/python" -m pip install --disable-pip-version-check -q \
            --no-deps --force-reinstall .
    fi
}
