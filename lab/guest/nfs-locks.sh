# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The kernel's NFS server exports /mnt. Locks that its client takes have to meet those that are taken on /mnt and /lower.
# `kinds` are the lower filesystems.

# shellcheck source=guest/common.sh
. ./common.sh
# shellcheck source=guest/nfs-server.sh
. ./nfs-server.sh

# A program for locks, because no tool sets locks on a part of a file. It reads commands, and prints their results:
#   FILE open PATH, FILE close
#   FILE set|get|wait|own read|write|unlock START LENGTH, which is F_OFD_SETLK, F_OFD_GETLK, F_OFD_SETLKW or F_SETLK
# shellcheck disable=SC2016 # variables of perl
program='
$| = 1;
my %file;
my %number = (own => 6, get => 36, set => 37, wait => 38, read => 0, write => 1, unlock => 2);
my @name = ("read", "write", "unlock");
while (<STDIN>) {
	my ($file, $command, @arguments) = split;
	if ($command eq "open") {
		open($file{$file}, "+<", $arguments[0]) or die "open $arguments[0]: $!";
	} elsif ($command eq "close") {
		close($file{$file}) or die "close: $!";
	} else {
		my ($type, $start, $length) = @arguments;
		# struct flock
		my $lock = pack("s s x4 q q l x4", $number{$type}, 0, $start, $length, 0);
		my $result = "granted";
		if (!defined(fcntl($file{$file}, $number{$command}, $lock))) {
			$result = "$!";
		} elsif ($command eq "get") {
			my ($found, undef, @range) = unpack("s s x4 q q", $lock);
			$result = $found == 2 ? "no lock" : "$name[$found] @range";
		}
		print join(" ", $file, $command, @arguments), ": $result\n";
	}
}'
locks() { perl -e "$program"; }

# scenario DIRECTORY DIRECTORY DIRECTORY: what locks on one file do that are taken by three paths. Which of several locks
# F_OFD_GETLK finds is not defined, so at most one is in its way.
scenario() {
	locks <<-EOF
		a open $1/f
		b open $2/f
		c open $3/f
		a set write 2 3
		b set read 0 0
		b get read 0 0
		b get write 3 1
		b get write 9 1
		b set write 5 0
		c set read 4 1
		c get read 4 1
		c get write 100 10
		c set write 0 2
		a get read 0 2
		a get read 5 10
		a set write 0 3
		a set read 2 3
		b set read 2 1
		c set read 0 4
		c set write 0 2
		b set write 2 1
		b get write 4 1
		b set unlock 0 2
		b set read 9 1
		b set unlock 7 2
		a get write 7 2
		a set write 7 2
		b get read 8 1
		a get read 5 2
		a set write 9 1
		a close
		c set write 7 2
		b get read 8 1
		b set unlock 0 0
		c set write 0 0
		b get read 1000000 1
		c set unlock 10 9223372036854775797
		b get read 0 0
		b set write 10 5
		c close
		b set write 0 0
	EOF
}

# hold DIRECTORY COMMAND: takes a lock, and keeps it until `release`.
hold() {
	[ -p /tmp/holder ] || mkfifo /tmp/holder
	locks </tmp/holder >/tmp/held 2>&1 &
	holder=$!
	exec 6>/tmp/holder
	printf 'a open %s/f\na %s\n' "$1" "$2" >&6
	until grep -q . /tmp/held; do usleep 20000; done
	grep -q ': granted' /tmp/held || fail "taking a lock: $(cat /tmp/held)"
}
release() {
	echo "a set unlock 0 0" >&6
	until [ "$(grep -c . /tmp/held)" = 2 ]; do usleep 20000; done
	exec 6>&-
	wait "$holder"
}

# attempt DIRECTORY COMMAND: prints the result of one command.
attempt() { printf 'a open %s/f\na %s\n' "$1" "$2" | locks | sed 's/.*: //'; }

# on_device: prints the locks of the mount and of the lower filesystem.
on_device() {
	for directory in /lower /mnt; do
		number=$(stat -c %D "$directory")
		grep "$(printf ' %02x:%02x:' $((0x$number >> 8)) $((0x$number & 255)))" /proc/locks
	done
}
clean() { [ -z "$(on_device)" ] || fail "$1, locks are left: $(on_device)"; }

