# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# How each test suite is run, and how its results are read: `known-suites.sh SUITE` prints `pass|fail|skip NAME` for each
# test to descriptor 3. The filesystem under test is /tmp, and the directory that it is a mount of is /lower.

result() { echo "$1 ${2// /-}" >&3; }

# one NAME SKIP SECONDS COMMAND...: runs COMMAND in a mount namespace of its own. Its status is the result: 0 is pass, SKIP
# is skip.
one() {
	local name=$1 skip=$2 seconds=$3 status=0
	shift 3
	echo "== $name"
	unshare --mount timeout --kill-after=5 "$seconds" "$@" 3>&- || status=$?
	case $status in
	0) result pass "$name" ;;
	"$skip") result skip "$name" ;;
	*) echo "== $name: status $status" && result fail "$name" ;;
	esac
}

pjdfstest() {
	mkdir /run/second
	mount -t tmpfs second /run/second
	cat >/run/pjdfstest.toml <<-'END'
		[features]
		posix_fallocate = {}
		rename_ctime = {}
		stat_st_birthtime = {}
		utime_now = {}
		utimensat = {}
		[settings]
		naptime = 0.02
		allow_remount = true
		[dummy_auth]
		entries = [["nobody", "nogroup"], ["daemon", "daemon"]]
	END
	/opt/known-tests/bin/pjdfstest -c /run/pjdfstest.toml -p /tmp/pjdfstest -s /run/second >/run/output
	cat /run/output
	awk '$1 ~ /::/ && NF == 2 { print ($2 == "ok" ? "pass" : $2 == "skipped" ? "skip" : "fail"), $1 }' /run/output >&3
}

# The file exerciser, from several seeds, with every operation.
fsx() {
	local seed weights=(close_open=1 read=10 write=10 mapread=10 mapwrite=10 invalidate=1 truncate=5 fsync=1 fdatasync=1
		posix_fallocate=2 punch_hole=2 sendfile=2 posix_fadvise=1 copy_file_range=2)
	{
		echo "[weights]"
		printf '%s\n' "${weights[@]/=/ = }"
	} >/run/fsx.toml
	for seed in 1 2 3 4; do
		one "seed-$seed" 77 300 /opt/known-tests/bin/fsx -N 3000 -S "$seed" -f /run/fsx.toml -P /run file
	done
}

# What the mount shows has to be in the lower directory.
fuse3() {
	one all 77 300 ./test_syscalls /tmp/fuse3 :/lower/fuse3 >/run/output 2>&1
	cat /run/output
	sed -n 's/^ *[0-9]* \[\(.*\)\] OK$/pass \1/p' /run/output | while read -r state name; do result "$state" "$name"; done
	one unlinked 77 300 ./test_syscalls /tmp/fuse3 -u
}

acl() {
	local test
	for test in test/*.test test/root/getfacl.test; do one "$test" 77 120 test/runwrapper "$test"; done
	# These want the system's users, with daemon in the group bin, and a sh that is bash.
	sed -i 's/^bin:x:2:$/&daemon/' /etc/group
	ln -sf bash /bin/sh
	for test in test/root/{permissions,restore,setfacl}.test; do one "$test" 77 120 test/run "$test"; done
}

attr() {
	local test
	for test in test/*.test test/root/*.test; do one "$test" 77 120 test/run "$test"; done
}

libaio() {
	local test
	mkdir testdir
	for test in ro wo rw; do echo test >"testdir/${test}file"; done
	chmod 400 testdir/rofile
	chmod 200 testdir/wofile
	for test in *.p; do
		# These repeat one race for minutes.
		case $test in 11.p | 14.p | 18.p | 23.p) continue ;; esac
		one "$test" 3 120 "./$test"
	done
}

liburing() {
	local test
	for test in *.t; do one "$test" 77 60 "./$test"; done
}

# Statuses of the Open POSIX Test Suite: 2 is unresolved, 4 unsupported, 5 untested.
posix() {
	local test
	for test in */*; do one "$test" 4 60 "./$test"; done
}

