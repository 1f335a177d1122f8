// SPDX-License-Identifier: GPL-2.0

//! Extended attributes.

use rustix::fs::{lgetxattr, llistxattr, lremovexattr, lsetxattr, XattrFlags};
use rustix::io::Errno;

use super::flag_names;
use crate::show::Show;
use crate::test_dir::TestDir;

impl TestDir<'_> {
    /// lsetxattr(2)
    pub fn setxattr(
        &self,
        file: &str,
        name: &str,
        value: &[u8],
        flags: XattrFlags,
    ) -> Result<(), Errno> {
        self.step(
            format!(
                "setxattr {file} {name} {} {}",
                value.to_vec().show(),
                flag_names(&flags)
            ),
            || lsetxattr(self.path(file), name, value, flags),
        )
    }

    /// lgetxattr(2) into a buffer of `room` bytes.
    pub fn getxattr(&self, file: &str, name: &str, room: usize) -> Result<Vec<u8>, Errno> {
        self.step(format!("getxattr {file} {name} into {room}"), || {
            let mut value = vec![0; room];
            let length = lgetxattr(self.path(file), name, &mut value)?;
            value.truncate(length);
            Ok(value)
        })
    }

    /// lgetxattr(2) with an empty buffer, which returns the size of the value.
    pub fn xattr_size(&self, file: &str, name: &str) -> Result<usize, Errno> {
        let empty: &mut [u8] = &mut [];
        self.step(format!("getxattr {file} {name}: size"), || {
            lgetxattr(self.path(file), name, empty)
        })
    }

    /// llistxattr(2) into a buffer of `room` bytes. The names are sorted.
    pub fn listxattr(&self, file: &str, room: usize) -> Result<Vec<String>, Errno> {
        self.step(format!("listxattr {file} into {room}"), || {
            let mut list = vec![0; room];
            let length = llistxattr(self.path(file), &mut list)?;
            let names = list[..length]
                .split(|byte| *byte == 0)
                .filter(|name| !name.is_empty());
            let mut names: Vec<String> = names
                .map(|name| String::from_utf8_lossy(name).into_owned())
                .collect();
            names.sort();
            Ok(names)
        })
    }

    /// lremovexattr(2)
    pub fn removexattr(&self, file: &str, name: &str) -> Result<(), Errno> {
        self.step(format!("removexattr {file} {name}"), || {
            lremovexattr(self.path(file), name)
        })
    }
}
