// SPDX-License-Identifier: GPL-2.0

//! Copies within the kernel.

use rustix::fs::{copy_file_range, sendfile};
use rustix::io::Errno;
use rustix::pipe::{pipe, splice, tee, SpliceFlags};

use crate::case::{Case, Run};
use crate::ops::{pattern, File, CREATE, RDONLY, RDWR};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "splice_sendfile",
    about: "splice, tee, sendfile and copy_file_range from, to and between files",
    risk: "copies of files (by cp, by web servers) may be wrong",
    run: Run::Compared(run),
};

const SIZE: usize = 12_000;

fn run(dir: &TestDir) -> Outcome {
    dir.write_file("source", &pattern(11, SIZE))?;
    let source = dir.open("source", RDONLY)?;
    through_pipes(dir, &source)?;
    send(dir, &source)?;
    copy(dir, &source)
}

fn through_pipes(dir: &TestDir, source: &File) -> Outcome {
    let target = dir.open("spliced", CREATE)?;
    let (reader, writer) = pipe()?;
    let (mut from, mut to) = (4_000_u64, 100_u64);
    let length = move_all(dir, "splice the file to a pipe", 8_000, |left| {
        splice(
            source,
            Some(&mut from),
            &writer,
            None,
            left,
            SpliceFlags::empty(),
        )
    })?;
    let (second_reader, second_writer) = pipe()?;
    dir.step("tee", || {
        tee(&reader, &second_writer, length, SpliceFlags::empty())
    })?;
    move_all(dir, "splice the pipe to a file", length, |left| {
        splice(
            &reader,
            None,
            &target,
            Some(&mut to),
            left,
            SpliceFlags::empty(),
        )
    })?;
    dir.record("offsets", &format!("{from} {to}"));
    let append = dir.open("spliced", RDWR)?;
    append.seek(rustix::fs::SeekFrom::End(0))?;
    move_all(dir, "splice the other pipe to the end", 500, |left| {
        splice(&second_reader, None, &append, None, left, SpliceFlags::MOVE)
    })?;
    dir.lstat("spliced")?;
    dir.read_file("spliced")?;
    let appending = dir.open("spliced", RDWR | rustix::fs::OFlags::APPEND)?;
    dir.step("splice to an appending file", || {
        splice(
            &second_reader,
            None,
            &appending,
            None,
            10,
            SpliceFlags::empty(),
        )
    })
    .refused(Errno::INVAL)
}

fn send(dir: &TestDir, source: &File) -> Outcome {
    let target = dir.open("sent", CREATE)?;
    let mut from = 1_000_u64;
    move_all(dir, "sendfile to a file", 9_000, |left| {
        sendfile(&target, source, Some(&mut from), left)
    })?;
    dir.record("offset", &from);
    // There is no data at the end.
    dir.step("sendfile from the end", || {
        sendfile(&target, source, Some(&mut (SIZE as u64)), 10)
    })?;
    dir.read_file("sent")?;
    let (reader, writer) = pipe()?;
    move_all(dir, "sendfile to a pipe", 3_000, |left| {
        sendfile(&writer, source, None, left)
    })?;
    source.seek(rustix::fs::SeekFrom::Current(0))?;
    dir.step("read the pipe", || {
        let mut data = vec![0; 3_000];
        let length = rustix::io::read(&reader, &mut data)?;
        data.truncate(length);
        Ok(data)
    })?;
    Ok(())
}

fn copy(dir: &TestDir, source: &File) -> Outcome {
    let target = dir.open("copied", CREATE)?;
    let (mut from, mut to) = (500_u64, 5_000_u64);
    move_all(dir, "copy_file_range", 11_000, |left| {
        copy_file_range(source, Some(&mut from), &target, Some(&mut to), left)
    })?;
    dir.record("offsets", &format!("{from} {to}"));
    dir.step("copy_file_range from the end", || {
        copy_file_range(source, Some(&mut (SIZE as u64)), &target, Some(&mut 0), 10)
    })?;
    dir.lstat("copied")?;
    dir.read_file("copied")?;

    // Within one file: separate ranges, and then overlapping ones.
    move_all(dir, "copy_file_range within a file", 1_000, |left| {
        let mut done = (1_000 - left) as u64;
        let mut to = 20_000 + done;
        copy_file_range(&target, Some(&mut done), &target, Some(&mut to), left)
    })?;
    dir.step("copy_file_range onto itself", || {
        copy_file_range(&target, Some(&mut 0), &target, Some(&mut 10), 100)
    })
    .refused(Errno::INVAL)?;
    dir.step("copy_file_range to a file open for reading", || {
        copy_file_range(&target, Some(&mut 0), source, Some(&mut 0), 100)
    })
    .refused(Errno::BADF)?;
    dir.read_file("copied")?;
    Ok(())
}

/// Repeats a transfer until it has moved `length` bytes or moves nothing, and records the sum. The
/// kernel may move less than asked for in each call.
pub(super) fn move_all(
    dir: &TestDir,
    what: &str,
    length: usize,
    mut transfer: impl FnMut(usize) -> Result<usize, Errno>,
) -> Result<usize, Errno> {
    dir.step(format!("{what}: {length} bytes"), || {
        let mut moved = 0;
        while moved < length {
            match transfer(length - moved)? {
                0 => break,
                some => moved += some,
            }
        }
        Ok(moved)
    })
}
