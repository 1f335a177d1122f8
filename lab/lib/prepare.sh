# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The steps before a guest can run: packages, root, kernels, modules.

# prepare KERNEL...: each step is quick when the cache has what it makes.
prepare() {
	local kernel
	step packages "Packages of this machine" "$LAB/packages"
	step root "The Debian 13 root that everything is built in (first time: about 2 minutes)" "$LAB/root"
	for kernel; do
		step "kernel-$kernel" "The kernel $kernel (first time: 5 to 15 minutes)" "$LAB/kernel" "$kernel"
	done
	for kernel; do
		step "build-$kernel" "base0fs.ko for $kernel, and the selftests" "$LAB/build" "$kernel"
	done
}
