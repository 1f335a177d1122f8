// SPDX-License-Identifier: GPL-2.0

//! The kernel's asynchronous transfers (io_submit), which no library in use here offers.

use std::mem::zeroed;
use std::ptr;

use rustix::fd::{AsFd, AsRawFd};
use rustix::io::Errno;

use super::{path::last_errno, File};

/// One transfer.
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

/// A queue of transfers. Making and destroying one takes the kernel longer than the transfers do.
#[derive(Debug)]
pub struct Queue(libc::c_ulong);

impl Queue {
    /// A queue for up to this many transfers at once.
    pub fn new(transfers: usize) -> Result<Self, Errno> {
        let mut context: libc::c_ulong = 0;
        // SAFETY: The kernel writes the context's handle to `context`, which is zero as it asks
        // for.
        check(unsafe { libc::syscall(libc::SYS_io_setup, transfers, &raw mut context) })?;
        Ok(Self(context))
    }

    /// Submits transfers, each with its offset, one after another without waiting, and then waits
    /// for all of them: the results in order, negative error numbers included.
    pub fn run(&mut self, file: &File, transfers: &mut [(Transfer, i64)]) -> Vec<i64> {
        let mut results = Vec::new();
        let mut blocks = Vec::new();
        for (transfer, offset) in transfers {
            blocks.push(Self::block(file, transfer, *offset, blocks.len()));
        }
        let mut pending = 0;
        for block in &mut blocks {
            let mut list = [ptr::from_mut(block)];
            // SAFETY: The block and the buffer it names are borrowed until all that is pending has
            // arrived, below.
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
            // SAFETY: There is room for the one event that is asked for.
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
                // The buffers stay the kernel's until it gives them back, so that there is no way
                // on from here.
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
        // SAFETY: A control block is made of integers, for which zero is a value.
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
        // SAFETY: The handle is this one's own.
        let _ = unsafe { libc::syscall(libc::SYS_io_destroy, self.0) };
    }
}

fn check(result: libc::c_long) -> Result<libc::c_long, Errno> {
    match result {
        -1 => Err(last_errno()),
        other => Ok(other),
    }
}
