# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# base0fs from its sources on the running kernel: used by hand without an install, then installed, used, replaced, and
# removed. After each of these the whole system is compared with what it should be.

# shellcheck source=system.guest/lib.sh
. /tmp/lab/lib.sh
# shellcheck source=system.guest/installed.sh
. /tmp/lab/installed.sh
good=/tmp/lab/first wrong=/tmp/lab/first-wrong

# by_hand: as README says it, without installing anything.
by_hand() {
	state before
	mkdir "$tree"
	tar -xf /tmp/lab/sources.tar -C "$tree"
	cd "$tree" || exit 1
	kdir=$(sh install/kernel-rust-metadata --path "$release") || fail "the machine has no Rust metadata of $release."
	measure "make" make -s KDIR="$kdir"
	check "insmod" insmod base0fs.ko
	mkdir /tmp/lower /tmp/upper
	echo here >/tmp/lower/file
	check "mount" mount -t base0fs /tmp/lower /tmp/upper
	check "a file is there" [ "$(cat /tmp/upper/file)" = here ]
	check "umount" umount /tmp/upper
	check "rmmod" rmmod base0fs
	same before "$lasting"
}

# A build of the programs takes too long on an emulated processor. lab/release has cargo build them without network.
prebuilt_programs() {
	cat >/tmp/lab/cargo <<-'CARGO'
		#!/bin/sh
		mkdir -p "$CARGO_TARGET_DIR/x86_64-unknown-linux-gnu/release" &&
			cp /tmp/lab/first/base0fs-selftest "$CARGO_TARGET_DIR/x86_64-unknown-linux-gnu/release/"
	CARGO
	chmod +x /tmp/lab/cargo
	export CARGO=/tmp/lab/cargo
}

install_first() {
	prebuilt_programs
	says "make install builds, proves and installs" "passed on this kernel." base0fs install
	check "its verdict is one line" [ "$(grep -c '^base0fs: ' /tmp/lab/out/said)" = 1 ]
	{
		tools_installed
		module_installed "$release"
		now_proven
	} >/tmp/lab/out/expected
	becomes before
	check "the report of the cases is kept" [ -s "/var/log/base0fs/install-$release.log" ]
	check "nothing is left in /var/tmp" [ -z "$(ls -d /var/tmp/base0fs* 2>/dev/null)" ]
	check "base0fs-selftest runs" base0fs-selftest --version
	check "compat-probe runs" compat-probe --version
	check "systemd leaves a proof to the next boot" [ -e /run/base0fs/decided ]
	check "systemd reads the unit" systemd-analyze verify --man=no base0fs-verify.service
	state installed
	installed=$(module_now)
}

# use: from a shell, with the module loaded by its alias.
use() {
	check "rmmod" rmmod base0fs
	check "mount loads the module" mount -t base0fs /tmp/lower /tmp/upper
	check "the module that was loaded is the installed one" [ "$(module_now)" = "$installed" ]
	check "findmnt shows source, type and place" [ "$(findmnt -rno SOURCE,FSTYPE,TARGET /tmp/upper)" = "/tmp/lower base0fs /tmp/upper" ]
	check "df shows the space of the lower filesystem" [ "$(df --output=size /tmp/upper | tail -n 1)" = "$(df --output=size /tmp/lower | tail -n 1)" ]
	check "df finds it by its type" [ "$(df -t base0fs --output=source,fstype,target | tail -n 1 | tr -s ' ')" = "/tmp/lower base0fs /tmp/upper" ]
	exec 5</tmp/upper/file
	check "lsof shows an open file by its name" [ "$(lsof -Fn -a -p $$ -d 5 2>/tmp/lab/out/lsof | grep '^n')" = n/tmp/upper/file ]
	check "lsof finds it by the mount" sh -c "lsof -t +f -- /tmp/upper | grep -qx $$"
	exec 5<&-
	use_odd_names
	says "a second make install changes nothing" "nothing was changed" base0fs install
	check "the mount stays" grep -q here /tmp/upper/file
}

# use_odd_names: a line of /proc/mounts can be given back to mount, blanks in names included.
use_odd_names() {
	odd=/var/tmp/odd
	lower=$(printf '%s/a lower\tone\\ #here' $odd) upper=$(printf '%s/an upper\tone, # too' $odd)
	mkdir -p "$lower" "$upper"
	echo odd >"$lower/file"
	check "mount takes names with blanks" mount -t base0fs -o nosuid,noatime "$lower" "$upper"
	check "findmnt shows them" [ "$(findmnt -no SOURCE --mountpoint "$upper" | sed 's/ *$//')" = $odd'/a lower\x09one\ #here' ]
	grep ' base0fs ' /proc/mounts | grep noatime >/tmp/lab/out/fstab
	umount "$upper" || fail "umount '$upper' failed."
	check "mount takes the line of /proc/mounts" mount -a -T /tmp/lab/out/fstab
	check "the same is mounted" [ "$(grep ' base0fs ' /proc/mounts | grep noatime)" = "$(cat /tmp/lab/out/fstab)" ]
	check "the file is there" [ "$(cat "$upper/file")" = odd ]
	check "umount takes the name" umount "$upper"
	rm -r $odd
}

