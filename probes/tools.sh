#!/bin/sh
# SPDX-License-Identifier: GPL-2.0

# tools.sh NAME KIND COMMAND [KIND COMMAND]...: checks that the programs exist that the kernel's makefiles call for the
# module NAME. Kbuild.include runs this, because only those makefiles know the names. KIND is LD, PAHOLE, CC for the C
# compiler, or GCC for that of a kernel that gcc has built. Prints nothing if all exist.
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
	version=$($command --version 2>/dev/null)
	status=$?
	if [ "$status" = 0 ]; then
		case $kind:$version in GCC:*"clang version"*)
			refuse "the C compiler '$command' is clang, but the kernel was built with gcc, and its headers and flags are for that: name it with CC=PROGRAM, without LLVM." ;;
		esac
		continue
	fi
	if [ "$status" = 127 ]; then why="it was not found"; else why="its --version failed with status $status"; fi
	case $kind in
	CC | GCC)
		# Debian's packages are named after the programs, without the prefix for the target.
		package=${command##*/}
		refuse "there is no C compiler '$command' ($why), which the modules of this kernel are compiled with: install it (on Debian the package ${package##*-linux-gnu-}), or name it with CC=PROGRAM."
		;;
	LD) refuse "there is no linker '$command' ($why): install it (on Debian the package binutils), or name it with LD=PROGRAM." ;;
	PAHOLE) refuse "there is no pahole '$command' ($why), which writes the type information of a module (BTF), as this kernel's configuration requires: install it (on Debian the package pahole), or name it with PAHOLE=PROGRAM." ;;
	esac
done
