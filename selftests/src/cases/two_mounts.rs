// SPDX-License-Identifier: GPL-2.0

//! Two mounts of one directory, a mount of a mount, and a bind mount of a part. All show the same
//! files.

use std::fs::File;
use std::path::Path;

use rustix::fs::copy_file_range;
use rustix::io::Errno;
use rustix::mount::mount_bind;

use super::{changes_below, mmap};
use crate::ask;
use crate::case::{Case, Run};
use crate::fixture::{Directories, Fixture, Scenario};
use crate::layer::unmount_retrying;
use crate::ops::pattern;
use crate::outcome::{expect, Failure, Outcome};

pub(super) const CASE: Case = Case {
    name: "two_mounts",
    about: "two mounts over one directory, a mount over a mount, and a bind mount of a part see each other's changes",
    risk: "what is written through one mount may be missing or stale in another",
    run: Run::Mounting(run),
};

fn run(fixture: &Fixture) -> Outcome {
    let [lower, one, other, part] = fixture.create_dirs(["lower", "one", "other", "part"])?;
    let compare = |name: &str, upper: &Path, lower: &Path| -> Outcome {
        for (number, scenario) in [changes_below::run as Scenario, mmap::views]
            .into_iter()
            .enumerate()
        {
            let plain = fixture.create_dir(&format!("plain-{name}-{number}"))?;
            clear(lower)?;
            fixture.compare(name, Directories::new(&plain, lower, upper), scenario)?;
        }
        Ok(())
    };

    let first = fixture.mount(&lower, &one)?;
    let second = fixture.mount(&lower, &other)?;
    compare("side by side", &one, &other)?;
    copy_across(&one, &other)?;
    second.unmount()?;

    // A mount whose lower directory is the first mount.
    clear(&lower)?;
    let layers = [one.join("a"), one.join("b")];
    layers.iter().try_for_each(std::fs::create_dir)?;
    if ask::may_stack_on(&layers, &other) {
        let second = fixture.mount(&one, &other)?;
        compare("over a mount", &other, &lower)?;
        compare("over a mount, from between", &other, &one)?;
        second.unmount()?;
    }

    clear(&lower)?;
    std::fs::create_dir(lower.join("d"))?;
    mount_bind(one.join("d"), &part)?;
    compare("a bound part", &part, &lower.join("d"))?;
    unmount_retrying(&part)?;
    first.unmount()?;
    Ok(())
}

/// copy_file_range(2) from a file of one mount to a file of the other, also if both are one file of
/// the lower directory.
fn copy_across(one: &Path, other: &Path) -> Outcome {
    let content = pattern(1, 10_000);
    std::fs::write(one.join("from"), &content)?;
    let from = File::open(one.join("from"))?;
    let to = File::create(other.join("to"))?;
    copy(&from, 0, &to, 0, content.len())?;
    expect("size", to.metadata()?.len(), content.len() as u64)?;
    expect("content", std::fs::read(one.join("to"))? == content, true)?;
    let same = File::options().write(true).open(other.join("from"))?;
    copy(&from, 0, &same, 10_000, 5_000)?;
    expect("size", from.metadata()?.len(), 15_000)?;
    let overlapping = copy_file_range(&from, Some(&mut 0), &same, Some(&mut 10), 100);
    expect("overlapping ranges", overlapping, Err(Errno::INVAL))
}

/// Copies all of a range: one call may copy less.
fn copy(from: &File, at: u64, to: &File, to_at: u64, length: usize) -> Outcome {
    let (mut at, mut to_at, mut left) = (at, to_at, length);
    while left > 0 {
        match copy_file_range(from, Some(&mut at), to, Some(&mut to_at), left)? {
            0 => return Err(Failure::here("copy_file_range copies nothing")),
            copied => left -= copied,
        }
    }
    Ok(())
}

/// Removes everything in a directory.
fn clear(directory: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => std::fs::remove_dir_all(entry.path())?,
            false => std::fs::remove_file(entry.path())?,
        }
    }
    Ok(())
}
