# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# base0fs on a kernel that did not run when it was installed, and its mounts at boot: one of fstab, one of a unit.

# shellcheck source=system.guest/lib.sh
. /tmp/lab/lib.sh
# shellcheck source=system.guest/installed.sh
. /tmp/lab/installed.sh
export DEBIAN_FRONTEND=noninteractive
good=/tmp/lab/second wrong=/tmp/lab/second-wrong

# failed_units: those that failed, in one line.
failed_units() { systemctl list-units --no-legend --plain --state=failed | awk '{ print $1 }' | sort | paste -sd' '; }

# of_unit UNIT PROPERTY
of_unit() { systemctl show -P "$2" "$1"; }

# no_mount: nothing of this type is mounted.
no_mount() { ! grep -q ' base0fs ' /proc/mounts; }

# mounted: both places show the lower files.
mounted() {
	for place in fstab unit; do
		check "/srv/$place is mounted" [ "$(findmnt -rno SOURCE,FSTYPE /srv/$place)" = "/srv/lower-$place base0fs" ]
		check "/srv/$place has the file" [ "$(cat /srv/$place/file)" = $place ]
	done
}

# prepare RELEASE: installs the kernel, base0fs for it, and the mounts.
prepare() {
	measure "apt installs the kernel $1" apt-get -qq -y install "linux-image-$1" "linux-headers-$1"
	for place in fstab unit; do
		mkdir -p /srv/lower-$place /srv/$place
		echo $place >/srv/lower-$place/file
	done
	echo '/srv/lower-fstab  /srv/fstab  base0fs  nofail,x-systemd.requires-mounts-for=/srv/lower-fstab  0 0' >>/etc/fstab
	cat >/etc/systemd/system/srv-unit.mount <<-'UNIT'
		[Unit]
		RequiresMountsFor=/srv/lower-unit
		[Mount]
		What=/srv/lower-unit
		Where=/srv/unit
		Type=base0fs
		[Install]
		WantedBy=multi-user.target
	UNIT
	check "the mount unit is enabled" systemctl -q enable srv-unit.mount
	state prepared
	unpack sources.tar
	says "make install for another kernel" "is installed for $1 as unproven: base0fs-verify runs the cases at the next boot into it" \
		base0fs install BUILT=$good
	{
		tools_installed
		module_installed "$1"
	} >/tmp/lab/out/expected
	becomes prepared
}

# proven: the first boot into that kernel. The cases ran before the mounts.
proven() {
	check "no unit failed" [ -z "$(failed_units)" ]
	mounted
	check "base0fs-verify passed" [ "$(of_unit base0fs-verify Result) $(of_unit base0fs-verify ExecMainStatus)" = "success 0" ]
	journalctl -b -u base0fs-verify -o cat >/tmp/lab/out/journal
	check "the journal says that all cases passed" grep -q "^base0fs: all [0-9]* cases pass on $release" /tmp/lab/out/journal
	check "the journal has the unit's few lines alone" [ "$(grep -c '^base0fs: ' /tmp/lab/out/journal)" = 1 ]
	for unit in srv-fstab.mount srv-unit.mount; do
		check "$unit waited for base0fs-verify" \
			[ "$(of_unit $unit InactiveExitTimestampMonotonic)" -ge "$(of_unit base0fs-verify ExecMainExitTimestampMonotonic)" ]
	done
	check "the proof is remembered" grep -q "$release" /var/lib/base0fs/verified
	no_scratch
	says "base0fs-verify has nothing to do now" "" systemctl start base0fs-verify
}

no_scratch() {
	left=$(ls -d /run/base0fs.* /run/modprobe.d /var/tmp/base0fs* 2>/dev/null)
	if [ -n "$left" ]; then fail "these are left: $left"; fi
	ok "no scratch files are left"
}

