// SPDX-License-Identifier: GPL-2.0

//! Two mounts of one directory, a mount of a mount, and a bind mount of a part. All show the same
//! files.

use std::path::Path;

use rustix::mount::mount_bind;

use super::{changes_below, mmap};
use crate::case::{Case, Run};
use crate::fixture::{Directories, Fixture, Scenario};
use crate::layer::unmount_retrying;
use crate::outcome::Outcome;

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
    second.unmount()?;

    // A mount whose lower directory is the first mount.
    let second = fixture.mount(&one, &other)?;
    compare("over a mount", &other, &lower)?;
    compare("over a mount, from between", &other, &one)?;
    second.unmount()?;

    clear(&lower)?;
    std::fs::create_dir(lower.join("d"))?;
    mount_bind(one.join("d"), &part)?;
    compare("a bound part", &part, &lower.join("d"))?;
    unmount_retrying(&part)?;
    first.unmount()?;
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
