# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# base0fs on a kernel that loads signed modules alone, and trusts the certificate `trusted`, but not `unknown`.

# shellcheck source=system.guest/lib.sh
. /tmp/lab/lib.sh
# shellcheck source=system.guest/installed.sh
. /tmp/lab/installed.sh
good=/tmp/lab/first

without_key() {
	state before
	unpack sources.tar
	refuse "insmod of an unsigned module is refused by the kernel" "Key was rejected" insmod $good/base0fs.ko
	refuse "without a key, the refusal says how to get one" \
		"there is no key to sign base0fs with: make one with 'dkms generate_mok'" base0fs install BUILT=$good
	same before "$lasting"
	nothing_left
}

unknown_key() {
	refuse "with a key that the kernel does not know, the refusal says how to enrol it" \
		"enrol it with 'mokutil --import /tmp/lab/unknown.der', restart the machine and confirm it there" \
		base0fs install BUILT=$good SIGN_KEY=/tmp/lab/unknown.key SIGN_CERT=/tmp/lab/unknown.der
	same before "$lasting"
	nothing_left
	refuse "a key that cannot be read" "the key SIGN_KEY=/nowhere cannot be read" base0fs install BUILT=$good SIGN_KEY=/nowhere
	says "WHEN=boot installs the signed module for the next boot" "as unproven" \
		base0fs install BUILT=$good SIGN_KEY=/tmp/lab/unknown.key SIGN_CERT=/tmp/lab/unknown.der WHEN=boot
	check "it is signed" [ "$(modinfo -F signer base0fs)" = unknown ]
	# As the next boot finds it.
	check "systemd leaves the proof to the next boot" rm /run/base0fs/decided
	if systemctl start base0fs-verify; then fail "base0fs-verify let in a module that the kernel does not load."; fi
	journalctl -b -u base0fs-verify -o cat >/tmp/lab/out/journal
	check "base0fs-verify says whose certificate is not trusted" \
		grep -q "^base0fs: .* does not trust the certificate of 'unknown', who signed base0fs .*: enrol it with 'mokutil" /tmp/lab/out/journal
	refuse "modprobe says so, too" 'does not trust the certificate of "unknown"' modprobe base0fs
	says "make uninstall" "nothing of it is left" base0fs uninstall
	same before "$lasting"
	nothing_left
}

trusted_key() {
	says "with a trusted key, make install signs, proves and installs" "passed on this kernel." \
		base0fs install BUILT=$good SIGN_KEY=/tmp/lab/trusted.key SIGN_CERT=/tmp/lab/trusted.der
	{
		tools_installed
		module_installed "$release"
		now_proven
	} >/tmp/lab/out/expected
	becomes before
	check "the installed module is signed" [ "$(modinfo -F signer base0fs)" = trusted ]
	mkdir /tmp/lower /tmp/upper
	check "rmmod" rmmod base0fs
	check "mount loads it" mount -t base0fs /tmp/lower /tmp/upper
	check "umount" umount /tmp/upper
	# Without SIGN_KEY, it is DKMS's key. The same key makes the same signature.
	mkdir /var/lib/dkms
	cp /tmp/lab/trusted.key /var/lib/dkms/mok.key
	cp /tmp/lab/trusted.der /var/lib/dkms/mok.pub
	says "DKMS's key is used" "nothing was changed" base0fs install BUILT=$good
	rm -r /var/lib/dkms
	says "make uninstall" "nothing of it is left" base0fs uninstall
	same before "$lasting"
	nothing_left
}
