#!/bin/sh
# SPDX-License-Identifier: GPL-2.0

# room.sh NAME MEGABYTES DIR...: checks that a build of the driver NAME can write so many megabytes into each DIR. Prints
# nothing if so. Otherwise prints one sentence that says where it cannot, with status 1.

name=$1 wanted=$2
shift 2

refuse() {
	printf '%s\n' "$name: $*" >&2
	exit 1
}

for dir; do
	{ mkdir -p "$dir" && [ -w "$dir" ]; } 2>/dev/null ||
		refuse "$(id -un) cannot write what is built into $dir: let $(id -un) write there, or copy the project to another directory."
	# A quota shows only when something is written.
	file=$dir/.room.$$
	error=$( { head -c 65536 /dev/zero >"$file"; } 2>&1)
	status=$?
	rm -f "$file"
	[ "$status" = 0 ] || refuse "nothing can be written into $dir any more (${error##*: }): make room there, $wanted MB for a whole build."
	free=$(df -Pk "$dir" 2>/dev/null | awk 'END { if ($4 ~ /^[0-9]+$/) print int($4 / 1024) }')
	[ "${free:-$wanted}" -ge "$wanted" ] ||
		refuse "only $free MB are left on the filesystem of $dir, and a whole build takes $wanted: make room there."
done
