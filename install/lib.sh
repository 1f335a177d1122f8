# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Functions of install, uninstall, dkms and verify: messages, the loaded module, and changes that can be undone.
# A script sets $here, the directory of this file, before it sources this. Later it sets $tmp, a temporary directory,
# and $list, a file that becomes the list of what is installed.
# shellcheck disable=SC2034,SC2154 # variables that those scripts use, and that they set

LC_ALL=C PATH=${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin
export LC_ALL PATH
umask 022

: "${DESTDIR:=}" "${INSTALL_MOD_PATH:=}" "${SCRATCH:=/var/tmp}"
case $DESTDIR in '' | /*) ;; *) DESTDIR=$(pwd -P)/$DESTDIR ;; esac
case $INSTALL_MOD_PATH in '' | /*) ;; *) INSTALL_MOD_PATH=/$INSTALL_MOD_PATH ;; esac
while [ "${DESTDIR%/}" != "$DESTDIR" ]; do DESTDIR=${DESTDIR%/}; done
while [ "${INSTALL_MOD_PATH%/}" != "$INSTALL_MOD_PATH" ]; do INSTALL_MOD_PATH=${INSTALL_MOD_PATH%/}; done
state=$DESTDIR/var/lib/base0fs
tab=$(printf '\t')
logs=$DESTDIR/var/log/base0fs
undo=$state/undo
# Of several files with one name, modprobe reads only the one in /etc/modprobe.d. This name is therefore an unusual one.
refusal=/run/modprobe.d/base0fs-kept-out.conf
# With this file, systemd starts no proof: one has ended since the kernel started, or base0fs was installed since then.
decided=/run/base0fs/decided
# What the last proof at boot was about.
proof=/run/base0fs/proof
report=/run/base0fs/verify.log
sysfs=/sys/module/base0fs

say() { printf 'base0fs: %s\n' "$*"; }
refuse() {
	say "$*" >&2
	exit 1
}

# heed_signals: a signal ends the script with the usual status, and its trap for EXIT cleans up. SIGPIPE is one of
# them: the reader of the messages may end first, as `head` does.
heed_signals() {
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 141' PIPE
	trap 'exit 143' TERM
}

ignore_signals() { trap '' HUP INT PIPE TERM; }

# The journal and the list of what is installed have a line for each path, with tabs between its fields.
case $DESTDIR$INSTALL_MOD_PATH${TMPDIR:-} in
*"$tab"* | *"
"*) refuse "DESTDIR, INSTALL_MOD_PATH or TMPDIR has a tab or a newline: name another directory." ;;
esac

need_root() {
	[ "$(id -u)" = 0 ] || refuse "$1 needs root, and this is $(id -un): run it with sudo."
}

# version_of TREE: the version of base0fs, as Cargo.toml has it.
version_of() {
	sed -n '/^\[workspace\.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' "$1/Cargo.toml"
}

# one_at_a_time: a second install, uninstall or proof waits for the end of the first, but not for long. The process that
# cleans up after killed cases holds the lock as well. An install below DESTDIR has a lock of its own: see lock_undo.
one_at_a_time() {
	[ -z "$DESTDIR" ] || return 0
	# Only root can open the file, so nobody else can hold the lock. /run is empty after a restart.
	umask 077
	# Without `command`, the shell would end here.
	command exec 9>/run/base0fs-install.lock ||
		refuse "/run/base0fs-install.lock cannot be written, which keeps two installs apart: make /run a directory that root can write to."
	umask 022
	take_turn
}

# take_turn: takes the lock that is open as file descriptor 9.
take_turn() {
	flock -n 9 || {
		say "another install, uninstall or proof of base0fs is running; waiting for its end."
		flock -w 60 9 || refuse "another install, uninstall or proof of base0fs is still running: wait for its end, and try again."
	}
}

# ---- the loaded module

is_loaded() { [ -d $sysfs ]; }

# The build id is the last 20 bytes of its note.
loaded_build_id() {
	od -An -v -tx1 $sysfs/notes/.note.gnu.build-id 2>/dev/null | tr -d ' \n' | sed 's/.*\(.\{40\}\)$/\1/'
}

file_build_id() { readelf -n "$1" 2>/dev/null | sed -n 's/^ *Build ID: //p' | head -n 1; }

# uncompressed FILE COPY: the module as the linker wrote it.
uncompressed() {
	case $1 in
	*.gz) gzip -dc "$1" >"$2" ;;
	*.xz) xz -dc "$1" >"$2" ;;
	*.zst) zstd -dcq "$1" >"$2" ;;
	*) cp "$1" "$2" ;;
	esac
}

# uses: how many mounts and open files hold the loaded module.
uses() { cat $sysfs/refcnt 2>/dev/null || echo 0; }

# mounts_shown: the mount points of base0fs that any process sees, as a list for people.
mounts_shown() {
	cat /proc/[0-9]*/mountinfo 2>/dev/null |
		awk '{ for (i = 7; i < NF; i++) if ($i == "-") { if ($(i + 1) == "base0fs" && !seen[$5]++) print $5; break } }' |
		while IFS= read -r place; do
			# The kernel writes a blank as \040.
			printf '%b\n' "$(printf '%s' "$place" | sed 's/\\\([0-7][0-7][0-7]\)/\\0\1/g')"
		done | sort | paste -sd, | sed 's/,/, /g'
}

