# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The machine without base0fs: a kernel and dkms are installed and removed by apt.

# shellcheck source=system.guest/lib.sh
. /tmp/lab/lib.sh
export DEBIAN_FRONTEND=noninteractive

no_unit_failed() {
	failed=$(systemctl list-units --no-legend --plain --state=failed)
	if [ -n "$failed" ]; then fail "these units failed: $failed"; fi
	ok "no unit failed"
}

# upgrade RELEASE
upgrade() {
	no_unit_failed
	check "apt update" apt-get -q update
	measure "the state of the system is listed" state new
	measure "apt installs dkms" apt-get -q -y install dkms
	measure "apt installs the kernel $1" apt-get -q -y install "linux-image-$1" "linux-headers-$1"
	check "its initramfs is there" [ -s "/boot/initrd.img-$1" ]
}

# upgraded RELEASE
upgraded() {
	no_unit_failed
	check "the kernel $1 runs" [ "$(uname -r)" = "$1" ]
	check "its metadata fits the installed headers" make -s -C "/var/lib/kernel-rust-metadata/$1" kernelrelease
}

# remove: everything that the first boot has installed.
remove() {
	# shellcheck disable=SC2046 # one word a package
	measure "apt removes what it has installed" apt-get -q -y purge $(new_packages new)
	same new
}
