# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The toolchain roots: their tables, their directories, and running commands in them. ROOT selects the root. It is
# `trixie`, except for kernels whose table names another one.

ROOT=trixie
# The suite of Debian that customers' machines and containers have.
# shellcheck disable=SC2034 # container.sh and system.sh use it
SUITE=trixie

root_names() { basename -s .conf "$LAB"/roots/*.conf; }

# root_table: sets the variables of the root's table, lab/roots/ROOT.conf:
#
#   suite            the suite of Debian
#   arch             Debian's name of the processor that the root's compilers compile for
#   base             another root, of which this one is a copy with further packages
#   packages         these packages
#   guests           another root, which has the guests and the programs for this root's kernels
#   guest_packages   the packages for guests, if the root's own programs are for another processor
root_table() {
	[ -e "$LAB/roots/$ROOT.conf" ] || die "the lab has no root '$ROOT'; it has $(root_names | paste -sd' ')."
	# shellcheck disable=SC1090 # one of the tables
	. "$LAB/roots/$ROOT.conf"
}

# root_value NAME: prints that variable of the root's table; nothing if the table does not set it.
root_value() {
	# shellcheck disable=SC2034 # the table sets them
	local suite='' arch='' base='' packages='' guests='' guest_packages=''
	root_table
	say "${!1}"
}

# root_dir: the cache entry of the root; its key is made of its table, of root.packages and of the recipe.
root_dir() {
	say "$CACHE/roots/$ROOT-$(digest "$(digest_files "$LAB/lib/make-root.sh" "$LAB/root.packages" "$LAB/roots/$ROOT.conf")")"
}

# root_site: prints the archive that the root was made from.
root_site() {
	awk -v suite="$(root_value suite)" '$1 == "deb" && $(NF - 1) == suite { print $(NF - 2); exit }' "$(root_dir)/etc/apt/sources.list"
}

# inside COMMAND...: runs COMMAND in the root, with the project and the cache at the same paths as outside.
# The mounts are in a namespace of their own, which ends with COMMAND. With INSIDE_EXEC=exec, COMMAND replaces this shell,
# so that signals sent to this process reach it.
inside() {
	local root share=() at=$PROJECT
	root=$(root_dir)
	case $PWD/ in "$PROJECT"/* | "$CACHE"/*) at=$PWD ;; esac
	[ -e "$root/complete" ] || die "the toolchain root has not been made yet; run lab/root $ROOT first."
	mkdir -p "$CACHE/home"
	[ -e /dev/kvm ] && share+=(--dev-bind /dev/kvm /dev/kvm)
	${INSIDE_EXEC:-} bwrap --die-with-parent --unshare-pid --bind "$root" / --proc /proc --dev /dev --tmpfs /tmp \
		--ro-bind-try /etc/resolv.conf /etc/resolv.conf --ro-bind-try /etc/hosts /etc/hosts --ro-bind-try /etc/ssl/certs /etc/ssl/certs \
		"${share[@]}" --bind "$CACHE" "$CACHE" --bind "$PROJECT" "$PROJECT" --chdir "$at" \
		--clearenv --setenv PATH /usr/sbin:/usr/bin:/sbin:/bin --setenv HOME "$CACHE/home" \
		--setenv LC_ALL C.UTF-8 --setenv TERM "${TERM:-dumb}" --setenv CARGO_HOME "$CACHE/cargo" \
		--setenv CARGO_TARGET_DIR "$BUILD/target" "$@"
}