# replace: by a module that is wrong on purpose, which must not get in.
replace() {
	refuse "a new module is refused while the old one is mounted, and the mount is named" "in use by the mounts on /tmp/upper" \
		base0fs install BUILT=$wrong
	same installed '^(mount|unit) '
	says "WHEN=boot installs it for the next boot" "as unproven" base0fs install BUILT=$wrong WHEN=boot
	check "the old one stays in use" grep -q here /tmp/upper/file
	check "umount" umount /tmp/upper
	check "rmmod" rmmod base0fs
	refuse "an unproven module is not loaded by a mount" "unknown filesystem type" mount -t base0fs /tmp/lower /tmp/upper
	refuse "modprobe says why" "was not proven on this kernel yet" modprobe base0fs
	says "the proven one can be installed again" "passed on this kernel." base0fs install
	same installed
	refuse "a wrong module is refused" "fallocate" base0fs install BUILT=$wrong
	for text in "data around a hole may be lost" "nothing was installed" "the log is /var/log/base0fs/install-$release.log"; do
		case $said in *"$text"*) ok "the refusal says '$text'" ;; *) fail "the refusal lacks '$text': $said" ;; esac
	done
	check "the log names the case" grep -q '^not ok .* fallocate' "/var/log/base0fs/install-$release.log"
	same installed
	check "the earlier module is loaded again" [ "$(module_now)" = "$installed" ]
}

# interrupted SIGNAL: an install of another module is ended while its cases run.
interrupted() {
	# A shell's background job would ignore SIGINT.
	env --default-signal=INT,QUIT setsid make --no-print-directory -C "$tree" install BUILT=$wrong >/tmp/lab/out/interrupted 2>&1 </dev/null &
	job=$!
	for _ in $(seq 300); do
		! pgrep -f 'base0fs-selftest .*--module' >/dev/null || break
		kill -0 $job || fail "make install ended before its cases ran. It said: $(cat /tmp/lab/out/interrupted)"
		sleep 1
	done
	# Some cases have to be over.
	sleep 10
	# The shell's own kill knows no group.
	env kill "-$1" -- "-$job"
	if wait $job; then fail "make install ended with status 0 after SIG$1."; fi
	ok "SIG$1 ends make install while the cases run"
}

interrupt() {
	interrupted INT
	same installed
	check "the earlier module is loaded again" [ "$(module_now)" = "$installed" ]
	check "nothing is left in /var/tmp" [ -z "$(ls -d /var/tmp/base0fs* 2>/dev/null)" ]
	interrupted KILL
	says "the next install undoes what a killed one did" "an earlier install was interrupted" base0fs install
	same installed
	check "the earlier module is loaded again" [ "$(module_now)" = "$installed" ]
	check "nothing is left in /var/tmp" [ -z "$(ls -d /var/tmp/base0fs* 2>/dev/null)" ]
}

# wait_for_another: a second install while another one runs, which holds the lock.
wait_for_another() {
	flock -F /run/base0fs-install.lock sleep 3600 &
	holder=$!
	while flock -n /run/base0fs-install.lock true; do
		kill -0 $holder 2>/dev/null || fail "the lock is held while no install runs."
		sleep 1
	done
	base0fs install >/tmp/lab/out/second 2>&1 </dev/null &
	job=$!
	until grep -q 'waiting for its end' /tmp/lab/out/second; do
		kill -0 $job 2>/dev/null || fail "a second install did not wait. It said: $(cat /tmp/lab/out/second)"
		sleep 1
	done
	kill $holder
	check "a second install waits for the end of the first" wait $job
	same installed
}

# fill_up: filesystems without space where files go. The module is proven already, and has fewer bytes than the
# installed one.
fill_up() {
	mkdir /tmp/stripped /tmp/small
	cp $good/base0fs-selftest $good/compat-probe /tmp/stripped/
	strip --strip-debug -o /tmp/stripped/base0fs.ko "$modules/updates/base0fs.ko"
	mount -t tmpfs -o size=1M none /tmp/small
	refuse "a prefix is refused that the proof at boot would not find" "is mounted after base0fs has to be proven at boot" \
		base0fs install BUILT=/tmp/stripped prefix=/tmp/small
	refuse "a full filesystem of programs is named" "cannot be written: see whether its filesystem is full" \
		base0fs install BUILT=/tmp/stripped bindir=/tmp/small
	umount /tmp/small
	same installed
	mount -t tmpfs -o size=64k none "$modules/updates"
	refuse "a full filesystem of modules is named" "cannot be written: see whether its filesystem is full" \
		base0fs install BUILT=/tmp/stripped
	umount "$modules/updates"
	same installed
}

remove() {
	check "mount" mount -t base0fs /tmp/lower /tmp/upper
	refuse "make uninstall is refused while it is mounted, and the mount is named" "in use by the mounts on /tmp/upper" base0fs uninstall
	same installed '^(mount|unit) '
	check "umount" umount /tmp/upper
	says "make uninstall" "nothing of it is left" base0fs uninstall
	same before "$lasting"
	nothing_left
	refuse "a second make uninstall says that nothing is there" "nothing is installed" base0fs uninstall
}
