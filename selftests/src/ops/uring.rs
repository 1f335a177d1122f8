// SPDX-License-Identifier: GPL-2.0

//! Asynchronous I/O by io_uring, for which the libraries in use here have no safe interface.

use std::ffi::{CStr, OsString};
use std::mem::{size_of, zeroed};
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use rustix::io::Errno;
use rustix::mm::{mmap, munmap, MapFlags, ProtFlags};

use super::{last_errno, File, Transfer};

const FSYNC: u8 = 3;
const CLOSE: u8 = 19;
const READ: u8 = 22;
const WRITE: u8 = 23;
const MKDIRAT: u8 = 37;
const FSETXATTR: u8 = 41;
const GETEVENTS: libc::c_uint = 1;
const OFFSET_OF_ENTRIES: u64 = 0x1000_0000;

/// The kernel's `struct io_sqring_offsets`.
#[repr(C)]
struct SubmissionOffsets {
    head: u32,
    tail: u32,
    mask: u32,
    entries: u32,
    flags: u32,
    dropped: u32,
    array: u32,
    reserved: [u32; 3],
}

/// The kernel's `struct io_cqring_offsets`.
#[repr(C)]
struct CompletionOffsets {
    head: u32,
    tail: u32,
    mask: u32,
    entries: u32,
    overflow: u32,
    completions: u32,
    reserved: [u32; 4],
}

/// The kernel's `struct io_uring_params`.
#[repr(C)]
struct Params {
    submissions: u32,
    completions: u32,
    flags: u32,
    others: [u32; 7],
    submission: SubmissionOffsets,
    completion: CompletionOffsets,
}

/// The kernel's `struct io_uring_sqe`.
#[repr(C)]
#[derive(Default)]
struct Entry {
    opcode: u8,
    flags: u8,
    priority: u16,
    fd: i32,
    offset: u64,
    address: u64,
    length: u32,
    operation_flags: u32,
    data: u64,
    others: [u64; 3],
}

/// The kernel's `struct io_uring_cqe`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Completion {
    data: u64,
    result: i32,
    flags: u32,
}

/// A change that only a worker of an io_uring makes.
#[derive(Debug)]
pub enum Change<'a> {
    /// mkdir(2), with the mode 0755.
    MakeDirectory(&'a CStr),
    /// fsetxattr(2).
    SetXattr {
        /// An open file.
        file: BorrowedFd<'a>,
        /// The attribute.
        name: &'a CStr,
        /// Its new value.
        value: &'a [u8],
    },
}

/// An io_uring with one transfer at a time.
///
/// # Invariants
///
/// `rings` and `entry` are mappings of the rings of `fd`, of `length` bytes and of one entry, which
/// exist as long as this. The kernel gave the offsets in `params` for the first mapping.
#[derive(Debug)]
pub struct Ring {
    fd: OwnedFd,
    params: Params,
    rings: *mut u8,
    length: usize,
    entry: *mut Entry,
}

impl std::fmt::Debug for Params {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(formatter, "{} entries", self.submissions)
    }
}

impl Ring {
    /// Makes a ring. `ENOSYS` and `EPERM` mean that the kernel or its settings do not allow it.
    pub fn new() -> Result<Self, Errno> {
        // SAFETY: All fields are integers, for which zeros are valid.
        let mut params: Params = unsafe { zeroed() };
        // SAFETY: `params` has the layout of the structure that the call reads and writes.
        let fd = unsafe {
            libc::syscall(
                libc::SYS_io_uring_setup,
                1_usize,
                ptr::from_mut(&mut params),
            )
        };
        if fd < 0 {
            return Err(last_errno());
        }
        // SAFETY: The call has returned a new descriptor, which nothing else owns.
        let fd = unsafe { OwnedFd::from_raw_fd(fd as i32) };
        let submission =
            params.submission.array as usize + params.submissions as usize * size_of::<u32>();
        let completion = params.completion.completions as usize
            + params.completions as usize * size_of::<Completion>();
        // Since Linux 5.4 one mapping has both rings.
        let length = submission.max(completion);
        let map = |length, offset| {
            let protection = ProtFlags::READ | ProtFlags::WRITE;
            // SAFETY: With a null address and no MAP_FIXED, the kernel picks an unused range.
            unsafe {
                mmap(
                    ptr::null_mut(),
                    length,
                    protection,
                    MapFlags::SHARED | MapFlags::POPULATE,
                    &fd,
                    offset,
                )
            }
        };
        let rings = map(length, 0)?;
        let entry = map(size_of::<Entry>(), OFFSET_OF_ENTRIES)?;
        // INVARIANT: Both mappings have just been made.
        Ok(Self {
            rings: rings.cast(),
            entry: entry.cast(),
            fd,
            params,
            length,
        })
    }

    /// A number in the rings that the kernel may read or write at any time.
    fn shared(&self, offset: u32) -> &AtomicU32 {
        // SAFETY: The type invariants ensure that the offset is within the mapping. The kernel
        // aligns the number, and this program accesses it only as an atomic one.
        unsafe { &*self.rings.add(offset as usize).cast::<AtomicU32>() }
    }

