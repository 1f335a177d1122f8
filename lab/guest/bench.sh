# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Instructions of each operation, on each lower filesystem of `kinds` and through each layer of `layers`. A line of the output
# is `# cost KIND LAYER INSTRUCTIONS NAME`. `operations` are the names of some, one in each line.

# shellcheck source=guest/common.sh
. ./common.sh

kinds=${kinds:-ext4 tmpfs xfs}
layers=${layers:-native bind $driver overlay bindfs}
need_module loop
need_module overlay

# fresh KIND: mounts an empty filesystem on /lower. A disk would make the processor wait, which counts as instructions, so it is
# a file in memory.
fresh() {
	case $1 in
	tmpfs) mount -t tmpfs -o size=600m lower /lower && return ;;
	ext4) /usr/sbin/mke2fs -q -F -t ext4 -b 4096 -I 256 /dev/loop0 ;;
	xfs) need_module xfs && mkfs.xfs -q -f /dev/loop0 ;;
	esac && mount -t "$1" /dev/loop0 /lower
}

# layered LAYER: mounts it over /lower, on /mnt; `dir` and `below` are where its files are seen.
layered() {
	dir=/mnt/work below=/lower/work
	case $1 in
	native) dir=/lower/work ;;
	bind) mount --bind /lower /mnt ;;
	overlay)
		mkdir /lower/upper /lower/lower /lower/scratch &&
			mount -t overlay -o lowerdir=/lower/lower,upperdir=/lower/upper,workdir=/lower/scratch overlay /mnt
		below=/lower/upper/work
		;;
	bindfs) bindfs -o attr_timeout=1,entry_timeout=1 /lower /mnt ;;
	"$driver") mount -t "$driver" /lower /mnt ;;
	esac && mkdir "$dir"
}

make_disk() { mkdir /disk && mount -t tmpfs -o size=700m disk /disk && truncate -s 640M /disk/disk && losetup /dev/loop0 /disk/disk; }
make_disk || fail "making the disk failed."
load
for kind in $kinds; do
	for measured in $layers; do
		fresh "$kind" || fail "making or mounting a lower $kind failed."
		layered "$measured" || fail "mounting $measured over $kind failed."
		set --
		[ -z "${operations:-}" ] || {
			IFS='
'
			# shellcheck disable=SC2086 # one word for each line
			set -- $operations
			unset IFS
		}
		./base0fs-bench --dir "$dir" --below "$below" "$@" >/tmp/costs || fail "measuring $measured over $kind failed; the lines above say why."
		while IFS='	' read -r name cost; do echo "# cost $kind $measured $cost $name"; done </tmp/costs
		[ "$measured" = native ] || umount /mnt || fail "umount /mnt failed with $measured over $kind."
		umount /lower || fail "umount /lower failed."
		ok "$measured over $kind"
	done
done
unload
