// SPDX-License-Identifier: GPL-2.0

//! ioctl(2), and the system calls for file attributes that came later.

use rustix::fd::{AsFd, AsRawFd};
use rustix::io::Errno;

use super::{last_errno, File};
use crate::test_dir::TestDir;

/// A command, and the name that a trace shows.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// The name in the kernel's headers.
    pub name: &'static str,
    /// The number.
    pub number: u32,
}

/// A command without an argument, or with one that has no size.
pub const fn io(name: &'static str, kind: u8, number: u8) -> Command {
    command(name, 0, kind, number, 0)
}

/// A command with an argument of `size` bytes that the kernel writes.
pub const fn ior(name: &'static str, kind: u8, number: u8, size: u32) -> Command {
    command(name, 2, kind, number, size)
}

/// A command with an argument of `size` bytes that the kernel reads.
pub const fn iow(name: &'static str, kind: u8, number: u8, size: u32) -> Command {
    command(name, 1, kind, number, size)
}

/// A command with an argument of `size` bytes that the kernel reads and writes.
pub const fn iowr(name: &'static str, kind: u8, number: u8, size: u32) -> Command {
    command(name, 3, kind, number, size)
}

const fn command(name: &'static str, direction: u32, kind: u8, number: u8, size: u32) -> Command {
    let number = (direction << 30) | (size << 16) | ((kind as u32) << 8) | number as u32;
    Command { name, number }
}

impl Command {
    /// The bytes that the kernel may read or write, by the number.
    fn size(self) -> usize {
        ((self.number >> 16) & 0x3fff) as usize
    }

    /// Calls ioctl(2) on any descriptor, and records nothing. Returns the result, which is not
    /// negative.
    pub fn call(self, file: impl AsFd, argument: &mut [u8]) -> Result<i32, Errno> {
        assert!(
            argument.len() >= self.size(),
            "the argument of {} is too short",
            self.name
        );
        // SAFETY: The argument is as long as the number says. A command whose argument is longer
        // than that (FS_IOC_FIEMAP) says how long in the argument, and the cases do so rightly.
        self.call_raw(file, argument.as_mut_ptr() as u64)
    }

    /// As [`Self::call`], with an argument that is a number, or a null pointer.
    pub fn call_number(self, file: impl AsFd, argument: u32) -> Result<i32, Errno> {
        self.call_raw(file, u64::from(argument))
    }

    fn call_raw(self, file: impl AsFd, argument: u64) -> Result<i32, Errno> {
        let fd = file.as_fd().as_raw_fd();
        // SAFETY: The caller passes a pointer to enough memory, or a number. The descriptor is
        // open.
        match unsafe { libc::ioctl(fd, self.number as _, argument) } {
            -1 => Err(last_errno()),
            result => Ok(result),
        }
    }
}

impl File<'_, '_> {
    /// ioctl(2) with an argument that the kernel may read and write. Records the result alone.
    pub fn ioctl(&self, command: Command, argument: &mut [u8]) -> Result<i32, Errno> {
        self.dir()
            .step(format!("{} {}", command.name, self.name()), || {
                command.call(self, argument)
            })
    }

    /// ioctl(2) with an argument that is a number.
    pub fn ioctl_number(&self, command: Command, argument: u32) -> Result<i32, Errno> {
        self.dir()
            .step(format!("{} {}", command.name, self.name()), || {
                command.call_number(self, argument)
            })
    }

    /// FIONREAD: the bytes from the position to the end. For a regular file the VFS takes the size
    /// from the inode of the layer, which nothing has looked at since the last change.
    pub fn unread(&self) -> Result<i32, Errno> {
        const FIONREAD: Command = Command {
            name: "FIONREAD",
            number: 0x541b,
        };
        self.dir().step(format!("FIONREAD {}", self.name()), || {
            // The number does not say the size of the argument.
            let mut unread = [0; 4];
            FIONREAD.call(self, &mut unread)?;
            Ok(i32::from_ne_bytes(unread))
        })
    }

    /// As [`Self::ioctl`]. Records also whether the answer is that of the same file below, for
    /// answers that differ between any two files.
    pub fn ioctl_as_below(&self, command: Command, argument: &[u8]) -> Result<i32, Errno> {
        let (mut here, mut below) = (argument.to_vec(), argument.to_vec());
        let result = self.ioctl(command, &mut here);
        let lower = std::fs::File::open(self.dir().below().path(self.name()))
            .map_err(|error| Errno::from_io_error(&error).expect("open sets an error number"))?;
        let result_below = command.call(lower, &mut below);
        self.dir().record(
            format!("{} {} is as below", command.name, self.name()),
            // A command that fails may leave anything in its argument.
            &(result == result_below && (result.is_err() || here == below)),
        );
        result
    }
}

/// The arguments of file_getattr(2) and file_setattr(2) (`struct file_attr`).
pub type FileAttr = [u32; 6];

impl TestDir<'_> {
    /// file_getattr(2), without following a symlink. Records the flags and the project id.
    pub fn file_getattr(&self, name: &str) -> Result<FileAttr, Errno> {
        let mut attributes = FileAttr::default();
        self.step(format!("file_getattr {name}"), || {
            self.file_attr(468, name, &mut attributes)?;
            Ok(format!(
                "flags {:x} project {}",
                attributes[0], attributes[4]
            ))
        })?;
        Ok(attributes)
    }

    /// file_setattr(2), without following a symlink.
    pub fn file_setattr(&self, name: &str, attributes: &FileAttr) -> Result<(), Errno> {
        let mut attributes = *attributes;
        self.step(
            format!(
                "file_setattr {name} flags {:x} project {}",
                attributes[0], attributes[4]
            ),
            || self.file_attr(469, name, &mut attributes),
        )
    }

    fn file_attr(&self, call: i64, name: &str, attributes: &mut FileAttr) -> Result<(), Errno> {
        let path = self.c_path(name);
        // SAFETY: The path is a C string that lives until after the call, and the structure has the
        // length that is passed.
        let result = unsafe {
            libc::syscall(
                call,
                libc::AT_FDCWD,
                path.as_ptr(),
                attributes.as_mut_ptr(),
                size_of::<FileAttr>(),
                libc::AT_SYMLINK_NOFOLLOW,
            )
        };
        match result {
            0 => Ok(()),
            _ => Err(last_errno()),
        }
    }
}
