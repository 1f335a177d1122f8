// SPDX-License-Identifier: GPL-2.0

//! BTF, the kernel's own description of its types, as far as the layout of structures needs it.
//!
//! The format is that of Documentation/bpf/btf.rst: a header, types that refer to each other by
//! their numbers, and strings. The first type has number 1.

use crate::target::elf;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

/// A structure or union.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Structure {
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) members: Vec<Member>,
}

/// A member of a structure or union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Empty for a structure or union without a name of its own.
    pub(crate) name: String,
    /// In bytes from the beginning; `None` for a field of bits.
    pub(crate) offset: Option<u64>,
    /// The number of its type.
    pub(crate) kind: u32,
}

/// The types of a kernel.
#[derive(Debug, Default)]
pub(crate) struct Btf {
    structures: HashMap<u32, Structure>,
    /// The structures and unions with a name; several may have the same one.
    by_name: HashMap<String, Vec<u32>>,
    /// What typedefs and qualifiers stand for.
    same: HashMap<u32, u32>,
    /// The typedefs by name.
    typedefs: HashMap<String, u32>,
}

const MAGIC: u64 = 0xeb9f;
const STRUCT: u64 = 4;
const UNION: u64 = 5;
const TYPEDEF: u64 = 8;

impl Btf {
    /// Reads the types in `path`: a vmlinux, or a file such as /sys/kernel/btf/vmlinux. `None` if a
    /// vmlinux has none.
    pub(crate) fn read(path: &Path) -> io::Result<Option<Self>> {
        let bytes = match elf::is_elf(path)? {
            true => elf::section(path, ".BTF")?,
            false => Some(fs::read(path)?),
        };
        let Some(bytes) = bytes else { return Ok(None) };
        match Self::parse(&bytes) {
            Some(types) => Ok(Some(types)),
            None => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "its type information (BTF) is cut short, or of an unknown form",
            )),
        }
    }

    /// The types in `bytes`; `None` if something in them has no sense.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        if number(bytes, 0, 2)? != MAGIC || number(bytes, 2, 1)? != 1 {
            return None;
        }
        let header = number(bytes, 4, 4)?;
        let part = |at: usize| {
            let begin = usize::try_from(header + number(bytes, at, 4)?).ok()?;
            let length = usize::try_from(number(bytes, at + 4, 4)?).ok()?;
            bytes.get(begin..begin.checked_add(length)?)
        };
        let (types, strings) = (part(8)?, part(16)?);
        let text = |offset: u64| {
            let rest = strings.get(usize::try_from(offset).ok()?..)?;
            let end = rest.iter().position(|byte| *byte == 0)?;
            Some(String::from_utf8_lossy(&rest[..end]).into_owned())
        };
        let mut btf = Self::default();
        let (mut at, mut id) = (0, 0);
        while at < types.len() {
            id += 1;
            let (name, info) = (number(types, at, 4)?, number(types, at + 4, 4)?);
            let size = number(types, at + 8, 4)?;
            let (count, kind, flag) = (info & 0xffff, (info >> 24) & 0x1f, info >> 31);
            at += 12;
            let each = match kind {
                // Forward declarations, pointers and functions have nothing more.
                2 | 7 | 12 | 16 => 0,
                // Qualifiers and marks, which stand for another type.
                9..=11 | 18 => {
                    btf.same.insert(id, u32::try_from(size).ok()?);
                    0
                }
                TYPEDEF => {
                    btf.same.insert(id, u32::try_from(size).ok()?);
                    btf.typedefs.insert(text(name)?, id);
                    0
                }
                STRUCT | UNION => {
                    let mut members = Vec::new();
                    for index in 0..usize::try_from(count).ok()? {
                        let at = at + 12 * index;
                        let bits = number(types, at + 8, 4)?;
                        let (bits, width) = match flag {
                            0 => (bits, 0),
                            _ => (bits & 0xff_ffff, bits >> 24),
                        };
                        members.push(Member {
                            name: text(number(types, at, 4)?)?,
                            offset: (width == 0 && bits % 8 == 0).then_some(bits / 8),
                            kind: u32::try_from(number(types, at + 4, 4)?).ok()?,
                        });
                    }
                    btf.structures.insert(id, Structure { size, members });
                    let name = text(name)?;
                    if !name.is_empty() {
                        btf.by_name.entry(name).or_default().push(id);
                    }
                    12
                }
                // A number, a variable, and a mark of a declaration.
                1 | 14 | 17 => {
                    at += 4;
                    0
                }
                // An array.
                3 => {
                    at += 12;
                    0
                }
                // Constants, and the parameters of a function.
                6 | 13 => 8,
                // Constants of 64 bits, and the variables of a section.
                15 | 19 => 12,
                _ => return None,
            };
            at += each * usize::try_from(count).ok()?;
        }
        (at == types.len()).then_some(btf)
    }

    /// The structures and unions that C calls `name`, with `struct` or `union` before it or by a
    /// typedef.
    pub(crate) fn named(&self, name: &str) -> Vec<&Structure> {
        if let Some(ids) = self.by_name.get(name) {
            return ids
                .iter()
                .filter_map(|id| self.structures.get(id))
                .collect();
        }
        let typedef = self.typedefs.get(name);
        typedef
            .and_then(|id| self.structure(*id))
            .into_iter()
            .collect()
    }

    /// The structure or union that is type `id`, or that this stands for.
    pub(crate) fn structure(&self, mut id: u32) -> Option<&Structure> {
        // A type that stands for itself would never end.
        for _ in 0..32 {
            match self.same.get(&id) {
                Some(next) => id = *next,
                None => return self.structures.get(&id),
            }
        }
        None
    }
}

/// The little-endian number of `length` bytes at `offset`.
fn number(bytes: &[u8], offset: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(offset..offset.checked_add(length)?)?.iter().rev();
    Some(bytes.fold(0, |number, byte| (number << 8) | u64::from(*byte)))
}
