# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A release of the last commit, and what is made from it: its Debian packages, and those of a next version.

# In it: base0fs-VERSION.tar.gz, and VERSION/ with the packages of each version.
release=$BUILD/release

# control_field PACKAGE FIELD: the names of packages in a field of debian/control, separated by commas; `Source` is the
# first paragraph. Versions, substitutions and what is for other machines are left out.
control_field() {
	awk -v package="$1" -v field="$2" '
		/^$/ { paragraph = "" }
		/^(Source|Package): / { paragraph = ($1 == "Source:") ? "Source" : $2 }
		/^[^ ]/ { inside = ($1 == field ":") }
		paragraph == package && inside && /^ / { print }' "$PROJECT/debian/control" |
		sed 's/^ *//; s/[ ,:(].*//; /^\$/d' | paste -sd,
}

# packager: a system that has what debian/control wants for building, and nothing else; prints its directory.
packager() { container_make packager buildd "$(control_field Source Build-Depends)"; }

# version_now: of the project.
version_now() { sed -n '/^\[workspace\.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' "$PROJECT/Cargo.toml"; }

# version_next: one that is higher.
version_next() { version_now | awk -F. -v OFS=. '{ $3++; print }'; }

# release_tarball: as `make dist` makes it. A tree that was unpacked from a release is one.
release_tarball() {
	local version
	version=$(version_now)
	if [ -e "$PROJECT/dkms.conf" ]; then
		tar --exclude=./build --exclude=./target --exclude=./gen --transform="s,^\.,base0fs-$version," -C "$PROJECT" -czf "$BUILD/base0fs-$version.tar.gz" .
	else
		# Its temporary files are where the root's cargo sees them.
		CARGO=$LAB/cargo TMPDIR=$BUILD "$PROJECT/install/dist"
	fi
}

# release_make: what is there already is not made again: the same commit has the same tarball.
release_make() {
	local version next key
	version=$(version_now) next=$(version_next)
	release_tarball
	key=$(digest "$(sha256sum <"$BUILD/base0fs-$version.tar.gz")" "$(digest_files "$LAB/lib/release.sh" "$LAB/lib/container.sh")")
	[ "$(cat "$release/complete" 2>/dev/null)" != "$key" ] || return 0
	rm -rf "$release" "$BUILD/release.tree"
	mkdir -p "$release"
	cp "$BUILD/base0fs-$version.tar.gz" "$release/"
	container_new packager "$(packager)"
	mkdir "$BUILD/release.tree"
	# cargo takes what is older than its last build for unchanged.
	tar -xmf "$release/base0fs-$version.tar.gz" -C "$BUILD/release.tree"
	release_packages "$version" "$BUILD/release.tree/base0fs-$version"
	release_bump "$BUILD/release.tree/base0fs-$version" "$version" "$next"
	release_packages "$next" "$BUILD/release.tree/base0fs-$version"
	rm -rf "$BUILD/release.tree"
	say "$key" >"$release/complete"
}

# release_packages VERSION TREE: its packages, and that of its source. What cargo has built of the crates serves the next
# version as well.
release_packages() {
	# shellcheck disable=SC2034 # container uses it
	local CONTAINER_OPTIONS=(--unshare-net --chdir "$2" --setenv CARGO_TARGET_DIR "$BUILD/release.target")
	container packager dpkg-buildpackage --no-sign --build=full
	mkdir "$release/$1"
	find "$BUILD/release.tree" -maxdepth 1 -type f -name '*_*' -exec mv -t "$release/$1" {} +
}

# release_bump TREE VERSION NEXT: as a maintainer does it.
release_bump() {
	local name day
	sed -i "s/^version = \"$2\"/version = \"$3\"/" "$1/Cargo.toml" "$1/probes/Cargo.toml"
	for name in base0fs base0fs-bench base0fs-faults base0fs-model base0fs-races compat-probe base0fs-selftest; do
		sed -i "/^name = \"$name\"\$/{n;s/\"$2\"/\"$3\"/}" "$1/Cargo.lock"
	done
	day=$(sed -n '5s/.*>  //p' "$1/debian/changelog")
	sed "1s/($2)/($3)/; s/First release/Next release/; 5s/>  .*/>  $(date -u -R -d "$day + 1 day")/; 6,\$d" "$1/debian/changelog" >"$BUILD/release.tree/head"
	cat "$BUILD/release.tree/head" "$1/debian/changelog" >"$BUILD/release.tree/changelog"
	mv "$BUILD/release.tree/changelog" "$1/debian/changelog"
}
