// SPDX-License-Identifier: GPL-2.0

//! Stacks of several mounts of the layer.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::ptr;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::mm::{mmap, munmap, MapFlags, ProtFlags};

use crate::backing_files;
use crate::case::{Case, Run};
use crate::fixture::Fixture;
use crate::layer::{mount_with_options, MountGuard};
use crate::outcome::{expect, Failure, Outcome};
use crate::skipped;

pub(super) const CASE: Case = Case {
    name: "stacking_depth",
    about:
        "stacking works up to the kernel's limit and is refused beyond it; /proc cannot be a source",
    risk: "a stack of many filesystems may overflow the kernel stack",
    run: Run::Configuring(run),
};

/// The kernel's `FILESYSTEM_MAX_STACK_DEPTH`.
const DEEPEST: usize = 2;

fn run(fixture: &Fixture, filesystem: &str) -> Outcome {
    let levels: Vec<PathBuf> = (0..=DEEPEST + 1)
        .map(|level| fixture.create_dir(&format!("level-{level}")))
        .collect::<Result<_, _>>()?;
    let mut stack: Vec<MountGuard> = Vec::new();
    let refusal = loop {
        let depth = stack.len();
        if depth > DEEPEST {
            return Err(Failure(format!(
                "{depth} stacked mounts, where {DEEPEST} is the kernel's limit"
            )));
        }
        match MountGuard::new(fixture.layer, &levels[depth], &levels[depth + 1]) {
            Ok(mounted) => stack.push(mounted),
            Err(refusal) => break refusal,
        }
    };
    expect("at least one mount on a directory", stack.is_empty(), false)?;
    expect("the error beyond the limit", refusal.errno, Errno::INVAL)?;
    expect("a message beyond the limit", refusal.log.is_empty(), false)?;

    let top = &levels[stack.len()];
    fs::write(top.join("file"), "from the top")?;
    expect(
        "the bottom",
        fs::read_to_string(levels[0].join("file"))?.as_str(),
        "from the top",
    )?;
    fs::write(levels[0].join("file"), "from the bottom")?;
    expect(
        "the top",
        fs::read_to_string(top.join("file"))?.as_str(),
        "from the bottom",
    )?;
    if backing_files::exist("the path of a mapping") {
        shows_its_own_path(&top.join("file"), &levels[0].join("file"))?;
    }
    lease_ends(&top.join("file"), &levels[0].join("file"))?;
    fs::rename(top.join("file"), top.join("renamed"))?;
    expect("the renamed file", levels[0].join("renamed").exists(), true)?;
    // Each level asks the one below whether a name is still right.
    expect("the renamed file", top.join("renamed").exists(), true)?;
    fs::rename(levels[0].join("renamed"), levels[0].join("again"))?;
    expect("its old name", top.join("renamed").exists(), false)?;
    expect("its new name", top.join("again").exists(), true)?;
    while let Some(mounted) = stack.pop() {
        mounted.unmount()?;
    }

    // The superblock of /proc has the maximum depth, so nothing can be stacked on it.
    let target = fixture.create_dir("target")?;
    match mount_with_options(filesystem, &[("source", Path::new("/proc"))], &target) {
        Ok(()) => Err(Failure("/proc was mounted, and has to be refused".into())),
        Err(refusal) => expect("the error for /proc", refusal.errno, Errno::INVAL),
    }
}

/// A lease that was taken at the top ends with its file. A mapping keeps the file at the bottom
/// open.
fn lease_ends(top: &Path, bottom: &Path) -> Outcome {
    let file = rustix::fs::open(top, OFlags::RDONLY, Mode::empty())?;
    // SAFETY: With a null address and no MAP_FIXED, the kernel picks an unused range.
    let address = unsafe {
        mmap(
            ptr::null_mut(),
            1,
            ProtFlags::READ,
            MapFlags::SHARED,
            &file,
            0,
        )
    }?;
    let leased = lease(&file);
    drop(file);
    let writer = rustix::fs::open(bottom, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty()).err();
    // SAFETY: `address` is the mapping made above, to which there is no reference.
    unsafe { munmap(address, 1) }?;
    let below = rustix::fs::open(bottom, OFlags::RDONLY, Mode::empty())?;
    expect("F_SETLEASE", leased, lease(&below))?;
    expect("opening the file at the bottom", writer, None)
}

/// F_SETLEASE of a lease for reading.
fn lease(file: &OwnedFd) -> Result<(), Errno> {
    // SAFETY: The descriptor is open. The command has one argument, a number.
    match unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_RDLCK) } {
        0 => Ok(()),
        _ => Err(Errno::from_io_error(&io::Error::last_os_error()).expect("a system call failed")),
    }
}

/// A mapping of a file at the top has the path of the top, whether it is writable or not. `bottom` is
/// the same file at the bottom.
fn shows_its_own_path(path: &Path, bottom: &Path) -> Outcome {
    for (flags, protection) in [
        (OFlags::RDONLY, ProtFlags::READ),
        (OFlags::RDWR, ProtFlags::READ.union(ProtFlags::WRITE)),
    ] {
        let map = |path: &Path| {
            let file = rustix::fs::open(path, flags, Mode::empty())?;
            // SAFETY: With a null address and no MAP_FIXED, the kernel picks an unused range.
            unsafe { mmap(ptr::null_mut(), 1, protection, MapFlags::SHARED, &file, 0) }
        };
        let address = match (map(path), map(bottom)) {
            (Err(errno), Err(below)) if errno == below => {
                skipped::report(
                    "shared mappings",
                    "the lower filesystem has none of this kind",
                );
                continue;
            }
            (address, below) => {
                // SAFETY: `below` is the mapping made above, to which there is no reference.
                unsafe { munmap(below?, 1) }?;
                address?
            }
        };
        let maps = fs::read_to_string("/proc/self/maps")?;
        let start = format!("{:x}-", address as usize);
        let line = maps.lines().find(|line| line.starts_with(&start));
        let shown = line.and_then(|line| line.split_whitespace().nth(5));
        // SAFETY: `address` is the mapping made above, to which there is no reference.
        unsafe { munmap(address, 1) }?;
        expect("the path of the mapping", shown, path.to_str())?;
    }
    Ok(())
}
