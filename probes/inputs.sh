#!/bin/sh
# SPDX-License-Identifier: GPL-2.0

# inputs.sh: remembers what a driver was built from, and removes what was built from anything else. make compares dates
# and command lines. It does not see that KDIR names another kernel if that one is built in its own tree, where commands
# name files relative to it. It does not see a file that was replaced by an older one, either.
#
#   inputs.sh check OBJ KDIR [DIR]...          removes everything that was built in OBJ, unless it was built from the
#                                              directory KDIR and from files that still have the same contents, and no
#                                              source in OBJ or one of the DIRs has changed without make seeing it
#   inputs.sh begin OBJ                        before bindgen reads the headers
#   inputs.sh record OBJ KDIR DEPFILE [-IDIR | FILE]...
#                                              afterwards: DEPFILE names what bindgen has read; it searched each DIR, in
#                                              this order; the crates among FILE are compared by size, inode and times
#                                              alone, because they are large
#   inputs.sh remove OBJ                       removes everything that was built in OBJ
#
# BINDGEN is the command that runs bindgen.
#
# Names in DEPFILE are relative to the directory of make, which is the working directory. OBJ/gen/inputs has:
#   origin    the kernel's directory, without symbolic links; the programs in BINDGEN; LIBCLANG_PATH
#   files     the names, one a line
#   crates    the names of the crates, and of bindgen and its libraries
#   absent    the names of files that are not there, and that bindgen would read in the place of another one
#   places    the directories that these would be in
#   state     size, inode and times of all. Nobody can set the time of change (ctime), not even `cp -p` or tar; only an
#             image of a filesystem is made with the times that somebody wants
#   crate     the same of the crates
#   sums      hashes of the files

# OBJ/gen/checked has the time of the last check as its date. A source that has changed since (ctime) and has a date before
# that of something that was built is one that make would not build again.

task=$1 obj=$2
shift 2
inputs=$obj/gen/inputs checked=$obj/gen/checked

# state_of LIST...: size, inode and times of the files in the lists; of a file that is missing, nothing.
state_of() { cat "$@" | tr '\n' '\0' | xargs -0 -r stat -L -c '%n %s %i %.9Y %.9Z' 2>/dev/null; }

sums_of() { tr '\n' '\0' <"$1" | xargs -0 -r sha256sum 2>/dev/null; }

# missing LIST: the files in the list that are not there. Who reads the names may stop at the first, so that sh ends by a
# signal, which xargs would mention.
# shellcheck disable=SC2016 # the inner shell expands it
missing() { tr '\n' '\0' <"$1" | xargs -0 -r sh -c 'for file; do [ -e "$file" ] || printf "%s\n" "$file"; done' sh 2>/dev/null; }

# programs: the programs in BINDGEN.
# shellcheck disable=SC2086 # a name may begin with a wrapper
programs() { for word in ${BINDGEN:-}; do command -v "$word"; done 2>/dev/null; }

# libraries: the libraries that bindgen reads C with. It loads them itself, so only the loader can say which these are. A
# loader other than that of the GNU C library says nothing.
# shellcheck disable=SC2086
libraries() {
	[ -z "${BINDGEN:-}" ] || LD_DEBUG=files $BINDGEN --no-include-path-detection --formatter none "${0%/*}/libclang.h" 2>&1 |
		sed -n 's/.*calling init: \(.*\/lib\(clang\|LLVM\)[^/]*\)$/\1/p'
}

origin_of() { (cd -- "$1" && pwd -P) && { programs; printf '%s\n' "${LIBCLANG_PATH:-}"; }; }

# earlier FILES DIRECTORIES: for each of these files that lies in one of these directories, the same name in the
# directories before it.
earlier() {
	awk '{ sub(/^(\.\/)+/, "") } FILENAME == ARGV[1] { dirs[++count] = $0 "/"; next } {
		for (i = 2; i <= count; i++)
			if (index($0, dirs[i]) == 1)
				for (j = 1; j < i; j++) print dirs[j] substr($0, length(dirs[i]) + 1)
	}' "$2" "$1"
}

# beside LIST: where the compiler looks first for what these files include by `#include "NAME"`: in their own directories.
beside() {
	tr '\n' '\0' <"$1" | xargs -0 -r grep -o '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^"]*"' /dev/null 2>/dev/null |
		sed -e 's,^\(.*/\)[^/:]*:[^"]*"\(.*\)"$,\1\2,' -e 's,^[^/:]*:[[:space:]]*#[^"]*"\(.*\)"$,\1,'
}

# is_current KDIR: whether what was recorded is still there.
is_current() {
	[ -e "$inputs/absent" ] && [ "$(cat "$inputs/origin")" = "$(origin_of "$1")" ] || return
	# Without stat or sha256sum there would be nothing to compare.
	[ -s "$inputs/state" ] && [ -s "$inputs/sums" ] || return
	# Times without fractions are those of an image, such as squashfs, or of a filesystem that counts whole seconds. Another
	# image can have another file of the same size with the same inode and times.
	state_of "$inputs/files" "$inputs/crates" "$inputs/places" | cmp -s - "$inputs/state" && ! grep -q '\.0*$' "$inputs/state" &&
		return
	state_of "$inputs/files" "$inputs/crates" "$inputs/places" >"$inputs/state.new"
	[ -s "$inputs/state.new" ] &&
		state_of "$inputs/crates" | cmp -s - "$inputs/crate" && sums_of "$inputs/files" | cmp -s - "$inputs/sums" &&
		missing "$inputs/absent" | cmp -s - "$inputs/absent" &&
		mv -f "$inputs/state.new" "$inputs/state"
}

