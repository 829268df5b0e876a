# Sourced by run, test, bench and lock (POSIX sh): brings a bare machine to a ready virtual environment.
#
#   setup LOCKFILE CAPABILITY...      capabilities: pdf font browser postgres redis poppler office
#
# 1. System packages: root on Debian installs what is missing; anybody else is told the exact line.
# 2. Python packages from LOCKFILE, hashes required, into .venv (or MANGNON_VENV).
# A second start finds everything in place and costs well under a second.
set -eu
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$ROOT"
VENV=${MANGNON_VENV:-$ROOT/.venv}
export PYTHONUTF8=1 PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '==> %s\n' "$*" >&2; }
die() { say "$*"; exit 2; }

venv_works() { [ -x "$VENV/bin/python" ] && "$VENV/bin/python" -c '' 2>/dev/null; }

# Prints a Python that the locks are made for and that can make a virtual environment.
find_python() {
    for candidate in ${PYTHON:-} python3.14 python3.13 python3.12 python3.11 python3 /usr/bin/python3; do
        "$candidate" -c '
import sys, ensurepip, sqlite3, ssl, venv
sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null || continue
        echo "$candidate"
        return 0
    done
    return 1
}

has_library() {
    for ldconfig in ldconfig /sbin/ldconfig; do
        "$ldconfig" -p 2>/dev/null | grep -q "$1" && return 0
    done
    return 1
}

# The first Liberation Serif lacks half of the Vietnamese letters. The name stands in the file in two-byte letters.
is_full_liberation() { [ -f "$1" ] && tr -d '\000' <"$1" | grep -aq 'Version 2\.'; }

# The official font must be a file where the product looks for it; a folder that somebody names is checked by the product.
has_font() {
    [ -z "${OFFICIAL_FONT_DIR:-}" ] || return 0
    [ ! -f /usr/share/fonts/truetype/croscore/Tinos-Regular.ttf ] || return 0
    for folder in truetype/liberation2 truetype/liberation liberation-serif; do
        ! is_full_liberation "/usr/share/fonts/$folder/LiberationSerif-Regular.ttf" || return 0
    done
    return 1
}

# Prints the Debian packages that a capability still needs.
lacking() {
    case $1 in
        python) venv_works || find_python >/dev/null || echo python3 python3-venv ;;
        pdf) { has_library libpangoft2-1.0.so.0 && has_library libharfbuzz-subset.so.0; } ||
            echo libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 ;;
        font) has_font || echo fonts-croscore ;;
        browser) [ -x "${CHROMIUM:-/usr/bin/chromium}" ] || echo chromium ;;
        postgres) command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo postgresql ;;
        redis) command -v redis-server >/dev/null || echo redis-server ;;
        poppler) command -v pdftoppm >/dev/null || echo poppler-utils ;;
        office) command -v soffice >/dev/null || echo libreoffice-writer-nogui ;;
        *) die "setup: no capability is called $1" ;;
    esac
}

system_packages() {
    missing=$(for capability in python "$@"; do lacking "$capability"; done | tr '\n' ' ')
    missing=${missing% }
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null ||
        die "Please install these (Debian names) with this system's own installer, then start again: $missing"
    if [ "$(id -u)" != 0 ]; then
        say "Some system packages are missing, and this account may not install them. Ask an administrator to run:"
        say "    sudo apt-get update && sudo apt-get install --no-install-recommends $missing"
        die "Then start again."
    fi
    say "Installing system packages: $missing"
    apt-get update -qq || say "The package lists could not be refreshed; trying with the ones that are here."
    # shellcheck disable=SC2086  # a list of packages
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends $missing \
        >/dev/null </dev/null || die "apt-get could not install: $missing"
}

# install_locked LOCKFILE: a copy of the lock inside the environment says that it is installed.
install_locked() {
    stamp=$VENV/$(basename "$1")
    ! cmp -s "$1" "$stamp" || return 0
    rm -f "$stamp"
    say "Installing Python packages from $1"
    # uv does not read pip's own configuration (a mirror, a private certificate), so pip has the last word.
    { [ -x "$VENV/bin/uv" ] &&
        "$VENV/bin/uv" pip install -q --python "$VENV/bin/python" --require-hashes -r "$1" 2>"$VENV/uv.log"; } ||
        "$VENV/bin/python" -m pip install -q --require-hashes -r "$1" ||
        die "The Python packages could not be installed. Is the network reachable? (see also $VENV/uv.log)"
    cp "$1" "$stamp"
}

python_packages() {
    if ! venv_works; then
        python=$(find_python) || die "Python 3.11 to 3.14 with the venv module is needed."
        say "Making the virtual environment"
        rm -rf "$VENV"
        "$python" -m venv "$VENV" || die "The virtual environment could not be made in $VENV."
    fi
    cmp -s "$1" "$VENV/$(basename "$1")" || {
        cmp -s requirements/tools.txt "$VENV/tools.txt" || {
            "$VENV/bin/python" -m pip install -q --require-hashes -r requirements/tools.txt 2>"$VENV/uv.log" &&
                cp requirements/tools.txt "$VENV/tools.txt"
        } || say "uv could not be installed; going on with pip."
        install_locked "$1"
    }
    export PATH="$VENV/bin:$PATH"
}

setup() {
    lockfile=$1
    shift
    system_packages "$@"
    python_packages "$lockfile"
}
