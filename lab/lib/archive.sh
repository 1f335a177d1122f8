# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Packages from the archive that the root was made from.

archive_update() { inside apt-get -q -o APT::Sandbox::User=root update; }

# archive_has PACKAGE VERSION: whether the archive has that version of the package.
archive_has() { inside apt-cache madison "$1" | awk -v v="$2" '$3 == v { found = 1 } END { exit !found }'; }

# archive_newest PACKAGE: prints the newest version of the package; nothing if there is none.
archive_newest() { inside apt-cache madison "$1" | awk '{ print $3 }' | sort -rV | sed -n 1p; }

# archive_names REGEX: prints the names of packages that match REGEX as a whole, oldest version first.
archive_names() { inside apt-cache pkgnames linux- | grep -xE "$1" | sort -V || :; }

# archive_fetch DIR PACKAGE=VERSION...: downloads the packages and unpacks them below DIR.
archive_fetch() {
	local dir=$1 deb
	shift
	mkdir -p "$dir/deb"
	# shellcheck disable=SC2016 # expanded by the shell inside
	inside sh -c 'cd "$1" && shift && apt-get -q -o APT::Sandbox::User=root download "$@"' sh "$dir/deb" "$@"
	for deb in "$dir"/deb/*.deb; do inside dpkg -x "$deb" "$dir"; done
	rm -r "$dir/deb"
}
