# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The selftests, over each lower filesystem.

# shellcheck source=guest/common.sh
. ./common.sh
load
status=0
for kind in ext4 tmpfs; do
	lower "$kind"
	./base0fs-selftest --type "$layer" --dir /lower || status=1
	unlower
done
unload
exit "$status"