# The program compat-probe is of the sources beside this script alone, and takes longest to build. A kernel's directory below
# that of the driver has such files too, and so has that of another driver. Both are left alone.
# shellcheck disable=SC2016 # the inner shell expands it
remove() {
	find "$obj" \( -name .git -o -path "$obj/build" -o -path "$obj/target" -o -type d ! -path "$obj" \
		-exec sh -c '[ -f "$1/include/config/auto.conf" ] || [ -f "$1/gen/checked" ]' sh '{}' \; \) -prune -o -type f \( -name '*.ko' \
		-o -name '*.o' -o -name '*.a' -o -name '*.bc' -o -name '*.mod' -o -name '*.mod.c' -o -name '*.rmeta' -o -name '*.d' \
		-o -name '.*.cmd' -o -name Module.symvers -o -name modules.order -o -path "$obj/gen/*" \) \
		! -name '*compat[-_]probe*' ! -path "$checked.new" -exec rm -f {} +
	rm -rf "$inputs"
}

# unseen DIR...: the sources in OBJ and in these directories that have changed without make seeing it. What was built, and a
# kernel or another driver below the driver, are no sources.
unseen() {
	[ -e "$checked" ] || return 0
	find "$obj" "$@" \( -name .git -o -path "$obj/build" -o -path "$obj/target" \) -prune -o -type f -printf '%T@ %C@ %p\n' |
		awk -v gen="$obj/gen/" -v since="$(stat -c %.9Y "$checked")" '
			{ path = substr($0, length($1 $2) + 3) }
			index(path, gen "checked") == 1 { next }
			path ~ /\/gen\/checked$/ { others[substr(path, 1, length(path) - 11)] }
			path ~ /\/include\/config\/auto\.conf$/ { others[substr(path, 1, length(path) - 24)] }
			index(path, gen) == 1 || path ~ /(\.(ko|o|a|bc|mod|mod\.c|rmeta|d|cmd)|\/(Module\.symvers|modules\.order))$/ {
				made[path] = $1 + 0
				next
			}
			$2 + 0 > since + 0 { date[path] = $1 + 0 }
			function is_of_another(path, other) {
				for (other in others) if (index(path, other) == 1) return 1
				return 0
			}
			END {
				for (path in made) if (made[path] > newest && !is_of_another(path)) newest = made[path]
				for (path in date) if (date[path] <= newest && !is_of_another(path)) print path
			}'
}

case $task in
check)
	kernel=$1
	shift
	# What changes during the check is seen by the next one.
	{ mkdir -p "$obj/gen" && : >"$checked.new"; } 2>/dev/null
	changed=$(unseen "$@" 2>/dev/null)
	case $changed in *"${0%/*}/src/"*) rm -f "$obj"/gen/*compat[-_]probe* "$obj"/gen/.*compat[-_]probe* ;; esac
	is_built=
	[ ! -e "$obj/gen/bindings.rs" ] && [ ! -e "$inputs" ] || is_built=yes
	if [ -n "$changed" ] || { [ -n "$is_built" ] && ! is_current "$kernel" 2>/dev/null; }; then
		remove 2>/dev/null
		# What stays after all would be taken for what belongs to this kernel. make stops with what is printed here.
		[ ! -e "$obj/gen/bindings.rs" ] && [ ! -e "$inputs" ] ||
			echo "what was built in $obj for another kernel or from other headers cannot be removed: let $(id -un) write there, or remove $obj/gen"
	fi
	mv -f "$checked.new" "$checked" 2>/dev/null
	:
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
	origin_of "$kernel" >"$inputs.new/origin"
	: >"$inputs.new/directories"
	{ programs; libraries; } >"$inputs.new/crates"
	{
		sed -e '1s/^[^:]*://' -e 's/\\$//' "$depfile" | tr -s ' \t' '\n' | sed '/^$/d'
		for file; do
			case $file in -I*) echo "${file#-I}" >>"$inputs.new/directories" ;; esac
			[ ! -f "$file" ] || case $file in
			*.rmeta | *.so) echo "$file" >>"$inputs.new/crates" ;;
			*) echo "$file" ;;
			esac
		done
	} | LC_ALL=C sort -u >"$inputs.new/files"
	inputs=$inputs.new
	{ earlier "$inputs/files" "$inputs/directories"; beside "$inputs/files"; } | LC_ALL=C sort -u >"$inputs/earlier"
	missing "$inputs/earlier" >"$inputs/absent"
	sed 's,/[^/]*$,,' "$inputs/absent" | LC_ALL=C sort -u >"$inputs/places"
	state_of "$inputs/files" "$inputs/crates" "$inputs/places" >"$inputs/state"
	state_of "$inputs/crates" >"$inputs/crate"
	sums_of "$inputs/files" >"$inputs/sums"
	# What has changed since bindgen began may not be what bindgen has read. Without a record the next make builds again.
	# shellcheck disable=SC2016 # the inner shell expands it
	newer=$(cat "$inputs/files" "$inputs/crates" "$inputs/earlier" | tr '\n' '\0' |
		xargs -0 -r sh -c 'exec find -L "$@" -prune -newercm "$0"' "${inputs%.new}.begun" 2>/dev/null | head -n 1)
	rm -f "${inputs%.new}.begun"
	if [ -z "$newer" ]; then mv "$inputs" "${inputs%.new}"; else rm -rf "$inputs"; fi
	;;
remove) remove ;;
esac
