# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Recipe: a kernel built from source with a small configuration of the lab.

# shellcheck disable=SC2154 # kernel_table sets the variables
kernel_built() {
	local dir=$1 image arguments=()
	# shellcheck disable=SC2206,SC2207 # several arguments
	arguments=($(make_arguments) ${arguments_of_make:-})
	image=$(kernel_image)
	mkdir "$dir/kdir" "$dir/modules"
	unpack_source "$dir" --exclude='*/Documentation/*.rst' --exclude='*/tools/testing/*' || return 0
	configure "$dir" "${arguments[@]}"
	inside make -C "$dir/source" O="$dir/kdir" "${arguments[@]}" -j"$(nproc)" "${image##*/}" modules
	cp "$dir/kdir/$image" "$dir/vmlinuz"
	cp "$dir/kdir/include/config/kernel.release" "$dir/release"
	say "$version" >"$dir/version"
}
