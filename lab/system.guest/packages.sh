# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# base0fs as Debian packages: installed, upgraded while mounted, given a new kernel, and purged.

# shellcheck source=system.guest/lib.sh
. /tmp/lab/lib.sh
# shellcheck source=system.guest/mounts.sh
. /tmp/lab/mounts.sh
export DEBIAN_FRONTEND=noninteractive
release=$(uname -r)

# dkms_status VERSION RELEASE: what DKMS tells; nothing if that version is not there for that kernel.
dkms_status() { dkms status "base0fs/$1" -k "$2" | sed 's/^.*: //'; }

# loaded_version: of the module in the kernel.
loaded_version() { cat /sys/module/base0fs/version; }

# autopkgtest TEST: runs a test of the packages as autopkgtest does.
autopkgtest() {
	AUTOPKGTEST_TMP=$(mktemp -d)
	export AUTOPKGTEST_TMP
	sh "/root/tests/$1"
	status=$?
	rm -rf "$AUTOPKGTEST_TMP"
	unset AUTOPKGTEST_TMP
	return $status
}

# installed VERSION
installed() {
	measure "the state of the system, listed" state new
	publish ./"$1"/*.deb
	measure "apt install base0fs base0fs-dkms" logged out/install.log apt-get -q -y install base0fs base0fs-dkms
	check "apt tells that the cases passed" grep "base0fs: all [0-9]* cases passed on $release" out/install.log
	check "DKMS has installed it" [ "$(dkms_status "$1" "$release")" = installed ]
	check "the unit is enabled" systemctl -q is-enabled base0fs-verify
}

# tested VERSION: by the packages' own tests.
tested() {
	mkdir /root/tests
	tar -xf "base0fs-$1.tar.gz" -C /root/tests --strip-components=3 "base0fs-$1/debian/tests"
	measure "autopkgtest: commands" autopkgtest commands
	measure "autopkgtest: installed" autopkgtest installed
	rm -r /root/tests
	! [ -e /sys/module/base0fs ] || rmmod base0fs
}

# upgraded EARLIER VERSION: while base0fs is mounted.
upgraded() {
	mkdir -p /srv/lower /srv/upper
	echo here >/srv/lower/file
	check "mount" mount -t base0fs /srv/lower /srv/upper
	publish ./"$2"/*.deb
	measure "apt upgrade while base0fs is mounted" logged out/upgrade.log apt-get -q -y upgrade
	check "the packages are the new ones" [ "$(dpkg-query -W -f '${Version} ${db:Status-Status}' base0fs-dkms)" = "$2 installed" ]
	check "apt tells what keeps the new module from being proven" grep 'base0fs: another base0fs is loaded and in use by the mounts on /srv/upper, so that the module is installed as unproven' out/upgrade.log
	check "the mount works" [ "$(cat /srv/upper/file)" = here ]
	check "the earlier module is loaded" [ "$(loaded_version)" = "$1" ]
	check "the new module is installed" [ "$(modinfo -F version base0fs)" = "$2" ]
	check "DKMS has the new version" [ "$(dkms_status "$2" "$release")" = installed ]
	check "DKMS has no earlier one" [ ! -e "/var/lib/dkms/base0fs/$1" ]
	check "no source of an earlier one is kept" [ ! -e /var/lib/base0fs-dkms ]
	refuse "base0fs-verify does not judge what is in use" "is in use by the mounts on /srv/upper" /usr/lib/base0fs/verify
	check "the mount still works" [ "$(cat /srv/upper/file)" = here ]
	check "umount" umount /srv/upper
	rmmod base0fs
	refuse "an unproven module is not mounted" "" mount -t base0fs /srv/lower /srv/upper
	measure "base0fs-verify proves it" /usr/lib/base0fs/verify
	check "mount" mount -t base0fs /srv/lower /srv/upper
	check "the new module is loaded" [ "$(loaded_version)" = "$2" ]
	check "umount" umount /srv/upper
}

# new_kernel VERSION RELEASE: apt installs another kernel, whose first boot is to mount what fstab has.
new_kernel() {
	measure "apt installs the kernel $2" logged out/kernel.log apt-get -q -y install "linux-image-$2" "linux-headers-$2"
	check "DKMS has built the module for it" [ "$(dkms_status "$1" "$2")" = installed ]
	check "apt tells that it is unproven" grep "base0fs: $2 does not run now, so that the module is installed as unproven; its first boot runs the cases" out/kernel.log
	echo '/srv/lower /srv/upper base0fs nofail,x-systemd.requires-mounts-for=/srv/lower 0 0' >>/etc/fstab
}

# moment UNIT PROPERTY: in microseconds since the kernel's start.
moment() { systemctl show -P "$2" "$1"; }

# first_boot VERSION
first_boot() {
	version=$1
	journalctl -b -u base0fs-verify --no-pager >out/verify.log
	check "the unit has proven the module" grep "base0fs: all [0-9]* cases pass on $release" out/verify.log
	check "the mount of fstab is there" [ "$(cat /srv/upper/file)" = here ]
	check "it was mounted after the proof" [ "$(moment base0fs-verify.service ExecMainExitTimestampMonotonic)" -lt "$(moment srv-upper.mount ActiveEnterTimestampMonotonic)" ]
	check "no unit failed" [ -z "$(systemctl list-units --no-legend --plain --state=failed)" ]
	check "the module is the installed one" [ "$(loaded_version)" = "$version" ]
}

# purged: base0fs with all that came with it, but for the kernel, which runs.
purged() {
	check "umount" umount /srv/upper
	sed -i '/base0fs/d' /etc/fstab
	systemctl daemon-reload
	rm -r /srv/lower /srv/upper
	# shellcheck disable=SC2046 # one word a package
	measure "apt purge" logged out/purge.log apt-get -q -y purge $(new_packages new | grep -v '^linux-')
	check "no file has base0fs in its name" [ -z "$(find / -xdev \( -path /proc -o -path /var/log -o -path /var/cache -o -path /tmp -o -path /srv/archive \) -prune -o -name '*base0fs*' -print)" ]
	check "the module is not loaded" [ ! -e /sys/module/base0fs ]
	# Another kernel has other modules, and another way to look at its root.
	same new '^tainted kernel$' '^module ' '^unit systemd-fsck-root\.service$' "$dkms_key" '^link /(initrd\.img|vmlinuz)$' '^package linux-' "$(printf '%s' "$release" | sed 's/[.+]/\\&/g')" \
		'^(directory|file|link) /(usr/lib/linux-kbuild|usr/src/linux-headers|usr/share/doc/linux|var/lib/dpkg/info/linux|var/lib/kernel-rust-metadata)'
}
