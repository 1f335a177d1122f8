# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Fails every allocation of every operation once, and of loading, mounting, unmounting and unloading. The lower filesystem is
# tmpfs: after a failed allocation, filesystems on a disk may report an error of theirs and refuse further changes.

# shellcheck source=guest/common.sh
. ./common.sh

lower tmpfs
# shellcheck disable=SC2154 # the guest's init sets `driver`
./base0fs-faults --type "$driver" --module "/lab/$driver.ko" || fail "an operation with failing allocations."
unlower
unload
ok "nothing holds the lower filesystem or the module"
