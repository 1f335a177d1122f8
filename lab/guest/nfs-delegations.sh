# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The kernel's NFS server exports /lower, and its client holds delegations on files there. A change through /mnt that
# conflicts with one has to wait until the client has given it back. The other way round, it exports /mnt, and changes in
# /lower wait. `kinds` are the lower filesystems.

# shellcheck source=guest/common.sh
. ./common.sh
# shellcheck source=guest/nfs-server.sh
. ./nfs-server.sh

# has_delegation INODE [STATE]: whether the server has given a delegation on the lower file with that number.
has_delegation() { grep -qE "DELEG +${2:-[A-Z]+} .*:$1 0 EOF" /proc/locks; }

inode() { stat -c %i "/lower/$1"; }

# hold COMMAND... FILE: runs the command, which reads a file or directory of the client, until the client gets a
# delegation on it. The server gives none before it has called the client for the first time. It gives none on a file whose
# delegation it has taken back in the last minute. It keeps these in a filter, in which another file can look the same: that
# one is replaced by a copy. Sets `number`.
hold() {
	for file; do :; done
	file=${file#/client/}
	for _ in $(seq 10); do
		number=$(inode "$file")
		for _ in $(seq 100); do
			"$@" >/dev/null || fail "$*: failed."
			! has_delegation "$number" || return 0
			usleep 20000
		done
		copy "$file"
	done
	fail "the server gives no delegation on $file: $(cat /proc/locks)"
}

# copy FILE: makes a copy take the place of a file or directory of /lower.
copy() {
	{ mv "/lower/$1" "/lower/$1.old" && cp -a "/lower/$1.old" "/lower/$1" && rm -r "/lower/$1.old"; } || fail "copying $1 failed."
	[ "$1" != d/removexattr ] || old_attribute
}
old_attribute() { setfattr -n user.old -v value /lower/d/removexattr || fail "setfattr"; }

# shellcheck disable=SC2317 # `hold` calls this
reopen() {
	exec 8<&-
	exec 8<"$1"
}

# Changes of the file with the name of the change, in the directory $1. `changes` are those to make.
all="remove rename replace link chmod chown touch shrink empty append setxattr removexattr setacl"
changes=$all
change() (
	cd "$1" || exit
	case $2 in
	remove) rm remove ;;
	rename) mv rename rename.new ;;
	replace) mv replace.other replace ;;
	link) ln link link.new ;;
	chmod) chmod 600 chmod ;;
	chown) chown 1:2 chown ;;
	touch) touch -d '2001-02-03 04:05:06' touch ;;
	# truncate(1) opens the file with O_NONBLOCK, and so waits for no delegation.
	shrink) perl -e 'truncate "shrink", 2 or die "truncate: $!"' ;;
	empty) : >empty ;;
	append) echo more >>append ;;
	setxattr) setfattr -n user.new -v value setxattr ;;
	removexattr) setfattr -x user.old removexattr ;;
	setacl) setfacl -m u:3:rw setacl ;;
	esac
)

# Changes of the directory with the name of the change, and of its entries. They are below $1.
directory_changes="create mkdir symlink mkfifo unlink rmdir move-out move-in mode"
directory_change() (
	cd "$1" || exit
	case $2 in
	create) : >create/new ;;
	mkdir) mkdir mkdir/new ;;
	symlink) ln -s target symlink/new ;;
	mkfifo) mkfifo mkfifo/new ;;
	unlink) rm unlink/file ;;
	rmdir) rmdir rmdir/directory ;;
	move-out) mv move-out/file moved ;;
	move-in) mv d/moving move-in/new ;;
	mode) chmod 700 mode ;;
	esac
)

# view DIRECTORY NAME: what it shows of the files whose names begin so.
view() (
	cd "$1" || exit
	find "$2" "$2."* -exec stat -c '%n %f %u %g %h %Y' {} + 2>/dev/null | sort
	find "$2" "$2."* -type f -exec cat {} + 2>/dev/null
	getfattr -d "$2" 2>/dev/null | grep '^user'
)

# given_back NAME INODE STATUS BEFORE: checks how the change NAME has ended, below `directory`.
given_back() {
	[ "$3" = 0 ] || fail "$kind, $1: the change failed with status $3: $(cat /tmp/errors)"
	! has_delegation "$2" || fail "$kind, $1: the delegation is still there: $(cat /proc/locks)"
	[ "$(view "/lower/$directory" "$1")" != "$4" ] || fail "$kind, $1: nothing has changed below."
	[ "$(view "/client/$directory" "$1")" = "$(view "/lower/$directory" "$1")" ] ||
		fail "$kind, $1: the client does not see the change: $(view "/client/$directory" "$1"; echo; view "/lower/$directory" "$1")"
}

