# Shared by the scripts beside it: a virtual environment with kgbuilder in it.
# Sets $root, $venv and $python. PYTHON chooses the interpreter, KGBUILDER_VENV the folder.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=${KGBUILDER_VENV:-$root/.venv}
python=$venv/bin/python

say() { printf '%s\n' "$*" >&2; }
die() { say "$@"; exit 2; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    die "kgbuilder needs Python 3.11 or later, and there is none on the PATH." \
        "Install it, or name it: PYTHON=/path/to/python3 $0"
}

# make_environment EXTRAS: installs once; again only when what it depends on has changed.
make_environment() {
    local extras=$1 base stamp wanted
    if ! "$python" -c '' 2>/dev/null; then
        base=$(find_python)
        "$base" -c 'import venv, ensurepip' 2>/dev/null || die \
            "Python's venv module is missing; on Debian and Ubuntu: apt install python3-venv"
        say "Making $venv ..."
        "$base" -m venv --clear "$venv"
    fi
    stamp=$venv/kgbuilder-installed$extras
    wanted=$("$python" -c '
import hashlib, pathlib, sys
for path in sys.argv[1:]: sys.stdout.write(hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest())
' "$root/pyproject.toml" "${BASH_SOURCE[0]}")
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    say "Installing kgbuilder$extras into $venv ..."
    if [[ $extras == *train* ]] && ! "$python" -c 'import torch' 2>/dev/null; then
        # A fixed version: where pip knows a build of it for CPUs, that is the one it takes.
        install 'torch==2.13.0'
    fi
    install --editable "$root$extras"
    printf '%s' "$wanted" >"$stamp"
}

install() {
    PIP_DISABLE_PIP_VERSION_CHECK=1 "$python" -m pip install -qq "$@" || die \
        "Installing failed; pip's message is above. It needs a network, or a package index that" \
        "pip is set up for, and about 1 GB of disk."
}
