#!/bin/sh
# SPDX-License-Identifier: GPL-2.0

# inputs.sh: remembers what a driver was built from, and removes what was built from anything else. make compares dates
# and command lines. It does not see that KDIR names another kernel if that one is built in its own tree, where commands
# name files relative to it. It does not see a file that was replaced by an older one, either.
#
#   inputs.sh check OBJ KDIR                   removes everything that was built in OBJ, unless it was built from the
#                                              directory KDIR and from files that still have the same contents
#   inputs.sh begin OBJ                        before bindgen reads the headers
#   inputs.sh record OBJ KDIR DEPFILE FILE...  afterwards: DEPFILE names what bindgen has read; the crates among FILE are
#                                              compared by size, inode and times alone, because they are large
#   inputs.sh remove OBJ                       removes everything that was built in OBJ
#
# Names in DEPFILE are relative to the directory of make, which is the working directory. OBJ/gen/inputs has:
#   kernel    the kernel's directory, without symbolic links
#   files     the names, one a line
#   crates    the names of the crates
#   state     size, inode and times of all. Nobody can set the time of change (ctime), not even `cp -p` or tar; only an
#             image of a filesystem is made with the times that somebody wants
#   crate     the same of the crates
#   sums      hashes of the files

task=$1 obj=$2
shift 2
inputs=$obj/gen/inputs

# state_of LIST...: size, inode and times of the files in the lists; of a file that is missing, nothing.
state_of() { cat "$@" | tr '\n' '\0' | xargs -0 -r stat -L -c '%n %s %i %.9Y %.9Z' 2>/dev/null; }

sums_of() { tr '\n' '\0' <"$1" | xargs -0 -r sha256sum 2>/dev/null; }

# is_current KDIR: whether what was recorded is still there.
is_current() {
	[ "$(cat "$inputs/kernel" 2>/dev/null)" = "$(cd -- "$1" && pwd -P)" ] || return
	state_of "$inputs/files" "$inputs/crates" >"$inputs/state.new"
	# Without stat or sha256sum there would be nothing to compare.
	[ -s "$inputs/state.new" ] && [ -s "$inputs/sums" ] || return
	# Times without fractions are those of an image, such as squashfs, or of a filesystem that counts whole seconds. Another
	# image can have another file of the same size with the same inode and times.
	if cmp -s "$inputs/state.new" "$inputs/state" && ! grep -q '\.0*$' "$inputs/state"; then
		rm -f "$inputs/state.new"
		return 0
	fi
	state_of "$inputs/crates" | cmp -s - "$inputs/crate" && sums_of "$inputs/files" | cmp -s - "$inputs/sums" &&
		mv -f "$inputs/state.new" "$inputs/state"
}

# The program compat-probe is of the sources beside this script alone, and takes longest to build. A kernel's directory below
# that of the driver has such files too, and is left alone.
remove() {
	find "$obj" \( -name .git -o -path "$obj/build" -o -path "$obj/target" \
		-o -type d -exec test -f '{}/include/config/auto.conf' \; \) -prune -o -type f \( -name '*.ko' \
		-o -name '*.o' -o -name '*.a' -o -name '*.mod' -o -name '*.mod.c' -o -name '*.rmeta' -o -name '*.d' \
		-o -name '.*.cmd' -o -name Module.symvers -o -name modules.order -o -path "$obj/gen/*" \) \
		! -name '*compat[-_]probe*' -exec rm -f {} +
	rm -rf "$inputs"
}

case $task in
check)
	# Nothing was built yet.
	[ -e "$obj/gen/bindings.rs" ] || [ -e "$inputs" ] || exit 0
	is_current "$1" || remove
	;;
begin)
	rm -rf "$inputs" "$inputs.new"
	mkdir -p "$obj/gen"
	: >"$inputs.begun"
	;;
record)
	kernel=$1 depfile=$2
	shift 2
	mkdir -p "$inputs.new"
	(cd -- "$kernel" && pwd -P) >"$inputs.new/kernel"
	: >"$inputs.new/crates"
	{
		sed -e '1s/^[^:]*://' -e 's/\\$//' "$depfile" | tr -s ' \t' '\n' | sed '/^$/d'
		for file; do
			[ ! -f "$file" ] || case $file in
			*.rmeta | *.so) echo "$file" >>"$inputs.new/crates" ;;
			*) echo "$file" ;;
			esac
		done
	} | LC_ALL=C sort -u >"$inputs.new/files"
	inputs=$inputs.new
	state_of "$inputs/files" "$inputs/crates" >"$inputs/state"
	state_of "$inputs/crates" >"$inputs/crate"
	sums_of "$inputs/files" >"$inputs/sums"
	# What has changed since bindgen began may not be what bindgen has read. Without a record the next make builds again.
	# shellcheck disable=SC2016 # the inner shell expands it
	newer=$(cat "$inputs/files" "$inputs/crates" | tr '\n' '\0' |
		xargs -0 -r sh -c 'exec find -L "$@" -prune -newercm "$0"' "${inputs%.new}.begun" 2>/dev/null | head -n 1)
	rm -f "${inputs%.new}.begun"
	if [ -z "$newer" ]; then mv "$inputs" "${inputs%.new}"; else rm -rf "$inputs"; fi
	;;
remove) remove ;;
esac
