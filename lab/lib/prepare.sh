# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The steps that a guest needs: packages, root, kernels, modules.

# shellcheck source=lib/dependencies.sh
. "$LAB/lib/dependencies.sh"

# prepare_root: the packages and the toolchain root.
prepare_root() {
	# probes/ready.sh checks this too, but only after the long steps.
	case $PROJECT$CACHE in
	*[[:space:]:]*) die "the path of the project ($PROJECT) or of the cache ($CACHE) has a blank or a colon, which the kernel's \
makefiles do not support; rename it, or set XDG_CACHE_HOME to another directory." ;;
	esac
	step packages "Packages of this machine" "$LAB/packages"
	step root "The Debian 13 toolchain root" "$LAB/root"
	take_dependencies
}

# prepare KERNEL...: each step is fast if the cache has its result.
prepare() {
	local kernel root
	for kernel; do kernel_file "$kernel" >/dev/null; done
	prepare_root
	for kernel; do
		root=$(kernel_root "$kernel")
		[ "$root" = trixie ] || step "root-$root" "The toolchain root $root" "$LAB/root" "$root"
		step "kernel-$kernel" "The kernel $kernel" "$LAB/kernel" "$kernel"
	done
	for kernel; do
		step "build-$kernel" "$DRIVER.ko for $kernel, and the selftests" "$LAB/build" "$kernel"
	done
}
