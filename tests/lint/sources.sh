# Sourced by the checks of this folder. Each takes the root of a checkout, this
# one unless told.
# shellcheck shell=bash

set -euo pipefail

readonly CHECK=tests/lint/${0##*/}

root=${1:-$(dirname "${BASH_SOURCE[0]}")/../..}
cd "$root"

# Prints the files that match one of git's patterns, of those that git tracks,
# or would if they were added, and that are still there.
sources() {
  local file
  git ls-files --cached --others --exclude-standard -- "$@" | sort --unique |
    while IFS= read -r file; do
      [[ ! -f $file ]] || printf '%s\n' "$file"
    done
}

# Ends the check as failed, and says what to do.
fail() {
  printf '%s: %s\n' "$CHECK" "$1" >&2
  exit 1
}
