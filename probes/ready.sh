#!/bin/sh
# SPDX-License-Identifier: GPL-2.0

# ready.sh NAME KDIR: checks that the Rust module NAME can be built for the kernel in KDIR with the installed tools.
# Prints nothing if so. Otherwise prints one sentence that says what is missing and what to do, with status 1.

name=$1 kdir=$2
: "${RUSTC:=rustc}" "${BINDGEN:=bindgen}" "${TMPDIR:=/tmp}" "${KERNEL_RUST_METADATA:=kernel-rust-metadata}"
# How long a program may take to say its version, in seconds.
: "${READY_LIMIT:=60}"

# A program may print bytes that a terminal would obey. Such bytes become question marks.
refuse() {
	printf '%s\n' "$name: $*" | LC_ALL=C sed -e 's/[\x01-\x08\x0b-\x1f\x7f]/?/g' -e 's/\xc2[\x80-\x9f]/?/g' >&2
	exit 1
}

# limited COMMAND: runs COMMAND, but not for longer than the limit. Then the status is 124.
if command -v timeout >/dev/null; then limited() { timeout -k 5 "$READY_LIMIT" "$@"; }; else limited() { "$@"; }; fi

# ---- paths

# has_blank_or_colon PATH: the kernel's makefiles would take such a path for several words, and fail without a
# message. The check has to be made on the path without symbolic links.
has_blank_or_colon() {
	case $1 in *[[:space:]:]*) ;; *) false ;; esac
}
here=$(pwd -P)
! has_blank_or_colon "$here" ||
	refuse "the directory of this project, '$here', has a blank or a colon in its path, which the kernel's makefiles do not support: move it, or rename it."
{ ! has_blank_or_colon "$kdir" && ! has_blank_or_colon "$(cd -- "$kdir" 2>/dev/null && pwd -P)"; } ||
	refuse "KDIR, '$kdir', has a blank or a colon in its path (or in that of the target of a symbolic link), which the kernel's makefiles do not support: move the kernel's directory, or rename it."

# ---- the kernel

[ -n "$kdir" ] ||
	refuse "KDIR is empty: name the directory that the kernel was built in, or that its headers package installed, with KDIR=DIR."
