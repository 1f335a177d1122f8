// SPDX-License-Identifier: GPL-2.0

//! Mapped files.

use std::ptr;

use rustix::fd::{AsFd, AsRawFd};
use rustix::io::Errno;
use rustix::mm::{madvise, mmap, msync, munmap, Advice, MapFlags, MsyncFlags, ProtFlags};
use rustix::pipe::pipe;

use super::{flag_names, last_errno, File};
use crate::test_dir::TestDir;

/// A mapping of the beginning of a file.
///
/// # Invariants
///
/// - `address` is the start of a mapping of `length` bytes that exists as long as this.
/// - There is no reference into the mapping. Only this accesses it, by volatile loads and stores,
///   because the file may change at any time.
#[derive(Debug)]
pub struct Mapping<'w, 't> {
    dir: &'w TestDir<'t>,
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
        let (read_write, kind) = (flag_names(&protection), flag_names(&flags));
        let op = format!("mmap {} {length} {read_write} {kind}", self.name());
        let address = self.dir().step_opaque(op, || {
            // SAFETY: With a null address and no MAP_FIXED, the kernel picks an unused range.
            unsafe { mmap(ptr::null_mut(), length, protection, flags, self.as_fd(), 0) }
        })?;
        // INVARIANT: mmap(2) has just created this mapping of `length` bytes, and nothing else has
        // its address.
        Ok(Mapping {
            dir: self.dir(),
            name: self.name().to_owned(),
            address: address.cast(),
            length,
        })
    }
}

impl Mapping<'_, '_> {
    /// Reads from the mapping. Raises SIGBUS beyond the file's last page.
    pub fn load(&self, offset: usize, length: usize) -> Vec<u8> {
        assert!(offset + length <= self.length, "a load beyond the mapping");
        let load = |at: usize| {
            // SAFETY: `at` is below `length` by the assertion, so the type invariants ensure that
            // the byte is mapped.
            unsafe { self.address.add(at).read_volatile() }
        };
        let data: Vec<u8> = (offset..offset + length).map(load).collect();
        self.dir
            .record(format!("load {} {length} at {offset}", self.name), &data);
        data
    }

    /// Writes to the mapping, which has to be writable. Raises SIGBUS beyond the file's last page.
    pub fn store(&self, offset: usize, data: &[u8]) {
        assert!(
            offset + data.len() <= self.length,
            "a store beyond the mapping"
        );
        for (at, byte) in data.iter().enumerate() {
            // SAFETY: `offset + at` is below `length` by the assertion, so the type invariants
            // ensure that the byte is mapped and that there is no reference to it.
            unsafe { self.address.add(offset + at).write_volatile(*byte) };
        }
        self.dir.record(
            format!("store {} {} at {offset}", self.name, data.len()),
            &data.to_vec(),
        );
    }

    /// Whether there is a page at `offset`. The kernel reads a byte of it into a pipe, which fails
    /// with EFAULT where a load would raise SIGBUS.
    pub fn fault_in(&self, offset: usize) -> Result<usize, Errno> {
        assert!(offset < self.length, "a page beyond the mapping");
        self.dir
            .step(format!("fault in {} at {offset}", self.name), || {
                let (_reader, writer) = pipe()?;
                // SAFETY: The address lies in the mapping by the assertion and the type invariants.
                // The kernel reads it as user memory and fails with EFAULT if there is no page.
                match unsafe { libc::write(writer.as_raw_fd(), self.address.add(offset).cast(), 1) }
                {
                    -1 => Err(last_errno()),
                    length => Ok(length as usize),
                }
            })
    }

    /// madvise(2) with MADV_DONTNEED: the next access to each page faults.
    pub fn drop_pages(&self) -> Result<(), Errno> {
        self.dir
            .step(format!("madvise {} MADV_DONTNEED", self.name), || {
                // SAFETY: The type invariants ensure that the range is mapped and that there is no
                // reference into it, so its content may change.
                unsafe { madvise(self.address.cast(), self.length, Advice::LinuxDontNeed) }
            })
    }

    /// msync(2) of the whole mapping.
    pub fn msync(&self) -> Result<(), Errno> {
        self.dir.step(format!("msync {}", self.name), || {
            // SAFETY: The type invariants ensure that the range is mapped.
            unsafe { msync(self.address.cast(), self.length, MsyncFlags::SYNC) }
        })
    }
}

impl Drop for Mapping<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: The type invariants ensure that this is the whole mapping and that there is no
        // reference into it. Nothing uses it after drop.
        let _ = unsafe { munmap(self.address.cast(), self.length) };
    }
}
