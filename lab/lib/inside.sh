# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The toolchain roots: their directories, and running commands in them. SUITE selects the root. It is that of Debian 13,
# except for a kernel that other compilers have built.

SUITE=trixie

# root_dir: the cache entry of the root; its key is made of root.packages and the recipe.
root_dir() {
	say "$CACHE/roots/$SUITE-$(digest "$SUITE" "$(digest_files "$LAB/lib/make-root.sh" "$LAB/root.packages")")"
}

# root_site: prints the archive that the root was made from.
root_site() { awk -v suite="$SUITE" '$1 == "deb" && $(NF - 1) == suite { print $(NF - 2); exit }' "$(root_dir)/etc/apt/sources.list"; }

# inside COMMAND...: runs COMMAND in the root, with the project and the cache at the same paths as outside.
# The mounts are in a namespace of their own, which ends with COMMAND. With INSIDE_EXEC=exec, COMMAND replaces this shell,
# so that signals sent to this process reach it.
inside() {
	local root share=() at=$PROJECT
	root=$(root_dir)
	case $PWD/ in "$PROJECT"/* | "$CACHE"/*) at=$PWD ;; esac
	[ -e "$root/complete" ] || die "the toolchain root has not been made yet; run lab/root --suite $SUITE first."
	mkdir -p "$CACHE/home"
	[ -e /dev/kvm ] && share+=(--dev-bind /dev/kvm /dev/kvm)
	${INSIDE_EXEC:-} bwrap --die-with-parent --unshare-pid --bind "$root" / --proc /proc --dev /dev --tmpfs /tmp \
		--ro-bind-try /etc/resolv.conf /etc/resolv.conf --ro-bind-try /etc/hosts /etc/hosts --ro-bind-try /etc/ssl/certs /etc/ssl/certs \
		"${share[@]}" --bind "$CACHE" "$CACHE" --bind "$PROJECT" "$PROJECT" --chdir "$at" \
		--clearenv --setenv PATH /usr/sbin:/usr/bin:/sbin:/bin --setenv HOME "$CACHE/home" \
		--setenv LC_ALL C.UTF-8 --setenv TERM "${TERM:-dumb}" --setenv CARGO_HOME "$CACHE/cargo" \
		--setenv CARGO_TARGET_DIR "$BUILD/target" "$@"
}
