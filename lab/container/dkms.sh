# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The packages on a Debian system in a directory, whose kernel is another system's, as in a container or a chroot: DKMS
# builds for the kernel whose headers are there, and proves nothing. No module is loaded. Here compilers run at full
# speed, which they do not in a machine.
#
#     dkms.sh RELEASE VERSION NEXT PACKAGES LAB MADE    MADE is what kernel-rust-metadata has made for RELEASE

set -u
release=$1 version=$2 next=$3 packages=$4 lab=$5 made=$6
# shellcheck source=system.guest/lib.sh
. "$lab/system.guest/lib.sh"
# DKMS compresses modules as the kernel's own are, which are not there.
module=/lib/modules/$release/updates/dkms/base0fs.ko
cd /tmp || exit 1

install() { apt-get -q -y --allow-downgrades install "$@"; }

# files: what packages and DKMS put somewhere, and what apt and dpkg do not remake by themselves.
files() {
	find / -xdev \( -path /proc -o -path /dev -o -path /run -o -path /tmp -o -path /var/cache -o -path /var/log -o -path /var/lib/dpkg \
		-o -path /var/lib/apt -o -path "${packages%/*/*}" -o -path '/etc/ld.so.cache' \) -prune -o -printf '%y %p %m %s %l\n' |
		awk '$1 == "d" { $4 = "" } { print }' | sort
}

dkms_status() { dkms status "base0fs/$1" -k "$release" | sed 's/^.*: //'; }

# has_module VERSION: that version is installed, and DKMS knows no other.
has_module() {
	[ "$(dkms_status "$1")" = installed ] && [ "$(modinfo -F version "$module")" = "$1" ] && [ "$(dkms status base0fs | wc -l)" = 1 ]
}

# ---- installed, where the kernel's metadata is not there

# The command is called as it is, and a stand-in answers what takes it minutes.
dpkg-divert --quiet --local --rename --divert /usr/sbin/kernel-rust-metadata.real --add /usr/sbin/kernel-rust-metadata
cat >/usr/sbin/kernel-rust-metadata <<STAND_IN
#!/bin/sh
echo "\$*" >>/tmp/called
if [ -e /tmp/refuse ]; then
	echo "kernel-rust-metadata: it cannot be made, as an example." >&2
	exit 1
fi
case \$* in
"$release") mkdir -p /var/lib/kernel-rust-metadata && cp -a "$made" "/var/lib/kernel-rust-metadata/$release" ;;
*) exec /usr/sbin/kernel-rust-metadata.real "\$@" ;;
esac
STAND_IN
chmod 755 /usr/sbin/kernel-rust-metadata
files >before
measure "apt install base0fs base0fs-dkms" logged install.log install "$packages/$version"/*.deb
check "DKMS has called kernel-rust-metadata" grep -qx -- "$release" called
check "apt tells that this takes minutes" grep "base0fs: making the Rust metadata of $release, which its headers lack, takes 5 to 10 minutes" install.log
check "DKMS has installed the module" has_module "$version"
check "apt tells that it is unproven" grep "base0fs: $release does not run now, so that the module is installed as unproven; its first boot runs the cases" install.log
check "DKMS's log tells the same" grep -q 'installed as unproven' "/var/lib/dkms/base0fs/$version/$release/x86_64/log/make.log"
check "nothing keeps the running kernel from loading what it has" [ ! -e /run/modprobe.d/base0fs-kept-out.conf ]
check "the unit will prove it" [ -L /etc/systemd/system/sysinit.target.wants/base0fs-verify.service ]

# ---- upgraded

measure "apt installs the next version" logged upgrade.log install "$packages/$next"/*.deb
check "DKMS has the next version alone" has_module "$next"
check "nothing of the earlier one is left" [ -z "$(find / -xdev -path /proc -prune -o -path "${packages%/*/*}" -prune -o -path '*base0fs*' -name "*$version*" -print)" ]

# ---- a version that does not compile

