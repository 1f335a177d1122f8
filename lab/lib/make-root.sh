# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Recipe: a toolchain root, from the archive that apt on this machine uses.

# mirror: prints the archive that apt on this machine uses; nothing if it uses none.
mirror() {
	# shellcheck disable=SC2016 # apt expands it
	apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Label: Debian' | sort -u | sed -n 1p
}

# transport: prints the settings of apt on this machine, such as proxies, that the root needs as well.
transport() {
	apt-config dump --format '%F "%v";%n' Acquire | grep -E '^Acquire::(http|https)::' | grep -v '""' || :
}

# make_root DIR: what the root's table says. The root begins as a copy of another one (`base`), or from nothing.
make_root() {
	local dir=$1 site suite='' arch='' base='' packages='' guest_packages='' options=() option
	root_table
	site=$(mirror)
	[ -n "$site" ] || warn "apt on this machine names no Debian archive; mmdebstrap uses its default."
	while IFS= read -r option; do options+=(--aptopt="$option"); done < <(transport)
	# A mirror of sid may be older than the date until which its index is valid.
	[ "$suite" != sid ] || options+=(--aptopt='Acquire::Check-Valid-Until "false"')
	if [ -n "$base" ]; then
		copy_root "$dir" "$base"
		# shellcheck disable=SC2086 # several packages
		add_packages "$dir" "$arch" $packages
	else
		packages=$(grep -v '^#' "$LAB/root.packages" | paste -sd,)
		mmdebstrap --mode=root --variant=minbase --include="$packages" "${options[@]}" "$suite" "$dir" ${site:+"$site"}
		# Kernels come from the backports of the same archive. Sid has none.
		[ "$suite" = sid ] || sed -n "s/^\(deb .*\) $suite main$/\1 $suite-backports main/p" "$dir/etc/apt/sources.list" \
			>"$dir/etc/apt/sources.list.d/backports.list"
	fi
	# Programs of another processor are only unpacked.
	[ -z "$guest_packages" ] ||
		mmdebstrap --mode=root --variant=extract --architectures="$arch" --include="${guest_packages// /,}" "${options[@]}" \
			"$suite" "$dir/guest" ${site:+"$site"}
	# shellcheck disable=SC2016 # dpkg expands it
	chroot "$dir" dpkg-query -W -f '${Package} ${Version}\n' >"$dir/packages"
}

# copy_root DIR BASE: copies the root BASE, which is made first unless the cache has it.
copy_root() {
	local from
	from=$("$LAB/root" "$2")
	mkdir "$1"
	cp -a --reflink=auto "$from/." "$1/"
	rm "$1/complete"
}

# add_packages DIR ARCH PACKAGE...: installs the packages, which may be libraries for that processor, into the root.
add_packages() {
	local dir=$1 arch=$2
	shift 2
	# shellcheck disable=SC2016 # expanded by the shell inside
	bwrap --die-with-parent --unshare-pid --bind "$dir" / --proc /proc --dev /dev --tmpfs /tmp \
		--ro-bind-try /etc/resolv.conf /etc/resolv.conf --ro-bind-try /etc/hosts /etc/hosts --ro-bind-try /etc/ssl/certs /etc/ssl/certs \
		--clearenv --setenv PATH /usr/sbin:/usr/bin:/sbin:/bin --setenv HOME /root --setenv LC_ALL C.UTF-8 \
		--setenv DEBIAN_FRONTEND noninteractive sh -euc '
			dpkg --add-architecture "$1"
			shift
			apt="apt-get -q -y -o APT::Sandbox::User=root -o Dpkg::Options::=--force-unsafe-io"
			$apt update
			$apt --no-install-recommends install "$@"
			apt-get clean' sh "$arch" "$@"
}
