# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Using base0fs on the machine: a mount that loads the module by its alias, and whether the module was proven.

# DKMS makes a key with the first module that it builds, and keeps it when it is purged.
# shellcheck disable=SC2034 # for those who compare states
dkms_key='^(directory|file) /var/lib/dkms(/mok\.(key|pub))?$'

# mount_by_alias: mounts, uses and unmounts base0fs, and unloads the module.
mount_by_alias() {
	mkdir -p /tmp/lower /tmp/upper
	echo here >/tmp/lower/file
	check "mount loads the module by its alias" mount -t base0fs /tmp/lower /tmp/upper
	check "a file is there" [ "$(cat /tmp/upper/file)" = here ]
	check "umount" umount /tmp/upper
	check "rmmod" rmmod base0fs
	rm -r /tmp/lower /tmp/upper
}

# base0fs_verified: the installed module has passed on the running kernel. The program remembers it by both.
base0fs_verified() { grep -q "$(uname -r)" /var/lib/base0fs/verified; }
