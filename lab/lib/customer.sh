# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The Debian system in a directory that the packages are installed on, and what kernel-rust-metadata makes there.

# customer: a system with the headers of the machine's first kernel and all that the packages depend on, so that they can
# be installed without network; nothing of base0fs is in it. Prints its directory.
customer() {
	local names
	names=$(printf '%s\n' "$(control_field base0fs Depends)" "$(control_field base0fs-dkms Depends)" "$(control_field kernel-rust-metadata Depends)" |
		tr ',' '\n' | grep -vxE 'base0fs.*|kernel-rust-metadata|' | sort -u | paste -sd,)
	container_make customer minbase "$names,linux-headers-$(system_release first)"
}

# metadata_dir RELEASE: the cache entry of what kernel-rust-metadata makes for that kernel.
metadata_dir() { say "$CACHE/metadata/$1-$(digest "$(customer)" "$(digest_files "$PROJECT/install/kernel-rust-metadata")")"; }

# metadata_make RELEASE: has the command of the package that the system `metadata` has make it.
metadata_make() {
	local dir
	dir=$(metadata_dir "$1")
	mkdir -p "$dir"
	container metadata apt-get -q update
	# shellcheck disable=SC2034 # container uses it
	local CONTAINER_OPTIONS=(--bind "$dir" "$dir")
	# What it makes names its own place, which has to be that of the package.
	# shellcheck disable=SC2016 # expanded by the shell inside
	container metadata sh -euc 'kernel-rust-metadata "$1" && cp -a "/var/lib/kernel-rust-metadata/$1" "$2/made"' sh "$1" "$dir"
}

# metadata_lend NAME RELEASE: the system NAME has what the command has made for that kernel.
metadata_lend() {
	local dir
	dir=$(metadata_dir "$2")
	# shellcheck disable=SC2034 # container uses it
	local CONTAINER_OPTIONS=(--ro-bind "$dir" "$dir")
	# shellcheck disable=SC2016 # expanded by the shell inside
	container "$1" sh -euc 'mkdir -p /var/lib/kernel-rust-metadata && [ -e "/var/lib/kernel-rust-metadata/$1" ] || cp -a "$2/made" "/var/lib/kernel-rust-metadata/$1"' sh "$2" "$dir"
}