# make_wrong: the next boot gets a module that is wrong on purpose.
make_wrong() {
	unpack sources.tar
	refuse "while it is mounted, the mounts are named" "by the mounts on /srv/fstab, /srv/unit" base0fs install BUILT=$wrong
	says "WHEN=boot" "as unproven" base0fs install BUILT=$wrong WHEN=boot
	mounted
}

# kept_out: a boot with it.
kept_out() {
	check "the machine has started" systemctl -q is-active multi-user.target
	check "no emergency" [ "$(systemctl is-active emergency.target rescue.target | sort -u)" = inactive ]
	check "the failed units are the proof and the mounts" [ "$(failed_units)" = "base0fs-verify.service srv-fstab.mount srv-unit.mount" ]
	check "nothing is mounted" no_mount
	check "the module is not loaded" [ ! -e /sys/module/base0fs ]
	journalctl -b -u base0fs-verify -o cat >/tmp/lab/out/journal
	check "the journal says why" grep -q "^base0fs: the module does not work on $release as it should, and is kept out" /tmp/lab/out/journal
	check "the journal names the case and what that means" grep -q '^base0fs: fallocate: space may not be reserved' /tmp/lab/out/journal
	check "the log names the case" grep -q '^not ok .* fallocate' /run/base0fs/verify.log
	refuse "mount says that there is no such filesystem" "unknown filesystem type" mount -t base0fs /srv/lower-unit /srv/unit
	refuse "modprobe says why" "does not work on $release as it should" modprobe base0fs
	check "the kernel's log says why" sh -c 'dmesg | grep -q "base0fs: the module does not work"'
	check "nothing is left in /var/tmp" [ -z "$(ls -d /var/tmp/base0fs* 2>/dev/null)" ]
}

# heal: the right module, without a restart.
heal() {
	unpack sources.tar
	says "WHEN=boot installs the right module" "as unproven" base0fs install BUILT=$good WHEN=boot
	says "systemd proves nothing a second time in a boot" "" systemctl start base0fs-verify
	refuse "base0fs is kept out still" "unknown filesystem type" mount -t base0fs /srv/lower-unit /srv/unit
	# As a boot finds it after the machine went down while the cases ran, which have not passed on this kernel.
	rm /var/lib/base0fs/verified
	id=$(readelf -n "$(modinfo -n base0fs)" | sed -n 's/^ *Build ID: //p')
	printf 'another boot\n%s\t%s\t%s\n' "$(uname -r)" "$(uname -v)" "$id" >/var/lib/base0fs/began
	refuse "after a crash, base0fs is kept out" "the machine went down while the cases ran" /usr/local/lib/base0fs/verify
	says "the same command tries again, and lets it in" "cases pass on $release" /usr/local/lib/base0fs/verify
	check "nothing of that is remembered" [ ! -e /var/lib/base0fs/began ]
	says "the mounts can be started" "" systemctl start srv-fstab.mount srv-unit.mount
	mounted
	check "no unit is failed any more" [ -z "$(failed_units)" ]
	no_scratch
}

# not_again: a later boot mounts at once.
not_again() {
	check "no unit failed" [ -z "$(failed_units)" ]
	mounted
	check "base0fs-verify passed" [ "$(of_unit base0fs-verify Result) $(of_unit base0fs-verify ExecMainStatus)" = "success 0" ]
	journalctl -b -u base0fs-verify -o cat >/tmp/lab/out/journal
	check "no case ran" [ ! -s /run/base0fs/verify.log ]
	check "the journal has no verdict of cases" sh -c '! grep -q "^base0fs: " /tmp/lab/out/journal'
}

remove() {
	unpack sources.tar
	refuse "make uninstall names the mounts" "by the mounts on /srv/fstab, /srv/unit" base0fs uninstall
	check "umount" umount /srv/fstab /srv/unit
	says "make uninstall" "nothing of it is left" base0fs uninstall
	check "no unit is failed" [ -z "$(failed_units)" ]
	# The state was kept under another kernel, which loads other modules and starts other units.
	same prepared '^(tainted kernel|module .*|unit .*)$'
	nothing_left
}
