# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Test suites that others have written, in a Debian system that is a disk of guests.

# Crates, each with its version.
suite_crates=(pjdfstest@0.2.2 fsx@0.3.1)

# suites_system: a system with the packages of lab/known-tests.packages; prints its directory.
suites_system() { container_make known-tests minbase "$(grep -v '^#' "$LAB/known-tests.packages" | paste -sd,)"; }

# suites_dir KERNEL: the cache entry of the disk. It has the tests of that kernel's sources.
suites_dir() {
	local version
	version=$(cat "$(kernel_dir "$1")/version")
	say "$CACHE/guests/suites-$(digest "$(suites_system)" "$version" "${suite_crates[*]}" "$(declare -f suites_make)" \
		"$(digest_files "$LAB/container/known-tests.sh")")"
}

# suites_make DIR KERNEL: DIR/disk, the system with the suites in /opt/known-tests, and DIR/versions.
suites_make() {
	local dir=$1 kernel=$2 system tree=$1/tree series crate version
	system=$(suites_system)
	kernel_table "$kernel"
	version=$(cat "$(kernel_dir "$kernel")/version")
	mkdir -p "$dir/built"
	container_new known-tests "$system"
	# shellcheck disable=SC2034 # container uses it
	local CONTAINER_OPTIONS=(--bind "$dir/built" "$dir/built")
	container known-tests sh "$LAB/container/known-tests.sh" "$dir/built" "$series" "$version"
	rm -rf --one-file-system "$BUILD/containers/known-tests"
	# The root's compiler builds crates, with libraries of the system.
	for crate in "${suite_crates[@]}"; do
		inside env RUSTFLAGS="-L native=$system/usr/lib/x86_64-linux-gnu" \
			cargo install --quiet --locked --root "$dir/built" "$crate"
		say "$crate" >>"$dir/built/versions"
	done
	cp -a "$system" "$tree"
	mv "$dir/built" "$tree/opt/known-tests"
	mv "$tree/opt/known-tests/versions" "$dir/"
	rm -rf "$tree"/usr/share/{doc,locale,man} "$tree"/var/{cache,lib}/apt "$tree"/usr/lib/gcc "$tree/usr/include"
	mkdir "$tree/lower"
	inside mke2fs -q -t ext4 -d "$tree" "$dir/disk" "$(($(du -sm "$tree" | cut -f1) * 5 / 4 + 200))M"
	rm -rf "$tree"
}
