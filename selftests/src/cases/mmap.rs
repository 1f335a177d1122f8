// SPDX-License-Identifier: GPL-2.0

//! Mapped files. Mappings, reads and writes of both layers are coherent.

use rustix::fd::{AsFd, AsRawFd};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};

use crate::backing_files;
use crate::case::{Case, Run};
use crate::ops::{pattern, File, RDONLY, RDWR, READ_WRITE, WRONLY};
use crate::outcome::{Expect, Failure, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "mmap",
    about: "shared and private mappings: loads, stores, msync, coherence with both layers, the end of the file",
    risk: "data written through memory maps (databases, linkers, editors) may be lost or stale",
    run: Run::Compared(run),
};

const PAGE: usize = 4_096;

fn run(dir: &TestDir) -> Outcome {
    views(dir)?;
    match backing_files::exist("mappings in /proc/self/maps") {
        true => listed(dir),
        false => Ok(()),
    }
}

/// `two_mounts` runs this, too.
pub(super) fn views(dir: &TestDir) -> Outcome {
    dir.write_file("f", &pattern(9, 3 * PAGE + 100))?;
    shared(dir)?;
    private(dir)?;
    across_layers(dir)?;
    limits(dir)
}

fn shared(dir: &TestDir) -> Outcome {
    let file = dir.open("f", RDWR)?;
    let mapping = file.mmap(4 * PAGE, READ_WRITE, MapFlags::SHARED)?;
    mapping.load(PAGE - 10, 20);
    file.pwrite(b"by write", 50)?;
    mapping.load(45, 20);
    mapping.store(2 * PAGE - 3, b"by store");
    file.pread(20, 2 * PAGE as u64 - 10)?;
    // A store sets the times only if it faults. Whether it faults depends on the filesystem, and on
    // reclaim, which may unmap the page at any time. Unmapping it here makes the store always
    // fault.
    mapping.drop_pages()?;
    dir.record_times("store and msync", "f", || {
        mapping.store(0, b"stored");
        mapping.msync()
    })?;
    // The mapping stays valid after the descriptor is closed, and after the name is removed.
    file.close()?;
    mapping.load(0, 10);
    mapping.store(3 * PAGE, b"after close");
    dir.link("f", "g")?;
    dir.unlink("f")?;
    mapping.store(10, b"after unlink");
    drop(mapping);
    dir.rename("g", "f")?;
    dir.read_file("f")?;
    Ok(())
}

/// /proc/self/maps shows the file's path, the inode number of stat(2), and the device number that
/// the mount has. On btrfs that of stat(2) is another one.
fn listed(dir: &TestDir) -> Outcome {
    let file = dir.open("f", RDONLY)?;
    let device = device_of_mount(&file)?;
    let _mapping = file.mmap(PAGE, ProtFlags::READ, MapFlags::SHARED)?;
    let path = dir.path("f");
    let table = std::fs::read_to_string("/proc/self/maps")?;
    let line = table
        .lines()
        .find(|line| line.ends_with(&format!(" {}", path.display())));
    dir.record("the mapping is listed", &line.is_some());
    let words: Vec<&str> = line.unwrap_or_default().split_whitespace().collect();
    let stat = rustix::fs::stat(&path)?;
    dir.record(
        "with the inode of stat",
        &(words.get(4) == Some(&stat.st_ino.to_string().as_str())),
    );
    dir.record(
        "with the device of the mount",
        &(words.get(3) == Some(&device.as_str())),
    );
    Ok(())
}

/// The device number of the mount by which a file is open, as /proc/self/maps shows it.
fn device_of_mount(file: &File) -> Result<String, Failure> {
    let number = file.as_fd().as_raw_fd();
    // A thread can have a mount namespace of its own.
    let about = std::fs::read_to_string(format!("/proc/thread-self/fdinfo/{number}"))?;
    let mount = about.lines().find_map(|line| line.strip_prefix("mnt_id:"));
    let mount = mount.unwrap_or_default().trim();
    let table = std::fs::read_to_string("/proc/thread-self/mountinfo")?;
    let mut mounts = table.lines().map(|line| line.split(' '));
    let device = mounts.find_map(|mut words| {
        (words.next() == Some(mount))
            .then(|| words.nth(1))
            .flatten()
    });
    let (major, minor) = device
        .and_then(|device| device.split_once(':'))
        .ok_or(Failure("the mount is not in the table".into()))?;
    let number = |text: &str| {
        text.parse::<u32>()
            .map_err(|error| Failure(error.to_string()))
    };
    Ok(format!("{:02x}:{:02x}", number(major)?, number(minor)?))
}

fn private(dir: &TestDir) -> Outcome {
    let file = dir.open("f", RDONLY)?;
    let mapping = file.mmap(PAGE, READ_WRITE, MapFlags::PRIVATE)?;
    mapping.store(0, b"for me alone");
    mapping.load(0, 20);
    file.pread(20, 0)?;
    dir.open("f", RDWR)?.pwrite(b"seen", PAGE as u64 - 4)?;
    dir.read_file("f")?;
    Ok(())
}

fn across_layers(dir: &TestDir) -> Outcome {
    let beneath = dir.below();
    let (above, below) = (dir.open("f", RDWR)?, beneath.open("f", RDWR)?);
    let upper = above.mmap(2 * PAGE, READ_WRITE, MapFlags::SHARED)?;
    let lower = below.mmap(2 * PAGE, READ_WRITE, MapFlags::SHARED)?;
    upper.store(100, b"stored above");
    lower.load(100, 12);
    below.pread(12, 100)?;
    lower.store(200, b"stored below");
    upper.load(200, 12);
    above.pread(12, 200)?;
    above.pwrite(b"written above", 300)?;
    lower.load(300, 13);
    below.pwrite(b"written below", 400)?;
    upper.load(400, 13);
    below.ftruncate(PAGE as u64)?;
    upper.fault_in(PAGE - 1)?;
    upper.fault_in(PAGE).refused(Errno::FAULT)?;
    above.ftruncate(2 * PAGE as u64)?;
    upper.load(PAGE, 16);
    lower.load(PAGE, 16);
    Ok(())
}

fn limits(dir: &TestDir) -> Outcome {
    let file = dir.open("f", RDWR)?;
    file.ftruncate(PAGE as u64 + 1)?;
    let mapping = file.mmap(4 * PAGE, READ_WRITE, MapFlags::SHARED)?;
    mapping.fault_in(PAGE)?;
    mapping.load(PAGE, 16);
    mapping.fault_in(2 * PAGE).refused(Errno::FAULT)?;
    file.ftruncate(3 * PAGE as u64)?;
    mapping.fault_in(2 * PAGE)?;
    mapping.fault_in(3 * PAGE).refused(Errno::FAULT)?;

    dir.open("f", RDONLY)?
        .mmap(PAGE, READ_WRITE, MapFlags::SHARED)
        .refused(Errno::ACCESS)?;
    dir.open("f", WRONLY)?
        .mmap(PAGE, ProtFlags::READ, MapFlags::SHARED)
        .refused(Errno::ACCESS)?;
    dir.mkdir("d", 0o755)?;
    dir.open("d", RDONLY)?
        .mmap(PAGE, ProtFlags::READ, MapFlags::SHARED)
        .refused(Errno::NODEV)?;
    Ok(())
}
