# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Two clients of an NFS server, one of them through the mount: what one has closed, the other one sees when it opens the file
# (close-to-open consistency), and what one has locked, the other one cannot lock. `layer=bind` is the control.

# shellcheck source=guest/common.sh
. ./common.sh
# shellcheck source=guest/nfs-server.sh
. ./nfs-server.sh

# reads FILE TEXT: whether opening and reading gives this text.
reads() { [ "$(cat "$1" 2>&1)" = "$2" ]; }

# expect NAME FILE TEXT
expect() { reads "$2" "$3" || fail "$1: $2 has '$(cat "$2" 2>&1)' instead of '$3'."; }

mkdir -p /layers
on_disk ext4 /layers || fail "making or mounting an ext4 on /layers failed."
share /layers 78 no_subtree_check
start_server
# As users mount it: attributes are kept for up to a minute.
client_options=hard
attach /layers /lower 4.2
attach /layers /other 4.1
load
stack

for round in $(seq 20); do
	for writer in /mnt /other; do
		reader=/mnt
		[ "$writer" = /other ] || reader=/other
		# Nobody has asked for this name. A client may believe for a while that there is none.
		file=file-$round-$(basename "$writer")
		echo "first $round" >"$writer/$file"
		expect "a new content" "$reader/$file" "first $round"
		echo "second, longer $round" >"$writer/$file"
		expect "a longer content" "$reader/$file" "second, longer $round"
		echo more >>"$writer/$file"
		expect "an appended line" "$reader/$file" "second, longer $round
more"
		truncate -s 6 "$writer/$file"
		expect "a truncated file" "$reader/$file" second
		# The same length as before.
		printf SECOND >"$writer/$file"
		expect "a content of the same length" "$reader/$file" SECOND
		echo new >"$writer/replacement"
		mv "$writer/replacement" "$writer/$file"
		expect "a file that was replaced" "$reader/$file" new
		# A client that had it open would not have to ask.
		rm "$writer/$file"
		reads "$reader/$file" new && fail "a removed file can still be opened by the other client, $reader."
	done
done
ok "what one client has closed, the other one sees when it opens the file"

# Each client adds one, in turns that only the lock makes.
count() {
	# shellcheck disable=SC2016 # perl expands it
	perl -e 'chdir $ARGV[0] or die "chdir: $!\n";
		for (1 .. 100) {
			open(my $lock, ">>", "lock") or die "open: $!\n";
			flock($lock, 2) or die "flock: $!\n";
			open(my $file, "<", "number") or die "open: $!\n";
			my $number = <$file>;
			open($file, ">", "number") or die "open: $!\n";
			print $file $number + 1, "\n";
			close($file) && close($lock) or die "close: $!\n";
		}' "$1"
}
echo 0 >/mnt/number
: >/mnt/lock
count /mnt &
one=$!
count /other &
two=$!
wait $one || fail "counting through the mount failed."
wait $two || fail "counting by the other client failed."
expect "a number that each client has raised a hundred times" /mnt/number 200
expect "a number that each client has raised a hundred times" /other/number 200
ok "a lock excludes the other client, and what was written under it is seen under the next one"

# Both have cached the directory.
mkdir /mnt/directory
echo kept >/mnt/directory/file
expect "a file in a directory" /other/directory/file kept
rm -r /other/directory || fail "the other client cannot remove a directory that was used through the mount."
reads /mnt/directory/file kept && fail "a file can be opened in a directory that the other client has removed."
mkdir /mnt/directory || fail "a directory that the other client has removed cannot be made again."
ok "a directory can be removed by the other client, and made again"

unstack
# umount(8) of util-linux believes the type that statfs(2) reports, that of the lower filesystem, unless the mount has an option
# for user space. People have that one for filesystems on a network.
case $layer in bind) option=--bind ;; *) option="-t $layer" ;; esac
# shellcheck disable=SC2086 # two words
/usr/libexec/mount $option -o _netdev /lower /mnt || fail "mount -o _netdev failed."
check "umount(8) knows a mount with _netdev" /usr/libexec/umount /mnt
detach /other
umount /lower || fail "umount /lower failed with $layer unmounted; something still holds a reference to the lower mount."
stop_server
umount /layers || fail "umount /layers failed with the server stopped."
unload
