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
		below=unlayer_two
		on_disk ext4 /layers && mkdir /layers/read && mount -t tmpfs -o size=512m layer /layers/read && overlay /layers/read /layers
		;;
	"$driver")
		on_disk ext4 /layers && { grep -qw "$driver" /proc/filesystems || insmod "/lab/$driver.ko"; } && mount -t "$driver" /layers /lower
		;;
	nfs) on_disk ext4 /layers && serve /layers ;;
	# A program passes each operation on to the directory. The kernel asks it for each name and for the attributes: what it
	# would keep for a second, the library that the program uses does not tell it of, such as the count of links.
	fuse)
		below=unlayer_program
		on_disk ext4 /layers && bindfs -o attr_timeout=0,entry_timeout=0,negative_timeout=0 /layers /lower
		;;
	9p) on_disk ext4 /layers && serve_9p /layers ;;
	*) fail "the job asks for a lower filesystem of type $1; use ext4, tmpfs, xfs, btrfs, overlay, overlay-on-ext4, overlay-of-two, $driver, nfs, fuse or 9p." ;;
	esac
}

# overlay READ WRITE: mounts an overlay on /lower, whose lower layer is on one filesystem and whose upper layer is on the other.
overlay() {
	mkdir "$1/lower" "$2/upper" "$2/work" &&
		mount -t overlay -o "lowerdir=$1/lower,upperdir=$2/upper,workdir=$2/work" lower /lower
}

unlayer() { umount /layers || fail "umount /layers failed with /lower unmounted; something still uses what is under it."; }

# shellcheck disable=SC2317 # unlower calls this, and within calls the first
no_program() { ! pidof bindfs >/dev/null; }
# shellcheck disable=SC2317
unlayer_program() {
	within 30 no_program || fail "the program of the FUSE filesystem still runs, with /lower unmounted."
	unlayer
}

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

# serve_9p DIRECTORY: a server in this guest exports the directory, and the client mounts it as users do: without a cache.
serve_9p() {
	# The server asks for the name of its client.
	echo "127.0.0.1 localhost" >/etc/hosts
	echo "hosts: files" >/etc/nsswitch.conf
	diod --foreground --no-auth --no-userdb --listen 127.0.0.1:564 --export "$1" >/tmp/diod.log 2>&1 &
	server=$!
	# The server has no way to say that it is ready.
	tries=0
	until mount -t 9p -o "trans=tcp,aname=$1,access=user,uname=root,version=9p2000.L" 127.0.0.1 /lower 2>/dev/null; do
		tries=$((tries + 1))
		if [ "$tries" -ge 100 ] || ! kill -0 "$server"; then fail "mounting the 9p export failed: $(cat /tmp/diod.log)"; fi
		sleep 0.1
	done
	below=unserve_9p
}

# shellcheck disable=SC2317 # unlower calls this
unserve_9p() {
	kill "$server"
	wait "$server"
	unlayer
}
