# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Finds messages in a kernel's log that report an error in the kernel.

patterns() { grep -v '^#' "$LAB/complaints"; }

# complaints LOG: prints the matching lines. The status is 0 if there are any. What a kernel reports before a
# module under test is loaded is no fault of it: an emulated processor whose clock runs wrong brings warnings of timers. A
# kernel that loads none is judged from its start.
complaints() {
	LC_ALL=C awk '
		{ line[NR] = $0 }
		!loaded && /: loading out-of-tree module taints kernel/ { loaded = NR }
		END { for (i = 1; i <= NR; i++) print i < loaded ? "" : line[i] }' "$1" | grep -anE -f <(patterns)
}
