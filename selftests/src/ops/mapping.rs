// SPDX-License-Identifier: GPL-2.0

//! Mapped files.

use std::ptr;

use rustix::fd::{AsFd, AsRawFd};
use rustix::io::Errno;
use rustix::mm::{madvise, mmap, msync, munmap, Advice, MapFlags, MsyncFlags, ProtFlags};
use rustix::pipe::pipe;

use super::{bare, path::last_errno, File};
use crate::world::World;

/// A mapping of the beginning of a file.
///
/// # Invariants
///
/// `address` is the start of a mapping of `length` bytes that lives as long as this and that
/// nothing else refers to, so that it is touched through this alone, by volatile accesses: the file
/// under it may change at any time.
#[derive(Debug)]
pub struct Mapping<'w, 't> {
    world: &'w World<'t>,
    name: String,
    address: *mut u8,
    length: usize,
}

impl<'w, 't> File<'w, 't> {
    /// mmap(2) of the first `length` bytes.
    pub fn mmap(
        &self,
        length: usize,
        protection: ProtFlags,
        flags: MapFlags,
    ) -> Result<Mapping<'w, 't>, Errno> {
        let (read_write, kind) = (bare(&protection), bare(&flags));
        let op = format!("mmap {} {length} {read_write} {kind}", self.name());
        let address = self.world().made(op, || {
            // SAFETY: Without a wanted address, the kernel chooses one that is not in use.
            unsafe { mmap(ptr::null_mut(), length, protection, flags, self.as_fd(), 0) }
        })?;
        // INVARIANT: The mapping was made just now and is known to nobody.
        Ok(Mapping {
            world: self.world(),
            name: self.name().to_owned(),
            address: address.cast(),
            length,
        })
    }
}

impl Mapping<'_, '_> {
    /// Reads through the mapping. The pages have to lie within the file.
    pub fn load(&self, offset: usize, length: usize) -> Vec<u8> {
        assert!(offset + length <= self.length, "a load beyond the mapping");
        let load = |at: usize| {
            // SAFETY: By the type invariant and the assertion, the byte is mapped.
            unsafe { self.address.add(at).read_volatile() }
        };
        let data: Vec<u8> = (offset..offset + length).map(load).collect();
        self.world
            .note(format!("load {} {length} at {offset}", self.name), &data);
        data
    }

    /// Writes through the mapping, which has to be writable. The pages have to lie within the file.
    pub fn store(&self, offset: usize, data: &[u8]) {
        assert!(
            offset + data.len() <= self.length,
            "a store beyond the mapping"
        );
        for (at, byte) in data.iter().enumerate() {
            // SAFETY: By the type invariant and the assertion, the byte is mapped, and nothing
            // refers to it.
            unsafe { self.address.add(offset + at).write_volatile(*byte) };
        }
        self.world.note(
            format!("store {} {} at {offset}", self.name, data.len()),
            &data.to_vec(),
        );
    }

    /// Whether the page at `offset` can be had, without the SIGBUS that a load would raise: the
    /// kernel itself reads a byte of it, into a pipe, and answers EFAULT if it cannot.
    pub fn probe(&self, offset: usize) -> Result<usize, Errno> {
        assert!(offset < self.length, "a probe beyond the mapping");
        self.world
            .step(format!("fault in {} at {offset}", self.name), || {
                let (_reader, writer) = pipe()?;
                // SAFETY: The address lies in the mapping; the kernel checks whether there is a
                // page behind it.
                match unsafe { libc::write(writer.as_raw_fd(), self.address.add(offset).cast(), 1) }
                {
                    -1 => Err(last_errno()),
                    length => Ok(length as usize),
                }
            })
    }

    /// madvise(2): every page is asked for anew when it is touched next.
    pub fn forget(&self) -> Result<(), Errno> {
        self.world.step(format!("forget {}", self.name), || {
            // SAFETY: By the type invariant, the range is mapped and nothing refers to it. What a
            // shared mapping forgets is in the file, and a private one is not forgotten by any case.
            unsafe { madvise(self.address.cast(), self.length, Advice::LinuxDontNeed) }
        })
    }

    /// msync(2) of the whole mapping.
    pub fn msync(&self) -> Result<(), Errno> {
        self.world.step(format!("msync {}", self.name), || {
            // SAFETY: By the type invariant, the range is mapped.
            unsafe { msync(self.address.cast(), self.length, MsyncFlags::SYNC) }
        })
    }
}

impl Drop for Mapping<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, the mapping is this one's alone. It cannot fail on a whole
        // mapping.
        let _ = unsafe { munmap(self.address.cast(), self.length) };
    }
}
