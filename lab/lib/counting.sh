# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Counting the instructions of filesystem operations, in a guest.
#
# The guest has one processor, which is emulated one instruction after the other, and whose clock counts these (QEMU's
# -icount). So a number depends neither on the host nor on what else runs there. What is counted are instructions, not time:
# misses of caches and waiting for other processors are not in it.

# shellcheck source=lib/processor.sh
. "$LAB/lib/processor.sh"

counted_kernel=debian-7.3
# Without a security module, without randomness.
plain_boot="lsm= mitigations=off nokaslr"

# build_counter: the program that counts.
build_counter() {
	local programs
	# shellcheck disable=SC2046 # several arguments
	programs=$(inside env $(cargo_settings) "$PROJECT/install/programs" --static "$DRIVER-bench")
	cp "$programs/$DRIVER-bench" "$BUILD/"
}

# count RUN BOOT VARIABLES: the step of a lane, a guest that counts.
count() {
	LAB_COUNT=yes LAB_BOOT=$2 LAB_TIME_LIMIT=3000 try_guest "bench-$1" "$counted_kernel" "Instructions of operations, $1" \
		"${3:+$3; }. ./bench.sh" "$BUILD/$counted_kernel/$DRIVER.ko" "$BUILD/$DRIVER-bench"
}

# count_quickly: counts what compare_counts wants.
count_quickly() { count quickly "$plain_boot" "kinds='ext4 tmpfs' layers='native $DRIVER'"; }

# counts RUN: the output of such a guest.
counts() { say "$LOGS/bench-$1-$counted_kernel.output"; }

# performance COMMAND...: runs lab/lib/performance.py, which keeps the results.
performance() { inside python3 "$LAB/lib/performance.py" "$PROJECT/docs" "$@"; }

# compare_counts: fails if an operation has become dearer than docs/performance.json says.
compare_counts() { performance check "$(counts quickly)"; }