# in_use_by: the reason why the module cannot be unloaded, as the end of a sentence.
in_use_by() {
	in_use_by=$(mounts_shown)
	if [ -n "$in_use_by" ]; then
		echo "by the mounts on $in_use_by"
	else
		echo "(its count of uses is $(uses)), and no process shows the mount that holds it"
	fi
}

# unload: unloads base0fs. A process that reads the list of mounts may hold the module for a moment.
unload() {
	for _ in 1 2 3 4 5; do
		! is_loaded || rmmod base0fs 2>/dev/null || :
		is_loaded || return 0
		sleep 1
	done
	return 1
}

# load FILE: loads this file, after the modules that it depends on. If the kernel refuses, the status is 1 and $why has
# the reason.
load() {
	for needed in $(modinfo -F depends "$1" | tr ',' ' '); do
		modprobe "$needed" 2>/dev/null || :
	done
	why=$(insmod "$1" 2>&1) && return
	# Another process may have loaded the same module a moment ago.
	! is_loaded || [ "$(loaded_build_id)" != "$(file_build_id "$1")" ] || return 0
	# The message of insmod begins with its name and the name of the file.
	why=${why##*: }
	[ -n "$why" ] || why="no reason given"
	return 1
}

# is_key_refusal REASON: whether the kernel refused the module because of its signature. A kernel that is locked down
# reports a lack of permission.
is_key_refusal() {
	case $1 in
	*'Key was rejected'* | *'Required key not'* | *'Key has been'* | *'Key has expired'*) ;;
	*'Operation not permitted'*) wants_signatures ;;
	*) return 1 ;;
	esac
}

# may_load: whether modules can be loaded here, and for this system: not in a container, and not in a chroot.
may_load() {
	# Bit 16 of a capability set is CAP_SYS_MODULE.
	[ $((0x$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status) >> 16 & 1)) = 1 ] &&
		[ "$(stat -Lc %d:%i /proc/1/root/ 2>/dev/null)" = "$(stat -Lc %d:%i /)" ] &&
		! systemd-detect-virt --quiet --container 2>/dev/null
}

# ---- signatures

wants_signatures() {
	[ "$(cat /sys/module/module/parameters/sig_enforce 2>/dev/null)" = Y ] ||
		grep -qsE '\[(integrity|confidentiality)\]' /sys/kernel/security/lockdown
}

