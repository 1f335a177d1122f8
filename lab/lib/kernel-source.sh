# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Recipe: a kernel built from the distribution's source package with a small configuration of the lab.

# shellcheck disable=SC2154 # kernel_table sets the variables
kernel_source() {
	local dir=$1 source=$1/linux-source-$series wanted=$version
	archive_update
	if ! archive_has "linux-source-$series" "$version"; then
		version=$(archive_newest "linux-source-$series")
		[ -n "$version" ] || die "the archive no longer has linux-source-$series; change the table in lab/kernels to a series that it has."
		moved_on "$dir" "the archive no longer has linux $wanted: THAT KERNEL WAS NOT USED, $version was used instead."
	fi
	archive_fetch "$dir" "linux-source-$series=$version"
	inside tar -xJf "$dir/usr/src/linux-source-$series.tar.xz" -C "$dir"
	rm -r "${dir:?}/usr"
	mkdir "$dir/kdir" "$dir/modules"
	inside make -C "$source" O="$dir/kdir" KCONFIG_ALLCONFIG="$LAB/kernels/$config" allnoconfig
	same_config "$LAB/kernels/$config" "$dir/kdir/.config"
	inside make -C "$source" O="$dir/kdir" -j"$(nproc)" bzImage modules
	cp "$dir/kdir/arch/x86/boot/bzImage" "$dir/vmlinuz"
	cp "$dir/kdir/include/config/kernel.release" "$dir/release"
	say "$version" >"$dir/version"
}

# same_config WANTED RESULT: Kconfig silently drops options with unmet dependencies, so check that each line is in the result.
same_config() {
	local line name
	while IFS= read -r line; do
		name=${line%%=*}
		case $line in
		'' | '#'*) continue ;;
		*=n) grep -q "^$name=" "$2" || continue ;;
		*) grep -qxF "$line" "$2" && continue ;;
		esac
		die "Kconfig dropped '$line' of ${1#"$PROJECT/"}; add the dependency that it lacks."
	done <"$1"
}
