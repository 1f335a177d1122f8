// SPDX-License-Identifier: GPL-2.0

//! What is in a file of a snapshot: its data and its extended attributes, as text.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::path::Path;

use rustix::buffer::spare_capacity;
use rustix::fs::{lgetxattr, llistxattr, open, Mode, OFlags};
use rustix::io::{read, Errno};

use crate::show::Show;

/// How much of a file is read. A failed case may leave a file that is one huge hole.
const LIMIT: usize = 16 << 20;

/// How much is read at once.
const PART: usize = 256 << 10;

/// A part of a hole.
static HOLE: [u8; PART] = [0; PART];

/// Data that is longer is shown by its hash.
const SHOWN: usize = 64;

/// Reads the files of a tree, all into the same space.
#[derive(Debug)]
pub struct Contents(Vec<u8>);

impl Contents {
    /// Space for the data.
    pub fn new() -> Self {
        Self(Vec::with_capacity(PART))
    }

    /// The beginning of a file's data. Reading it changes no time.
    pub fn data(&mut self, path: &Path) -> Result<String, Errno> {
        // Nobody may give back a lease of the file, so opening it must not wait for that.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK;
        let flags = flags | OFlags::NOATIME | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = open(path, flags, Mode::empty())?;
        let (mut length, mut hash) = (0, DefaultHasher::new());
        loop {
            self.0.clear();
            let part = read(&file, spare_capacity(&mut self.0))?;
            let (is_first, is_last) = (length == 0, part < PART);
            length += part;
            if is_first && part <= SHOWN && is_last {
                return Ok(self.0.show());
            }
            // Most of the data of large files are holes, which are compared faster than hashed.
            match self.0 == HOLE[..part] {
                true => hash.write_usize(part),
                false => hash.write(&self.0),
            }
            if is_last || length >= LIMIT {
                return Ok(format!("{length} bytes, hash {:016x}", hash.finish()));
            }
        }
    }
}

/// The extended attributes of a file, sorted.
pub fn xattrs(path: &Path) -> Result<Vec<String>, Errno> {
    let list = match sized(|space| llistxattr(path, space)) {
        Err(Errno::OPNOTSUPP) => Vec::new(),
        other => other?,
    };
    let names = list.split(|byte| *byte == 0);
    let mut shown: Vec<String> = names
        .filter(|name| !name.is_empty())
        .map(|name| {
            // An attribute can be there and have no value, as file capabilities that are not valid.
            let value = sized(|space| lgetxattr(path, name, space));
            format!("{}={}", name.escape_ascii(), value.show())
        })
        .collect();
    shown.sort();
    Ok(shown)
}

/// What a system call writes into the space that it gets: a little, or else as much as there can be.
/// The kernel allocates memory of that size.
fn sized(call: impl Fn(&mut [u8]) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
    let mut little = [0; 512];
    match call(&mut little) {
        Ok(length) => Ok(little[..length].to_vec()),
        Err(Errno::RANGE) => {
            let mut much = vec![0; 64 << 10];
            let length = call(&mut much)?;
            much.truncate(length);
            Ok(much)
        }
        Err(errno) => Err(errno),
    }
}
