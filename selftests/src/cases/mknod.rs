// SPDX-License-Identifier: GPL-2.0

//! Special files.

use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;

use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{RDONLY, RDWR, WRONLY};
use crate::outcome::{Expect, Outcome};
use crate::skipped;
use crate::test_dir::{TestDir, ALICE};

pub(super) const CASE: Case = Case {
    name: "mknod",
    about: "create FIFOs, sockets and devices, and use them through the mount",
    risk: "devices, FIFOs and sockets may not work, or be accessible to the wrong users",
    run: Run::Compared(run),
};

const NULL: u64 = 0x103;
const ZERO: u64 = 0x105;

fn run(dir: &TestDir) -> Outcome {
    for (name, kind, device) in [
        ("file", FileType::RegularFile, 0),
        ("fifo", FileType::Fifo, 0),
        ("socket", FileType::Socket, 0),
        ("null", FileType::CharacterDevice, NULL),
        ("zero", FileType::CharacterDevice, ZERO),
        ("block", FileType::BlockDevice, 0x1_0000_0abc),
        ("whiteout", FileType::CharacterDevice, 0),
    ] {
        match dir.mknod(name, kind, 0o646, device) {
            Err(Errno::PERM) if name == "whiteout" => {
                skipped::report(
                    "whiteouts",
                    "the lower filesystem refuses them, as overlayfs does",
                );
                continue;
            }
            made => made?,
        }
        dir.lstat(name)?;
        dir.inode_as_below(name)?;
        dir.mknod(name, kind, 0o600, device).refused(Errno::EXIST)?;
    }
    dir.mknod("directory", FileType::Directory, 0o755, 0)
        .refused(Errno::PERM)?;
    dir.as_user(ALICE, || {
        dir.mknod("theirs", FileType::CharacterDevice, 0o600, NULL)
    })
    .refused(Errno::ACCESS)?;
    devices(dir)?;
    fifo(dir)?;
    socket(dir)
}

fn devices(dir: &TestDir) -> Outcome {
    dir.open("zero", RDONLY)
        .and_then(|zero| zero.read(10))
        .compared();
    dir.open("null", WRONLY)
        .and_then(|null| null.write(b"gone"))
        .compared();
    dir.open("null", RDONLY)
        .and_then(|null| null.read(10))
        .compared();
    dir.open("block", RDONLY).compared();
    dir.open("socket", RDONLY).refused(Errno::NXIO)?;
    Ok(())
}

fn fifo(dir: &TestDir) -> Outcome {
    dir.open("fifo", WRONLY | OFlags::NONBLOCK)
        .refused(Errno::NXIO)?;
    let both = dir.open("fifo", RDWR)?;
    both.write(b"through the fifo")?;
    both.read(64)?;
    both.close()?;
    // The opens of a reader and of a writer wait for each other.
    let path = dir.path("fifo");
    let writer = thread::spawn(move || std::fs::write(path, "from another thread"));
    let reader = dir.open("fifo", RDONLY)?;
    reader.read(64)?;
    reader.read(64)?;
    dir.record(
        "the writer",
        &writer.join().expect("a write does not panic").is_ok(),
    );
    Ok(())
}

fn socket(dir: &TestDir) -> Outcome {
    // A socket's address holds a path of 107 bytes, and that of the scratch directory may be
    // longer.
    let directory = dir.open(".", RDONLY)?;
    let path = format!("{}/bound", directory.proc_path());
    let errno = |error: io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
    let listener = dir.step_opaque("bind bound", || UnixListener::bind(&path).map_err(errno))?;
    dir.lstat("bound")?;
    dir.step_opaque("bind bound", || UnixListener::bind(&path).map_err(errno))
        .refused(Errno::ADDRINUSE)?;
    let mut client = dir.step_opaque("connect bound", || {
        UnixStream::connect(&path).map_err(errno)
    })?;
    let (mut server, _) = dir.step_opaque("accept", || listener.accept().map_err(errno))?;
    dir.step("talk", || {
        client.write_all(b"through the socket").map_err(errno)?;
        let mut heard = vec![0; 18];
        server.read_exact(&mut heard).map_err(errno)?;
        Ok(heard)
    })?;
    drop(listener);
    dir.step_opaque("connect bound", || {
        UnixStream::connect(&path).map_err(errno)
    })
    .refused(Errno::CONNREFUSED)?;
    dir.unlink("bound")?;
    Ok(())
}