make_files() {
	mkdir /lower/d
	for name in $all replace.other moving; do echo "content of $name" >"/lower/d/$name"; done
	old_attribute
	for name in $directory_changes; do mkdir -p "/lower/$name/directory" && echo content >"/lower/$name/file"; done
}

# The client gives each delegation back. The changes are made below $1.
answered() {
	directory=d
	for name in $changes; do
		hold reopen "/client/d/$name"
		before=$(view /lower/d "$name")
		change "$1/d" "$name" 2>/tmp/errors
		given_back "$name" "$number" $? "$before"
		[ "$name" != remove ] || [ "$(cat <&8)" = "content of remove" ] || fail "the client lost the removed file."
	done
	exec 8<&-
}

# As `answered`, for directories.
answered_for_directories() {
	directory=
	for name in $directory_changes; do
		hold ls -l "/client/$name"
		before=$(view /lower "$name")
		directory_change "$1" "$name" 2>/tmp/errors
		given_back "$name" "$number" $? "$before"
	done
}

# all_breaking: whether the client was asked for each delegation, and has given none back.
all_breaking() {
	for name in $changes; do has_delegation "$(cat "/tmp/number.$name")" BREAKING || return 1; done
}

use_directory() (
	cd /mnt/d || exit
	mkdir meanwhile && echo content >meanwhile/file && mv moving meanwhile && rm -r meanwhile && cat append >/dev/null
)

# The client does not answer. The server takes the delegations back after its lease time. Sets `late` if it has done so
# before the changes were seen to wait, and the directory was used meanwhile.
unanswered() {
	directory=d
	holders=
	for name in $changes; do
		hold reopen "/client/d/$name"
		echo "$number" >"/tmp/number.$name"
		view /lower/d "$name" >"/tmp/before.$name"
		# The open file of this process keeps the client from giving the delegation back as unused.
		sleep 1000 <&8 &
		holders="$holders $!"
	done
	ip link set lo down
	for name in $changes; do
		(
			change /mnt/d "$name" 2>"/tmp/errors.$name"
			echo $? >"/tmp/status.$name"
		) &
		echo $! >"/tmp/change.$name"
	done
	until all_breaking; do
		usleep 20000
		[ "$(cat /tmp/status.* 2>/dev/null)" = "" ] || break
	done
	all_breaking || late="a change did not wait: $(grep . /tmp/status.* /tmp/errors.*; cat /proc/locks)"
	# Others can use the directory, and its files, meanwhile.
	use_directory || fail "the directory cannot be used while changes wait."
	all_breaking || late=${late:-"the directory could not be used while changes waited: $(cat /proc/locks)"}
	for name in $changes; do wait "$(cat "/tmp/change.$name")"; done
	ip link set lo up
	for name in $changes; do
		cp "/tmp/errors.$name" /tmp/errors
		given_back "$name" "$(cat "/tmp/number.$name")" "$(cat "/tmp/status.$name")" "$(cat "/tmp/before.$name")"
	done
	exec 8<&-
	# shellcheck disable=SC2086 # several numbers
	kill $holders
	rm /tmp/number.* /tmp/status.* /tmp/errors.* /tmp/change.* /tmp/before.*
}

# The client asks for delegations on directories if it has this parameter, and if it is set.
parameter=/sys/module/nfsv4/parameters/directory_delegations
on_directories() { [ ! -e "$parameter" ] || echo "$1" >"$parameter"; }

# run DESCRIPTION FUNCTION DIRECTORY EXPORT: runs the function with new files, on a new server. The client holds
# delegations on files of EXPORT, and the changes are made below DIRECTORY. /other is another client of /mnt.
run() {
	lower "$kind"
	make_files
	stack
	share /lower 78 no_subtree_check
	share /mnt 77 no_subtree_check
	start_server
	attach "$4" /client 4.2
	[ "$3" != /other ] || attach /mnt /other 4.1
	"$2" "$3"
	[ "$3" != /other ] || detach /other
	detach /client
	stop_server
	! grep DELEG /proc/locks || fail "a delegation has outlived the server."
	unstack
	unlower
	[ -n "$late" ] || ok "$kind: $1"
}

load
late=
for kind in ${kinds:-ext4}; do
	run "changes above wait until a client has given its delegation back" answered /mnt /lower
	[ ! -e "$parameter" ] || run "changes of directories wait, too" answered_for_directories /mnt /lower
	run "changes below wait for a client of the mount" answered /lower /mnt
	# A thread of the server makes these. Version 4.1 has no extended attributes.
	changes=${all%setxattr*}
	run "changes by another client wait, too" answered /other /lower
	changes=$all
	on_directories N
	# A busy machine may be slower than the lease time. A defect shows with any lease time.
	for lease in 10 20 40 80; do
		late=
		run "changes above wait until the server has taken the delegations back" unanswered /mnt /lower
		[ -n "$late" ] || break
	done
	[ -z "$late" ] || fail "$late"
	lease=10
	on_directories Y
done
unload
