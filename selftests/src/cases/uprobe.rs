// SPDX-License-Identifier: GPL-2.0

//! Probes in programs and libraries (`perf probe -x`, bpftrace).

use std::ffi::CString;

use rustix::fd::{FromRawFd, OwnedFd};
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{last_errno, pattern};
use crate::outcome::Outcome;
use crate::skipped;
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "uprobe",
    about: "perf_event_open: a probe in a file by its path on the mount",
    risk: "no data is at risk; tracers find no programs on the mount",
    run: Run::Compared(run),
};

/// The beginning of the kernel's `struct perf_event_attr`.
#[repr(C)]
#[derive(Default)]
struct Attributes {
    kind: u32,
    size: u32,
    config: u64,
    sampling: [u64; 3],
    flags: u64,
    others: [u32; 2],
    path: u64,
    offset: u64,
}

fn run(dir: &TestDir) -> Outcome {
    let source = "/sys/bus/event_source/devices/uprobe/type";
    let kind = std::fs::read_to_string(source).unwrap_or_default();
    let Ok(kind) = kind.trim().parse() else {
        skipped::report(
            "probes in files",
            "the kernel has no uprobes, or /sys is not mounted",
        );
        return Ok(());
    };
    dir.write_file("program", &pattern(81, 8_192))?;
    dir.symlink("program", "link")?;
    dir.mkdir("directory", 0o755)?;
    for (name, offset) in [
        ("program", 0),
        ("program", 4_096),
        ("program", 1_000_000),
        ("link", 16),
        ("directory", 0),
        ("missing", 0),
    ] {
        dir.step_opaque(format!("a probe in {name} at {offset}"), || {
            probe(&dir.c_path(name), kind, offset)
        })
        .ok();
    }
    Ok(())
}

/// Sets a probe, which exists as long as the descriptor.
fn probe(path: &CString, kind: u32, offset: u64) -> Result<OwnedFd, Errno> {
    const CLOSE_ON_EXEC: usize = 8;
    let attributes = Attributes {
        kind,
        size: std::mem::size_of::<Attributes>() as u32,
        path: path.as_ptr() as u64,
        offset,
        ..Attributes::default()
    };
    let (every_process, first_processor, no_group) = (-1_isize, 0_isize, -1_isize);
    // SAFETY: `attributes` has the layout of the first bytes of the structure, and says how many.
    // It and the path that it points to are valid for the call.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            &raw const attributes,
            every_process,
            first_processor,
            no_group,
            CLOSE_ON_EXEC,
        )
    };
    if fd < 0 {
        return Err(last_errno());
    }
    // SAFETY: The call has returned a new descriptor, which nothing else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}
