# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Recipe: the toolchain root of Debian 13, or of another suite, from the archive that apt on this machine uses.

# mirror: prints the archive that apt on this machine uses; nothing if it uses none.
mirror() {
	# shellcheck disable=SC2016 # apt expands it
	apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Label: Debian' | sort -u | sed -n 1p
}

# transport: prints the settings of apt on this machine, such as proxies, that the root needs as well.
transport() {
	apt-config dump --format '%F "%v";%n' Acquire | grep -E '^Acquire::(http|https)::' | grep -v '""' || :
}

make_root() {
	local dir=$1 site packages options=() option
	site=$(mirror)
	[ -n "$site" ] || warn "apt on this machine names no Debian archive; mmdebstrap uses its default."
	while IFS= read -r option; do options+=(--aptopt="$option"); done < <(transport)
	# A mirror of sid may be older than the date until which its index is valid.
	[ "$SUITE" != sid ] || options+=(--aptopt='Acquire::Check-Valid-Until "false"')
	packages=$(grep -v '^#' "$LAB/root.packages" | paste -sd,)
	mmdebstrap --mode=root --variant=minbase --include="$packages" "${options[@]}" "$SUITE" "$dir" ${site:+"$site"}
	# Kernels come from the backports of the same archive. Sid has none.
	[ "$SUITE" = sid ] || sed -n "s/^\(deb .*\) $SUITE main$/\1 $SUITE-backports main/p" "$dir/etc/apt/sources.list" \
		>"$dir/etc/apt/sources.list.d/backports.list"
	# shellcheck disable=SC2016 # dpkg expands it
	chroot "$dir" dpkg-query -W -f '${Package} ${Version}\n' >"$dir/packages"
}
