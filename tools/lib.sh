# shellcheck shell=bash
# Shared by the scripts of this folder; sourced with the repository's root as
# the current directory.  Progress goes to stderr, a line each.

say() { printf '%s\n' "-- $*" >&2; }
die() { printf '%s\n' "error: $*" >&2; exit 1; }

# Usable: 3.11 or newer, CPython, with headers and with what venv needs.
python_version_fits() {
    "$1" -c 'import sys
sys.exit(sys.version_info < (3, 11) or sys.implementation.name != "cpython")' 2>/dev/null
}
python_is_complete() {
    "$1" -c 'import ensurepip, os, sys, sysconfig, venv
sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' 2>/dev/null
}

# The real binary behind a name: shims and links resolved, "" if it is none.
real_python() {
    "$1" -c 'import os, sys; print(os.path.realpath(sys.executable))' 2>/dev/null || true
}

# Prints the first usable Python; 1 if there is none.  PYTHON=... overrides.
find_python() {
    local name
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11 /usr/bin/python3}; do
        if command -v "$name" >/dev/null 2>&1 && python_version_fits "$name" &&
            python_is_complete "$name"; then
            real_python "$name"
            return
        fi
    done
    return 1
}

compiler() { command -v "${CC:-cc}" 2>/dev/null || command -v gcc; }

has_sqlite_headers() {
    compiler >/dev/null && printf '#include <sqlite3.h>\n' |
        "$(compiler)" -E -xc - >/dev/null 2>&1
}

# The Debian packages that the build needs and this machine lacks.
missing_packages() {
    compiler >/dev/null || echo build-essential
    has_sqlite_headers || echo libsqlite3-dev
    find_python >/dev/null || echo python3 python3-dev python3-venv
    command -v make >/dev/null || echo make
}

# Installs what is missing where it may, else prints the line that does.
need_packages() {
    local missing sudo=
    if [ -n "${PYTHON:-}" ] && ! find_python >/dev/null; then
        die "PYTHON=$PYTHON is no CPython >= 3.11 with headers and venv"
    fi
    missing=$(missing_packages | tr '\n' ' ')
    missing=${missing% }
    [ -n "$missing" ] || return 0
    local line="apt-get install -y $missing"
    if ! command -v apt-get >/dev/null; then
        die "missing: $missing (these are Debian's names; there is no apt-get here)"
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            die "something is missing; this line installs it:
    sudo $line"
        fi
        sudo="sudo -n"
    fi
    say "installing Debian packages: $missing"
    local log
    log=$(mktemp)
    # shellcheck disable=SC2086  # a list of words, on purpose
    if ! { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        die "apt-get failed; the line to try by hand: $line"
    fi
    rm -f "$log"
    missing=$(missing_packages | tr '\n' ' ')
    [ -z "$missing" ] || die "still missing after the installation: ${missing% }"
}

# run_quietly TEXT COMMAND...: one line, and the output only on failure.
run_quietly() {
    local log text=$1
    shift
    say "$text"
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        die "failed: $text"
    fi
    rm -f "$log"
}

# newer_than FILE PATH...: is there something under the paths newer than FILE?
# Folders count, so that a deleted source does.
newer_than() {
    local stamp=$1
    shift
    [ ! -e "$stamp" ] || [ -n "$(find "$@" -newer "$stamp" \
        ! -name '*.py[co]' ! -name '*.so' ! -name __pycache__ -print -quit)" ]
}

# with_stamp FILE TEXT COMMAND...: the stamp has the time of the beginning, so
# that what is edited meanwhile is newer.
with_stamp() {
    local stamp=$1
    shift
    touch "$stamp.begin"
    run_quietly "$@"
    mv "$stamp.begin" "$stamp"
}
