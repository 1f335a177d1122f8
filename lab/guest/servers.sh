# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The lower filesystem is on a server that goes away: the NFS server, which comes back, and the program of a FUSE filesystem,
# which does not. `layer=bind` is the control.

# shellcheck source=guest/common.sh
. ./common.sh
# shellcheck source=guest/nfs-server.sh
. ./nfs-server.sh
# shellcheck source=guest/lowers.sh
. ./lowers.sh

# ended PID: whether the process has ended. Until somebody waits for it, it is a zombie.
ended() { ! grep -q '^State:[[:space:]]*[^Z]' "/proc/$1/status" 2>/dev/null; }

# asleep PID: whether it waits for something that only a fatal signal ends.
asleep() { grep -q '^State:[[:space:]]*D' "/proc/$1/status" 2>/dev/null; }

# use OPERATION ID: does it in /mnt, on names that no cache has, as the process of the shell that calls this.
use() {
	case $1 in
	stat) exec stat "/mnt/never-asked-for-$2" ;;
	list) exec ls -l /mnt/directory ;;
	read) exec cat /mnt/cold ;;
	write) exec dd if=/dev/zero of=/mnt/written bs=64k count=16 conv=fsync 2>/dev/null ;;
	create) : >/mnt/created ;;
	mkdir) exec mkdir /mnt/made ;;
	rename) exec mv /mnt/moved /mnt/elsewhere ;;
	unlink) exec rm /mnt/removed ;;
	statfs) exec stat -f /mnt ;;
	esac
}
operations="stat list read write create mkdir rename unlink statfs"

# silence: the server gives no answers any more. speak: it does again.
silence() { rpc.nfsd 0 || fail "rpc.nfsd 0 failed."; }
speak() { rpc.nfsd --no-nfs-version 3 -U 2 || fail "rpc.nfsd failed."; }

