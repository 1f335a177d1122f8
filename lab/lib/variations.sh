# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What is explored over what.

# explored_variations: the variations of `base0fs-selftest explore`.
explored_variations() { printf '%s\n' single two idmapped stacked flags full; }

# explored_lowers: the lower filesystems.
explored_lowers() { printf '%s\n' ext4 tmpfs xfs btrfs overlay; }

# explored_lowers_of VARIATION: those over which the variation makes sense.
explored_lowers_of() {
	local lower
	for lower in $(explored_lowers); do
		! is_explored "$lower" "$1" || say "$lower"
	done
}

# is_explored LOWER VARIATION: whether the variation makes sense over this lower filesystem.
is_explored() {
	case "$1 $2" in
	# Linux stacks two filesystems, and no third one.
	"overlay stacked") false ;;
	# Each side has a tmpfs of its own.
	"tmpfs full") true ;;
	*" full") false ;;
	esac
}
