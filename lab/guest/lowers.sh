# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Lower filesystems that are made of another one, which is on /layers. common.sh includes this when a job asks for one.

# The job sets the name of the driver, and `unlower` uses `below`.
# shellcheck disable=SC2154,SC2034

# stacked_lower KIND: mounts an empty one on /lower.
stacked_lower() {
	mkdir -p /layers
	below=unlayer
	case $1 in
	overlay-on-ext4) on_disk ext4 /layers && overlay /layers /layers ;;
	# As a live system has it: the layers are of two filesystems.
	overlay-of-two)
		on_disk ext4 /layers && mkdir /layers/read && mount -t tmpfs -o size=512m layer /layers/read && overlay /layers/read /layers
		below=unlayer_two
		;;
	"$driver")
		on_disk ext4 /layers && { grep -qw "$driver" /proc/filesystems || insmod "/lab/$driver.ko"; } && mount -t "$driver" /layers /lower
		;;
	nfs) on_disk ext4 /layers && serve /layers ;;
	*) fail "the job asks for a lower filesystem of type $1; use ext4, tmpfs, xfs, btrfs, overlay, overlay-on-ext4, overlay-of-two, $driver or nfs." ;;
	esac
}

# overlay READ WRITE: mounts an overlay on /lower, whose lower layer is on one filesystem and whose upper layer is on the other.
overlay() {
	mkdir "$1/lower" "$2/upper" "$2/work" &&
		mount -t overlay -o "lowerdir=$1/lower,upperdir=$2/upper,workdir=$2/work" lower /lower
}

unlayer() { umount /layers || fail "umount /layers failed with /lower unmounted; something still uses what is under it."; }

# shellcheck disable=SC2317 # unlower calls this
unlayer_two() {
	umount /layers/read || fail "umount /layers/read failed with /lower unmounted."
	unlayer
}

# serve DIRECTORY: the kernel's NFS server exports the directory, and the client in this guest mounts it as users do: it waits
# for a server that does not answer, and keeps attributes for some seconds.
serve() {
	# shellcheck source=guest/nfs-server.sh
	. ./nfs-server.sh
	client_options=hard
	share "$1" 79 no_subtree_check
	start_server
	attach "$1" /lower 4.2
	below="unserve $1"
}

# shellcheck disable=SC2317 # unlower calls this
unserve() {
	stop_server
	unlayer
}
