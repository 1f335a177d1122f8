# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# How kernels, modules and programs are made for the processor of the root (`arch` in its table). All roots run on
# x86-64. machine.sh has the virtual machines.

# make_arguments: prints the arguments of make for a kernel and its modules.
make_arguments() {
	case $(root_value arch) in
	arm64) say ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- ;;
	esac
}

# package_suffix: prints what follows the name of a package for the processor, if the root has others as well.
package_suffix() {
	case $(root_value arch) in
	arm64) say :arm64 ;;
	esac
}

# kernel_image: prints the path of the kernel's image in its build directory. Its last part is a target of make.
# shellcheck disable=SC2154 # kernel_table sets the variable
kernel_image() {
	case "$(root_value arch) ${arguments_of_make:-}" in
	*ARCH=um*) say linux ;;
	arm64*) say arch/arm64/boot/Image ;;
	*) say arch/x86/boot/bzImage ;;
	esac
}

# cargo_settings: prints the variables of the environment with which cargo builds programs. What has not changed in a program
# is not compiled again.
cargo_settings() {
	say CARGO_INCREMENTAL=1
	case $(root_value arch) in
	arm64) say CARGO_BUILD_TARGET=aarch64-unknown-linux-gnu CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc ;;
	esac
}
