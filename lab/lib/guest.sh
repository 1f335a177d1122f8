# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A guest's initramfs: an archive of tools, which the cache keeps, followed by a small archive of this run's files.

# tools_dir: the cache entry of the tools; its key is made of the root, the list of tools, and this recipe.
tools_dir() {
	say "$CACHE/guests/tools-$(digest "$(root_dir)" "$(digest_files "$LAB/guest.tools" "$LAB/lib/guest.sh")")"
}

# make_tools DIR: busybox, the tools of guest.tools with their libraries, and the files in /etc that they read. They are
# programs of the root, or, for another processor, those that its directory /guest has. No such program runs here: what it
# needs is read from it.
make_tools() {
	local dir=$1 tree=$1/tree from=''
	[ -z "$(root_value guest_packages)" ] || from=/guest
	mkdir -p "$tree"/{bin,sbin,proc,sys,dev,etc,root,lab/modules,usr/bin,usr/sbin,usr/lib}
	ln -s usr/lib "$tree/lib"
	ln -s usr/lib64 "$tree/lib64"
	# shellcheck disable=SC2016 # expanded by the shell inside
	inside sh -euc '
		tree=$1 list=$2 from=$3
		libraries=$(cd "$from/usr/lib" && echo "$PWD"/*-linux-gnu)
		# library NAME DIR...: prints its path, in one of these directories or in that for all libraries.
		library() {
			local name=$1 dir
			shift
			for dir in "$@" "${libraries#"$from"}"; do
				[ ! -e "$from$dir/$name" ] || { echo "$dir/$name" && return; }
			done
			echo "lab: there is no library $name for the tools of guests." >&2
			return 1
		}
		# put FILE: copies it, its dynamic linker and its libraries. In Debian /lib is /usr/lib.
		put() {
			local file=/usr${1#/usr} elf path name
			[ ! -e "$tree$file" ] || return 0
			mkdir -p "$tree${file%/*}"
			cp -L "$from$file" "$tree$file"
			elf=$(readelf -ldW "$from$file")
			path=$(echo "$elf" | sed -n "s/.*(RUNPATH).*\[\(.*\)\]/\1/p" | tr : " ")
			for name in $(echo "$elf" | sed -n "s/.*program interpreter: \(.*\)\]/\1/p; s/.*(NEEDED).*\[\(.*\)\]/\1/p"); do
				case $name in
				/*) ;;
				# The dynamic linker, which the program names by its path.
				ld-linux*) continue ;;
				*) name=$(library "$name" $path) ;;
				esac
				put "$name"
			done
		}
		cp "$from/usr/bin/busybox" "$tree/bin/busybox"
		# The applets are those of the same version here.
		for name in $(busybox --list); do [ "$name" = busybox ] || ln -s busybox "$tree/bin/$name"; done
		grep -v "^#" "$list" | while read -r tool as; do
			[ -n "$from" ] && [ ! -e "$from$tool" ] || put "$tool"
			[ -z "$as" ] || [ ! -e "$tree$tool" ] || { mkdir -p "$tree${as%/*}" && mv "$tree$tool" "$tree$as"; }
		done' sh "$tree" "$LAB/guest.tools" "$from"
	ln -s mke2fs "$tree/usr/sbin/mkfs.ext4"
	printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n' >"$tree/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$tree/etc/group"
	archive "$tree" >"$dir/tools.cpio"
	rm -r "$tree"
}

# make_initramfs OUT KERNEL_DIR JOB [FILE...]: the tools, then in /lab the kernel's modules, the guest scripts, the FILEs,
# and JOB, the shell text that the guest runs. In it, driver is the name of the driver.
make_initramfs() {
	local out=$1 kernel=$2 job=$3 tree=$1.tree
	shift 3
	mkdir -p "$tree/lab"
	ln -s lab/init "$tree/init"
	cp "$LAB"/guest/* "$tree/lab/"
	cp -r "$kernel"/modules "$tree/lab/"
	[ $# = 0 ] || cp "$@" "$tree/lab/"
	printf '%s\n' "driver=$DRIVER" "$job" >"$tree/lab/job"
	{
		cat "$(tools_dir)/tools.cpio"
		archive "$tree"
	} >"$out"
	rm -r "$tree"
}

# archive TREE: prints the tree as a cpio archive, which the kernel unpacks at boot.
archive() {
	# shellcheck disable=SC2016 # expanded by the shell inside
	inside sh -c 'cd "$1" && find . | cpio --quiet -o -H newc' sh "$1"
}
