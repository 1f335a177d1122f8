# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A shell to play in: base0fs loaded, and over an ext4.

# shellcheck source=guest/common.sh
. ./common.sh
load
lower ext4
stack
cat <<'TEXT'

base0fs is mounted: /mnt shows what is in /lower (ext4), and every operation passes through.
`/lab/base0fs-selftest --dir /lower` compares them, case by case.
`dmesg` is the kernel's log; leaving the shell (exit, or ^D) ends the machine.

TEXT
cd /root || exit 1
exec sh -l
