# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Debian 13 systems in a directory, for what needs other packages than the toolchain root has, or changes a system, and
# loads no module: building packages, and DKMS where the kernel belongs to another system.

CONTAINER_OPTIONS=()

# container_dir NAME PACKAGES: the cache entry of a system with these packages, separated by commas, and their
# dependencies. Only what installs it decides what is in it.
container_dir() {
	say "$CACHE/containers/$1-$(digest "$SUITE" "$2" "$(declare -f container_install)")"
}

# container_make NAME VARIANT PACKAGES: makes the system unless the cache has it, and prints its directory. VARIANT is one
# of mmdebstrap's.
container_make() {
	local dir
	dir=$(container_dir "$1" "$3")
	fill "$dir" container_install "$dir" "$2" "$3" >&2
	say "$dir/root"
}

container_install() {
	local dir=$1 variant=$2 packages=$3 site options=() option
	site=$(root_site)
	while IFS= read -r option; do options+=(--aptopt="$option"); done < <(transport)
	mkdir "$dir"
	unshare --mount --fork --kill-child=TERM mmdebstrap --mode=root --variant="$variant" --include="$packages" --dpkgopt=force-unsafe-io "${options[@]}" \
		"$SUITE" "$dir/root" "deb $site $SUITE main" "deb $site $SUITE-backports main"
}

# container_new NAME ROOT: a system called NAME as the one in ROOT is, in place of an older one.
container_new() {
	local dir=$BUILD/containers/$1
	rm -rf --one-file-system "$dir"
	mkdir -p "$dir/upper" "$dir/work" "$dir/root"
	say "$2" >"$dir/lower"
	# An overlay of an overlay is not possible, such as in a container of Docker.
	unshare --mount mount -t overlay base0fs -o "lowerdir=$2,upperdir=$dir/upper,workdir=$dir/work" "$dir/root" 2>/dev/null ||
		cp -a --reflink=auto "$2/." "$dir/root/"
}

# container NAME COMMAND...: runs COMMAND in the system NAME, with the project at the same path. What is mounted for it
# ends with it. `CONTAINER_OPTIONS` are more arguments for bwrap.
container() {
	local dir=$BUILD/containers/$1
	shift
	# shellcheck disable=SC2016 # expanded by the shell inside
	unshare --mount sh -euc '
		dir=$1
		shift
		[ -n "$(ls -A "$dir/root")" ] || mount -t overlay base0fs -o "lowerdir=$(cat "$dir/lower"),upperdir=$dir/upper,workdir=$dir/work" "$dir/root"
		exec bwrap --die-with-parent --unshare-pid --cap-drop CAP_SYS_MODULE --bind "$dir/root" / --proc /proc --dev /dev --perms 1777 --tmpfs /tmp --tmpfs /run --chdir / "$@"' sh "$dir" \
		--bind "$PROJECT" "$PROJECT" --ro-bind-try /etc/resolv.conf /etc/resolv.conf --ro-bind-try /etc/hosts /etc/hosts \
		--ro-bind-try /etc/ssl/certs /etc/ssl/certs --clearenv --setenv PATH /usr/sbin:/usr/bin:/sbin:/bin --setenv HOME /root \
		--setenv LC_ALL C.UTF-8 --setenv DEBIAN_FRONTEND noninteractive "${CONTAINER_OPTIONS[@]}" "$@"
}
