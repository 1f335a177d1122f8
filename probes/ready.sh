#!/bin/sh
# SPDX-License-Identifier: GPL-2.0

# ready.sh KDIR: whether a Rust module can be built for the kernel in KDIR with the tools at hand.
# Silent if so; otherwise one sentence that says what is missing and what to do, and status 1.

kdir=$1
: "${RUSTC:=rustc}" "${BINDGEN:=bindgen}"

refuse() {
	echo "base0fs: $*" >&2
	exit 1
}

[ -d "$kdir" ] ||
	refuse "there is no kernel build directory $kdir: install the headers of the kernel (on Debian linux-headers-$(uname -r)), or name another with KDIR=DIR."

config=$kdir/include/config/auto.conf
[ -f "$config" ] ||
	refuse "$kdir is not a kernel build directory, or was never configured: it has no include/config/auto.conf; name the one that the kernel was built in, or that its headers package installed, with KDIR=DIR."

# setting NAME: the value of a string or yes in the kernel's configuration.
setting() { sed -n "s/^$1=\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" "$config"; }

[ "$(setting CONFIG_MODULES)" = y ] ||
	refuse "the kernel in $kdir cannot load modules (CONFIG_MODULES is not set): build it with CONFIG_MODULES=y."
[ "$(setting CONFIG_RUST)" = y ] ||
	refuse "the kernel in $kdir was built without Rust (CONFIG_RUST is not set): use a kernel that has it, such as Debian's from 6.18 on, or build one with CONFIG_RUST=y."
[ "$(setting CONFIG_RANDSTRUCT)" != y ] ||
	refuse "the kernel in $kdir shuffles its structures (CONFIG_RANDSTRUCT), and nobody but its own compiler knows how: build it with CONFIG_RANDSTRUCT_NONE=y."

missing=
for file in libcore.rmeta libkernel.rmeta libmacros.so; do
	[ -f "$kdir/rust/$file" ] || missing="$missing rust/$file"
done
[ "$(setting CONFIG_X86_64)" != y ] || [ -f "$kdir/scripts/target.json" ] || missing="$missing scripts/target.json"
[ -z "$missing" ] ||
	refuse "the kernel has Rust, but $kdir lacks the metadata that modules are compiled against ($missing ): Ubuntu has it in linux-lib-rust-RELEASE, Fedora in kernel-devel, Arch in linux-headers; Debian ships none, and lab/kernel debian-7.3 regenerates it from the kernel's own source package."

wanted=$(setting CONFIG_RUSTC_VERSION_TEXT)
found=$($RUSTC --version 2>/dev/null) ||
	refuse "there is no Rust compiler '$RUSTC': install the one that the kernel was built with ($wanted), or name it with RUSTC=PROGRAM."
[ -z "$wanted" ] || [ "$found" = "$wanted" ] ||
	refuse "the kernel was built with $wanted, but '$RUSTC' is $found, and Rust metadata can be read by the very same compiler only: install that one, or name it with RUSTC=PROGRAM."

version=$($BINDGEN --version 2>/dev/null | sed -n 's/^bindgen //p')
[ -n "$version" ] ||
	refuse "there is no bindgen '$BINDGEN', which reads the kernel's headers: install it (on Debian the package bindgen), or name it with BINDGEN=PROGRAM."

# older A B: whether version A is older than version B.
older() { [ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

! older "$version" 0.65.1 ||
	refuse "'$BINDGEN' is version $version, which is too old: install 0.65.1 or newer, or name one with BINDGEN=PROGRAM."

# libclang says its version in a message of this pragma, through bindgen, which loads it for itself.
header=$(mktemp "${TMPDIR:-/tmp}/base0fs-XXXXXX.h") ||
	refuse "no temporary file can be made in ${TMPDIR:-/tmp}: make room there, or set TMPDIR."
trap 'rm -f "$header"' EXIT
echo '#pragma message("libclang is " __clang_version__)' >"$header"
said=$($BINDGEN "$header" 2>&1)
clang=$(echo "$said" | sed -n 's/.*libclang is \([0-9.]*\).*/\1/p' | head -n 1)
[ -n "$clang" ] ||
	refuse "bindgen cannot use libclang (it said: $(echo "$said" | head -n 1)): install it (on Debian the package libclang-dev), or set LIBCLANG_PATH to where it is."
! older "$clang" 13 ||
	refuse "bindgen uses libclang $clang, which is too old: install 13 or newer, or set LIBCLANG_PATH to where one is."
