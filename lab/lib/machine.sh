# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The virtual machine of a guest: QEMU, its accelerator, and its command line.

# The program for x86-64.
QEMU=qemu-system-x86_64

# accelerator KERNEL_DIR: prints kvm if it works, else the options for software emulation. With some /dev/kvm a guest
# hangs in the firmware. So the test starts a kernel without a root filesystem, which has to panic and reboot within 20
# seconds. The result holds until this machine is rebooted.
accelerator() {
	local known
	known=$BUILD/accelerator-$(digest_files /proc/sys/kernel/random/boot_id)
	if [ ! -s "$known" ]; then
		mkdir -p "$BUILD"
		if [ -w /dev/kvm ] && timeout --foreground --kill-after=5 20 "$LAB/root" --run "$QEMU" -nodefaults -display none -no-reboot \
			-accel kvm -cpu max -m 512 -kernel "$1/vmlinuz" -append 'panic=-1' >/dev/null 2>&1 </dev/null; then
			say kvm >"$known.$BASHPID"
		else
			say tcg,thread=multi >"$known.$BASHPID"
		fi
		# A guest that starts at the same time must not read an empty file.
		mv "$known.$BASHPID" "$known"
	fi
	cat "$known"
}

# Seconds without a line in the kernel's log, before the kernel's first process, after which a machine counts as stuck.
START_SILENCE=180

# has_begun LOG: whether the kernel has started a process.
has_begun() { grep -aq 'Run /init as init process' "$1"; }

# killed_by_emulation LOG: whether the kernel has died before it started a process, by a breakpoint of its own or without a
# word. A kernel patches its code with breakpoints while the other processors run. QEMU may let one of these execute a
# breakpoint that was taken back already, and it may lose the first timer interrupts of a processor on a busy machine.
# Nothing of the job has run by then.
killed_by_emulation() { grep -aqE 'Oops: int3|^lab: the kernel is silent' "$1" && ! has_begun "$1"; }

# end_if_silent PROCESS LOG: waits until the kernel has started a process or PROCESS has ended; ends PROCESS if the kernel
# writes nothing for START_SILENCE seconds before that.
end_if_silent() {
	local size last=-1 silent=0
	while ! has_begun "$2" && kill -0 "$1" 2>/dev/null; do
		size=$(stat -c %s "$2")
		[ "$size" = "$last" ] || last=$size silent=0
		[ "$silent" -lt "$START_SILENCE" ] || {
			say "lab: the kernel is silent for $silent s before its first process." >>"$2"
			kill "$1"
			return
		}
		sleep 1
		silent=$((silent + 1))
	done
}

# run_machine LOG INPUT HELD COMMAND...: runs COMMAND, a function that replaces its shell by QEMU, to its end. The kernel's
# log is LOG. A kernel that the emulation kills starts again, twice at most. The machine reads the file descriptor INPUT, and
# does not inherit HELD. Meanwhile `pid` is the process of the machine, for the caller to end it.
run_machine() {
	local log=$1 input=$2 held=$3 watcher attempt
	shift 3
	for attempt in 1 2 3; do
		: >"$log"
		"$@" <&"$input" {held}>&- &
		pid=$!
		end_if_silent "$pid" "$log" {held}>&- &
		watcher=$!
		wait "$pid" || :
		pid=
		wait "$watcher" || :
		killed_by_emulation "$log" || return 0
		[ "$attempt" = 3 ] || warn "the emulated processors have killed a kernel before its first process; it starts again."
	done
}

# machine LIMIT KERNEL_DIR INITRAMFS LOG STATUS DISK ARGUMENT...: runs the guest to its end, or for LIMIT seconds (0: no
# limit), on the processor of the root. It replaces the calling shell, so that a signal to that process ends the guest.
# LAB_BOOT is appended to the kernel's command line. With LAB_COUNT the machine has one processor, whose clock counts
# instructions.
machine() {
	local limit=$1 kernel=$2 initramfs=$3 log=$4 status=$5 disk=$6 arguments=() console processors=2
	shift 6
	case $(root_value arch) in
	arm64)
		# This processor has atomic instructions, which are fast to emulate, and no authentication of pointers, which
		# is slow.
		# shellcheck disable=SC2054 # QEMU's commas
		arguments=(qemu-system-aarch64 -machine virt -cpu neoverse-n1 -accel tcg,thread=multi)
		console=ttyAMA0
		;;
	*)
		if [ -n "${LAB_COUNT:-}" ]; then
			# shellcheck disable=SC2054 # QEMU's commas
			arguments=("$QEMU" -cpu max -accel tcg,thread=single -icount shift=0,sleep=off) processors=1
		else
			arguments=("$QEMU" -cpu max -accel "$(accelerator "$kernel")")
		fi
		# An emulated timer may tick late on a busy machine, and the kernel's check of it would panic.
		console='ttyS0 no_timer_check'
		;;
	esac
	exec timeout --foreground --kill-after=5 "$limit" "$LAB/root" "$ROOT" --run \
		"${arguments[@]}" -nodefaults -no-user-config -display none -no-reboot -smp "$processors" -m 1536 \
		-kernel "$kernel/vmlinuz" -initrd "$initramfs" \
		-append "console=$console loglevel=7 panic=-1 oops=panic watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120 ${LAB_BOOT:-}" \
		-serial "file:$log" \
		-drive "file=$disk,format=raw,if=virtio,cache=unsafe" \
		-object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng \
		-device virtio-serial-pci \
		-chardev "file,id=status,path=$status" -device virtserialport,chardev=status,name=status \
		"$@"
}
