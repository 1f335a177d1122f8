# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Builds known test suites from their authors' sources, unchanged, in a Debian system in a directory.
#
#     known-tests.sh OUT SERIES VERSION    OUT/SUITE gets each suite; SERIES and VERSION are of the package linux-source

set -eu
out=$1 series=$2 version=$3
jobs=-j$(nproc)
work=$(mktemp -d)

apt() { apt-get -q -o APT::Sandbox::User=root "$@"; }

# sources NAME: unpacks what the authors of Debian's source package NAME have published, and changes into it.
sources() {
	mkdir "$work/$1"
	cd "$work/$1"
	apt --tar-only source "$1"
	ls -- *.orig.tar.?z >>"$out/versions"
	tar --strip-components=1 -xf ./*.orig.tar.?z
}

# keep SUITE FILE...: puts the files into OUT/SUITE.
keep() {
	mkdir -p "$out/$1"
	suite=$1
	shift
	cp -rt "$out/$suite" "$@"
}

sed -n 's/^deb \(.* trixie main\)$/deb-src \1/p' /etc/apt/sources.list >/etc/apt/sources.list.d/sources.list
apt update

# These two test commands, which the system has.
sources acl
mkdir .libs
: >config.h
gcc -O2 -w -shared -fPIC -I . -D_GNU_SOURCE -DEXPORT= -DBASEDIR='"/tmp/acl"' -o .libs/libtestlookup.so test/test_passwd.c test/test_group.c -ldl
keep acl .libs test
sources attr
keep attr test

sources fuse3
: >fuse_config.h
gcc -O2 -w -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DHAVE_COPY_FILE_RANGE -I . -o test_syscalls test/test_syscalls.c
keep fuse3 test_syscalls

sources libaio
make -s "$jobs" -C src
make -s "$jobs" -C harness CFLAGS='-O2 -w -I../src -D_GNU_SOURCE'
# These need filesystems of their own.
rm harness/cases/8.p harness/cases/10.p
keep libaio harness/cases/*.p

sources liburing
./configure >configure.log
make -s "$jobs" -C src
make -s "$jobs" -k -C test || :
keep liburing test/*.t

# The Open POSIX Test Suite: fsync(2) and mappings of files. It takes the aio of today for unsupported.
sources posixtestsuite
cd conformance/interfaces
for test in fsync mmap munmap; do
	for file in "$test"/*-*.c; do
		gcc -O1 -w -std=gnu89 -D_GNU_SOURCE -include signal.h -include fcntl.h -include sys/resource.h -I ../../include -o "${file%.c}" "$file" -lrt -lpthread
	done
	mkdir -p "$out/posix/$test"
	find "$test" -name '*-*' -perm /111 -type f ! -name '*.*' -exec cp -t "$out/posix/$test" {} +
done

cd "$work"
apt download "linux-source-$series=$version"
dpkg -x linux-source-*.deb .
echo "linux $version" >>"$out/versions"
set --
for part in drivers Documentation sound net fs crypto kernel mm; do set -- "$@" --exclude="linux-source-$series/$part"; done
tar -xJf "usr/src/linux-source-$series.tar.xz" "$@"
cd "linux-source-$series"
make -s headers
make -s "$jobs" -C tools/testing/selftests install INSTALL_PATH="$out/kselftest" TARGETS="
	acct cachestat capabilities coredump exec fchmodat2 filelock filesystems filesystems/mount-notify filesystems/mount_cycle
	filesystems/move_mount filesystems/open_tree_ns filesystems/openat2 filesystems/overlayfs filesystems/statmount
	filesystems/umount_propagation filesystems/xattr landlock mincore mount mount_setattr move_mount_set_group splice" || :
