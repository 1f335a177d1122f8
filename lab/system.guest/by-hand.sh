# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# base0fs as a person uses it without installing anything: built from the sources in a directory, loaded, mounted and
# unloaded, after which the system is as it was.

# shellcheck source=system.guest/lib.sh
. /tmp/lab/lib.sh
kdir=/var/lib/kernel-rust-metadata/$(uname -r)

echo "# $(cut -d' ' -f1 /proc/uptime) s: from the kernel's start to the job"
measure "the state of the system, listed" state before
unpack sources.tar
cd /tmp/base0fs || exit 1
measure "make probe" make -s KDIR="$kdir" probe
measure "make" make -s KDIR="$kdir"
check "insmod" insmod base0fs.ko
mkdir /tmp/lower /tmp/upper
echo here >/tmp/lower/file
check "mount" mount -t base0fs /tmp/lower /tmp/upper
check "a file is there" [ "$(cat /tmp/upper/file)" = here ]
check "umount" umount /tmp/upper
check "rmmod" rmmod base0fs
# An out-of-tree module that nobody signed taints the kernel until it is started again.
same before '^tainted kernel$'
