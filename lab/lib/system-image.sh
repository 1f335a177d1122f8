# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Recipe: the disks of a Debian 13 machine with systemd, as its administrator has set it up. Nothing is mounted on this
# machine for it, and no loop device is used: the system is installed into a directory, and mke2fs writes that to a file.
#
#   system.img    the root filesystem, with /srv/archive, which apt installs from
#   boot.img      /boot, a filesystem of its own and without a journal, so that its kernels can be read from outside

# make_system DIR
make_system() {
	local dir=$1 tree=$1/tree first second rustless
	archive_update
	first=$(system_release first)
	second=$(system_release second)
	rustless=$(system_release rustless)
	mkdir "$dir"
	install_system "$tree"
	configure_system "$tree"
	within "$tree" apt-get -q -o APT::Sandbox::User=root update
	apt_install "$tree" "$SUITE-backports" "$(kernel_packages "$first")"
	fill_archive "$tree" "$second" "$rustless"
	keep_metadata "$tree" "$first" "$(system_kernel first)"
	keep_metadata "$tree" "$second" "$(system_kernel second)"
	settle_system "$tree"
	mv "$tree/boot" "$dir/boot"
	mkdir -m 755 "$tree/boot"
	write_disk "$dir/system.img" "$tree" system 16G
	write_disk "$dir/boot.img" "$dir/boot" boot 512M -O ^has_journal
	rm -rf --one-file-system "$tree" "${dir:?}/boot"
}

# packages_of SECTION: the names in that section of system.packages; the first has no name.
packages_of() {
	awk -v wanted="$1" '/^\[/ { section = substr($0, 2, length($0) - 2); next } /^[^#]/ && section == wanted' "$LAB/system.packages"
}

kernel_packages() { say "linux-image-$1 linux-headers-$1"; }

# install_system TREE: all but the kernel, which wants a configured system to make an initramfs for.
install_system() {
	local tree=$1 packages site options=() option
	site=$(root_site)
	while IFS= read -r option; do options+=(--aptopt="$option"); done < <(transport)
	packages=$(packages_of '' | paste -sd,)
	# Its mounts are in a namespace of their own, and end with it.
	unshare --mount --fork --kill-child=TERM mmdebstrap --mode=root --variant=important --include="$packages" --dpkgopt=force-unsafe-io "${options[@]}" \
		"$SUITE" "$tree" "deb $site $SUITE main" "deb $site $SUITE-backports main"
	ln -sf /run/resolv.conf "$tree/etc/resolv.conf"
}

# apt_install TREE RELEASE "PACKAGE..." ARGUMENT...: as an administrator gets them from that release of Debian.
apt_install() {
	local tree=$1 from=$2 packages=$3
	shift 3
	# shellcheck disable=SC2086 # one word a package
	within "$tree" apt-get -q -y -o APT::Sandbox::User=root -o APT::Install-Recommends=false -o Dpkg::Options::=--force-unsafe-io -t "$from" "$@" install $packages
}

# within TREE COMMAND...: runs COMMAND in the system that is being made.
within() {
	local tree=$1
	shift
	bwrap --die-with-parent --unshare-pid --bind "$tree" / --proc /proc --dev /dev --tmpfs /tmp --tmpfs /run --chdir / \
		--ro-bind-try /etc/resolv.conf /run/resolv.conf --ro-bind-try /etc/hosts /etc/hosts --ro-bind-try /etc/ssl/certs /etc/ssl/certs \
		--clearenv --setenv PATH /usr/sbin:/usr/bin:/sbin:/bin --setenv HOME /root --setenv LC_ALL C.UTF-8 \
		--setenv DEBIAN_FRONTEND noninteractive "$@"
}

# fill_archive TREE RELEASE...: what apt installs on the machine comes from this machine's archive while it is made, and
# from /srv/archive later. Both know the same packages.
fill_archive() {
	local tree=$1 release
	shift
	apt_install "$tree" "$SUITE" "$(packages_of archive)" --download-only
	for release; do apt_install "$tree" "$SUITE-backports" "$(kernel_packages "$release")" --download-only; done
	mkdir -p "$tree/srv/archive"
	mv "$tree"/var/cache/apt/archives/*.deb "$tree/srv/archive/"
	rm -rf "$tree"/etc/apt/sources.list "$tree"/etc/apt/sources.list.d/* "$tree"/etc/{apt/apt.conf.d,dpkg/dpkg.cfg.d}/99mmdebstrap "$tree"/var/lib/apt/lists/*
	rm "$tree/etc/resolv.conf"
	: >"$tree/etc/resolv.conf"
	cat >"$tree/etc/apt/sources.list.d/archive.sources" <<-SOURCES
		# This machine has no network. What apt installs lies on its own disk.
		Types: deb
		URIs: file:/srv/archive
		Suites: ./
		Trusted: yes
		Languages: none
	SOURCES
	within "$tree" sh -euc 'cd /srv/archive && apt-ftparchive packages . >Packages && apt-get -q -o APT::Sandbox::User=root update'
}

# configure_system TREE: the files that an administrator writes.
configure_system() {
	(umask 022 && cp -R "$LAB/system.files/." "$1/")
	digest machine "$1" | sha256sum | cut -c1-32 >"$1/etc/machine-id"
}

# settle_system TREE: a machine that has been started before, with nothing left of how it was made.
settle_system() {
	local tree=$1
	rm -rf "${tree:?}"/var/cache/apt/*.bin "$tree"/var/log/{apt/*,bootstrap.log,dpkg.log,alternatives.log} "$tree"/var/lib/dpkg/*-old "$tree"/etc/*-
	within "$tree" /usr/lib/systemd/systemd-update-done
	within "$tree" sh -s contents <"$LAB/system.guest/system-state"
}

# write_disk FILE TREE LABEL SIZE ARGUMENT...
write_disk() {
	local file=$1 tree=$2 label=$3 size=$4
	shift 4
	inside mke2fs -q -t ext4 -L "$label" "$@" -E assume_storage_prezeroed=1 -d "$tree" "$file" "$size"
}