# find_key: sets $key and $certificate to the files to sign with, from SIGN_KEY and SIGN_CERT or else those of DKMS.
# Both are empty if there are none.
find_key() {
	key=${SIGN_KEY:-} certificate=${SIGN_CERT:-}
	if [ -n "$key" ]; then
		[ -r "$key" ] || refuse "the key SIGN_KEY=$key cannot be read: name the private key that the module is to be signed with."
		[ -r "$certificate" ] || refuse "the certificate SIGN_CERT=$certificate cannot be read: name the one that belongs to SIGN_KEY."
		return
	fi
	for pair in /var/lib/dkms/mok.key:/var/lib/dkms/mok.pub /var/lib/shim-signed/mok/MOK.priv:/var/lib/shim-signed/mok/MOK.der; do
		key=${pair%%:*} certificate=${pair#*:}
		[ -r "$key" ] && [ -r "$certificate" ] && return
	done
	key='' certificate=''
}

# enrol CERTIFICATE: how to make the kernel trust it, as the end of a sentence.
enrol() { echo "enrol it with 'mokutil --import $1', restart the machine and confirm it there"; }

no_key() {
	echo "this kernel loads signed modules alone, and there is no key to sign base0fs with: make one with 'dkms generate_mok' and $(enrol /var/lib/dkms/mok.pub), or name one with SIGN_KEY=FILE SIGN_CERT=FILE"
}

# ---- keeping the module out

# keep_out SENTENCE: makes modprobe refuse base0fs with this sentence, until a restart or until the cases pass. For a
# mount, too, the kernel calls modprobe.
keep_out() {
	# modprobe gives the command to a shell, for which the sentence is in single quotes. It removes backslashes before.
	sentence=$(printf '%s' "$1" | tr "'" '"')
	mkdir -p "${refusal%/*}" && {
		echo "# Made by base0fs. It ends with a restart, or when all cases pass: base0fs(5) says how to run them again."
		printf "install base0fs { echo '<3>base0fs: %s' >/dev/kmsg; echo 'base0fs: %s' >&2; exit 1; }\n" "$sentence" "$sentence"
	} >"$refusal"
}

let_in() {
	rm -f "$refusal"
	rmdir "${refusal%/*}" 2>/dev/null || :
}

# ---- the records of boots
#
# base0fs-verify runs before /var is mounted. Where /var is a filesystem of its own, a boot therefore sees another
# /var/lib/base0fs than later programs: the one below the mount.

# records_of_boot COMMAND [ARGUMENT]: has a shell run COMMAND, with $1 its ARGUMENT, in the /var/lib that a boot sees,
# if later programs see another one.
records_of_boot() {
	[ "$(stat -c %d /)" != "$(stat -c %d /var)" ] || return 0
	mkdir -p "$tmp/root" || return
	# shellcheck disable=SC2016 # expanded by the shell within
	unshare -m sh -c 'mount --bind / "$1" && cd "$1/var/lib" 2>/dev/null || exit 0; command=$2; shift 2; eval "$command"' \
		sh "$tmp/root" "$@"
}

# proof_of FILE: what a proof of the module FILE on this kernel is remembered by, as base0fs-selftest has it.
proof_of() { printf '%s\t%s\t%s\n' "$(uname -r)" "$(uname -v)" "$(file_build_id "$1")"; }

# remember FILE: the module FILE has passed. A boot need not run the cases, and what it remembers of a crash counts no
# more.
remember() {
	rm -f /var/lib/base0fs/began
	# shellcheck disable=SC2016 # expanded by the shell within
	records_of_boot 'cd base0fs 2>/dev/null || exit 0; rm -f began; grep -qsxF "$1" verified || printf "%s\n" "$1" >>verified' \
		"$(proof_of "$1")" 2>/dev/null || :
}

# ---- changes that can be undone
#
# Before each change, a line in the journal says how to undo it. A script that ends without `commit` undoes the journal.
# After a script that was killed, the next install or uninstall undoes it.

# journal KIND [WHAT [MORE]]: writes a line. An empty field is written as -, because `read` takes several tabs for one.
# A line without its last field was not written to its end, so its change was not made.
journal() {
	printf '%s\t%s\t%s\tend\n' "$1" "${2:--}" "${3:--}" 2>/dev/null >>"$undo/journal" ||
		refuse "$undo/journal cannot be written, by which a change can be undone: see whether its filesystem is full or read-only."
}

# undo_earlier: undoes what a killed install has done.
undo_earlier() {
	# $undo may be removed while this waits for its lock, and another install may make it again.
	while [ -e "$undo" ]; do
		# A journal can have any file removed. Another user may have put one below DESTDIR.
		case $(stat -c %F:%u "$undo" 2>/dev/null) in
		'' | "directory:$(id -u)") ;;
		*) refuse "$undo, which says how to undo an interrupted install, is not a directory of $(id -un): remove it, or name another directory with DESTDIR=DIR." ;;
		esac
		[ -n "$DESTDIR" ] || break
		lock_undo && break
	done
	[ -e "$undo" ] || return 0
	# Without a journal, nothing was changed. Another install may just have made the directory, and makes it again then.
	[ ! -e "$undo/journal" ] || say "an earlier install was interrupted; undoing what it had done."
	roll_back
	heed_signals
}

