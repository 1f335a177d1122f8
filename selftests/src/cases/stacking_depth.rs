// SPDX-License-Identifier: GPL-2.0

//! Filesystems on filesystems on filesystems.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::fixture::Fixture;
use crate::layer::{mount_with_options, MountGuard};
use crate::outcome::{expect, Failure, Outcome};

pub(super) const CASE: Case = Case {
    name: "stacking_depth",
    about:
        "a stack works up to the kernel's depth and is refused beyond it; /proc cannot be a source",
    risk: "a stack of many filesystems may overflow the kernel's own stack",
    run: Run::Configuring(run),
};

/// The kernel's `FILESYSTEM_MAX_STACK_DEPTH`.
const DEEPEST: usize = 2;

fn run(fixture: &Fixture, filesystem: &str) -> Outcome {
    let floors: Vec<PathBuf> = (0..=DEEPEST + 1)
        .map(|floor| fixture.create_dir(&format!("floor-{floor}")))
        .collect::<Result<_, _>>()?;
    let mut stack: Vec<MountGuard> = Vec::new();
    let refusal = loop {
        let height = stack.len();
        if height > DEEPEST {
            return Err(Failure(format!(
                "{height} mounts on each other, where {DEEPEST} is the kernel's limit"
            )));
        }
        match MountGuard::new(fixture.layer, &floors[height], &floors[height + 1]) {
            Ok(mounted) => stack.push(mounted),
            Err(refusal) => break refusal,
        }
    };
    expect("at least one mount on a directory", stack.is_empty(), false)?;
    expect("the error beyond the limit", refusal.errno, Errno::INVAL)?;
    expect("a message beyond the limit", refusal.log.is_empty(), false)?;

    let top = &floors[stack.len()];
    fs::write(top.join("file"), "from the top")?;
    expect(
        "the bottom",
        fs::read_to_string(floors[0].join("file"))?.as_str(),
        "from the top",
    )?;
    fs::write(floors[0].join("file"), "from the bottom")?;
    expect(
        "the top",
        fs::read_to_string(top.join("file"))?.as_str(),
        "from the bottom",
    )?;
    fs::rename(top.join("file"), top.join("renamed"))?;
    expect("the renamed file", floors[0].join("renamed").exists(), true)?;
    while let Some(mounted) = stack.pop() {
        mounted.unmount()?;
    }

    // The kernel marks what nothing may be stacked on with the greatest depth.
    let target = fixture.create_dir("target")?;
    match mount_with_options(filesystem, &[("source", Path::new("/proc"))], &target) {
        Ok(()) => Err(Failure("/proc was mounted, and has to be refused".into())),
        Err(refusal) => expect("the error for /proc", refusal.errno, Errno::INVAL),
    }
}
