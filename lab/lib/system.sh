# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The machine that base0fs is installed on: where its disks are, and what runs on them.

# system_kernel ORDINAL: the kernel of the cache that the machine's `first` or `second` one is.
system_kernel() {
	local dir abi
	dir=$(kernel_dir debian-7.3)
	[ -e "$dir/complete" ] || die "the kernel debian-7.3 is not there yet; run lab/kernel debian-7.3 first."
	if [ "$1" = second ]; then
		abi=$(cat "$dir/release")
		dir=$(kernel_dir "${abi%-cloud-amd64}-amd64")
		[ -e "$dir/complete" ] || die "the kernel ${abi%-cloud-amd64}-amd64 is not there yet; run lab/kernel --for ${abi%-cloud-amd64}-amd64 first."
	fi
	say "$dir"
}

# system_release ORDINAL: as uname -r has it. The machine comes with the `first`; `second` and `rustless` are in its archive.
system_release() {
	local image
	if [ "$1" = rustless ]; then
		image=$(archive_names 'linux-image-6\.12\.[0-9]+\+deb13-cloud-amd64' | tail -n 1)
		[ -n "$image" ] || die "the archive has no kernel of the series 6.12 any more; name another one that was built without Rust in lab/lib/system.sh."
		say "${image#linux-image-}"
	else
		cat "$(system_kernel "$1")/release"
	fi
}

# system_dir: keyed by everything that decides what is on the disks: the recipe, the packages by name, the files, and the
# kernels, which are keyed by the compilers that they and their metadata were made with. What system-state has read of the
# files is on them only to save time.
system_dir() {
	local files
	mapfile -t files < <(find "$LAB/system.files" -type f | sort)
	say "$CACHE/systems/$SUITE-$(digest "$SUITE" "$(system_kernel first)" "$(system_kernel second)" \
		"$(digest_files "$LAB/lib/system-image.sh" "$LAB/lib/system-metadata.sh" "$LAB/lib/make-root.sh" "$LAB/system.packages" "${files[@]}")" "${files[@]#"$LAB"}")"
}

# system_disk NAME: a machine of that name as it is when nothing has been done to it, in place of an older one; prints
# the directory of its disks. Only what it changes takes space.
system_disk() {
	local base disk=$BUILD/systems/$1
	base=$(system_dir)
	[ -e "$base/complete" ] || die "the machine's disks are not there yet; run lab/system first."
	rm -rf "$disk"
	mkdir -p "$disk"
	inside qemu-img create -q -f qcow2 -b "$base/system.img" -F raw "$disk/system.qcow2"
	cp --sparse=always "$base/boot.img" "$disk/boot.img"
	say "$disk"
}

# system_copy DISK NAME: another machine, as the one on DISK is now.
system_copy() {
	local disk=$BUILD/systems/$2
	rm -rf "$disk"
	mkdir -p "$disk"
	cp --sparse=always "$1"/* "$disk/"
	say "$disk"
}

# system_sources FILE: the project's files, those that nobody has committed included, as a tar archive.
system_sources() {
	# shellcheck disable=SC2016 # expanded by the shell inside
	inside sh -euc 'mkdir "$2.tree"
		rsync -a --exclude=.git --exclude=/build --filter=":- .gitignore" "$1/" "$2.tree/"
		tar --owner=0 --group=0 --sort=name -C "$2.tree" -cf "$2" .
		rm -r "$2.tree"' sh "$PROJECT" "$1"
}
