# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The Rust metadata of a machine's kernels, as the metadata command keeps it. That command takes hours under emulation,
# so the cache's kernels lend what they have.

# keep_metadata TREE RELEASE KERNEL_DIR: a build directory for modules in /var/lib/kernel-rust-metadata/RELEASE of TREE:
# what the headers packages have, by links, and beside it what they lack.
keep_metadata() {
	local release=$2 kernel=$3 headers=/usr/src/linux-headers-$2 dir=$1/var/lib/kernel-rust-metadata/$2 entry common kbuild
	common=$(basename "$kernel"/usr/src/linux-headers-*-common)
	kbuild=$(basename "$kernel"/usr/lib/linux-kbuild-*)
	mkdir -p "$dir/scripts"
	for entry in "$kernel/kdir"/* "$kernel/kdir"/.[!.]*; do
		entry=${entry##*/}
		case $entry in Makefile | rust | scripts) ;; *) ln -s "$headers/$entry" "$dir/$entry" ;; esac
	done
	printf 'KBUILD_OUTPUT = %s\ninclude %s\n' "/var/lib/kernel-rust-metadata/$release" "/usr/src/$common/Makefile" >"$dir/Makefile"
	for entry in "$kernel/kdir/scripts"/*; do
		entry=${entry##*/}
		[ "$entry" = target.json ] || ln -s "/usr/lib/$kbuild/scripts/$entry" "$dir/scripts/$entry"
	done
	cp -L "$kernel/kdir/scripts/target.json" "$dir/scripts/"
	cp -RL "$kernel/kdir/rust" "$dir/"
	# By these the command knows that what it has is of the headers that are installed.
	cp "$kernel/version" "$dir/version"
	cat "$kernel/kdir/Module.symvers" "$kernel/kdir/include/config/auto.conf" | sha256sum | cut -d' ' -f1 >"$dir/identity"
}
