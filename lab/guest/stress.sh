# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Runs many processes on the mount, which verify what they read, over each lower filesystem. Meanwhile another process
# changes the lower tree directly.

# shellcheck source=guest/common.sh
. ./common.sh
seconds=${seconds:-10}

# The stressors of stress-ng that work on files; one instance runs of each.
stressors='access chdir chmod chown copy-file dentry dir dirdeep fallocate filename fstat getdent hdd iomix
	link metamix mmapmany open readahead rename seek sendfile splice symlink sync-file touch unlink utime xattr'
# On tmpfs, fpunch finds holes that are not zero, even on a tmpfs with nothing stacked on it.
stressors_ext4='fpunch'

# shellcheck disable=SC2317 # `run` calls it
files() {
	[ "$1" != ext4 ] || stressors="$stressors $stressors_ext4"
	set --
	for stressor in $stressors; do set -- "$@" "--$stressor" 1; done
	stress-ng --temp-path /mnt/stress --timeout "${seconds}s" --verify --oomable --mmap 1 --mmap-file --mmap-bytes 8m \
		--hdd-bytes 8m --fallocate-bytes 8m --copy-file-bytes 128m --iomix-bytes 8m --readahead-bytes 8m \
		--seek-size 8m --sendfile-size 1m --sync-file-bytes 8m --dentries 256 --dirdeep-inodes 2000 "$@"
}

# fight DIRECTORY: changes the same names as another process, one above and one below. Commands fail when the other process
# has just removed their file, so their status is ignored. The kernel's log and the other jobs show errors.
fight() {
	while [ -e /tmp/fighting ]; do
		for name in a b c d; do
			echo "$name" >"$1/$name"
			mv "$1/$name" "$1/moved-$name"
			mkdir "$1/dir-$name"
			echo inside >"$1/dir-$name/file"
			ln "$1/moved-$name" "$1/dir-$name/link"
			ln -s ../moved-$name "$1/dir-$name/symlink"
			chmod 600 "$1/moved-$name"
			truncate -s 100000 "$1/moved-$name"
			cat "$1/dir-$name"/* "$1"/moved-*
			ls -lR "$1"
			mv "$1/dir-$name" "$1/dir-z"
			rm -rf "$1/dir-z" "$1/moved-$name" "$1/a" "$1/b"
		done
	done >/dev/null 2>&1
}

# run NAME COMMAND...: runs COMMAND in the background and keeps its output in a file.
run() {
	name=$1
	shift
	{
		begin=$(date +%s)
		"$@" >"/tmp/$name".out 2>&1
		echo $? >"/tmp/$name".status
		echo "# $name took $(($(date +%s) - begin)) s"
	} &
}

# passed NAME WHAT: prints the result of a job, and its output if it failed. A skipped stressor is a failure.
passed() {
	if [ "$(cat "/tmp/$1".status)" = 0 ] && ! grep -E 'skipped: [1-9]|not implemented|unsupported' "/tmp/$1".out; then
		ok "$2"
	else
		cat "/tmp/$1".out
		echo "not ok - $2 (status $(cat "/tmp/$1".status))"
		failed=1
	fi
}

failed=0
load
for kind in ext4 tmpfs; do
	lower "$kind"
	stack
	mkdir /mnt/stress /mnt/fio /mnt/fight
	touch /tmp/fighting
	fight /mnt/fight &
	fighter=$!
	fight /lower/fight &
	opponent=$!
	run stress files "$kind"
	run fio fio --eta=never --directory=/mnt/fio ./stress.fio
	for name in fio stress; do
		while [ ! -e "/tmp/$name".status ]; do sleep 1; done
	done
	rm /tmp/fighting
	wait $fighter $opponent
	passed fio "fio verifies what it wrote through $layer over $kind"
	passed stress "stress-ng verifies its file operations on $layer over $kind"
	check "the lower $kind has the data written above" \
		fio --eta=never --output=/tmp/again.out --verify_only --directory=/lower/fio --section=psync --section=mmap ./stress.fio
	rm -f /tmp/*.status
	unstack
	unlower
	ok "$layer and the lower $kind can be unmounted after the stress"
done
unload
exit $failed
