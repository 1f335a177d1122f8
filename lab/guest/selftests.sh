# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The selftests, over each lower filesystem. `cases` are options for base0fs-selftest, and `kinds`
# the lower filesystems.

# shellcheck source=guest/common.sh
. ./common.sh
cases=${cases:-}
load
# Without it the case overlay_above would be left out.
lacking overlay || grep -qw overlay /proc/filesystems ||
	fail "the kernel has no overlayfs, or the guest has not loaded it."
# As on most machines: only a file's owner may link to it.
echo 1 >/proc/sys/fs/protected_hardlinks
# A slow guest must not write data because it is old while a case looks at what has been written.
echo 360000 >/proc/sys/vm/dirty_expire_centisecs
status=0
for kind in ${kinds:-ext4 tmpfs xfs}; do
	lower "$kind"
	# shellcheck disable=SC2086 # several options
	./base0fs-selftest --type "$layer" --dir /lower $cases || status=1
	unlower
done
unload
exit "$status"