# waits HOLDER WAITER: a lock of the one makes the other wait until it is released.
waits() {
	hold "$1" "set write 0 0"
	attempt "$2" "wait write 5 1" >/tmp/waited &
	waiter=$!
	# Since it can, the server enters a waiting request in the queue of the lock, instead of being asked again.
	if [ "$2" = /client ] && grep -q async_lock=flag /lab/base0fs.ko; then
		for _ in $(seq 500); do
			! on_device | grep -q -e '-> ' || break
			usleep 20000
		done
		on_device | grep -q -e '-> ' || fail "the request of the client is in no queue: $(cat /proc/locks)"
	else
		usleep 300000
	fi
	[ -z "$(cat /tmp/waited)" ] || fail "$2 did not wait for the lock of $1: $(cat /tmp/waited)"
	release
	wait "$waiter"
	[ "$(cat /tmp/waited)" = granted ] || fail "$2 has waited for the lock of $1: $(cat /tmp/waited)"
	clean "$1 and $2 have released theirs"
}

# ends_with_process DIRECTORY: the locks of a process end when it is killed.
ends_with_process() {
	hold "$1" "own write 0 10"
	for other in /client /mnt /lower; do
		[ "$(attempt "$other" "set read 9 1")" = "Resource temporarily unavailable" ] || fail "$other does not meet the lock of $1."
	done
	kill -9 "$holder"
	wait "$holder" 2>/dev/null
	exec 6>&-
	for other in /client /mnt /lower; do
		for _ in $(seq 100); do
			result=$(attempt "$other" "set write 0 0")
			[ "$result" != granted ] || break
			usleep 20000
		done
		[ "$result" = granted ] || fail "the lock of a killed process on $1 stays: $(cat /proc/locks)"
	done
	clean "a process on $1 was killed"
}

# restart: the server ends while a client has a lock, and gives it back to the client when it starts again.
restart() {
	hold /client "set write 0 4"
	[ "$(attempt /lower "set write 0 1")" != granted ] || fail "the lock of the client does not hold below."
	rpc.nfsd 0 || fail "rpc.nfsd 0 failed."
	clean "the server has ended"
	[ "$(attempt /lower "set write 0 1")" = granted ] || fail "the lock of an ended server still holds below."
	rpc.nfsd --no-nfs-version 3 -U 2 || fail "rpc.nfsd failed."
	for _ in $(seq 600); do
		stat /client/f >/dev/null
		[ "$(attempt /lower "get read 0 0")" != "write 0 4" ] || break
		usleep 50000
	done
	[ "$(attempt /mnt "get read 0 0")" = "write 0 4" ] || fail "the client has not got its lock back: $(cat /proc/locks)"
	[ "$(attempt /mnt "set read 3 1")" != granted ] || fail "the lock that the client got back does not hold above."
	release
	clean "the client has released its lock"
}

load
for kind in ${kinds:-ext4}; do
	lower "$kind"
	stack
	echo content >/lower/f
	share /mnt 77 no_subtree_check
	start_server
	attach /mnt /client 4.2
	scenario /lower /lower /lower >/tmp/expected 2>&1
	for paths in "/client /mnt /lower" "/mnt /lower /client" "/lower /client /mnt" "/lower /mnt /client"; do
		# shellcheck disable=SC2086 # three words
		scenario $paths >/tmp/seen 2>&1
		cmp -s /tmp/expected /tmp/seen || fail "$kind: locks on $paths: $(diff /tmp/expected /tmp/seen)"
		clean "$paths are closed"
	done
	ok "$kind: locks of a client, of $layer and of the lower file meet"
	for pair in "/lower /client" "/client /lower" "/mnt /client" "/client /mnt"; do
		# shellcheck disable=SC2086 # two words
		waits $pair
	done
	ok "$kind: a lock waits for those taken by other paths"
	ends_with_process /client
	ends_with_process /mnt
	ok "$kind: locks end with their process"
	restart
	ok "$kind: locks end with the server, and it gives them back to the client"
	detach /client
	stop_server
	unstack
	unlower
	ok "nothing holds the lower $kind after the server has ended"
done
unload
