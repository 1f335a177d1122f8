# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Each pair of operations at the same moment, above or above and below, over each lower filesystem. `seed`, `rounds` and
# `seconds` are for each of them, `options` are others of `base0fs-selftest race`.

# shellcheck source=guest/common.sh
. ./common.sh
# As on most machines: only a file's owner may link to it.
echo 1 >/proc/sys/fs/protected_hardlinks
# Delayed blocks are not allocated while trees are compared.
echo 360000 >/proc/sys/vm/dirty_expire_centisecs
# A truncation that meets a lease waits no longer.
echo 2 >/proc/sys/fs/lease-break-time
set -- ${seed:+--seed "$seed"} ${rounds:+--rounds "$rounds"} ${seconds:+--seconds "$seconds"}
load
status=0
for kind in ${kinds:-ext4 tmpfs}; do
	lower "$kind"
	# shellcheck disable=SC2086 # several options
	if ./base0fs-selftest race --type "$layer" --dir /lower "$@" ${options:-}; then
		ok "race over $kind"
	else
		echo "not ok - race over $kind"
		status=1
	fi
	unlower
done
unload
exit "$status"