# lock_undo: takes the lock of $undo, which an install below DESTDIR holds while it runs. Status 1 if $undo was removed
# meanwhile.
lock_undo() {
	if command exec 9<"$undo"; then
		take_turn
	else
		[ ! -e "$undo" ] || refuse "$undo cannot be opened: see whether $(id -un) may read it."
	fi
	[ "$(stat -Lc %d:%i /proc/self/fd/9)" = "$(stat -c %d:%i "$undo" 2>/dev/null)" ]
}

begin() {
	while :; do
		open=
		undo_earlier
		created=''
		at=$state
		while [ ! -d "$at" ]; do
			created="$created$at
"
			at=${at%/*}
			[ -n "$at" ] || break
		done
		open=made
		mkdir -p "$undo" || refuse "$undo cannot be made, which keeps what an install replaces: make room in /var/lib, or make it writable."
		[ -n "$DESTDIR" ] || break
		# Another install may have made the directory as well, and may have been killed since.
		! lock_undo || [ -e "$undo/journal" ] || break
	done
	open=yes
	{ printf '%s' "$created" >"$undo/created" && printf '' >"$undo/journal"; } ||
		refuse "$undo cannot be written to, which keeps what an install replaces: make room in /var/lib, or make it writable."
	journal scratch "$tmp" "$(this_boot)"
	[ -z "$created" ] || while IFS= read -r at; do list_new dir "$at"; done <"$undo/created"
}

# remove_created: removes $state and the directories that were made for it.
remove_created() {
	printf '%s\n' "$state" "$created" | while IFS= read -r directory; do
		[ -z "$directory" ] || rmdir "$directory" 2>/dev/null || :
	done
}

commit() {
	forget
	open=
}

# forget: removes $undo. The journal goes first: without it, nothing is undone.
forget() {
	rm -f "$undo/journal"
	rm -rf "$undo"
}

# make_directory DIR: makes it and its parents. Each of them gets a line in the journal and one in the list.
make_directory() {
	[ ! -d "$1" ] || return 0
	make_directory "$(dirname "$1")"
	journal dir "$1"
	mkdir "$1" || refuse "the directory $1 cannot be made: see whether its filesystem is full or read-only."
	chmod 755 "$1"
	list_new dir "$1"
}

# keep FILE: an undo will restore FILE as it is now, or remove it if it does not exist now.
keep() {
	[ ! -d "$1" ] || [ -L "$1" ] || refuse "$1 is a directory, and base0fs has a file of this name: move the directory away."
	if [ -e "$1" ] || [ -L "$1" ]; then
		kept=$(($(wc -l <"$undo/journal") + 1))
		cp -a "$1" "$undo/$kept" || refuse "$1 cannot be saved before it is replaced: make room in /var/lib."
		journal old "$1" "$kept"
	else
		journal new "$1"
	fi
}

# put MODE SOURCE DEST: installs SOURCE as DEST, unless DEST has this content and mode already.
put() {
	list_new file "$3"
	[ ! -f "$3" ] || [ -L "$3" ] || [ "$(stat -c %a:%u "$3")" != "$1:$(id -u)" ] || ! cmp -s "$2" "$3" || return 0
	make_directory "$(dirname "$3")"
	keep "$3"
	new=$(dirname "$3")/.$(basename "$3").base0fs-new
	journal new "$new"
	# Others who may write to the directory may have made a link of the name $new. With -T, mv never moves into a
	# directory.
	{ rm -f "$new" && cp "$2" "$new" && chmod "$1" "$new" && mv -fT "$new" "$3"; } ||
		refuse "$3 cannot be written: see whether its filesystem is full or read-only."
	changed=yes
}

# put_link TEXT DEST: makes DEST a symbolic link with the text TEXT.
put_link() {
	list_new file "$2"
	[ "$(readlink "$2" 2>/dev/null)" != "$1" ] || return 0
	make_directory "$(dirname "$2")"
	keep "$2"
	ln -sfnT "$1" "$2" || refuse "the link $2 cannot be made: see whether its filesystem is full or read-only."
	changed=yes
}

# take_away FILE: removes FILE, unless it is a directory by now.
take_away() {
	[ -f "$1" ] || [ -L "$1" ] || return 0
	keep "$1"
	rm -f "$1" || refuse "$1 cannot be removed: see whether its filesystem is read-only."
	changed=yes
}

# this_boot: identifies the boot. Undoing an install loads a module again only in the boot of the install.
this_boot() { cat /proc/sys/kernel/random/boot_id; }

# roll_back: undoes the journal, its last line first.
roll_back() {
	ignore_signals
	# Before it has the lock, an install has made directories alone.
	[ "${open:-}" != made ] || {
		rmdir "$undo" 2>/dev/null || :
		remove_created
		return
	}
	[ ! -e "$undo/journal" ] || {
		boot=$(sed -n "1s/^scratch${tab}[^$tab]*${tab}\([^$tab]*\).*/\1/p" "$undo/journal")
		# sed reverses the lines. A file would need room, and there may be none.
		sed '1!G;h;$!d' "$undo/journal" | while IFS=$tab read -r kind what more end; do
			[ "$end" = end ] || continue
			# /run is empty after a restart. What a proof at boot has written there since then stays.
			[ "$what" != "$refusal" ] || [ "$boot" = "$(this_boot)" ] || continue
			case $kind in
			new) rm -f "$what" ;;
			old)
				rm -f "$what"
				[ ! -d "${what%/*}" ] || cp -a "$undo/$more" "$what" || {
					say "$what cannot be put back: make room for it, and copy it from $undo.kept/$more." >&2
					mkdir -p "$undo.kept" && mv "$undo/$more" "$undo.kept/$more"
				}
				;;
			dir) rmdir "$what" 2>/dev/null || : ;;
			# A killed install could not remove its temporary directory. Another user may have made one of that name since.
			scratch)
				case $what in
				"$tmp") ;;
				*/tmp.*) [ "$(stat -c %u "$what" 2>/dev/null)" != "$(id -u)" ] || rm -rf "$what" ;;
				esac
				;;
			reload)
				[ "$more" = "$(this_boot)" ] || continue
				unload || say "the new module cannot be unloaded, because it is in use $(in_use_by): unmount them, and then type 'rmmod base0fs'." >&2
				[ "$what" = - ] || is_loaded || load "$what" ||
					say "the earlier module, $what, cannot be loaded again ($why): type 'modprobe base0fs' to see why." >&2
				;;
			esac
		done
		sed -n "s/^depmod$tab\([^$tab]*\)$tab.*end\$/\1/p" "$undo/journal" | while IFS= read -r release; do depend_on "$release"; done
	}
	created=$(cat "$undo/created" 2>/dev/null)
	forget
	remove_created
	open=
}

