// SPDX-License-Identifier: GPL-2.0

//! BTF, the kernel's own description of its types, as far as the layout of structures needs it.
//!
//! The format is that of Documentation/bpf/btf.rst: a header, types that refer to each other by
//! their numbers, and strings. The first type has number 1.

use crate::target::elf;
use std::collections::HashMap;
use std::ffi::CStr;
use std::fs;
use std::io;
use std::path::Path;

/// A structure or union.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Structure {
    /// In bytes.
    pub(crate) size: u32,
    pub(crate) members: Vec<Member>,
}

/// A member of a structure or union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Empty for a structure or union without a name of its own.
    pub(crate) name: String,
    /// In bytes from the beginning; `None` for a field of bits.
    pub(crate) offset: Option<u32>,
    /// The number of its type.
    pub(crate) kind: u32,
}

/// The types of a kernel. They are hundreds of thousands, and few are of interest: only where each
/// begins is read at once.
#[derive(Debug, Default)]
pub(crate) struct Btf {
    types: Vec<u8>,
    strings: Vec<u8>,
    /// Where each type begins. The first one has number 1.
    begins: Vec<usize>,
    /// The structures, unions and typedefs by name; several may have the same one.
    by_name: HashMap<Vec<u8>, Vec<u32>>,
}

const MAGIC: [u8; 2] = [0x9f, 0xeb];
const STRUCT: u32 = 4;
const UNION: u32 = 5;
const TYPEDEF: u32 = 8;
const TYPE_TAG: u32 = 18;

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
        if bytes.get(..2)? != MAGIC || bytes.get(2) != Some(&1) {
            return None;
        }
        let header = number(bytes, 4)?;
        let part = |at: usize| {
            let begin = usize::try_from(header.checked_add(number(bytes, at)?)?).ok()?;
            let length = usize::try_from(number(bytes, at + 4)?).ok()?;
            bytes.get(begin..begin.checked_add(length)?)
        };
        let mut btf = Self {
            types: part(8)?.to_vec(),
            strings: part(16)?.to_vec(),
            ..Self::default()
        };
        let mut at = 0;
        while at < btf.types.len() {
            let (name, info) = (number(&btf.types, at)?, number(&btf.types, at + 4)?);
            number(&btf.types, at + 8)?;
            btf.begins.push(at);
            let (count, kind) = ((info & 0xffff) as usize, (info >> 24) & 0x1f);
            if matches!(kind, STRUCT | UNION | TYPEDEF) && name != 0 {
                let name = btf.text(name)?.to_vec();
                let id = u32::try_from(btf.begins.len()).ok()?;
                btf.by_name.entry(name).or_default().push(id);
            }
            at += 12 + rest(kind, count)?;
        }
        (at == btf.types.len()).then_some(btf)
    }

    /// The structures and unions that C calls `name`, with `struct` or `union` before it or by a
    /// typedef.
    pub(crate) fn named(&self, name: &str) -> Vec<Structure> {
        let ids = self
            .by_name
            .get(name.as_bytes())
            .map_or(&[][..], Vec::as_slice);
        let is_typedef = |id: &&u32| self.head(**id).is_some_and(|(kind, ..)| kind == TYPEDEF);
        let own: Vec<&u32> = ids.iter().filter(|id| !is_typedef(id)).collect();
        // A typedef counts only if no structure has the name itself.
        let ids = match own.is_empty() {
            true => ids.iter().collect(),
            false => own,
        };
        ids.into_iter()
            .filter_map(|id| self.structure(*id))
            .collect()
    }

    /// The structure or union that is type `id`, or that this stands for: through typedefs,
    /// qualifiers and marks.
    pub(crate) fn structure(&self, mut id: u32) -> Option<Structure> {
        // A type that stands for itself would never end.
        for _ in 0..32 {
            let (kind, info, size, at) = self.head(id)?;
            match kind {
                TYPEDEF | 9..=11 | TYPE_TAG => id = size,
                STRUCT | UNION => {
                    let count = (info & 0xffff) as usize;
                    let members =
                        (0..count).map(|index| self.member(at + 12 + 12 * index, info >> 31));
                    return Some(Structure {
                        size,
                        members: members.collect::<Option<_>>()?,
                    });
                }
                _ => return None,
            }
        }
        None
    }

    /// Kind, word of details, size or type, and place of the type `id`.
    fn head(&self, id: u32) -> Option<(u32, u32, u32, usize)> {
        let at = *self.begins.get(usize::try_from(id).ok()?.checked_sub(1)?)?;
        let info = number(&self.types, at + 4)?;
        Some(((info >> 24) & 0x1f, info, number(&self.types, at + 8)?, at))
    }

    /// The member at `at`. With the flag, its place has the width of a field of bits above it.
    fn member(&self, at: usize, flag: u32) -> Option<Member> {
        let place = number(&self.types, at + 8)?;
        let (bits, width) = match flag {
            0 => (place, 0),
            _ => (place & 0xff_ffff, place >> 24),
        };
        let name = self.text(number(&self.types, at)?)?;
        Some(Member {
            name: String::from_utf8_lossy(name).into_owned(),
            offset: (width == 0 && bits % 8 == 0).then_some(bits / 8),
            kind: number(&self.types, at + 4)?,
        })
    }

    fn text(&self, offset: u32) -> Option<&[u8]> {
        let rest = self.strings.get(usize::try_from(offset).ok()?..)?;
        // The strings are split nowhere else.
        CStr::from_bytes_until_nul(rest).ok().map(CStr::to_bytes)
    }
}

/// How many bytes follow the head of a type of this kind; `None` for a kind that is not known.
fn rest(kind: u32, count: usize) -> Option<usize> {
    Some(match kind {
        // Pointers, forward declarations, typedefs, qualifiers, functions, floats and marks.
        2 | 7..=12 | 16 | TYPE_TAG => 0,
        // Numbers, variables, and marks of a declaration.
        1 | 14 | 17 => 4,
        // Arrays.
        3 => 12,
        STRUCT | UNION => 12 * count,
        // Constants, and the parameters of a function.
        6 | 13 => 8 * count,
        // Constants of 64 bits, and the variables of a section.
        15 | 19 => 12 * count,
        _ => return None,
    })
}

/// The little-endian number of 32 bits at `offset`.
fn number(bytes: &[u8], offset: usize) -> Option<u32> {
    let bytes = bytes.get(offset..offset.checked_add(4)?)?;
    bytes.try_into().ok().map(u32::from_le_bytes)
}
