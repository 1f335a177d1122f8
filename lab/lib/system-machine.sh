# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Starting the machine: its kernel is read from its own /boot, as a boot loader would, and a job comes on a disk.

# The unit that runs the job: systemd takes it from the kernel's command line, so that the machine's own disk has
# nothing of the lab on it.
job_unit() {
	cat <<-'UNIT'
		[Unit]
		Description=Job of the lab
		After=multi-user.target
		FailureAction=reboot
		[Service]
		Type=exec
		ExecStart=/bin/sh -c "mkdir /tmp/lab && tar -xf /dev/disk/by-id/virtio-job -C /tmp/lab && exec /tmp/lab/start"
	UNIT
}

# boot_line: a getty on the serial line would write into the kernel's log. LAB_BOOT adds to it.
boot_line() {
	say "root=LABEL=system ro console=ttyS0 no_timer_check panic=-1 oops=panic loglevel=7 watchdog_thresh=60" \
		"rcupdate.rcu_cpu_stall_timeout=120 systemd.default_timeout_start_sec=300 systemd.mask=serial-getty@ttyS0.service" \
		"systemd.wants=lab-job.service TERM=dumb SYSTEMD_COLORS=0" \
		"systemd.set_credential_binary=systemd.extra-unit.lab-job.service:$(job_unit | base64 -w0)" "${LAB_BOOT:-}"
}

# boot_releases DISK: the kernels that are installed there, the one that a boot loader takes first.
boot_releases() {
	inside debugfs -R 'ls -p /' "$1/boot.img" 2>/dev/null | sed -n 's|^/[^/]*/[^/]*/[^/]*/[^/]*/vmlinuz-\([^/]*\)/.*|\1|p' | sort -rV
}

# boot_file DISK NAME FILE: copies a file out of the machine's /boot.
boot_file() {
	inside debugfs -R "dump /$2 $3" "$1/boot.img" >/dev/null 2>&1
	[ -s "$3" ] || die "the machine in $1 has no /boot/$2; it has: $(boot_releases "$1" | paste -sd' ')."
}

# firmware_disks FILE: QEMU's arguments for a machine with UEFI, one a line. Its variables, such as the certificates that it
# trusts, are in FILE, which stays as the machine leaves it.
firmware_disks() {
	printf '%s\n' -drive if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd \
		-drive "if=pflash,unit=1,format=raw,file=$1"
}

# system_machine LIMIT DISK SCRATCH CONSOLE ARGUMENT...: runs the machine to its end, or for LIMIT seconds, in the place
# of the shell that calls it.
system_machine() {
	local limit=$1 disk=$2 scratch=$3 console=$4 port
	local ports=() firmware=()
	shift 4
	[ -z "${LAB_FIRMWARE:-}" ] || mapfile -t firmware < <(firmware_disks "$LAB_FIRMWARE")
	for port in status files; do
		ports+=(-chardev "file,id=$port,path=$scratch/$port" -device "virtserialport,chardev=$port,name=$port")
	done
	# shellcheck disable=SC2054 # QEMU's commas
	exec timeout --foreground --kill-after=5 "$limit" "$LAB/root" --run \
		"$QEMU" -nodefaults -no-user-config -display none -no-reboot \
		-accel "$(accelerator "$scratch")" -cpu "${LAB_CPU:-max,-svm}" -smp 2 -m "${LAB_MEMORY:-4096}" \
		"${firmware[@]}" -kernel "$scratch/vmlinuz" -initrd "$scratch/initrd" -append "$(boot_line)" \
		-serial "file:$console" \
		-drive "file=$disk/system.qcow2,format=qcow2,if=none,id=system,cache=unsafe,discard=unmap" -device virtio-blk-pci,drive=system \
		-drive "file=$disk/boot.img,format=raw,if=none,id=boot,cache=unsafe" -device virtio-blk-pci,drive=boot \
		-drive "file=$scratch/job.tar,format=raw,if=none,id=job,readonly=on" -device virtio-blk-pci,drive=job,serial=job \
		-object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng \
		-device virtio-serial-pci "${ports[@]}" "$@"
}

# system_boot RUN DISK RELEASE JOB [FILE...]: starts the machine on DISK with that kernel of its own (`default`: the one a
# boot loader takes), runs the shell text JOB there with the FILEs beside it, and waits for its end. What the job prints
# is shown. LAB_FIRMWARE names the variables of a UEFI firmware that starts it (without: the BIOS).
# In build/log stay RUN.output, RUN.console with the kernel's log, and RUN.files, what the job left for us.
# The status is the job's.
system_boot() (
	local run=$1 disk=$2 release=$3 job=$4 limit=${LAB_TIME_LIMIT:-3600} scratch pid='' shower status
	local console=$LOGS/$run.console output=$LOGS/$run.output files=$LOGS/$run.files
	shift 4
	[ -e "$disk/system.qcow2" ] || die "there is no machine in $disk; lab/system disk NAME makes one."
	mkdir -p "$LOGS"
	rm -rf "$files"
	: >"$console"
	: >"$output"
	scratch=$(mktemp -d "$BUILD/scratch.XXXXXX")
	# shellcheck disable=SC2317 # the trap calls it
	finish() {
		[ -z "$pid" ] || kill "$pid" 2>/dev/null || :
		[ -z "$pid" ] || wait "$pid" 2>/dev/null || :
		rm -rf "$scratch"
	}
	trap finish EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	[ "$release" != default ] || release=$(boot_releases "$disk" | sed -n 1p)
	boot_file "$disk" "vmlinuz-$release" "$scratch/vmlinuz"
	boot_file "$disk" "initrd.img-$release" "$scratch/initrd"
	: >"$scratch/status"
	: >"$scratch/files"
	mkdir "$scratch/job"
	cp "$LAB"/system.guest/* "$scratch/job/"
	[ $# = 0 ] || cp -R "$@" "$scratch/job/"
	say "$job" >"$scratch/job/job"
	tar --owner=0 --group=0 -C "$scratch/job" -cf "$scratch/job.tar" .
	rm -r "$scratch/job"
	mkfifo "$scratch/pipe"
	# Held open, so that `tee` ends with the machine and not before, nor waits for one that never started.
	exec {held}<>"$scratch/pipe" {input}</dev/null
	tee "$output" <"$scratch/pipe" {held}>&- &
	shower=$!
	# shellcheck disable=SC2054 # QEMU's commas
	run_machine "$console" "$input" "$held" system_machine "$limit" "$disk" "$scratch" "$console" \
		-chardev "file,id=output,path=$scratch/pipe" -device virtserialport,chardev=output,name=output
	exec {held}>&-
	wait "$shower"
	status=$(cat "$scratch/status")
	if [ -s "$scratch/files" ]; then
		mkdir "$files"
		tar -xf "$scratch/files" -C "$files" --no-same-owner
	fi
	if complaints "$console" >"$scratch/complaints"; then
		die "the kernel $release complained; the whole log is ${console#"$PROJECT/"}:
$(head -n 20 "$scratch/complaints")"
	fi
	[ -n "$status" ] || die "the machine ended without a status, after an error of its kernel or the time limit of $limit s; \
the end of ${console#"$PROJECT/"}:
$(tail -n 5 "$console")"
	exit "$status"
)
