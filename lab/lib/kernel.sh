# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Kernels by name: the table of each, and the directory of the cache that holds it.
#
# Such a directory has vmlinuz, kdir (what modules are built against), modules/ (what a guest loads first,
# in the order of their names), release (uname -r), version (of the package), and, if that is
# not the version of the table, note (a sentence that says so).

kernel_names() { basename -s .conf "$LAB"/kernels/*.conf; }

# kernel_file NAME: its table, which is one of the lab's or was made for a kernel of the distribution.
kernel_file() {
	local dir
	for dir in "$LAB/kernels" "$CACHE/tables"; do
		[ ! -e "$dir/$1.conf" ] || { say "$dir/$1.conf" && return; }
	done
	die "there is no kernel named '$1' in lab/kernels; there are: $(kernel_names | paste -sd' '); \
lab/kernel --for RELEASE makes one of a Debian kernel."
}

# kernel_table NAME: sets recipe, series, version and what else the table says.
kernel_table() {
	local file
	file=$(kernel_file "$1")
	# shellcheck disable=SC1090 # one of the tables
	. "$file"
}

# kernel_dir NAME: keyed by the table, the recipe, and the versions of the tools that a kernel is built with.
kernel_dir() {
	local recipe config='' tools
	kernel_table "$1"
	[ -e "$(root_dir)/complete" ] || die "the toolchain root is not there yet; run lab/packages and lab/root first."
	tools=$(grep -E '^(rustc|rust-src|libstd-rust|bindgen|gcc|binutils|clang|libclang|llvm|pahole|make)' "$(root_dir)/packages")
	say "$CACHE/kernels/$1-$(digest "$tools" "$(digest_files "$(kernel_file "$1")" ${config:+"$LAB/kernels/$config"} \
		"$LAB/lib/kernel-$recipe.sh" "$LAB/lib/archive.sh")")"
}

# moved_on DIR SENTENCE: keeps for later runs, and says, that this is not the kernel of the table.
moved_on() {
	say "$2" >"$1/note"
	warn "$2"
}
