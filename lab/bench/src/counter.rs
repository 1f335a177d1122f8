// SPDX-License-Identifier: GPL-2.0

//! The clock of the machine that the lab starts for this: it counts the instructions that the
//! processor has executed, those of the kernel included (QEMU's `-icount shift=0`).

/// Instructions since the start of the machine.
#[cfg(target_arch = "x86_64")]
pub fn instructions() -> u64 {
    // SAFETY: Every processor of this architecture has the instruction. It only writes two
    // registers, and the kernel lets processes execute it.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Instructions since the start of the machine: there, one takes a nanosecond.
#[cfg(not(target_arch = "x86_64"))]
pub fn instructions() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}
