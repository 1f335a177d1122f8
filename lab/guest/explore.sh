# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Scripts of operations that are drawn at random, on a directory and through the mount, over each lower filesystem. `seed`,
# `steps` and `minutes` are for each of them, `options` are others of `base0fs-selftest explore`.

# shellcheck source=guest/common.sh
. ./common.sh
# As on most machines: only a file's owner may link to it.
echo 1 >/proc/sys/fs/protected_hardlinks
# Delayed blocks are not allocated while trees are compared.
echo 360000 >/proc/sys/vm/dirty_expire_centisecs
set -- ${seed:+--seed "$seed"} ${steps:+--steps "$steps"} ${minutes:+--minutes "$minutes"}
load
status=0
for kind in ${kinds:-ext4 tmpfs}; do
	lower "$kind"
	# shellcheck disable=SC2086 # several options
	if ./base0fs-selftest explore --type "$layer" --dir /lower "$@" ${options:-}; then
		ok "explore over $kind"
	else
		echo "not ok - explore over $kind"
		status=1
	fi
	unlower
done
unload
exit "$status"
