// SPDX-License-Identifier: GPL-2.0

//! What `base0fs-selftest` does where a case needs a process of its own for one operation: in another
//! user namespace, or where the operation may never return.

use rustix::fs::{
    chownat, link, mkdir, mknodat, open, rename, renameat_with, rmdir, symlink, unlink, AtFlags,
    FileType, Gid, Mode, OFlags, RenameFlags, Uid, XattrFlags, CWD,
};
use rustix::io::Errno;

use crate::ops::CREATE;
use crate::show::{errno_name, Show};

/// The name of the extended attribute that holds a file's capabilities.
pub const CAPABILITY: &str = "security.capability";

/// Stands between two operations.
pub const NEXT: &str = "+";

/// What an errand that never ends is told as: no operation on a file answers this.
pub const STUCK: Errno = Errno::TIMEDOUT;

/// Performs the operations that the arguments name, and tells what came of each.
pub fn run(arguments: &[String]) -> Result<String, String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let told: Result<Vec<String>, String> =
        words.split(|word| *word == NEXT).map(perform).collect();
    told.map(|told| told.join(", "))
}

fn perform(words: &[&str]) -> Result<String, String> {
    let done = match words {
        ["capabilities", files @ ..] => return Ok(capabilities(files)),
        ["setcap", file, value] => {
            let value = unhex(value)?;
            rustix::fs::setxattr(*file, CAPABILITY, &value, XattrFlags::empty())
        }
        ["write", file, text] => open(*file, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())
            .and_then(|file| rustix::io::write(file, text.as_bytes()).map(drop)),
        ["chgrp", file, group] => {
            let group = group.parse().map_err(|_| format!("{group} is no group"))?;
            chownat(
                CWD,
                *file,
                None::<Uid>,
                Some(Gid::from_raw(group)),
                AtFlags::empty(),
            )
        }
        ["mkdir", path] => mkdir(*path, Mode::from_raw_mode(0o755)),
        ["mknod", path] => mknodat(CWD, *path, FileType::Fifo, Mode::from_raw_mode(0o600), 0),
        ["create", path] => open(
            *path,
            CREATE | OFlags::EXCL | OFlags::CLOEXEC,
            Mode::from_raw_mode(0o600),
        )
        .map(drop),
        ["tmpfile", path] => open(
            *path,
            OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC,
            Mode::from_raw_mode(0o600),
        )
        .map(drop),
        ["symlink", path] => symlink("target", *path),
        ["link", old, new] => link(*old, *new),
        ["rename", old, new] => rename(*old, *new),
        ["whiteout", old, new] => renameat_with(CWD, *old, CWD, *new, RenameFlags::WHITEOUT),
        ["exchange", old, new] => renameat_with(CWD, *old, CWD, *new, RenameFlags::EXCHANGE),
        ["rmdir", path] => rmdir(*path),
        ["unlink", path] => unlink(*path),
        _ => return Err(format!("there is no errand {words:?}")),
    };
    Ok(done.show())
}

/// The capabilities that this process has, and those that it sees on the files.
fn capabilities(files: &[&str]) -> String {
    let own = match rustix::thread::capabilities(None) {
        Ok(sets) => format!(
            "permitted {:x} effective {:x}",
            sets.permitted.bits(),
            sets.effective.bits()
        ),
        Err(errno) => errno_name(errno),
    };
    let seen = files.iter().map(|file| {
        let mut value = [0; 64];
        match rustix::fs::getxattr(*file, CAPABILITY, &mut value) {
            Ok(length) => hex(&value[..length]),
            Err(errno) => errno_name(errno),
        }
    });
    std::iter::once(own)
        .chain(seen)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Bytes as hexadecimal digits, as an argument holds them.
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
    fn bytes_survive_the_way_through_an_argument() {
        let bytes = [0, 1, 127, 128, 255];
        assert_eq!(unhex(&hex(&bytes)).unwrap(), bytes);
        assert!(unhex("0").is_err() && unhex("xy").is_err());
    }

    #[test]
    fn an_unknown_errand_is_refused() {
        assert!(run(&["dance".to_owned()]).is_err());
        assert!(run(&["mkdir".to_owned()]).is_err());
    }
}
