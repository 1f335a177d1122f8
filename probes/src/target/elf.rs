// SPDX-License-Identifier: GPL-2.0

//! A section of an ELF file: of 64 bits and little-endian, as all kernels here are.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// The content of the section `name`; `None` if the file has no such section. A file that is not
/// ELF is an error.
pub(crate) fn section(path: &Path, name: &str) -> io::Result<Option<Vec<u8>>> {
    let mut file = File::open(path)?;
    let header = read(&mut file, 0, 64)?;
    if !header.starts_with(b"\x7fELF\x02\x01") {
        return Err(invalid("it is no ELF file of 64 bits, little-endian"));
    }
    let (offset, size) = (number(&header, 40, 8), number(&header, 58, 2));
    let (count, names) = (number(&header, 60, 2), number(&header, 62, 2));
    if size < 64 {
        return Ok(None);
    }
    let table = read(&mut file, offset, size * count)?;
    let entry = |index: u64| {
        let begin = usize::try_from(index * size).ok()?;
        table.get(begin..begin + 64)
    };
    let names = entry(names).ok_or_else(|| invalid("its table of sections is cut short"))?;
    let names = read(&mut file, number(names, 24, 8), number(names, 32, 8))?;
    for index in 0..count {
        let Some(entry) = entry(index) else { break };
        let begin = usize::try_from(number(entry, 0, 4)).unwrap_or(usize::MAX);
        let found = names
            .get(begin..)
            .unwrap_or(&[])
            .split(|byte| *byte == 0)
            .next();
        if found == Some(name.as_bytes()) {
            return read(&mut file, number(entry, 24, 8), number(entry, 32, 8)).map(Some);
        }
    }
    Ok(None)
}

/// The whole file, if it is no ELF file, as below /sys/kernel/btf.
pub(crate) fn is_elf(path: &Path) -> io::Result<bool> {
    Ok(read(&mut File::open(path)?, 0, 4)? == b"\x7fELF")
}

fn read(file: &mut File, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    // Nothing of this size is a table or a section of types.
    if length > 1 << 30 {
        return Err(invalid("a length in it is absurd"));
    }
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    match bytes.len() as u64 == length {
        true => Ok(bytes),
        false => Err(invalid("it is cut short")),
    }
}

/// The little-endian number of `length` bytes at `offset`.
fn number(bytes: &[u8], offset: usize, length: usize) -> u64 {
    let bytes = bytes[offset..offset + length].iter().rev();
    bytes.fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