case $kdir in
/lib/modules/*/build) headers=${kdir#/lib/modules/} headers="install the headers of the kernel (on Debian linux-headers-${headers%/build}), or name another directory with KDIR=DIR" ;;
*) headers="name the directory that the kernel was built in, or that its headers package installed, with KDIR=DIR" ;;
esac
# A directory that may not be searched hides whether there is something in it.
above=$kdir
while [ -n "$above" ] && [ ! -d "$above" ]; do
	case $above in */*) above=${above%/*} ;; *) above=. ;; esac
done
{ [ -d "$kdir" ] && [ -x "$kdir" ]; } || [ -x "${above:-/}" ] ||
	refuse "$(id -un) may not search ${above:-/}, so that the kernel build directory $kdir cannot be used: run make as somebody who may, or let others search it (chmod a+x ${above:-/}), or name another directory with KDIR=DIR."
[ -d "$kdir" ] || refuse "there is no kernel build directory $kdir: $headers."

config=$kdir/include/config/auto.conf
[ ! -e "$config" ] || [ -r "$config" ] ||
	refuse "$(id -un) may not read $config: run make as somebody who may, or let others read it."
[ -f "$config" ] ||
	refuse "$kdir is not a kernel build directory, or was never configured (it has no include/config/auto.conf): name the directory that the kernel was built in, or that its headers package installed, with KDIR=DIR."

# setting NAME: prints the value of NAME in the kernel's configuration: y, or a string without its quotes.
setting() { sed -n "s/^$1=\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" "$config"; }

[ "$(setting CONFIG_MODULES)" = y ] ||
	refuse "the kernel in $kdir cannot load modules (CONFIG_MODULES is not set): use one that can, or build one with CONFIG_MODULES=y."
[ "$(setting CONFIG_RUST)" = y ] ||
	refuse "the kernel in $kdir was built without Rust (CONFIG_RUST is not set): use one that has it, such as Debian's from 6.18 on (the package linux-image-amd64 of trixie-backports), or build one with CONFIG_RUST=y."
[ "$(setting CONFIG_X86_64)$(setting CONFIG_ARM64)" = y ] ||
	refuse "the kernel in $kdir is for neither x86-64 nor arm64, and bindgen's flags are known for no other architecture: use a kernel for one of these."
[ "$(setting CONFIG_RANDSTRUCT)" != y ] ||
	refuse "the kernel in $kdir randomises the layout of its structures (CONFIG_RANDSTRUCT), and only its own C compiler knows the layout: use one that does not, or build one with CONFIG_RANDSTRUCT_NONE=y."

# missing_of FILE...: prints those files that KDIR does not have, separated by commas.
missing_of() {
	absent=
	for file; do
		[ -f "$kdir/$file" ] || absent="$absent, $file"
	done
	echo "${absent#, }"
}

# The release, which packages have in their names.
release=$(cat "$kdir/include/config/kernel.release" 2>/dev/null) || release=$(uname -r)

missing=$(missing_of Module.symvers scripts/mod/modpost)
[ -z "$missing" ] ||
	refuse "the kernel in $kdir was configured, but is not completely built (missing: $missing): run make there, or name another directory with KDIR=DIR."

target=
[ "$(setting CONFIG_X86_64)" != y ] || target=scripts/target.json
metadata=$KERNEL_RUST_METADATA
missing=$(missing_of rust/libcore.rmeta rust/libkernel.rmeta rust/libmacros.so $target)
[ -z "$missing" ] ||
	refuse "the kernel has Rust, but $kdir lacks the metadata that Rust modules are compiled against (missing: $missing): install it (on Ubuntu linux-lib-rust-$release, on Fedora kernel-devel, on Arch linux-headers). Debian does not package it: on Debian 13 run as root '$metadata $release', which makes it from the kernel's source package, and then 'make KDIR=\$($metadata --path $release)'."

# A setting among the flags would give C and Rust, or both, structures that the kernel does not have. So would some flags.
set -f
for flag in ${KCPPFLAGS:-} ${KCFLAGS:-} ${KRUSTFLAGS:-}; do
	case $flag in -DCONFIG_* | -UCONFIG_* | CONFIG_* | --cfg=CONFIG_*)
		refuse "the flags for the compilers (KCPPFLAGS, KCFLAGS and KRUSTFLAGS) have the setting $flag, but only the files in $kdir say how the kernel was configured: remove it, or build a kernel with that setting." ;;
	-fshort-enums | -fpack-struct* | -fsigned-char | -fno-unsigned-char | -fno-short-wchar | -m16 | -m32 | -mx32 | \
		-malign-double | -mms-bitfields | -mregparm=* | -mabi=* | -fpcc-struct-return | -freg-struct-return)
		refuse "the flags for the compilers (KCPPFLAGS, KCFLAGS and KRUSTFLAGS) have $flag, with which the kernel's structures, numbers or calls would not be those of the kernel: remove it." ;;
	esac
done
set +f

# ---- the compiler

wanted=$(setting CONFIG_RUSTC_VERSION_TEXT)

# failure STATUS: says why a program has printed no version.
failure() {
	if [ "$1" = 127 ]; then echo "it was not found"; elif [ "$1" = 124 ]; then echo "its --version did not end within $READY_LIMIT s"; else echo "its --version failed with status $1"; fi
}

# shellcheck disable=SC2086 # a name may begin with a wrapper
found=$(limited $RUSTC --version 2>/dev/null) ||
	refuse "there is no Rust compiler '$RUSTC' ($(failure $?)): install the one that the kernel was built with, $wanted, or name it with RUSTC=PROGRAM."
# The compilers of Debian 13, if the project has a lab.
lab=
[ ! -x lab/root ] || lab="; for a kernel of Debian 13, 'lab/root --run make KDIR=$kdir' as root uses it"
[ "$found" = "$wanted" ] ||
	refuse "the kernel was built with $wanted, but '$RUSTC' is ${found:-none}, and only the same compiler can read the kernel's Rust metadata: install that one, or name it with RUSTC=PROGRAM$lab."

# ---- bindgen and libclang

# older A B: succeeds if version A is older than version B.
older() {
	[ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -t . -k 1,1n -k 2,2n -k 3,3n | head -n 1)" = "$1" ]
}

# shellcheck disable=SC2086
output=$(limited $BINDGEN --version 2>/dev/null) ||
	refuse "there is no bindgen '$BINDGEN' ($(failure $?)), which reads the kernel's headers: install it (on Debian the package bindgen), or name it with BINDGEN=PROGRAM."
version=$(echo "$output" | sed -n 's/^bindgen \([0-9.]*\).*/\1/p')
[ -n "$version" ] ||
	refuse "'$BINDGEN' is not bindgen (its --version printed: $output): install bindgen (on Debian the package bindgen), or name it with BINDGEN=PROGRAM."
! older "$version" 0.71 ||
	refuse "'$BINDGEN' is version $version, which is too old: install 0.71 or newer, or name one with BINDGEN=PROGRAM."

# bindgen loads libclang itself, so only bindgen can print its version. Without the options it would run clang three times
# and rustfmt once, which takes most of the time that this script takes.
# shellcheck disable=SC2086
output=$(limited $BINDGEN --no-include-path-detection --formatter none "${0%/*}/libclang.h" 2>&1)
reason=$(echo "$output" | sed -n '/nable to find libclang/{p;q;}')
clang=$(echo "$output" | sed -n 's/.*libclang is \([0-9.]*\).*/\1/p' | head -n 1)
[ -n "$clang" ] ||
	refuse "bindgen finds no libclang (it printed: $(echo "${reason:-$output}" | sed -n '/./{p;q;}')): install it (on Debian the package libclang-dev), or name its directory with LIBCLANG_PATH=DIR."
! older "$clang" 13 ||
	refuse "bindgen uses libclang $clang, which is too old: install 13 or newer, or name the directory of one with LIBCLANG_PATH=DIR."

# ---- the rest

{ [ -d "$TMPDIR" ] && [ -w "$TMPDIR" ]; } ||
	refuse "the compilers cannot write their temporary files into $TMPDIR: make it a directory that can be written to, or name another with TMPDIR=DIR."
