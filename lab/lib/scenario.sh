# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# One way to install base0fs, from a new machine to a last look at it: a script of lab/installs, which sources this.

# shellcheck source=lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=lib/inside.sh
. "$LAB/lib/inside.sh"
# shellcheck source=lib/archive.sh
. "$LAB/lib/archive.sh"
# shellcheck source=lib/kernel.sh
. "$LAB/lib/kernel.sh"
# shellcheck source=lib/make-root.sh
. "$LAB/lib/make-root.sh"
# shellcheck source=lib/machine.sh
. "$LAB/lib/machine.sh"
# shellcheck source=lib/complaints.sh
. "$LAB/lib/complaints.sh"
# shellcheck source=lib/system.sh
. "$LAB/lib/system.sh"
# shellcheck source=lib/system-image.sh
. "$LAB/lib/system-image.sh"
# shellcheck source=lib/system-metadata.sh
. "$LAB/lib/system-metadata.sh"
# shellcheck source=lib/system-machine.sh
. "$LAB/lib/system-machine.sh"

# begin NAME: a new machine for the scenario, and the project's sources as one file, $sources.
begin() {
	scenario=$1 boots=0
	disk=$(system_disk "$scenario")
	# shellcheck disable=SC2034 # for the scenarios
	sources=$disk/sources.tar
	system_sources "$disk/sources.tar"
}

# boot KERNEL JOB [FILE...]: starts the scenario's machine once more. KERNEL is `first`, `second`, `default` (the one a
# boot loader takes), or a release.
boot() {
	local kernel=$1
	shift
	case $kernel in first | second) kernel=$(system_release "$kernel") ;; esac
	boots=$((boots + 1))
	echo "# $scenario, boot $boots, on $kernel"
	system_boot "install-$scenario-$boots" "$disk" "$kernel" "$@"
}
