# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What a kernel says in its log when something in it is wrong.

patterns() { grep -v '^#' "$LAB/complaints"; }

# complaints LOG: prints the lines that complain; its status tells whether there are any.
complaints() { grep -anE -f <(patterns) "$1"; }
