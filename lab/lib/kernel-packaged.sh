# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Recipe: a kernel of the distribution, unmodified, with the Rust metadata that its headers lack.
#
# Debian does not ship rust/*.rmeta, rust/*.so and scripts/target.json. The source, the configuration and the compiler
# determine them, so they are regenerated from the source package of the same version.

# shellcheck disable=SC2154 # kernel_table sets the variables
kernel_packaged() {
	local dir=$1 headers common image of
	of=$(package_suffix)
	archive_update
	choose_packaged "$dir"
	image=$(image_package)
	# The programs of linux-kbuild run here.
	archive_fetch "$dir" "linux-headers-$abi-$flavour$of=$version" "linux-headers-$abi-common=$version" \
		"linux-kbuild-$abi=$version" "linux-modules-$abi-$flavour$of=$version" \
		"$image=$version" "linux-source-$series=$version"
	headers=$dir/usr/src/linux-headers-$abi-$flavour
	common=$dir/usr/src/linux-headers-$abi-common
	same_rustc "$headers/.config"
	inside tar -xJf "$dir/usr/src/linux-source-$series.tar.xz" -C "$dir"
	mkdir "$dir/build"
	cp "$headers/.config" "$dir/build/.config"
	# shellcheck disable=SC2046 # several arguments
	inside make -C "$dir/linux-source-$series" O="$dir/build" $(make_arguments) CC="$(packaged_cc "$headers")" -j"$(nproc)" \
		olddefconfig prepare
	same_symbols "$headers/Module.symvers" "$dir/build/rust"
	mkdir "$headers/rust"
	cp "$dir"/build/rust/*.rmeta "$dir"/build/rust/*.so "$headers/rust/"
	# Only some processors have this file.
	[ ! -e "$dir/build/scripts/target.json" ] || cp "$dir/build/scripts/target.json" "$headers/scripts/"
	# The packages expect to be installed under /usr/src.
	printf 'KBUILD_OUTPUT = %s\ninclude %s\n' "$headers" "$common/Makefile" >"$headers/Makefile"
	ln -s "$headers" "$dir/kdir"
	guest_modules "$dir"
	cp "$dir"/usr/lib/modules/*/vmlinuz* "$dir/vmlinuz" 2>/dev/null || cp "$dir"/boot/vmlinuz-* "$dir/vmlinuz"
	say "$abi-$flavour" >"$dir/release"
	say "$version" >"$dir/version"
	rm -rf "$dir/build" "$dir/linux-source-$series" "$dir/usr/src/linux-source-$series.tar.xz" "${dir:?}"/usr/lib/modules
}

# choose_packaged DIR: the pinned package, else the newest of the same series, else the newest of all.
choose_packaged() {
	local wanted=$version headers of
	of=$(package_suffix)
	archive_has "linux-headers-$abi-$flavour$of" "$version" && return
	[ -z "${exact:-}" ] || die "the archive no longer has linux-headers-$abi-$flavour $version, and the table allows no other; $(packaged_instead "$flavour")."
	headers=$(archive_names "linux-headers-${series//./\\.}\.[0-9]+\+deb[0-9]+-$flavour" | tail -n 1)
	[ -n "$headers" ] || headers=$(archive_names "linux-headers-([7-9]|[1-9][0-9])\.[0-9.]+\+deb[0-9]+-$flavour" | tail -n 1)
	[ -n "$headers" ] || die "the archive has no package linux-headers-…-$flavour; change the table in lab/kernels to a kernel that it has."
	abi=${headers#linux-headers-}
	abi=${abi%"-$flavour"}
	series=$(cut -d. -f1-2 <<<"$abi")
	version=$(archive_newest "$headers$of")
	moved_on "$1" "the archive no longer has linux $wanted: THAT KERNEL WAS NOT USED, $version ($abi-$flavour) was used instead."
}

# packaged_instead FLAVOUR: prints which kernel to use instead.
packaged_instead() {
	local headers
	headers=$(archive_names "linux-headers-([7-9]|[1-9][0-9])\.[0-9.]+\+deb[0-9]+-$1" | tail -n 1)
	say "update this machine's kernel to one in the archive${headers:+, such as ${headers#linux-headers-}}, or look for the old one on snapshot.debian.org"
}

# packaged_table RELEASE FILE: makes the table of the distribution's kernel whose `uname -r` is RELEASE.
packaged_table() {
	local release=$1 flavour version
	case $release in
	*[!a-zA-Z0-9.+~-]*) ;;
	[0-9]*-cloud-amd64) flavour=cloud-amd64 ;;
	[0-9]*-rt-amd64) flavour=rt-amd64 ;;
	[0-9]*-amd64) flavour=amd64 ;;
	esac
	[ -n "${flavour:-}" ] ||
		die "'$release' is not the name of a Debian kernel for x86-64; give one as uname -r prints it, such as 7.3.4+deb13-amd64."
	archive_update
	version=$(archive_newest "linux-headers-$release")
	[ -n "$version" ] || die "the archive ($SUITE and $SUITE-backports) has no package linux-headers-$release; $(packaged_instead "$flavour")."
	mkdir -p "$(dirname "$2")"
	cat >"$2.new" <<-TABLE
		# Made for $release: that kernel, and no newer one in its place.
		recipe=packaged
		series=$(cut -d. -f1-2 <<<"$release")
		version=$version
		abi=${release%"-$flavour"}
		flavour=$flavour
		exact=yes
		modules="virtio_blk ext4"
	TABLE
	mv "$2.new" "$2"
}

