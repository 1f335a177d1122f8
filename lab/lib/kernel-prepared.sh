# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Recipe: a kernel that base0fs is compiled for and that never runs. `make prepare` makes its headers and its Rust crates,
# which takes two minutes instead of ten. Its Module.symvers is read from the EXPORT_SYMBOL lines of the sources, so it
# does not show which of them the configuration leaves out.

# shellcheck disable=SC2154 # kernel_table sets the variables
kernel_prepared() {
	local dir=$1 source=$1/source
	mkdir "$dir/kdir" "$dir/modules"
	# Neither bindgen nor the kernel's build reads what is left out here.
	unpack_source "$dir" --exclude='*/drivers/*.c' --exclude='*/Documentation/*.rst' --exclude='*/tools/testing/*' --exclude='*.dts*' ||
		return 0
	configure "$dir"
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
