// SPDX-License-Identifier: GPL-2.0

//! System calls that rustix does not have.

use std::ffi::CStr;

use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::{read, write, Errno};
use rustix::pipe::{pipe_with, PipeFlags};
use rustix::process::{getrlimit, setrlimit, Resource, Rlimit};

use super::operation::Answer;
use crate::ops::last_errno;

/// The answer of a call that returns 0 or an error.
fn status(result: i64) -> Answer {
    match result {
        -1 => Err(last_errno()),
        _ => Ok("done".to_owned()),
    }
}

/// truncate(2)
pub fn truncate(path: &CStr, size: u64) -> Answer {
    // SAFETY: The path ends in a null byte.
    status(unsafe { libc::truncate(path.as_ptr(), size as i64) }.into())
}

/// Limits the size of the files that this process writes, until it is limited again.
pub fn limit_file_size(size: Option<u64>) -> Answer {
    let maximum = getrlimit(Resource::Fsize).maximum;
    let limit = Rlimit {
        current: size,
        maximum,
    };
    setrlimit(Resource::Fsize, limit).map(|()| "done".to_owned())
}

/// fchmodat2(2)
pub fn fchmodat2(directory: BorrowedFd, path: &CStr, mode: u32, flags: u32) -> Answer {
    let directory = directory.as_raw_fd();
    // SAFETY: The path ends in a null byte; the other arguments are numbers.
    status(unsafe { libc::syscall(libc::SYS_fchmodat2, directory, path.as_ptr(), mode, flags) })
}

/// Reads memory in a system call.
///
/// # Safety
///
/// The range is in a mapping.
pub unsafe fn load(address: *const u8, length: usize) -> Result<Vec<u8>, Errno> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let mut data = vec![0; length];
    let (mut done, mut failure) = (0, None);
    while done < length && failure.is_none() {
        let part = (length - done).min(PAGE);
        // SAFETY: By the contract of this function, the range is in a mapping. Where no page can be
        // mapped, the call returns an error.
        let written =
            unsafe { libc::write(writer.as_raw_fd(), address.wrapping_add(done).cast(), part) };
        match written {
            -1 => failure = Some(last_errno()),
            written => {
                let written = written as usize;
                let mut rest = &mut data[done..done + written];
                while !rest.is_empty() {
                    let length = read(&reader, &mut *rest)?;
                    rest = &mut rest[length..];
                }
                done += written;
            }
        }
    }
    match failure {
        Some(errno) if done == 0 => Err(errno),
        _ => {
            data.truncate(done);
            Ok(data)
        }
    }
}

/// Writes memory in a system call.
///
/// # Safety
///
/// The range is in a mapping, and there is no reference to it.
pub unsafe fn store(address: *mut u8, data: &[u8]) -> Answer {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let mut done = 0;
    for part in data.chunks(PAGE) {
        let mut sent = 0;
        while sent < part.len() {
            sent += write(&writer, &part[sent..])?;
        }
        // SAFETY: By the contract of this function, the range is in a mapping without a reference.
        // Where no page can be mapped for writing, the call returns an error.
        let stored = unsafe {
            libc::read(
                reader.as_raw_fd(),
                address.wrapping_add(done).cast(),
                part.len(),
            )
        };
        match stored {
            -1 if done == 0 => return Err(last_errno()),
            -1 => break,
            stored => done += stored as usize,
        }
        if done % PAGE != 0 {
            break;
        }
    }
    Ok(done.to_string())
}

/// How much goes through a pipe at once.
const PAGE: usize = 4_096;

/// msync(2)
///
/// # Safety
///
/// The range is a mapping.
pub unsafe fn msync(address: *mut u8, length: usize, flags: u32) -> Answer {
    // SAFETY: By the contract of this function.
    status(unsafe { libc::msync(address.cast(), length, flags as i32) }.into())
}

/// madvise(2)
///
/// # Safety
///
/// The range is a mapping, and there is no reference to it.
pub unsafe fn madvise(address: *mut u8, length: usize, advice: u32) -> Answer {
    // SAFETY: By the contract of this function, and no advice is about more than the range.
    status(unsafe { libc::madvise(address.cast(), length, advice as i32) }.into())
}

/// mprotect(2)
///
/// # Safety
///
/// The range is a mapping, and there is no reference to it.
pub unsafe fn mprotect(address: *mut u8, length: usize, protection: u32) -> Answer {
    // SAFETY: By the contract of this function.
    status(unsafe { libc::mprotect(address.cast(), length, protection as i32) }.into())
}