# depend_on RELEASE: has depmod look at the modules of this kernel again, if the kernel is installed here.
depend_on() {
	base=$DESTDIR$INSTALL_MOD_PATH
	[ -e "$base/lib/modules/$1/modules.order" ] || [ -e "$base/lib/modules/$1/modules.dep" ] || return 0
	depmod ${base:+-b "$base"} "$1" || return 1
}

# ---- what is installed
#
# $state/installed has a line for each file and directory that an install made: its kind and its path, without DESTDIR.

# list_new KIND PATH: adds a line to the new list.
list_new() { list_path "$1" "${2#"$DESTDIR"}"; }

# list_path KIND PATH: the same for a path without DESTDIR.
list_path() { printf '%s\t%s\n' "$1" "$2" >>"$list" || no_room_for "$list"; }

# no_room_for FILE
no_room_for() { refuse "$1 cannot be written: make room in ${TMPDIR:-/tmp}, or name another directory with TMPDIR=DIR."; }

# installed KIND: the paths of this kind. Below DESTDIR the list may be another user's, so none may lead out of it.
installed() { sed -n "/\/\.\.\//d; s/^$1$tab//p" "$state/installed" 2>/dev/null; }

# ---- the proof

# file_loaded: the installed file that the loaded module came from; nothing and status 1 if there is none.
file_loaded() {
	file=$(modinfo -n base0fs 2>/dev/null) && uncompressed "$file" "$tmp/loaded.ko" 2>/dev/null &&
		[ "$(file_build_id "$tmp/loaded.ko")" = "$(loaded_build_id)" ] && echo "$file"
}

