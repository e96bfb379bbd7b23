# Sourced by bin/demo and bin/test: goes to the project's folder and gives it a virtual environment.
# Every function says in plain words what is missing and how to get it.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

is_recent_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# Prints the first Python on this machine that is new enough; a name may exist and not run (pyenv's shims).
find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.11 python3.12 python3.13 python3.14 python \
                   /usr/bin/python3 /usr/local/bin/python3 /opt/homebrew/bin/python3; do
    if is_recent_enough "$candidate"; then say "$candidate"; return; fi
  done
  return 1
}

create_venv() {
  local python
  python=$(find_python) || fail "needs Python 3.11 or newer and found none. Install it (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python), or name one: PYTHON=/path/to/python3 $0"
  say "Creating the virtual environment .venv with $("$python" --version) …"
  if ! "$python" -m venv .venv; then
    rm -rf .venv
    fail "this Python cannot create virtual environments. On Debian and Ubuntu: apt install python3-venv"
  fi
}

# Installs the given requirements file unless exactly this was installed before.
install_requirements() {
  local file=$1 stamp
  if [ -e .venv ] && ! is_recent_enough .venv/bin/python; then
    fail "the folder .venv holds no working Python 3.11 or newer. Remove it (rm -r .venv) and start again."
  fi
  [ -e .venv ] || create_venv
  stamp=.venv/installed-$(cat requirements*.txt localtok/pyproject.toml | cksum | tr ' ' '-')-$file
  [ -e "$stamp" ] && return
  say "Installing $file (some minutes the first time) …"
  .venv/bin/python -m pip install --quiet -r "$file" ||
    fail "the packages of $file could not be installed; the reason stands above. Is the internet reachable?"
  rm -f .venv/installed-*-"$file"
  touch "$stamp"
}

use_venv() {
  install_requirements "$1"
  export VIRTUAL_ENV=$PWD/.venv PATH=$PWD/.venv/bin:$PATH
}
