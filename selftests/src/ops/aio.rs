// SPDX-License-Identifier: GPL-2.0

//! Asynchronous I/O by io_submit(2), for which the libraries in use here have no interface.

use std::mem::zeroed;
use std::ptr;

use rustix::fd::{AsFd, AsRawFd};
use rustix::io::Errno;

use super::{last_errno, File};

/// One operation.
#[derive(Debug)]
pub enum Transfer<'b> {
    /// A read into the buffer.
    Read(&'b mut [u8]),
    /// A write from the buffer.
    Write(&'b [u8]),
    /// fsync.
    Sync,
}

const PREAD: u16 = 0;
const PWRITE: u16 = 1;
const FSYNC: u16 = 2;

/// The kernel's `struct io_event`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Event {
    data: u64,
    object: u64,
    result: i64,
    second: i64,
}

/// An AIO context. Creating and destroying one takes longer than many transfers, so it is reused.
#[derive(Debug)]
pub struct Queue(libc::c_ulong);

impl Queue {
    /// A context for up to `transfers` transfers at a time.
    pub fn new(transfers: usize) -> Result<Self, Errno> {
        let mut context: libc::c_ulong = 0;
        // SAFETY: io_setup(2) requires a zeroed handle and writes the new one to it. `context` is
        // valid for that write.
        check(unsafe { libc::syscall(libc::SYS_io_setup, transfers, &raw mut context) })?;
        Ok(Self(context))
    }

    /// Submits all transfers, each with its offset, and then waits for all. Returns the results in
    /// order; a negative one is an error number.
    pub fn run(&mut self, file: &File, transfers: &mut [(Transfer, i64)]) -> Vec<i64> {
        let mut results = Vec::new();
        let mut blocks = Vec::new();
        for (transfer, offset) in transfers {
            blocks.push(Self::block(file, transfer, *offset, blocks.len()));
        }
        let mut pending = 0;
        for block in &mut blocks {
            let mut list = [ptr::from_mut(block)];
            // SAFETY: `list` holds one pointer to a valid control block. The block and its buffer
            // stay borrowed until this function returns, and it returns only after the transfer has
            // ended.
            let submitted =
                unsafe { libc::syscall(libc::SYS_io_submit, self.0, 1_usize, list.as_mut_ptr()) };
            results.push(check(submitted).map_or_else(
                |errno| -i64::from(errno.raw_os_error()),
                |_| {
                    pending += 1;
                    i64::MIN
                },
            ));
        }
        while pending > 0 {
            let mut event = Event {
                data: 0,
                object: 0,
                result: 0,
                second: 0,
            };
            let forever = ptr::null_mut::<libc::timespec>();
            // SAFETY: `event` is valid for a write of the one event that is asked for, and a null
            // timeout is allowed.
            let got = check(unsafe {
                libc::syscall(
                    libc::SYS_io_getevents,
                    self.0,
                    1_usize,
                    1_usize,
                    &raw mut event,
                    forever,
                )
            });
            match got {
                Ok(_) => {
                    results[event.data as usize] = event.result;
                    pending -= 1;
                }
                Err(Errno::INTR) => {}
                // The kernel may still write to the buffers, so this function can never return.
                Err(_) => std::process::abort(),
            }
        }
        results
    }

    fn block(file: &File, transfer: &mut Transfer, offset: i64, number: usize) -> libc::iocb {
        let (operation, address, length) = match transfer {
            Transfer::Read(buffer) => (PREAD, buffer.as_mut_ptr() as u64, buffer.len()),
            Transfer::Write(buffer) => (PWRITE, buffer.as_ptr() as u64, buffer.len()),
            Transfer::Sync => (FSYNC, 0, 0),
        };
        // SAFETY: All fields of a control block are integers, for which zeros are valid.
        let mut block: libc::iocb = unsafe { zeroed() };
        block.aio_data = number as u64;
        block.aio_lio_opcode = operation;
        block.aio_fildes = file.as_fd().as_raw_fd() as u32;
        block.aio_buf = address;
        block.aio_nbytes = length as u64;
        block.aio_offset = offset;
        block
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: io_setup(2) returned the handle, and nothing else uses it.
        let _ = unsafe { libc::syscall(libc::SYS_io_destroy, self.0) };
    }
}

fn check(result: libc::c_long) -> Result<libc::c_long, Errno> {
    match result {
        -1 => Err(last_errno()),
        other => Ok(other),
    }
}