# Each program reports its tests as TAP lines.
kselftest() {
	local directory program name
	while IFS=: read -r directory program; do
		name=$directory/$program
		case $name in
		# These use sockets, signals or traces, and no file under test.
		landlock/net_test | landlock/ptrace_test | landlock/scoped_* | landlock/trace_test | landlock/tsync_test) continue ;;
		filesystems/xattr/xattr_sock*) continue ;;
		# It makes directories in the root directory, and leaves them there.
		filesystems/overlayfs/set_layers_via_fds) continue ;;
		# These repeat one operation for minutes.
		landlock/fs_bench | filesystems/file_stressor) continue ;;
		esac
		cd "/tmp/kselftest/$directory" 2>/dev/null || continue
		one "$name" 4 300 "./$program" >/run/output 2>&1
		cat /run/output
		awk -v program="$name" '/^(ok|not ok) [0-9]/ {
			state = $1 == "ok" ? "pass" : "fail"
			if (/# *SKIP/) state = "skip"
			sub(/^(not )?ok [0-9]+ *(- )?/, "")
			sub(/ *#.*/, "")
			gsub(/[^A-Za-z0-9_.:,=+-]+/, "-")
			print state, program ":" $0 (seen[$0]++ ? "-" seen[$0] : "")
		}' /run/output >&3
	done </tmp/kselftest/kselftest-list.txt
}

# The whole class of file systems of stress-ng. It lists the stressors that passed at its end.
stress() {
	local exclude=()
	# It tries one algorithm after another, and is skipped as soon as it meets one that the kernel lacks.
	! stress-ng --temp-path /lower --verity 1 --verity-ops 20 3>&- 2>&1 | grep 'crypto enabled' || exclude=(--exclude verity)
	stress-ng --temp-path /tmp/stress --sequential 1 --class filesystem "${exclude[@]}" --timeout 3 --verify --oomable --hdd-bytes 8m \
		--fallocate-bytes 8m --copy-file-bytes 128m --iomix-bytes 8m --fiemap-bytes 8m --sync-file-bytes 8m \
		--dirdeep-inodes 2000 --dentries 256 3>&- 2>&1 | tee /run/output
	sed -n 's/.*\] \(skipped\|passed\|failed\): [0-9]*: /\1 /p' /run/output | sed 's/^skipped/skip/; s/^passed/pass/; s/^failed/fail/' | while read -r state names; do
		for name in $names; do
			case $name in \(*) ;; *) result "$state" "$name" ;; esac
		done
	done
}

# Every way of fio to read and write a file, with what it wrote verified.
fio() {
	local engine direct
	for engine in sync psync vsync pvsync pvsync2 libaio posixaio io_uring mmap; do
		for direct in 0 1; do
			one "$engine-direct=$direct" 77 120 fio --name="$engine" --directory=/tmp/fio --ioengine="$engine" --direct="$direct" --size=8m \
				--bsrange=4k-64k --bs_unaligned=$((1 - direct)) --rw=randrw --iodepth=8 --verify=crc32c --verify_fatal=1 --fallocate=posix
			rm -f /tmp/fio/*
		done
	done
	for engine in falloc ftruncate e4defrag; do
		one "$engine" 77 120 fio --name="$engine" --directory=/tmp/fio --ioengine="$engine" --size=8m --bs=64k --rw=randwrite
		rm -f /tmp/fio/*
	done
	for engine in filecreate filestat filedelete; do
		one "$engine" 77 120 fio --name="$engine" --directory=/tmp/fio --ioengine="$engine" --filesize=4k --nrfiles=200 --openfiles=1
		rm -f /tmp/fio/*
	done
}

# Programs that measure filesystems. They check what they do, too.
measures() {
	mkdir dbench fsmark bonnie postmark
	one dbench 77 120 dbench -t 10 -D dbench 2
	one fs_mark 77 120 fs_mark -d fsmark -n 200 -s 5000 -t 2 -D 4
	one bonnie++ 77 300 bonnie++ -q -d bonnie -s 16 -r 8 -n 1 -u root
	one postmark 77 120 sh -c 'printf "%s\n" "set location postmark" "set number 300" "set transactions 500" run quit | postmark'
}

cd "/tmp/$1" || exit 1
ulimit -c 0
"$1" || :