# fresh: files that the client knows nothing of.
fresh() {
	rm -rf /layers/*
	mkdir /layers/directory
	for name in cold moved removed directory/file; do echo "$name" >"/layers/$name"; done
	echo 3 >/proc/sys/vm/drop_caches
}

# start OPERATION: begins it while the server is away.
start() {
	use "$1" "$$" >"/tmp/$1.out" 2>&1 &
	pid=$!
}

nfs() {
	mkdir -p /layers
	on_disk ext4 /layers || fail "making or mounting an ext4 on /layers failed."
	share /layers 77 no_subtree_check
	start_server
	# As users mount it: an operation waits for the server for ever.
	client_options=hard,timeo=10,retrans=2,actimeo=0
	attach /layers /lower 4.2
	stack

	for operation in $operations; do
		fresh
		silence
		start "$operation"
		within 30 asleep "$pid" || ended "$pid" || fail "nfs: $operation neither waits for the server nor ends."
		kill -KILL "$pid" 2>/dev/null
		within 30 ended "$pid" || fail "nfs: $operation cannot be killed while the server is away: $(cat "/proc/$pid/stack")"
		wait "$pid" 2>/dev/null
		speak
		within 120 ls /mnt/directory >/dev/null || fail "nfs: after $operation was killed and the server is back, /mnt does not answer."
	done
	ok "nfs: each operation can be killed while the server is away"

	for operation in $operations; do
		fresh
		# What the first stat asks for is not there.
		[ "$operation" != stat ] || : >"/layers/never-asked-for-$$"
		silence
		start "$operation"
		within 30 asleep "$pid" || ended "$pid" || fail "nfs: $operation neither waits for the server nor ends."
		speak
		within 120 ended "$pid" || fail "nfs: $operation does not end after the server is back: $(cat "/proc/$pid/stack")"
		wait "$pid" || fail "nfs: $operation failed after the server was back: $(cat "/tmp/$operation.out")"
		case $operation in
		read) [ "$(cat /tmp/read.out)" = cold ] ;;
		write) [ "$(stat -c %s /layers/written)" = 1048576 ] ;;
		create) [ -f /layers/created ] ;;
		mkdir) [ -d /layers/made ] ;;
		rename) [ -f /layers/elsewhere ] && [ ! -e /layers/moved ] ;;
		unlink) [ ! -e /layers/removed ] ;;
		esac || fail "nfs: $operation has succeeded after the server was back, and the server's disk does not have it."
	done
	ok "nfs: each operation waits for the server, and then has done what it says"

	fresh
	exec 8</mnt/cold
	sleep 1000 &
	holder=$!
	exec 8<&-
	silence
	start stat
	within 30 asleep "$pid" || fail "nfs: stat does not wait for the server."
	# The mount is in use. The attempt alone ends the requests that wait. An operation may have several, one after the other.
	forced_out() { umount -f /mnt 2>/dev/null || ended "$pid"; }
	within 60 forced_out || fail "nfs: umount -f does not end what waits for the server."
	grep -q ' /mnt ' /proc/mounts || fail "nfs: a mount that is in use was unmounted by force."
	wait "$pid" && fail "nfs: what waited for the server succeeded after umount -f."
	ok "nfs: umount -f ends what waits for a server that is away"
	kill -KILL "$holder"
	# What the client still has to tell the server, such as the close, must not keep it. Some clients wait for the
	# answer to a close, even in a process that was killed: the first attempt ends that.
	forced_off() { umount -f /mnt 2>/dev/null || ! grep -q ' /mnt ' /proc/mounts; }
	within 60 forced_off || fail "nfs: umount -f fails with nothing in use: $(grep ' /mnt ' /proc/mounts)"
	within 30 ended "$holder" || fail "nfs: a process that had a file open cannot be killed: $(cat "/proc/$holder/wchan")"
	ok "nfs: umount -f unmounts while the server is away"
	speak
	within 120 ls /lower >/dev/null || fail "nfs: the server is back, and /lower does not answer."

	stack
	silence
	umount -l /mnt || fail "nfs: umount -l failed while the server was away."
	! grep -q ' /mnt ' /proc/mounts || fail "nfs: after umount -l the mount is still there."
	ok "nfs: umount -l unmounts while the server is away"
	speak
	within 120 ls /lower >/dev/null || fail "nfs: the server is back, and /lower does not answer."

	stack
	fresh
	cat /mnt/cold >/dev/null
	exportfs -u "*:/layers" && exportfs -f
	for directory in /lower /mnt; do
		{ cat "$directory/cold" || stat "$directory/cold" || mkdir "$directory/made" || ls "$directory/directory"; } 2>&1 | sed "s,$directory/,,g" >"/tmp/gone.$(basename $directory)"
	done
	cmp /tmp/gone.lower /tmp/gone.mnt || fail "nfs: without the export, the errors differ: $(diff /tmp/gone.lower /tmp/gone.mnt)"
	grep -q . /tmp/gone.mnt || fail "nfs: without the export everything succeeds."
	ok "nfs: without the export the errors are those of the lower mount"
	share /layers 77 no_subtree_check
	within 60 cat /mnt/cold >/dev/null || fail "nfs: the export is back, and /mnt does not answer."

	dd if=/dev/zero of=/layers/filler bs=1M 2>/dev/null
	dd if=/dev/zero of=/mnt/more bs=1M count=4 conv=fsync 2>/tmp/full && fail "nfs: fsync succeeded though the server's disk is full."
	grep -q "No space left" /tmp/full || fail "nfs: the server's disk is full, and writing says: $(cat /tmp/full)"
	rm /layers/filler /mnt/more
	check "nfs: a file that did not fit can be written when there is room" dd if=/dev/zero of=/mnt/more bs=1M count=4 conv=fsync 2>/dev/null
	unstack
	umount /lower || fail "umount /lower failed with $layer unmounted; something still holds a reference to the lower mount."
	stop_server
	umount /layers || fail "umount /layers failed with the server stopped."
}

fuse() {
	for end in kill force; do
		lower fuse
		fresh
		stack
		cat /mnt/cold >/dev/null
		exec 9</mnt/cold 8>>/mnt/written
		pid=$(pidof bindfs)
		# A program that does not answer.
		kill -STOP "$pid"
		waiting=$pid
		start list
		within 30 asleep "$pid" || grep -q '^State:[[:space:]]*S' "/proc/$pid/status" || fail "fuse: list does not wait for the program."
		case $end in
		kill) kill -KILL "$waiting" ;;
		force) umount -f /mnt 2>/dev/null && fail "fuse: a mount that is in use was unmounted by force." ;;
		esac
		within 60 ended "$pid" || fail "fuse, $end: list does not end: $(cat "/proc/$pid/stack")"
		wait "$pid" && fail "fuse, $end: list succeeded without the program."
		for directory in /lower /mnt; do
			{ cat "$directory/cold" || stat "$directory/moved" || mkdir "$directory/made" || ls "$directory/directory"; } 2>&1 | sed "s,$directory/,,g" >"/tmp/gone.$(basename $directory)"
		done
		cmp /tmp/gone.lower /tmp/gone.mnt || fail "fuse, $end: the errors differ: $(diff /tmp/gone.lower /tmp/gone.mnt)"
		cat <&9 >/dev/null 2>&1 && fail "fuse, $end: an open file can be read without the program."
		echo more >&8 2>/dev/null && fail "fuse, $end: an open file can be written without the program."
		exec 9<&- 8>&-
		kill -KILL "$waiting" 2>/dev/null
		unstack
		umount /lower || fail "umount /lower failed with $layer unmounted; something still holds a reference to the lower mount."
		# The program holds its files until it has ended.
		within 30 umount /layers 2>/dev/null || fail "umount /layers failed with the program ended."
		ok "fuse, $end: what waits ends, the errors are those of the lower mount, and both can be unmounted"
	done
}

load
nfs
fuse
unload
