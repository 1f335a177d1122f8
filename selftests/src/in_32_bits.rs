// SPDX-License-Identifier: GPL-2.0

//! ioctl(2) as a 32-bit program makes it, on a kernel for 64 bits. Each processor has its own way.

use rustix::io::Errno;

/// How many bytes of the answer are returned.
const ANSWER: usize = 32;

/// Opens `file`, and makes the system call in a 32-bit system call of this process. Returns the
/// first bytes of the answer. A kernel that does not run 32-bit programs ends this process.
#[cfg(target_arch = "x86_64")]
pub fn ioctl(file: &str, number: u32) -> Result<Vec<u8>, Errno> {
    use rustix::fd::AsRawFd;
    use rustix::fs::{open, Mode, OFlags};
    use rustix::mm::{mmap_anonymous, MapFlags, ProtFlags};

    const SIZE: usize = 4_096;
    let file = open(file, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let flags = MapFlags::PRIVATE | MapFlags::from_bits_retain(libc::MAP_32BIT as u32);
    // SAFETY: A new mapping at an address of the kernel's choice.
    let argument = unsafe {
        mmap_anonymous(
            std::ptr::null_mut(),
            SIZE,
            ProtFlags::READ | ProtFlags::WRITE,
            flags,
        )?
    };
    let mut result = 54_i32;
    // SAFETY: This is the 32-bit system call 54, ioctl(2), with a descriptor, a command and a
    // pointer to more memory than any command's structure has. The kernel preserves all registers
    // but the result, and `rbx` is restored.
    unsafe {
        std::arch::asm!(
            "xchg rbx, rdi",
            "int 0x80",
            "xchg rbx, rdi",
            inout("rdi") file.as_raw_fd() as u64 => _,
            inout("eax") result,
            in("ecx") number,
            in("edx") argument as usize as u32,
            out("r8") _,
            out("r9") _,
            out("r10") _,
            out("r11") _,
        );
    }
    if result < 0 {
        return Err(Errno::from_raw_os_error(-result));
    }
    // SAFETY: The mapping is valid for reads, and nobody writes to it any more.
    Ok(unsafe { std::slice::from_raw_parts(argument.cast::<u8>(), ANSWER) }.to_vec())
}

/// Opens `file`, and makes the system call in a 32-bit program, which is written here. Returns the
/// first bytes of the answer. If the kernel does not run 32-bit programs, this process ends.
#[cfg(target_arch = "aarch64")]
pub fn ioctl(file: &str, number: u32) -> Result<Vec<u8>, Errno> {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::process::{Command, Stdio};

    let number_of = |error: std::io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
    let input = std::fs::File::open(file).map_err(number_of)?;
    let program = rustix::fs::memfd_create("ioctl", rustix::fs::MemfdFlags::CLOEXEC)?;
    let mut program = std::fs::File::from(program);
    program.write_all(&arm_program(number)).map_err(number_of)?;
    let output = Command::new(format!("/proc/self/fd/{}", program.as_raw_fd()))
        .stdin(Stdio::from(input))
        .output();
    let output = match output.map_err(number_of) {
        Ok(output) => output.stdout,
        Err(Errno::NOEXEC) => std::process::exit(0),
        Err(errno) => return Err(errno),
    };
    let (result, answer) = output.split_at_checked(4).ok_or(Errno::IO)?;
    match i32::from_le_bytes(result.try_into().expect("there are four bytes")) {
        result if result < 0 => Err(Errno::from_raw_os_error(-result)),
        _ => Ok(answer.to_vec()),
    }
}

/// A program for 32-bit ARM, as an ELF file. It passes memory to the command `number` on its
/// standard input, and writes the result and the beginning of that memory to its standard output.
#[cfg(target_arch = "aarch64")]
fn arm_program(number: u32) -> Vec<u8> {
    /// Where the file is mapped: aligned for every size of pages.
    const BASE: u32 = 0x10_0000;
    const HEADERS: u32 = 52 + 32;
    /// The memory that the command gets. It has room for every command's structure, and is zero.
    const MEMORY: u32 = BASE + 0x400;
    const SIZE: u32 = 0x4000;
    /// The result, and then the answer.
    const OUTPUT: u32 = 4 + ANSWER as u32;

    let code: [u32; 16] = [
        0xe3a0_0000,          // mov r0, #0
        0xe59f_102c,          // ldr r1, number
        0xe59f_202c,          // ldr r2, memory
        0xe3a0_7036,          // mov r7, #54: ioctl
        0xef00_0000,          // svc #0
        0xe59f_1020,          // ldr r1, memory
        0xe521_0004,          // str r0, [r1, #-4]!
        0xe3a0_0001,          // mov r0, #1
        0xe3a0_2000 | OUTPUT, // mov r2, #OUTPUT
        0xe3a0_7004,          // mov r7, #4: write
        0xef00_0000,          // svc #0
        0xe3a0_0000,          // mov r0, #0
        0xe3a0_7001,          // mov r7, #1: exit
        0xef00_0000,          // svc #0
        number,
        MEMORY,
    ];
    let size = HEADERS + 4 * code.len() as u32;
    // ELF for 32 bits, little-endian; an executable file for ARM (40), with version 5 of the ABI.
    let mut file = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    let short = |value: u16| value.to_le_bytes();
    file.extend([2, 40].map(short).concat());
    file.extend(
        [1, BASE + HEADERS, 52, 0, 0x500_0000]
            .map(u32::to_le_bytes)
            .concat(),
    );
    file.extend([52, 32, 1, 0, 0, 0].map(short).concat());
    // One segment that may be read, written and executed, from the beginning of the file.
    file.extend(
        [1, 0, BASE, BASE, size, SIZE, 7, 0x1_0000]
            .map(u32::to_le_bytes)
            .concat(),
    );
    file.extend(code.map(u32::to_le_bytes).concat());
    file
}

/// No way is known. This process ends, as if the kernel did not run 32-bit programs.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub fn ioctl(_: &str, _: u32) -> Result<Vec<u8>, Errno> {
    std::process::exit(0)
}
