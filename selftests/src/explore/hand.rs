// SPDX-License-Identifier: GPL-2.0

//! What an actor has while a script runs: open files, mappings and watches.

use std::ffi::CString;
use std::ptr;

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{fstat, FileType, CWD};
use rustix::io::Errno;
use rustix::mm::{mmap, munmap, MapFlags, ProtFlags};

use super::actors::Actor;
use super::operation::Answer;
use super::place::{Base, Place, SLOTS};
use crate::ops::FileHandle;

/// The error that stands for an operation on a file that the actor has not open. The kernel has this
/// number for another purpose than files.
pub const NOTHING_OPEN: Errno = Errno::BADFD;

/// How many mappings an actor can have.
pub const MAPS: usize = 2;

/// The open files, mappings and watches of an actor.
#[derive(Debug)]
pub struct Hand {
    /// Who the actor is.
    pub actor: &'static Actor,
    slots: [Option<OwnedFd>; SLOTS],
    /// The mappings.
    pub maps: [Option<Map>; MAPS],
    /// An instance of inotify.
    pub watch: Option<OwnedFd>,
    /// Whether it has asked for a lease in this script.
    pub has_leased: bool,
    /// A file handle.
    pub handle: Option<FileHandle>,
}

impl Hand {
    /// Nothing open.
    pub fn new(actor: &'static Actor) -> Self {
        Self {
            actor,
            slots: [const { None }; SLOTS],
            maps: [const { None }; MAPS],
            watch: None,
            has_leased: false,
            handle: None,
        }
    }

    /// The open file in a slot. For an empty slot it is the next one, so that fewer steps do
    /// nothing.
    pub fn file(&self, slot: usize) -> Result<BorrowedFd<'_>, Errno> {
        (slot..slot + SLOTS)
            .find_map(|slot| self.slots[slot % SLOTS].as_ref())
            .map(AsFd::as_fd)
            .ok_or(NOTHING_OPEN)
    }

    /// The open file in a slot, if there is one in this very slot.
    pub fn open_file(&self, slot: usize) -> Option<BorrowedFd<'_>> {
        self.slots[slot].as_ref().map(AsFd::as_fd)
    }

    /// Puts an open file into a slot. What was there is closed.
    pub fn put(&mut self, slot: usize, file: OwnedFd) -> Answer {
        if self.meets_only_its_layer(&file) {
            return left_out("fifo-in-each-layer");
        }
        self.slots[slot] = Some(file);
        Ok("opened".to_owned())
    }

    /// Takes an open file out of a slot.
    pub fn take(&mut self, slot: usize) -> Result<OwnedFd, Errno> {
        self.slots[slot].take().ok_or(NOTHING_OPEN)
    }

    /// A FIFO that an actor below has opened is not the one that those above have open.
    fn meets_only_its_layer(&self, file: &OwnedFd) -> bool {
        self.actor.below
            && fstat(file).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo)
    }

    /// A path for the system calls that take a directory besides.
    pub fn at(&self, place: &Place) -> Result<(BorrowedFd<'_>, CString), Errno> {
        let directory = match place.base {
            Base::Top | Base::Working => CWD,
            Base::Slot(slot) => self.file(slot)?,
        };
        Ok((directory, place.path()))
    }

    /// A path for the system calls that take nothing else. It leads through /proc to what lies in
    /// an open directory, or to an open file itself.
    pub fn path(&self, place: &Place) -> Result<CString, Errno> {
        let Base::Slot(slot) = place.base else {
            return Ok(place.path());
        };
        let number = self.file(slot)?.as_raw_fd();
        let rest = place.rest();
        let text = match rest.is_empty() {
            true => format!("/proc/self/fd/{number}"),
            false => format!("/proc/self/fd/{number}/{rest}"),
        };
        Ok(CString::new(text).expect("no name contains a NUL"))
    }
}

/// The answer of a step that is left out because of a known difference, which
/// [`super::known::LEFT_OUT`] explains.
pub fn left_out(name: &str) -> Answer {
    Ok(format!("left out: {name}"))
}

/// A mapping of the beginning of a file.
///
/// # Invariants
///
/// - `address` is the start of a mapping of `length` bytes that exists as long as this.
/// - There is no reference into the mapping. Only the kernel accesses it, in system calls, which
///   report `EFAULT` where a program would get a signal.
#[derive(Debug)]
pub struct Map {
    address: *mut u8,
    length: usize,
}

impl Map {
    /// mmap(2)
    pub fn new(
        file: BorrowedFd,
        length: usize,
        protection: ProtFlags,
        flags: MapFlags,
        offset: u64,
    ) -> Result<Self, Errno> {
        // SAFETY: With a null address and no MAP_FIXED, the kernel picks an unused range.
        let address = unsafe { mmap(ptr::null_mut(), length, protection, flags, file, offset) }?;
        // INVARIANT: mmap(2) has just created this mapping of `length` bytes, and nothing else has
        // its address.
        Ok(Self {
            address: address.cast(),
            length,
        })
    }

    /// The part of the mapping from `offset` on, of at most `length` bytes.
    pub fn range(&self, offset: usize, length: usize) -> (*mut u8, usize) {
        let offset = offset.min(self.length);
        let length = length.min(self.length - offset);
        // The range ends within the mapping.
        (self.address.wrapping_add(offset), length)
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: By the type invariants this is a mapping into which there is no reference.
        let _ = unsafe { munmap(self.address.cast(), self.length) };
    }
}
