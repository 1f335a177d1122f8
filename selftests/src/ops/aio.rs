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

/// A context for transfers, destroyed with this; that waits for the transfers that are under way.
struct Context(libc::c_ulong);

impl Context {
    fn new(transfers: usize) -> Result<Self, Errno> {
        let mut context: libc::c_ulong = 0;
        // SAFETY: The kernel writes the context's handle to `context`, which is zero as it asks
        // for.
        check(unsafe { libc::syscall(libc::SYS_io_setup, transfers, &raw mut context) })?;
        Ok(Self(context))
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: The handle is this one's own.
        let _ = unsafe { libc::syscall(libc::SYS_io_destroy, self.0) };
    }
}

/// Submits all transfers at once, each with its offset, and waits for all of them: the results in
/// order, negative error numbers included.
pub fn submit(file: &File, transfers: &mut [(Transfer, i64)]) -> Result<Vec<i64>, Errno> {
    let context = Context::new(transfers.len())?;
    let mut blocks: Vec<libc::iocb> = Vec::new();
    for (number, (transfer, offset)) in transfers.iter_mut().enumerate() {
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
        block.aio_offset = *offset;
        blocks.push(block);
    }
    let mut results: Vec<i64> = vec![i64::MIN; blocks.len()];
    let mut pending = 0;
    for (number, block) in blocks.iter_mut().enumerate() {
        let mut list = [ptr::from_mut(block)];
        // SAFETY: The block and the buffer it names stay in place until the context is gone, at the
        // end of this function at the latest: they are borrowed by it, and dropped after it.
        match check(unsafe {
            libc::syscall(libc::SYS_io_submit, context.0, 1_usize, list.as_mut_ptr())
        }) {
            Ok(_) => pending += 1,
            Err(errno) => results[number] = -i64::from(errno.raw_os_error()),
        }
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
                context.0,
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
            Err(other) => return Err(other),
        }
    }
    drop(context);
    Ok(results)
}

fn check(result: libc::c_long) -> Result<libc::c_long, Errno> {
    match result {
        -1 => Err(last_errno()),
        other => Ok(other),
    }
}
