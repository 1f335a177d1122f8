# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What scenarios install without building it on the machine, where a build takes many minutes: directories with
# base0fs.ko, base0fs-selftest and compat-probe, as BUILT=DIR of install/install takes them. Needs kernel.sh and system.sh.

# The fault of the module made wrong on purpose: to punch a hole reserves the space instead. The case `fallocate` finds it.
wrong_edit=(base0fs/file.rs 's/fallocate(mode, offset, length);$/fallocate(mode \& 1, offset, length);/')

# kernel_of ORDINAL: the name that lab/build knows the machine's `first` or `second` kernel by.
kernel_of() {
	case $1 in
	first) say debian-7.3 ;;
	second) system_release second ;;
	*) die "the machine has no kernel '$1' for which modules are built; it has first and second." ;;
	esac
}

# built ORDINAL: prints a directory with the module for that kernel, and the programs.
built() {
	local kernel dir
	kernel=$(kernel_of "$1")
	"$LAB/build" "$kernel" >&2
	dir=$BUILD/installs/$1
	mkdir -p "$dir"
	cp -f --remove-destination "$BUILD/$kernel/base0fs.ko" "$BUILD/base0fs-selftest" "$BUILD/$kernel/gen/compat-probe" "$dir/"
	say "$dir"
}

# built_wrong ORDINAL: the same with a module that is wrong on purpose.
built_wrong() {
	local kernel good dir made
	kernel=$(kernel_of "$1")
	good=$(built "$1")
	dir=$BUILD/installs/$1-wrong
	made=$(digest "${wrong_edit[@]}" "$(sha256sum <"$good/base0fs.ko")")
	mkdir -p "$dir"
	if [ "$(cat "$dir/made" 2>/dev/null)" != "$made" ]; then
		"$LAB/build-edited" "$kernel" "$dir/base0fs.ko" "${wrong_edit[@]}" >&2
		say "$made" >"$dir/made"
	fi
	cp -f --remove-destination "$good"/base0fs-selftest "$good"/compat-probe "$dir/"
	say "$dir"
}
