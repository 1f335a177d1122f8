# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The steps before a guest can run: packages, root, kernels, modules.

# prepare_root: what all else is made in.
prepare_root() {
	# As probes/ready.sh has it, which comes after the long steps.
	case $PROJECT$CACHE in
	*[[:space:]:]*) die "the path of the project ($PROJECT) or of the cache ($CACHE) has a blank or a colon, which the kernel's \
makefiles cannot take; rename it, or set XDG_CACHE_HOME to a directory without." ;;
	esac
	step packages "Packages of this machine" "$LAB/packages"
	step root "The Debian 13 root that everything is built in" "$LAB/root"
}

# prepare KERNEL...: each step is quick when the cache has what it makes.
prepare() {
	local kernel
	for kernel; do kernel_file "$kernel" >/dev/null; done
	prepare_root
	for kernel; do
		step "kernel-$kernel" "The kernel $kernel" "$LAB/kernel" "$kernel"
	done
	for kernel; do
		step "build-$kernel" "base0fs.ko for $kernel, and the selftests" "$LAB/build" "$kernel"
	done
}
