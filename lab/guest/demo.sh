# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The demonstration: commands on /mnt with their effect in /lower, then the selftests.

# shellcheck source=guest/common.sh
. ./common.sh

# show COMMAND: prints COMMAND as at a prompt, then runs it.
show() {
	echo "# $1"
	sh -c "$1" || fail "'$1' failed."
}

show 'uname -sr'
show "insmod $driver.ko"
status=0
for kind in ext4 tmpfs; do
	echo
	echo "## over $kind"
	lower "$kind"
	show "mount -t $driver /lower /mnt"
	show 'mkdir /mnt/notes; echo "written above" >/mnt/notes/today; cat /lower/notes/today'
	show 'echo "written below" >/lower/notes/today; cat /mnt/notes/today'
	show 'ln /mnt/notes/today /mnt/notes/link; stat -c "%h links, inode %i" /mnt/notes/link /lower/notes/today'
	show 'setfattr -n user.colour -v blue /mnt/notes; getfattr -n user.colour /lower/notes'
	show 'mv /mnt/notes /mnt/papers; ls -l /lower/papers'
	show 'rm -r /lower/papers; ls /mnt | grep -c papers || true'
	show "grep $driver /proc/mounts"
	show 'umount /mnt'
	echo "# base0fs-selftest --type $driver --dir /lower"
	./base0fs-selftest --type "$driver" --dir /lower || status=1
	unlower
done
echo
show "rmmod $driver"
show "grep -c $driver /proc/filesystems /proc/modules || true"
exit "$status"
