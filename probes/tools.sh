#!/bin/sh
# SPDX-License-Identifier: GPL-2.0

# tools.sh NAME KIND COMMAND [KIND COMMAND]...: checks that the programs exist that the kernel's makefiles call for the
# module NAME. Kbuild.include runs this, because only those makefiles know the names. Prints nothing if all exist.
# Otherwise prints one sentence that says which is missing and what to do, with status 1.

name=$1
shift

refuse() {
	echo "$name: $*" >&2
	exit 1
}

while [ $# -gt 0 ]; do
	kind=$1 command=$2
	shift 2
	# A command may begin with a wrapper, such as ccache.
	$command --version >/dev/null 2>&1 && continue
	status=$?
	if [ "$status" = 127 ]; then why="it was not found"; else why="its --version failed with status $status"; fi
	case $kind in
	CC)
		# Debian's packages are named after the programs, without the prefix for the target.
		package=${command##*/}
		refuse "there is no C compiler '$command' ($why), which the modules of this kernel are compiled with: install it (on Debian the package ${package##*-linux-gnu-}), or name it with CC=PROGRAM."
		;;
	LD) refuse "there is no linker '$command' ($why): install it (on Debian the package binutils), or name it with LD=PROGRAM." ;;
	PAHOLE) refuse "there is no pahole '$command' ($why), which writes the type information of a module (BTF), as this kernel's configuration requires: install it (on Debian the package pahole), or name it with PAHOLE=PROGRAM." ;;
	esac
done
