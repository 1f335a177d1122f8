# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Finds messages in a kernel's log that report an error in the kernel.

patterns() { grep -v '^#' "$LAB/complaints"; }

# complaints LOG: prints the matching lines. The status is 0 if there are any.
complaints() { grep -anE -f <(patterns) "$1"; }
