# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A guest whose kernel is a process (User Mode Linux). Its programs run on the processor itself, as processes beside it, so
# that it is fast without KVM. It has two processors if its kernel was configured for several, and one otherwise.

# process LIMIT KERNEL_DIR INITRAMFS LOG STATUS DISK SECOND OUTPUT: runs the guest to its end, or for LIMIT seconds (0: no
# limit). It replaces the calling shell, so that a signal to that process ends the guest. SECOND is the file of the second
# disk, if there is one. OUTPUT is where the job's output goes; with `-` the job uses this terminal. LAB_BOOT is appended to
# the kernel's command line.
#
# The C library of the process must not register an area for rseq(2). Before 6.13 the processes of the guest are copies of the
# kernel's, without that area: this machine's kernel would write to it, and kill them with SIGSEGV.
#
# Without a disk to boot from, the root filesystem is a tmpfs, as in other guests. An NFS server can export that.
#
# The kernel's log is the output of the process. The guest has a serial line for the job, and another one for the status. All
# of these are pipes, and so is the input of each, to which nobody writes: the kernel waits for both with epoll(7), which
# refuses files. To say so, the kernel allocates where it must not, and complains of itself.
#
# The kernel and its processes change places with each system call. A guest with one processor shares one of this machine's
# with its processes, if there is one that no other guest has: waking another processor takes longer than most system calls.
# The threads of a guest with two processors need two of this machine's to run at the same time. Both go before other work:
# each of these changes would otherwise wait until that has had its turn.
process() {
	local limit=$1 kernel=$2 initramfs=$3 log=$4 status=$5 disk=$6 second=$7 output=$8 disks=("ubd0=$6") line=output processors=1
	[ "$output" != - ] || line=terminal
	# The kernel writes to a file of its own what the guest writes there.
	[ -z "$second" ] || disks+=("ubd1=$disk.second,$second")
	if configured SMP "$kernel"; then processors=2; else take_processor; fi
	# shellcheck disable=SC2016,SC2086 # expanded by the shell inside; several arguments
	exec nice -n -10 timeout --foreground --kill-after=5 "$limit" "$LAB/root" "$ROOT" --run sh -c '
		log=$1 status=$2 output=$3
		shift 3
		mkfifo /tmp/silence
		exec 7<>/tmp/silence 8<>/tmp/silence
		if [ "$output" = - ]; then exec 3<&0 4>&1; else exec 3<>/tmp/silence 4>"$output"; fi
		{
			env GLIBC_TUNABLES=glibc.pthread.rseq=0 "$@" </dev/null 5>&1 >&6 2>&6 6>&- | cat >"$status" 3<&- 4>&- 6>&-
		} 6>&1 | cat >"$log" 3<&- 4>&-' sh "$log" "$status" "$output" \
		"$kernel/vmlinuz" mem=1G "initrd=$initramfs" "${disks[@]}" root= uml_dir=/tmp/ noreboot seccomp=auto "ncpus=$processors" \
		con=null con0=fd:7,fd:1 ssl0=fd:3,fd:4 ssl1=fd:8,fd:5 \
		"lab_$line=/dev/ttyS0" lab_status=/dev/ttyS1 console=tty0 loglevel=7 panic=-1 oops=panic ${LAB_BOOT:-}
}

# take_processor: confines the calling process to a processor that no other such guest has, if there is one. The lock lasts
# as long as a process has the file open.
take_processor() {
	local processor
	mkdir -p "$CACHE/locks"
	for processor in $(processors); do
		exec {mine}>"$CACHE/locks/processor-$processor"
		if flock -n "$mine"; then
			taskset -cp "$processor" "$BASHPID" >/dev/null
			return
		fi
		exec {mine}>&-
	done
}

# processors: the numbers of the processors that the calling process may use, the last one first.
processors() {
	local range
	for range in $(taskset -cp "$BASHPID" | sed 's/.*: //; s/,/ /g'); do
		seq "${range%-*}" "${range#*-}"
	done | sort -rn
}
