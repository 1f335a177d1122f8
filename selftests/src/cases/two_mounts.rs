// SPDX-License-Identifier: GPL-2.0

//! Two mounts over one directory, and a mount over a mount, are views of one directory.

use std::path::Path;

use rustix::mount::mount_bind;

use super::{changes_below, mmap};
use crate::bench::Bench;
use crate::case::{Case, Outcome, Run};
use crate::layer::take_down;
use crate::suite::Places;
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "two_mounts",
    about: "two mounts over one directory, a mount over a mount, and a bind mount of a part see each other's changes",
    risk: "what is written through one mount may be missing or stale in another",
    run: Run::Mounting(run),
};

fn run(bench: &Bench) -> Outcome {
    let [lower, one, other, part] = bench.directories(["lower", "one", "other", "part"])?;
    let compare = |name: &str, upper: &Path, lower: &Path| -> Outcome {
        for (number, act) in [changes_below::run as fn(&World) -> Outcome, mmap::views]
            .into_iter()
            .enumerate()
        {
            let plain = bench.directory(&format!("plain-{name}-{number}"))?;
            clear(lower)?;
            bench.compare(name, Places::new(&plain, lower, upper), act)?;
        }
        Ok(())
    };

    let first = bench.mount(&lower, &one)?;
    let second = bench.mount(&lower, &other)?;
    compare("side by side", &one, &other)?;
    second.unmount()?;

    // The first mount is the lower directory of the second.
    let second = bench.mount(&one, &other)?;
    compare("over a mount", &other, &lower)?;
    compare("over a mount, from between", &other, &one)?;
    second.unmount()?;

    clear(&lower)?;
    std::fs::create_dir(lower.join("d"))?;
    mount_bind(one.join("d"), &part)?;
    compare("a bound part", &part, &lower.join("d"))?;
    take_down(&part)?;
    first.unmount()?;
    Ok(())
}

/// Empties a directory.
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
