# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Paths, messages, and the cache. Every executable of the lab sources this first.

set -euo pipefail
shopt -s inherit_errexit

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
LAB=$PROJECT/lab
BUILD=$PROJECT/build
LOGS=$BUILD/log
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/base0fs
# The name of the module, and of the type of filesystem. Kbuild alone defines it.
DRIVER=$(sed -n 's/^driver-name *:= *//p' "$PROJECT/Kbuild")
export PROJECT LAB BUILD LOGS CACHE DRIVER

say() { printf '%s\n' "$*"; }
warn() { printf 'lab: NOTE: %s\n' "$*" >&2; }
die() {
	printf 'lab: %s\n' "$*" >&2
	exit 1
}

need_root() {
	[ "$(id -u)" = 0 ] && return
	die "$1 needs root (mounts, namespaces, device nodes) and you are $(id -un); run it again with sudo or as root."
}

# digest TEXT...: a short key for a cache entry, from everything that determines its content.
digest() { printf '%s\n' "$@" | sha256sum | cut -c1-12; }

# digest_files FILE...: the same, from the contents of files without comments and blank lines, so that a better comment in
# a recipe does not build a kernel again.
digest_files() { sed '/^[[:space:]]*\(#\|$\)/d' -- "$@" | sha256sum | cut -c1-12; }

# fill DIR COMMAND...: runs COMMAND to make DIR, unless DIR is complete, that is, has the file `complete`. A lock admits one
# process at a time. An incomplete DIR, from an interrupted run or a failed COMMAND, is removed.
fill() {
	local dir=$1 lock
	shift
	[ -e "$dir/complete" ] && return
	mkdir -p "$CACHE/locks" "$(dirname "$dir")"
	exec {lock}>"$CACHE/locks/$(basename "$dir")"
	if ! flock -n "$lock"; then
		warn "another run is making $dir; waiting for it."
		flock "$lock"
	fi
	if [ ! -e "$dir/complete" ]; then
		rm -rf --one-file-system "$dir"
		# shellcheck disable=SC2064 # $dir is expanded now, while it is in scope
		trap "rm -rf --one-file-system '$dir'" EXIT
		"$@"
		touch "$dir/complete"
		trap - EXIT
	fi
	exec {lock}>&-
}