    /// Performs a transfer and waits for it. Returns its result; a negative one is an error number.
    /// `flags` are `RWF_*`.
    pub fn run(&mut self, file: &File, transfer: Transfer, offset: u64, flags: i32) -> i64 {
        let (opcode, address, length) = match transfer {
            Transfer::Read(buffer) => (READ, buffer.as_mut_ptr() as u64, buffer.len()),
            Transfer::Write(buffer) => (WRITE, buffer.as_ptr() as u64, buffer.len()),
            Transfer::Sync => (FSYNC, 0, 0),
        };
        let entry = Entry {
            opcode,
            fd: file.as_fd().as_raw_fd(),
            offset: if opcode == FSYNC { 0 } else { offset },
            address,
            length: length as u32,
            operation_flags: flags as u32,
            ..Entry::default()
        };
        // SAFETY: The buffer stays borrowed until this function returns.
        unsafe { self.submit(entry) }
    }

    /// Closes a file. Returns the result; a negative one is an error number.
    pub fn close(&mut self, file: File) -> i64 {
        self.close_descriptor(file.into_fd())
    }

    /// As [`Self::close`], for a file that no case works on.
    pub fn close_descriptor(&mut self, file: OwnedFd) -> i64 {
        let entry = Entry {
            opcode: CLOSE,
            fd: file.into_raw_fd(),
            ..Entry::default()
        };
        // SAFETY: The request has no buffer. The descriptor was this function's own.
        unsafe { self.submit(entry) }
    }

    /// Has a worker make a change, and waits for it. A worker is a task of the kernel, which cannot
    /// repeat its system call as a program does. Returns the result; a negative one is an error
    /// number.
    pub fn change(&mut self, change: Change<'_>) -> i64 {
        let entry = match change {
            Change::MakeDirectory(path) => Entry {
                opcode: MKDIRAT,
                fd: libc::AT_FDCWD,
                address: path.as_ptr() as u64,
                length: 0o755,
                ..Entry::default()
            },
            Change::SetXattr { file, name, value } => Entry {
                opcode: FSETXATTR,
                fd: file.as_raw_fd(),
                offset: value.as_ptr() as u64,
                address: name.as_ptr() as u64,
                length: value.len() as u32,
                ..Entry::default()
            },
        };
        // SAFETY: Path, name and value stay borrowed until this function returns.
        unsafe { self.submit(entry) }
    }

    /// Submits a request, and waits for its result.
    ///
    /// # Safety
    ///
    /// The buffer of the request, if it has one, is valid until the function returns.
    unsafe fn submit(&mut self, entry: Entry) -> i64 {
        // SAFETY: The type invariants ensure that the mapping has room for one entry. The kernel
        // reads it only when a request is submitted.
        unsafe { self.entry.write_volatile(entry) };
        let submission = &self.params.submission;
        self.shared(submission.array).store(0, Ordering::Relaxed);
        self.shared(submission.tail).fetch_add(1, Ordering::Release);
        loop {
            let pending = self.shared(submission.head).load(Ordering::Acquire)
                != self.shared(submission.tail).load(Ordering::Relaxed);
            // SAFETY: The call reads the entry and its buffer. The buffer is valid until this
            // function returns, and it returns only after the request has ended.
            let entered = unsafe {
                libc::syscall(
                    libc::SYS_io_uring_enter,
                    self.fd.as_raw_fd(),
                    usize::from(pending),
                    1_usize,
                    GETEVENTS,
                    ptr::null::<u8>(),
                    0_usize,
                )
            };
            if let Some(completion) = self.completion() {
                return completion.result.into();
            }
            // The kernel may still write to the buffer, so this function cannot return.
            if entered < 0 && last_errno() != Errno::INTR {
                std::process::abort();
            }
        }
    }

    /// Takes a completion, if there is one.
    fn completion(&self) -> Option<Completion> {
        let ring = &self.params.completion;
        let head = self.shared(ring.head).load(Ordering::Relaxed);
        if head == self.shared(ring.tail).load(Ordering::Acquire) {
            return None;
        }
        let at = head & self.shared(ring.mask).load(Ordering::Relaxed);
        let offset = ring.completions as usize + at as usize * size_of::<Completion>();
        // SAFETY: The type invariants ensure that the completion is within the mapping. The kernel
        // has written it, and does not write it again before `head` is stored.
        let completion = unsafe { self.rings.add(offset).cast::<Completion>().read_volatile() };
        self.shared(ring.head)
            .store(head.wrapping_add(1), Ordering::Release);
        Some(completion)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: The type invariants ensure that these are mappings of this ring, to which no
        // reference is left.
        let _ = unsafe { munmap(self.rings.cast(), self.length) };
        // SAFETY: As above.
        let _ = unsafe { munmap(self.entry.cast(), size_of::<Entry>()) };
    }
}

/// Whether a worker thread of io_uring closes the file `path`, which this makes if it is not there.
pub fn is_closed_by_worker(path: &Path) -> Result<bool, Errno> {
    /// The first request makes the worker, which may not be there at once.
    const FILES: usize = 50;

    let close = || {
        let before = workers()?;
        let mut ring = Ring::new()?;
        for _ in 0..FILES {
            let file = std::fs::File::create(path).map_err(|_| Errno::IO)?;
            ring.close_descriptor(file.into());
            if workers()?.iter().any(|worker| !before.contains(worker)) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    // A thread has workers of its own.
    std::thread::scope(|scope| scope.spawn(close).join()).unwrap_or(Err(Errno::IO))
}

/// The names in /proc of the workers of io_uring that this process has.
fn workers() -> Result<Vec<OsString>, Errno> {
    let mut workers = Vec::new();
    for task in std::fs::read_dir("/proc/self/task").map_err(|_| Errno::IO)? {
        let task = task.map_err(|_| Errno::IO)?;
        // A thread may end meanwhile.
        let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        if name.starts_with("iou-wrk") {
            workers.push(task.file_name());
        }
    }
    Ok(workers)
}