# image_package: prints the package with the kernel itself, the unsigned one if the archive has it.
image_package() {
	local name of
	of=$(package_suffix)
	for name in "linux-binary-unsigned-$abi-$flavour" "linux-image-$abi-$flavour-unsigned" "linux-image-$abi-$flavour"; do
		archive_has "$name$of" "$version" && say "$name$of" && return
	done
	die "the archive has linux-headers-$abi-$flavour $version but no package with that kernel; $(packaged_instead "$flavour")."
}

# packaged_cc HEADERS: prints the name of the C compiler in the packaged configuration.
packaged_cc() { sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\) .*/\1/p' "$1/.config"; }

same_rustc() {
	local wanted found
	wanted=$(sed -n 's/^CONFIG_RUSTC_VERSION_TEXT="\(.*\)"/\1/p' "$1")
	[ -n "$wanted" ] || die "the kernel $abi-$flavour was built without Rust, so that no Rust module can be built for it; $(packaged_instead "$flavour")."
	found=$(inside rustc --version)
	[ "$wanted" = "$found" ] ||
		die "the kernel was built with '$wanted' and the root has '$found', but Rust metadata depends on the exact compiler; \
$(packaged_instead "$flavour")."
}

# same_symbols SYMVERS DIR: mangled names contain the hash of their crate, so equal names prove that the crates are those of
# the packaged kernel.
same_symbols() {
	local missing
	missing=$(comm -23 <(awk '$2 ~ /^_R/ { print $2 }' "$1" | sort -u) \
		<(sed -n 's/^EXPORT_SYMBOL_RUST_GPL(\(.*\));/\1/p' "$2"/exports_*_generated.h | sort -u) | wc -l)
	[ "$missing" = 0 ] ||
		die "$missing Rust symbols of the packaged kernel are not in the regenerated metadata, so the two do not match; \
use another version in the table."
}

# guest_modules DIR: the modules of the table, those that a guest loads first in modules, the others in modules/NAME.
guest_modules() {
	local dir=$1 module
	mkdir "$dir/modules"
	[ -n "$modules${extra_modules:-}" ] || return 0
	inside depmod -b "$dir/usr" "$abi-$flavour"
	# shellcheck disable=SC2086 # several names
	with_dependencies "$dir" "$dir/modules" $modules
	for module in ${extra_modules:-}; do
		mkdir "$dir/modules/$module"
		with_dependencies "$dir" "$dir/modules/$module" "$module"
	done
}

# with_dependencies DIR OUT MODULE...: puts the modules and what they need into OUT, numbered in the order of loading.
with_dependencies() {
	local dir=$1 out=$2 number=10 module kind file
	shift 2
	for module; do
		while read -r kind file _; do
			[ "$kind" = insmod ] || continue
			unpacked "$file" >"$out/$number-$(basename "${file%.ko*}").ko" </dev/null
			number=$((number + 1))
		done < <(inside modprobe -d "$dir/usr" -S "$abi-$flavour" --show-depends "$module")
	done
}

# unpacked FILE: prints the module decompressed.
unpacked() {
	case $1 in
	*.xz) inside xz -dc "$1" ;;
	*.zst) inside zstd -dc "$1" ;;
	*) cat "$1" ;;
	esac
}
