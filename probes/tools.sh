#!/bin/sh
# SPDX-License-Identifier: GPL-2.0

# tools.sh KIND COMMAND [KIND COMMAND]...: whether the programs that the kernel's makefiles call are there.
# Only those makefiles know their names, so Kbuild asks. Silent if all are; otherwise one sentence and status 1.

refuse() {
	echo "base0fs: $*" >&2
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
		# Debian's packages have the names of the programs, without the machine they compile for.
		package=${command##*/}
		refuse "there is no C compiler '$command' ($why), which the modules of this kernel are compiled with: install it (on Debian the package ${package##*-linux-gnu-}), or name it with CC=PROGRAM."
		;;
	LD) refuse "there is no linker '$command' ($why): install it (on Debian the package binutils), or name it with LD=PROGRAM." ;;
	PAHOLE) refuse "there is no pahole '$command' ($why), which describes the types of a module (BTF), as this kernel's configuration wants: install it (on Debian the package pahole), or name it with PAHOLE=PROGRAM." ;;
	esac
done
