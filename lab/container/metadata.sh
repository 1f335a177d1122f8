# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# kernel-rust-metadata on a Debian system with a kernel's headers: what it makes, keeps, removes and refuses. A source that
# takes a moment to build stands for the kernel's where only the command's own work is looked at.
#
#     metadata.sh RELEASE LAB    in a system with the package kernel-rust-metadata and what was made for RELEASE

set -u
release=$1 lab=$2
# shellcheck source=system.guest/lib.sh
. "$lab/system.guest/lib.sh"
kept=/var/lib/kernel-rust-metadata
headers=$(readlink -f "/lib/modules/$release/build")
mkdir -p /tmp/trial
cd /tmp/trial || exit 1

# ---- what was made

check "--path prints the directory" [ "$(kernel-rust-metadata --path "$release")" = "$kept/$release" ]
for file in rust/libcore.rmeta rust/libkernel.rmeta rust/libbindings.rmeta rust/libmacros.so scripts/target.json; do
	check "it has $file" [ -s "$kept/$release/$file" ]
done
check "the kernel's build takes it for the headers" [ "$(make -s -C "$kept/$release" kernelrelease)" = "$release" ]
find "$kept" -printf '%p %T@ %C@\n' | sort >before
refuse_nothing() { kernel-rust-metadata "$release" >out 2>&1 && grep -q 'already' out; }
check "a second run changes nothing, and says so" refuse_nothing
find "$kept" -printf '%p %T@ %C@\n' | sort >after
check "no file was touched" cmp before after

# ---- refusals, each in a sentence

refuse "no release" "RELEASE is missing" kernel-rust-metadata
refuse "an unknown release" "the headers of 9.9.9-none are not there" kernel-rust-metadata 9.9.9-none
refuse "a name that is a path" "is no name of a kernel" kernel-rust-metadata ../../etc

# other_headers NAME SED...: headers of a release NAME, with another configuration.
other_headers() {
	mkdir -p "/tmp/trial/$1/include/config" "/tmp/trial/$1/scripts"
	cp "$headers/Module.symvers" "$headers/Makefile" "/tmp/trial/$1/"
	sed "$2" "$headers/include/config/auto.conf" >"/tmp/trial/$1/include/config/auto.conf"
	cp "/tmp/trial/$1/include/config/auto.conf" "/tmp/trial/$1/.config"
}
other_headers rustless /^CONFIG_RUST=/d
refuse "a kernel without Rust" "was built without Rust (CONFIG_RUST is not set)" kernel-rust-metadata --headers /tmp/trial/rustless 6.1.0-other
other_headers "same" ""
cat >rustc <<'RUSTC'
#!/bin/sh
case $1 in
--version) echo "rustc 1.2.3 (another)" ;;
*) exec rustc "$@" ;;
esac
RUSTC
chmod +x rustc
refuse "another compiler" "but '/tmp/trial/rustc' is rustc 1.2.3 (another)" env RUSTC=/tmp/trial/rustc kernel-rust-metadata --headers /tmp/trial/same --source x other
refuse "headers of no package" "no package linux-headers-other of Debian's is installed" kernel-rust-metadata --headers /tmp/trial/same other
mkdir -p small
mount -t tmpfs -o size=10m base0fs small
refuse "no room" "MB are free there: make room" kernel-rust-metadata --headers /tmp/trial/same --source x --directory /tmp/trial/small other
umount small
refuse "no source" "there is no file /tmp/trial/none" kernel-rust-metadata --headers /tmp/trial/same --source /tmp/trial/none --directory /tmp/trial/kept other
printf 'no archive\n' >broken.tar
refuse "a source that is no archive" "cannot be unpacked" kernel-rust-metadata --headers /tmp/trial/same --source /tmp/trial/broken.tar --directory /tmp/trial/kept other
check "refusals leave nothing" [ ! -e /tmp/trial/kept ]
mkdir own
refuse "no source, for a directory that is there" "there is no file /tmp/trial/none" kernel-rust-metadata --headers /tmp/trial/same --source /tmp/trial/none --directory /tmp/trial/own other
check "the directory stays" [ -d own ]
mkdir own/other
refuse "--remove of what is another's" "was not made by this command" kernel-rust-metadata --directory /tmp/trial/own --remove other
rm -r own

