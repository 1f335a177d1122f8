# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The sources of a kernel, from a source package or a package with sources in any suite of the root's archive.

# unpack_source DIR OPTION...: unpacks the sources of the table's version into DIR/source, with these options for tar. Uses
# another version of the series if the archive no longer has that one. Fails, with a note, if it has none.
# shellcheck disable=SC2154 # kernel_table sets the variables
unpack_source() {
	local dir=$1 series=${version%%-*} wanted=$version
	shift
	index_update "$dir"
	if ! source_versions "$dir" | grep -xF "$version" >/dev/null; then
		series=$(grep -oE '^[0-9]+\.[0-9]+' <<<"$series")
		version=$(source_versions "$dir" | grep -E "^${series//./\\.}[.~-]" | sed -n 1p)
		[ -n "$version" ] || {
			moved_on "$dir" "the archive ($suite) no longer has the source of linux $wanted, nor another of $series: \
THAT KERNEL WAS NOT MADE; remove its table from lab/kernels."
			rm -r "$dir/fetched"
			return 1
		}
		moved_on "$dir" "the archive no longer has the source of linux $wanted: THAT KERNEL WAS NOT USED, $version was used instead."
	fi
	mkdir "$dir/source"
	if [ -n "${package:-}" ]; then
		packaged_source "$dir"
	else
		upstream_source "$dir"
	fi
	# shellcheck disable=SC2016 # expanded by the shell inside
	inside sh -c 'fetched=$1 source=$2; shift 2; exec tar -xJf "$fetched"/linux.tar.xz -C "$source" --strip-components=1 "$@"' \
		sh "$dir/fetched" "$dir/source" "$@"
	rm -r "$dir/fetched"
}

# configure DIR ARGUMENT...: writes DIR/kdir/.config with these arguments of make: what the table's files say, and nothing
# else where they are silent. In a later file a line replaces that of an earlier one.
configure() {
	local dir=$1 file files=()
	shift
	# shellcheck disable=SC2154 # kernel_table sets the variable
	for file in $config; do files+=("$LAB/kernels/$file"); done
	awk -F= '/^CONFIG_/ { line[$1] = $0 } END { for (name in line) print line[name] }' "${files[@]}" | sort >"$dir/wanted.config"
	inside make -C "$dir/source" O="$dir/kdir" "$@" KCONFIG_ALLCONFIG="$dir/wanted.config" allnoconfig
	same_config "$dir/wanted.config" "$dir/kdir/.config"
}

# same_config WANTED RESULT: Kconfig silently drops options with unmet dependencies, so check that each line is in the result.
same_config() {
	local line name
	while IFS= read -r line; do
		name=${line%%=*}
		case $line in
		*=n) grep -q "^$name=" "$2" || continue ;;
		*) grep -qxF "$line" "$2" && continue ;;
		esac
		die "Kconfig dropped '$line'; add the dependency that it lacks to the files of the table's configuration."
	done <"$1"
}

# in_index DIR COMMAND...: runs a command of apt with the index of the table's suite. A mirror may be older than the date
# until which the index of sid is valid. The table names the version, so an old index does no harm, and its signature is
# checked.
in_index() {
	local dir=$1 command=$2
	shift 2
	inside "$command" -q -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false \
		-o Dir::Etc::sourcelist="$dir/fetched/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State::lists="$dir/fetched/lists" -o Dir::Cache="$dir/fetched/cache" "$@"
}

# index_update DIR: reads the index. The archive is that of the root.
index_update() {
	local of_root
	of_root=$(root_value suite)
	mkdir -p "$1/fetched/lists/partial" "$1/fetched/cache/archives/partial"
	sed -n "s/^deb \(.*\) $of_root main$/deb \1 $suite main\ndeb-src \1 $suite main/p" "$(root_dir)/etc/apt/sources.list" \
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
