# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The selftests, over each lower filesystem. `cases` are options for base0fs-selftest, and `kinds`
# the lower filesystems.

# shellcheck source=guest/common.sh
. ./common.sh
cases=${cases:-}
load
status=0
for kind in ${kinds:-ext4 tmpfs xfs}; do
	lower "$kind"
	# shellcheck disable=SC2086 # several options
	./base0fs-selftest --type "$layer" --dir /lower $cases || status=1
	unlower
done
unload
exit "$status"
