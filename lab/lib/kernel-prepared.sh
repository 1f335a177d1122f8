# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Recipe: a kernel that base0fs is compiled for and that never runs. `make prepare` makes its headers and its Rust crates,
# which takes two minutes instead of ten. Its Module.symvers is read from the EXPORT_SYMBOL lines of the sources, so it
# does not show which of them the configuration leaves out.

# shellcheck disable=SC2154 # kernel_table sets the variables
kernel_prepared() {
	local dir=$1 source=$1/source series=${version%%-*} wanted=$version
	index_update "$dir"
	if ! source_versions "$dir" | grep -xF "$version" >/dev/null; then
		series=$(grep -oE '^[0-9]+\.[0-9]+' <<<"$series")
		version=$(source_versions "$dir" | grep -E "^${series//./\\.}[.~-]" | sed -n 1p)
		[ -n "$version" ] || {
			moved_on "$dir" "the archive ($suite) no longer has the source of linux $wanted, nor another of $series: \
THAT KERNEL WAS NOT COMPILED FOR; remove its table from lab/kernels/prepared."
			rm -r "$dir/fetched"
			return
		}
		moved_on "$dir" "the archive no longer has the source of linux $wanted: THAT KERNEL WAS NOT USED, $version was used instead."
	fi
	mkdir "$source" "$dir/kdir" "$dir/modules"
	if [ -n "${package:-}" ]; then
		packaged_source "$dir"
	else
		upstream_source "$dir"
	fi
	# Neither bindgen nor the kernel's build reads what is left out here.
	# shellcheck disable=SC2016 # expanded by the shell inside
	inside sh -c 'exec tar -xJf "$1"/linux.tar.xz -C "$2" --strip-components=1 --exclude="*/drivers/*.c" \
		--exclude="*/Documentation/*.rst" --exclude="*/tools/testing/*" --exclude="*.dts*"' sh "$dir/fetched" "$source"
	rm -r "$dir/fetched"
	inside make -C "$source" O="$dir/kdir" KCONFIG_ALLCONFIG="$LAB/kernels/$config" allnoconfig
	same_config "$LAB/kernels/$config" "$dir/kdir/.config"
	inside make -C "$source" O="$dir/kdir" -j"$(nproc)" modules_prepare
	exported_symbols "$source" "$dir/kdir" >"$dir/kdir/Module.symvers"
	cp "$dir/kdir/include/config/kernel.release" "$dir/release"
	say "$version" >"$dir/version"
	rm -rf "${source:?}"/{drivers,sound,net,crypto,samples,Documentation}
}

# exported_symbols SOURCE KDIR: prints a Module.symvers with every symbol that the sources, and the Rust crates in KDIR,
# export to all modules.
exported_symbols() {
	{
		grep -rhoE --include='*.[cS]' '^[[:space:]]*EXPORT_(SYMBOL|PER_CPU)[A-Z_]*\([A-Za-z0-9_]+\)' \
			"$1"/{arch/x86,block,fs,init,ipc,kernel,lib,mm,net,security}
		grep -hoE '^EXPORT_SYMBOL_RUST_GPL\([A-Za-z0-9_]+\)' "$2"/rust/exports_*_generated.h
	} | sed -E 's/.*\((.*)\)/0x00000000\t\1\tvmlinux\tEXPORT_SYMBOL_GPL\t/' | sort -u
}

# in_index DIR COMMAND...: runs a command of apt with the index of the table's suite.
in_index() {
	local dir=$1 command=$2
	shift 2
	inside "$command" -q -o APT::Sandbox::User=root -o Dir::Etc::sourcelist="$dir/fetched/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State::lists="$dir/fetched/lists" -o Dir::Cache="$dir/fetched/cache" "$@"
}

# index_update DIR: reads the index. The archive is that of the root.
index_update() {
	mkdir -p "$1/fetched/lists/partial" "$1/fetched/cache/archives/partial"
	sed -n "s/^deb \(.*\) $SUITE main$/deb \1 $suite main\ndeb-src \1 $suite main/p" "$(root_dir)/etc/apt/sources.list" \
		>"$1/fetched/sources.list"
	in_index "$1" apt-get update
}

# source_versions DIR: prints the versions of the source package, newest first.
source_versions() { in_index "$1" apt-cache madison linux | awk '{ print $3 }' | sort -rVu; }

# upstream_source DIR: fetches the upstream sources of the source package.
upstream_source() {
	local uri checksum
	read -r uri _ _ checksum < <(in_index "$1" apt-get source --print-uris --only-source "linux=$version" | grep '\.orig\.tar\.xz')
	[ -n "${checksum:-}" ] || die "apt names no upstream sources of linux $version."
	uri=${uri#\'} uri=${uri%\'}
	in_index "$1" /usr/lib/apt/apt-helper download-file "$uri" "$1/fetched/linux.tar.xz" "$checksum"
}

# packaged_source DIR: fetches the package of the table, which has the distribution's sources.
packaged_source() {
	(cd "$1/fetched" && in_index "$1" apt-get download "$package=$version")
	# shellcheck disable=SC2016 # expanded by the shell inside
	inside sh -c 'dpkg -x "$1"/*.deb "$1/unpacked" && mv "$1"/unpacked/usr/src/*.tar.xz "$1/linux.tar.xz"' sh "$1/fetched"
}
