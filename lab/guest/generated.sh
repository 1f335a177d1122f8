# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Generated tests over each lower filesystem, for the jobs `explore` and `race`.

# shellcheck source=guest/common.sh
. ./common.sh

# generated COMMAND OPTION...: runs `base0fs-selftest COMMAND` over each lower filesystem. Ends the job.
generated() {
	# As on most machines: only a file's owner may link to it.
	echo 1 >/proc/sys/fs/protected_hardlinks
	# Delayed blocks are not allocated while trees are compared.
	echo 360000 >/proc/sys/vm/dirty_expire_centisecs
	load
	status=0
	for kind in ${kinds:-ext4 tmpfs}; do
		lower "$kind"
		# shellcheck disable=SC2086 # several options
		if ./base0fs-selftest "$@" --type "$layer" --dir /lower ${seed:+--seed "$seed"} ${options:-}; then
			ok "$1 over $kind"
		else
			echo "not ok - $1 over $kind"
			status=1
		fi
		unlower
	done
	unload
	exit "$status"
}