# wrong_package VERSION: base0fs-dkms of that version, whose driver has an error.
wrong_package() {
	dpkg-deb -R "$packages/$next"/base0fs-dkms_*.deb wrong
	mv "wrong/usr/src/base0fs-$next" "wrong/usr/src/base0fs-$1"
	sed -i "s/$(printf '%s' "$next" | sed 's/\./\\./g')/$1/g" wrong/DEBIAN/control wrong/DEBIAN/postinst wrong/DEBIAN/prerm "wrong/usr/src/base0fs-$1/dkms.conf"
	sed -i "s/(>= $1)/(>= $next)/g" wrong/DEBIAN/control
	rm wrong/DEBIAN/md5sums
	echo 'fn wrong(' >>"wrong/usr/src/base0fs-$1/base0fs/base0fs.rs"
	dpkg-deb -b wrong "base0fs-dkms_$1_all.deb" >/dev/null
	rm -r wrong
}
wrong_package 99
sum=$(sha256sum "$module")
refuse "apt installs a version that does not compile" "base0fs: the module does not compile for $release: what the compiler said stands in make.log" install ./base0fs-dkms_99_all.deb
# shellcheck disable=SC2154 # refuse sets it
printf '%s\n' "$said" >wrong.log
check "apt tells which version stays" grep "base0fs: version 99 was not installed, as the lines above say; version $next stays in use for $release." wrong.log
check "the earlier module is still there" [ "$(sha256sum "$module")" = "$sum" ]
check "DKMS has it installed" [ "$(dkms_status "$next")" = installed ]
check "DKMS can build it for another kernel" [ -e "/var/lib/dkms/base0fs/$next/source/dkms.conf" ]
measure "apt goes back to the earlier version" logged back.log install "$packages/$next"/base0fs-dkms_*.deb
check "DKMS has that one alone" has_module "$next"
check "its module is the same" [ "$(sha256sum "$module")" = "$sum" ]
check "no copy of a source is kept" [ ! -e /var/lib/base0fs-dkms ]

# ---- other kernels, and DKMS twice at once

rustless=/lib/modules/6.1.0-rustless
mkdir -p "$rustless/build/include/config"
sed '/^CONFIG_RUST=/d' "/lib/modules/$release/build/.config" >"$rustless/build/.config"
refuse "DKMS installs for a kernel without Rust" "base0fs: the kernel 6.1.0-rustless was built without Rust (CONFIG_RUST is not set)" dkms install "base0fs/$next" -k 6.1.0-rustless
check "a kernel without Rust can be installed" logged autoinstall.log dkms autoinstall -k 6.1.0-rustless
check "DKMS tells why it gets no base0fs" grep -q 'base0fs: the kernel 6.1.0-rustless was built without Rust' autoinstall.log
rm -r "$rustless"

check "dkms unbuild" logged unbuild.log dkms unbuild "base0fs/$next" -k "$release"
mv "/var/lib/kernel-rust-metadata/$release" made
touch refuse
refuse "DKMS builds, and the metadata cannot be made" "base0fs: it cannot be made, as an example." dkms install "base0fs/$next" -k "$release"
check "DKMS's log tells why" grep -q 'it cannot be made, as an example' "/var/lib/dkms/base0fs/$next/build/make.log"
rm refuse
mv made "/var/lib/kernel-rust-metadata/$release"
mv /usr/sbin/base0fs-selftest .
refuse "DKMS builds without a program that proves" "no cargo to build it: install the package base0fs of the same version, or cargo." dkms install "base0fs/$next" -k "$release"
mv base0fs-selftest /usr/sbin/

setsid dkms install "base0fs/$next" -k "$release" >killed.log 2>&1 &
while kill -0 $! && [ ! -e "/var/lib/dkms/base0fs/$next/build/gen" ]; do sleep 0.1; done
kill -KILL "-$!"
wait $! 2>/dev/null
dkms install "base0fs/$next" -k "$release" >first.log 2>&1 &
dkms install "base0fs/$next" -k "$release" >second.log 2>&1
echo "# DKMS twice at once, after it was killed: the second ended with $?"
wait $!
echo "# the first ended with $?"
# DKMS itself does not keep them apart; whatever became of the two, one more has to set it right.
has_module "$next" || dkms install "base0fs/$next" -k "$release" >third.log 2>&1
check "after DKMS was killed, and has run twice at once, it installs the module" has_module "$next"

# ---- removed

measure "apt purge" logged purge.log apt-get -q -y purge base0fs base0fs-dkms kernel-rust-metadata
files >after
check "everything is as it was" diff before after