# prove MODULE PROGRAM LOG: loads MODULE in place of the loaded one, and has PROGRAM run all cases on it. MODULE stays
# loaded, and $swapped is not empty if it was not loaded before. The status is 0 if all cases passed, 1 if one failed,
# 2 if they could not run, 3 if another module is in use, and 4 if the kernel does not know the signature. If it is not
# 0, $reason is a sentence without its end.
prove() {
	swapped='' wanted=$(file_build_id "$1")
	[ -n "$wanted" ] || {
		reason="$1 has no build id, by which the loaded module could be told: build it with a linker that knows --build-id"
		return 2
	}
	if ! is_loaded || [ "$(loaded_build_id)" != "$wanted" ]; then
		earlier=
		if is_loaded; then
			[ "$(uses)" = 0 ] || {
				reason="another base0fs is loaded and in use $(in_use_by)"
				return 3
			}
			earlier=$(file_loaded) || {
				reason="the base0fs that is loaded came from a file that is not installed, so that it could not be loaded again: type 'rmmod base0fs' first"
				return 3
			}
		fi
		journal reload "$earlier" "$(this_boot)"
		unload || {
			reason="another base0fs is loaded and in use $(in_use_by)"
			return 3
		}
		load "$1" || {
			! is_key_refusal "$why" || {
				reason="this kernel loads signed modules alone, and refuses base0fs ($why)"
				return 4
			}
			reason="the kernel refuses to load $1 ($why): 'dmesg | tail' tells more"
			return 2
		}
		swapped=yes
	fi
	status=0
	# The caller reports the verdict.
	"$2" --verify --module "$1" --dir "$SCRATCH" --progress --log "$3" >/dev/null || status=$?
	case $status in
	0) ;;
	1)
		odd=$(sed -n 's/^# \(.*\): cannot run on a plain directory here.*/\1/p' "$3" 2>/dev/null | head -n 1)
		[ -z "$odd" ] || {
			reason="the filesystem of $SCRATCH, where the cases work, cannot do what the case $odd needs: name another directory with SCRATCH=DIR"
			return 2
		}
		reason=$(failed_in "$3")
		reason="base0fs does not work on this kernel as it should: ${reason:-a case failed}"
		return 1
		;;
	2)
		reason="the cases could not run, as the line above says"
		return 2
		;;
	*)
		reason="base0fs-selftest ended with status $status before all cases had run"
		return 2
		;;
	esac
}

# failed_in LOG: the first cases that failed, with what that may mean for data and rights.
failed_in() {
	sed -n 's/^# FAILED: //p' "$1" 2>/dev/null |
		awk 'NR <= 3 { printf "%s%s", sep, $0; sep = " | " } END { if (NR > 3) printf " | and %d more", NR - 3 }'
}

cases_in() { sed -n 's/^1\.\.//p' "$1" 2>/dev/null | head -n 1; }
