# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Kernels by name: the table and the cache entry of each.
#
# A cache entry has vmlinuz, kdir (the build directory for modules), modules/ (the modules that a guest loads first, in
# the order of their names, and a directory for each that jobs load), release (uname -r) and version (of the package).
# If the version is not that of the table, the entry also has note, a sentence about it.

kernel_names() { basename -s .conf "$LAB"/kernels/*.conf; }

# prepared_names: the kernels that base0fs is only compiled for.
prepared_names() { basename -s .conf "$LAB"/kernels/prepared/*.conf; }

# matrix_names: the kernels of the matrix that are not among kernel_names.
matrix_names() { basename -s .conf "$LAB"/kernels/matrix/*.conf; }

# debug_names: the kernels that check everything, which are not among kernel_names.
debug_names() { basename -s .conf "$LAB"/kernels/debug/*.conf; }

# um_names: the kernels that run as a process (User Mode Linux), which are not among kernel_names.
um_names() { basename -s .conf "$LAB"/kernels/um/*.conf; }

# lowers_names: the kernels with all lower filesystems, which are not among kernel_names.
lowers_names() { basename -s .conf "$LAB"/kernels/lowers/*.conf; }

# kernel_file NAME: its table, either from lab/kernels or made by lab/kernel --for.
kernel_file() {
	local dir
	for dir in "$LAB"/kernels{,/prepared,/matrix,/debug,/um,/lowers} "$CACHE/tables"; do
		[ ! -e "$dir/$1.conf" ] || { say "$dir/$1.conf" && return; }
	done
	die "there is no kernel named '$1' in lab/kernels; use one of $(kernel_names | paste -sd' '), or, to compile only, $(prepared_names | paste -sd' '), \
or, of the matrix, $(matrix_names | paste -sd' '), or, to find defects, $(debug_names | paste -sd' '), or, to explore, $(um_names | paste -sd' '), or, with all lower filesystems, \
$(lowers_names | paste -sd' '), or make a Debian kernel with lab/kernel --for RELEASE."
}

# kernel_table NAME: sets the variables of the table: recipe, series, version and others. A table can begin with those of
# another one: `base=NAME; kernel_table "$base"`.
kernel_table() {
	local file
	file=$(kernel_file "$1")
	# shellcheck disable=SC1090 # one of the tables
	. "$file"
}

# is_process NAME: whether the kernel runs as a process, without a machine.
is_process() {
	local arguments_of_make=''
	kernel_table "$1"
	[[ " $arguments_of_make " = *" ARCH=um "* ]]
}

# configured OPTION DIR: whether the kernel of that cache entry was configured with CONFIG_OPTION.
configured() { grep -qx "CONFIG_$1=y" "$2/kdir/.config"; }

# kernel_root NAME: prints the root that the kernel and its modules are built in.
kernel_root() {
	local root=trixie
	kernel_table "$1"
	say "$root"
}

# guest_root NAME: prints the root that has the guests and the programs for the kernel.
guest_root() {
	local ROOT guests
	ROOT=$(kernel_root "$1")
	guests=$(root_value guests)
	say "${guests:-$ROOT}"
}

# programs_dir NAME: the directory of the programs for the kernel's processor, such as base0fs-selftest.
programs_dir() {
	local ROOT arch
	ROOT=$(kernel_root "$1")
	arch=$(root_value arch)
	case $arch in
	amd64) say "$BUILD" ;;
	*) say "$BUILD/programs-$arch" ;;
	esac
}

# kernel_dir NAME: its cache entry; the key is made of the table, the recipe, and the versions of the build tools.
kernel_dir() {
	local recipe base='' config='' tools files=() ROOT
	kernel_table "$1"
	ROOT=$(kernel_root "$1")
	files=("$(kernel_file "$1")" "$LAB/lib/kernel-$recipe.sh" "$LAB/lib/archive.sh")
	case $recipe in built | prepared) files+=("$LAB/lib/source-package.sh") ;; esac
	[ -z "$base" ] || files+=("$(kernel_file "$base")")
	for config in $config; do files+=("$LAB/kernels/$config"); done
	[ -e "$(root_dir)/complete" ] || die "the toolchain root has not been made yet; run lab/packages and lab/root $ROOT first."
	tools=$(grep -E '^(rustc|rust-src|libstd-rust|bindgen|gcc|binutils|clang|libclang|llvm|pahole|make)' "$(root_dir)/packages")
	say "$CACHE/kernels/$1-$(digest "$tools" "$(digest_files "${files[@]}")")"
}

# moved_on DIR SENTENCE: prints that DIR is not the kernel of the table, and keeps the sentence for later runs.
moved_on() {
	say "$2" >"$1/note"
	warn "$2"
}
