# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# base0fs by DKMS, from a release's tarball: refused by a kernel without Rust, built and proven, kept when a version with
# an error is tried, and removed.

# shellcheck source=system.guest/lib.sh
. /tmp/lab/lib.sh
# shellcheck source=system.guest/mounts.sh
. /tmp/lab/mounts.sh
export DEBIAN_FRONTEND=noninteractive
release=$(uname -r)
module=/lib/modules/$release/updates/dkms/base0fs.ko.xz

# status_is VERSION STATUS: what DKMS tells of that version on the running kernel; `gone` if nothing.
status_is() {
	found=$(dkms status "base0fs/$1" -k "$release" | sed 's/^.*: //')
	[ "${found:-gone}" = "$2" ] || fail "DKMS tells '$found' of base0fs $1 for $release, not '$2'."
	ok "DKMS tells that base0fs $1 is $2"
}

# on_terminal COMMAND: what a person sees, whom DKMS writes to and not to a file.
on_terminal() { script -qec "$1" /dev/null; }

# in_order FILE TEXT...: each TEXT is in a line of FILE that comes after the line of the one before.
in_order() {
	file=$1 line=0
	shift
	for text; do
		next=$(grep -nF "$text" "$file" | cut -d: -f1 | awk -v line="$line" '$1 > line { print; exit }')
		[ -n "$next" ] || {
			echo "'$text' is not there after line $line of $file."
			return 1
		}
		line=$next
	done
}

# dkms_scenario VERSION RUSTLESS
dkms_scenario() {
	version=$1 rustless=$2
	measure "the state of the system, listed" state new
	publish ./base0fs_*.deb
	measure "apt installs dkms and base0fs's programs" apt-get -q -y --no-install-recommends install dkms base0fs
	state tools
	tar -xf "base0fs-$version.tar.gz" -C /root
	check "dkms add" dkms add "/root/base0fs-$version"

	measure "apt installs the headers of a kernel without Rust" logged out/rustless.log apt-get -q -y --no-install-recommends install "linux-headers-$rustless"
	check "apt tells why that kernel gets no base0fs" grep -F "base0fs: the kernel $rustless was built without Rust" out/rustless.log
	refuse "dkms install for that kernel" "was built without Rust (CONFIG_RUST is not set)" dkms install "base0fs/$version" -k "$rustless"
	# shellcheck disable=SC2046 # one word a package
	check "its headers are removed" apt-get -q -y purge $(new_packages tools)

	measure "dkms install" logged out/install.log on_terminal "dkms install base0fs/$version"
	status_is "$version" installed
	make_log=/var/lib/dkms/base0fs/$version/$release/x86_64/log/make.log
	cp "$make_log" out/make.log
	check "DKMS's log has probes, module and cases, in this order" in_order "$make_log" gen/compat-probe base0fs/base0fs.o base0fs.ko "cases passed on $release"
	check "its output tells that the cases passed" grep "base0fs: all [0-9]* cases passed on $release" out/install.log
	check "the module is where DKMS puts it" [ "$(modinfo -n base0fs)" = "$module" ]
	check "it is not loaded" [ ! -e /sys/module/base0fs ]
	measure "the kernel and module have passed" base0fs_verified
	mount_by_alias
	sum=$(sha256sum "$module")
	check "dkms install once more" logged out/again.log dkms install "base0fs/$version"
	check "it changes nothing, and says so" grep "already installed on kernel $release" out/again.log
	check "the module is the same" [ "$(sha256sum "$module")" = "$sum" ]
	wrong_version "$version" "$version+wrong"

	check "dkms remove" dkms remove "base0fs/$version" --all
	rm -rf /usr/src/base0fs-* /root/base0fs-*
	# A case uses overlayfs. What has passed, the package remembers until it is purged.
	same tools '^tainted kernel$' '^module overlay$' '^(directory|file) /var/lib/base0fs(/verified)?$' "$dkms_key"
	# shellcheck disable=SC2046 # one word a package
	check "apt removes what it has installed" apt-get -q -y purge $(new_packages new)
	same new '^tainted kernel$' '^module overlay$' "$dkms_key"
}

# wrong_version VERSION WRONG: a driver that makes directories with fewer rights than it was asked for.
wrong_version() {
	sum=$(sha256sum "$module")
	cp -a "/root/base0fs-$1" "/root/base0fs-$2"
	sed -i 's/entry\.mkdir(write, mode)/entry.mkdir(write, mode \& !0o7)/' "/root/base0fs-$2/base0fs/dir.rs"
	sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$2\"/" "/root/base0fs-$2/dkms.conf"
	check "the driver was made wrong" grep -q '!0o7' "/root/base0fs-$2/base0fs/dir.rs"
	check "dkms add of the wrong version" dkms add "/root/base0fs-$2"
	refuse "dkms install of the wrong version" "it is not installed, and an earlier version stays as it is." on_terminal "dkms install base0fs/$2"
	printf '%s\n' "$said" >out/wrong.log
	status_is "$2" built
	check "its output tells the case, and what it means" grep 'base0fs: base0fs does not work on this kernel as it should: ' out/wrong.log
	check "DKMS's log tells the same" grep -q 'does not work on this kernel as it should' "/var/lib/dkms/base0fs/$2/$release/x86_64/log/make.log"
	check "the log of the cases is kept" grep -q '^not ok' "/var/lib/dkms/base0fs/$2/$release/x86_64/log/cases.log"
	status_is "$1" installed
	check "the installed module is the earlier one" [ "$(sha256sum "$module")" = "$sum" ]
	check "no wrong module is loaded" [ ! -e /sys/module/base0fs ]
	mount_by_alias
	check "dkms remove of the wrong version" dkms remove "base0fs/$2" --all
}
