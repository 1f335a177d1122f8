# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# An interactive shell, with the driver mounted over ext4.

# shellcheck source=guest/common.sh
. ./common.sh
load
lower ext4
stack
cat <<TEXT

$driver is mounted: /mnt shows /lower (ext4), and every operation on /mnt is done in /lower.
'/lab/base0fs-selftest --type $driver --dir /lower' runs the selftests.
'dmesg' prints the kernel's log. 'exit' (or ^D) ends the machine.

TEXT
cd /root || exit 1
exec sh -l