# ---- a source that stands for the kernel's

# stand_in NAME RECIPE: a tarball whose `make prepare` does RECIPE.
# shellcheck disable=SC2016 # make expands it
stand_in() {
	mkdir -p "stand-in/linux-$1"
	printf 'olddefconfig: ;\nprepare:\n\tmkdir -p $(O)/rust $(O)/scripts\n%s\n' "$2" >"stand-in/linux-$1/Makefile"
	tar -C stand-in -cf "$1.tar" "linux-$1"
}
exports="	awk '\$\$2 ~ /^_R/ { print \"EXPORT_SYMBOL_RUST_GPL(\" \$\$2 \");\" }' $headers/Module.symvers >\$(O)/rust/exports_kernel_generated.h"
# shellcheck disable=SC2016 # make expands it
results='	touch $(O)/rust/libkernel.rmeta $(O)/rust/libmacros.so $(O)/scripts/target.json'
make_other() { kernel-rust-metadata --headers /tmp/trial/same --directory /tmp/trial/kept --source "/tmp/trial/$1.tar" other; }

stand_in none ''
refuse "a build that makes no metadata" "the kernel's build made no metadata" make_other none
stand_in fails '	echo "no such thing"; false'
refuse "a build that fails" "the kernel's own build of the metadata failed" make_other fails
stand_in different "$results
	echo 'EXPORT_SYMBOL_RUST_GPL(_Rother);' >\$(O)/rust/exports_kernel_generated.h"
refuse "the source of another version" "Rust symbols of the packaged kernel are missing from what was made" make_other different
check "what fails is not kept" [ ! -e /tmp/trial/kept ]
stand_in equal "$results
$exports"
check "what has all symbols is kept" make_other equal
check "--path finds it" [ "$(kernel-rust-metadata --headers /tmp/trial/same --directory /tmp/trial/kept --path other)" = /tmp/trial/kept/other ]
echo CONFIG_MORE=y >>same/include/config/auto.conf
refuse "--path refuses what was made for another build" "was made for another build of other" kernel-rust-metadata --headers /tmp/trial/same --directory /tmp/trial/kept --path other
check "it is made again" make_other equal

# ended SIGNAL SECONDS: a run that is ended while it builds for that long.
ended() {
	rm -f building
	stand_in slow "	touch /tmp/trial/building; sleep $2
$results"
	kernel-rust-metadata --headers /tmp/trial/same --directory /tmp/trial/kept --source /tmp/trial/slow.tar other 2>/dev/null &
	until [ -e building ]; do sleep 0.1; done
	kill "-$1" $!
	wait $!
}
echo CONFIG_MORE=m >>same/include/config/auto.conf
ended TERM 1000
check "ended by a signal, it leaves no work" [ -z "$(ls -d kept/.kernel-rust-metadata.work.* 2>/dev/null)" ]
check "what was there before is still there" [ -e kept/other/identity ]
# What the killed run had started ends by itself.
ended KILL 3
check "the next run after one that was killed succeeds" make_other equal
check "and removes its work" [ -z "$(ls -d kept/.kernel-rust-metadata.work.* 2>/dev/null)" ]
echo CONFIG_MORE2=m >>same/include/config/auto.conf
stand_in late "	sleep 2
$results
$exports"
make_other late >first.log 2>&1 &
make_other late >second.log 2>&1
wait $!
check "of two runs at once one makes it, and the other waits" [ "$(cat first.log second.log | grep -c 'done in')" = 1 ]
refuse "--remove by somebody who may not" "cannot be removed" setpriv --reuid=65534 --clear-groups kernel-rust-metadata --directory /tmp/trial/kept --remove other
check "--remove" kernel-rust-metadata --directory /tmp/trial/kept --remove other
check "it leaves nothing" [ ! -e /tmp/trial/kept ]
