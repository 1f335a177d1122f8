// SPDX-License-Identifier: GPL-2.0

//! `base0fs-selftest --child`: the child process that performs single operations for a case. A case
//! needs a child for operations in another user namespace, and for operations that may never
//! return.

use rustix::fs::{
    chownat, link, mkdir, mknodat, open, rename, renameat_with, rmdir, symlink, unlink, AtFlags,
    FileType, Gid, Mode, OFlags, RenameFlags, Uid, XattrFlags, CWD,
};
use rustix::io::Errno;

use crate::in_32_bits::ioctl as ioctl_in_32_bits;
use crate::show::{errno_name, Show};

/// The extended attribute that holds a file's capabilities.
pub const CAPABILITY: &str = "security.capability";

/// The argument between two operations.
pub const SEPARATOR: &str = "+";

/// The error that stands for a child that did not end in time. No operation on a file fails with
/// it.
pub const HUNG: Errno = Errno::TIMEDOUT;

/// Performs the operations that the arguments name. Returns the results.
pub fn run(arguments: &[String]) -> Result<String, String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let results: Result<Vec<String>, String> = words
        .split(|word| *word == SEPARATOR)
        .map(perform)
        .collect();
    results.map(|results| results.join(", "))
}

fn perform(words: &[&str]) -> Result<String, String> {
    let (read_write, mode) = (OFlags::RDWR | OFlags::CLOEXEC, Mode::from_raw_mode(0o600));
    let result = match words {
        ["capabilities", files @ ..] => return Ok(capabilities(files)),
        ["ioctl32", file, number] => {
            return Ok(ioctl_in_32_bits(file, parse(number)?).show());
        }
        ["ioctl32-status", file, number] => ioctl_in_32_bits(file, parse(number)?).map(drop),
        ["setcap", file, value] => {
            let value = unhex(value)?;
            rustix::fs::setxattr(*file, CAPABILITY, &value, XattrFlags::empty())
        }
        ["setxattr", file, name, value] => {
            rustix::fs::setxattr(*file, *name, &unhex(value)?, XattrFlags::empty())
        }
        ["getxattr", file, name] => return Ok(attribute(file, name)),
        ["removexattr", file, name] => rustix::fs::removexattr(*file, *name),
        ["write", file, text] => open(*file, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())
            .and_then(|file| rustix::io::write(file, text.as_bytes()).map(drop)),
        ["chgrp", file, group] => {
            let group = group
                .parse()
                .map_err(|_| format!("{group} is not a group"))?;
            let group = Some(Gid::from_raw(group));
            chownat(CWD, *file, None::<Uid>, group, AtFlags::empty())
        }
        ["chown", file, owner] => {
            let owner = owner
                .parse()
                .map_err(|_| format!("{owner} is not a user"))?;
            let owner = Some(Uid::from_raw(owner));
            chownat(CWD, *file, owner, None::<Gid>, AtFlags::empty())
        }
        ["chmod", file, mode] => {
            let mode = u32::from_str_radix(mode, 8).map_err(|_| format!("{mode} is not a mode"))?;
            rustix::fs::chmod(*file, Mode::from_raw_mode(mode))
        }
        ["mkdir", path] => mkdir(*path, Mode::from_raw_mode(0o755)),
        ["mknod", path] => mknodat(CWD, *path, FileType::Fifo, mode, 0),
        ["create", path] => open(*path, read_write | OFlags::CREATE | OFlags::EXCL, mode).map(drop),
        ["tmpfile", path] => open(*path, read_write | OFlags::TMPFILE, mode).map(drop),
        ["symlink", path] => symlink("target", *path),
        ["link", old, new] => link(*old, *new),
        ["rename", old, new] => rename(*old, *new),
        ["whiteout", old, new] => renameat_with(CWD, *old, CWD, *new, RenameFlags::WHITEOUT),
        ["exchange", old, new] => renameat_with(CWD, *old, CWD, *new, RenameFlags::EXCHANGE),
        ["rmdir", path] => rmdir(*path),
        ["unlink", path] => unlink(*path),
        _ => return Err(format!("there is no operation {words:?}")),
    };
    Ok(result.show())
}

/// The number of a command of ioctl(2).
fn parse(number: &str) -> Result<u32, String> {
    number
        .parse()
        .map_err(|_| format!("{number} is not a command"))
}

/// The capabilities of this process, and the file capabilities that it sees on `files`.
fn capabilities(files: &[&str]) -> String {
    let own = match rustix::thread::capabilities(None) {
        Ok(sets) => format!(
            "permitted {:x} effective {:x}",
            sets.permitted.bits(),
            sets.effective.bits()
        ),
        Err(errno) => errno_name(errno),
    };
    let of_files = files.iter().map(|file| attribute(file, CAPABILITY));
    std::iter::once(own)
        .chain(of_files)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The value of an attribute, as hexadecimal digits.
fn attribute(file: &str, name: &str) -> String {
    let mut value = [0; 256];
    match rustix::fs::getxattr(file, name, &mut value) {
        Ok(length) => hex(&value[..length]),
        Err(errno) => errno_name(errno),
    }
}

/// Bytes as hexadecimal digits, for an argument.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).expect("four bits are one digit");
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn unhex(digits: &str) -> Result<Vec<u8>, String> {
    (0..digits.len())
        .step_by(2)
        .map(|at| {
            digits
                .get(at..at + 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        })
        .collect::<Option<Vec<u8>>>()
        .ok_or_else(|| format!("{digits} is not hexadecimal"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unhex_reverses_hex() {
        let bytes = [0, 1, 127, 128, 255];
        assert_eq!(unhex(&hex(&bytes)).unwrap(), bytes);
        assert!(unhex("0").is_err() && unhex("xy").is_err());
    }

    #[test]
    fn refuses_an_unknown_operation() {
        assert!(run(&["dance".to_owned()]).is_err());
        assert!(run(&["mkdir".to_owned()]).is_err());
    }
}
