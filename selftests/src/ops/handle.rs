// SPDX-License-Identifier: GPL-2.0

//! File handles: name_to_handle_at(2) and open_by_handle_at(2).

use rustix::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use rustix::fs::{open, Mode, OFlags};
use rustix::io::Errno;

use super::{flag_names, last_errno, File};
use crate::test_dir::TestDir;

/// Room for the largest handle (`MAX_HANDLE_SZ`).
const MAX_HANDLE_SIZE: usize = 128;

/// A file handle (`struct file_handle`, with all the room that a handle can need).
#[repr(C)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileHandle {
    length: u32,
    kind: i32,
    bytes: [u8; MAX_HANDLE_SIZE],
}

impl FileHandle {
    /// The same handle, with other bytes.
    pub fn forged(&self, change: impl FnOnce(&mut [u8])) -> Self {
        let mut forged = self.clone();
        change(&mut forged.bytes[..self.length as usize]);
        forged
    }

    /// The first `length` bytes of the handle.
    pub fn truncated(&self, length: usize) -> Self {
        Self {
            length: length as u32,
            ..self.clone()
        }
    }

    /// The handle at the start of `record`, and what follows it.
    pub fn parse(record: &[u8]) -> Option<(Self, &[u8])> {
        let (length, rest) = record.split_first_chunk()?;
        let (kind, rest) = rest.split_first_chunk()?;
        let length = u32::from_ne_bytes(*length);
        let (found, rest) = rest.split_at_checked(length as usize)?;
        let mut bytes = [0; MAX_HANDLE_SIZE];
        bytes.get_mut(..found.len())?.copy_from_slice(found);
        let kind = i32::from_ne_bytes(*kind);
        Some((
            Self {
                length,
                kind,
                bytes,
            },
            rest,
        ))
    }

    /// The length in bytes.
    pub fn length(&self) -> usize {
        self.length as usize
    }

    /// The bytes, with another type.
    pub fn of_kind(&self, kind: i32) -> Self {
        Self {
            kind,
            ..self.clone()
        }
    }

    /// Calls name_to_handle_at(2), with room for `room` bytes. Without enough room the length that
    /// the kernel reports is returned beside the error.
    pub fn of(path: &std::ffi::CStr, flags: i32, room: usize) -> (Result<Self, Errno>, usize) {
        let mut handle = Self {
            length: room as u32,
            kind: 0,
            bytes: [0; MAX_HANDLE_SIZE],
        };
        let mut mount_id: i32 = 0;
        // SAFETY: The path ends in a null byte. `handle` has the layout of the kernel's structure
        // and room for every handle, and both outputs are ours.
        let status = unsafe {
            libc::syscall(
                libc::SYS_name_to_handle_at,
                libc::AT_FDCWD,
                path.as_ptr(),
                &raw mut handle,
                &raw mut mount_id,
                flags,
            )
        };
        let length = handle.length();
        match status {
            0 => (Ok(handle), length),
            _ => (Err(last_errno()), length),
        }
    }

    /// Calls open_by_handle_at(2).
    pub fn open(&self, mount: impl AsFd, flags: OFlags) -> Result<OwnedFd, Errno> {
        // SAFETY: `self` has the layout of the kernel's structure, and room for every handle.
        let fd = unsafe {
            libc::syscall(
                libc::SYS_open_by_handle_at,
                mount.as_fd().as_raw_fd(),
                &raw const *self,
                flags.bits() as i32 | libc::O_CLOEXEC,
            )
        };
        match fd {
            -1 => Err(last_errno()),
            // SAFETY: The call has returned a new descriptor, which is ours.
            fd => Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) }),
        }
    }
}

impl<'t> TestDir<'t> {
    /// name_to_handle_at(2). The trace gets the type and the length of the handle: its bytes differ
    /// between any two files.
    pub fn handle(&self, name: &str, flags: i32) -> Result<FileHandle, Errno> {
        let mut handle = None;
        self.step(format!("name_to_handle_at {name} {flags:#x}"), || {
            let found = FileHandle::of(&self.c_path(name), flags, MAX_HANDLE_SIZE).0?;
            let shown = format!("type {:#x}, {} bytes", found.kind, found.length);
            handle = Some(found);
            Ok(shown)
        })?;
        Ok(handle.expect("the step succeeded"))
    }

    /// open_by_handle_at(2) of the file that the trace names `what`.
    pub fn open_handle(
        &self,
        what: &str,
        handle: &FileHandle,
        flags: OFlags,
    ) -> Result<File<'_, 't>, Errno> {
        self.open_handle_from("", what, handle, flags)
    }

    /// The same, through a descriptor of the directory `mount`.
    pub fn open_handle_from(
        &self,
        mount: &str,
        what: &str,
        handle: &FileHandle,
        flags: OFlags,
    ) -> Result<File<'_, 't>, Errno> {
        let op = format!("open_by_handle_at {mount} {what} {}", flag_names(&flags));
        let path = self.path(mount);
        let mount = open(path, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?;
        let fd = self.step_opaque(op, || handle.open(&mount, flags))?;
        Ok(File::new(self, what, fd))
    }
}
