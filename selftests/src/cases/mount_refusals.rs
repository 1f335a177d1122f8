// SPDX-License-Identifier: GPL-2.0

//! Sources that cannot be mounted.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::io::Errno;

use crate::bench::Bench;
use crate::case::{expect, Case, Outcome, Run, Stop};
use crate::show::errno_name;

pub(super) const CASE: Case = Case {
    name: "mount_refusals",
    about: "a source that is a file, that does not exist or cannot be reached is refused, and nothing is left behind",
    risk: "a mount that has to be refused may be made, or may leave something behind in the kernel",
    run: Run::Mounting(run),
};

fn run(bench: &Bench) -> Outcome {
    let target = bench.directory("target")?;
    let source = bench.directory("source")?;
    let [file, missing, ring] = ["file", "missing", "ring"].map(|name| bench.directory.join(name));
    fs::write(&file, "a file")?;
    symlink(&ring, &ring)?;
    fs::write(source.join("inside"), "")?;
    for (what, path, errno) in [
        ("a file", &file, Errno::NOTDIR),
        ("a name that does not exist", &missing, Errno::NOENT),
        (
            "a name under a missing one",
            &missing.join("d"),
            Errno::NOENT,
        ),
        ("a name under a file", &file.join("d"), Errno::NOTDIR),
        ("a symlink to itself", &ring, Errno::LOOP),
    ] {
        refused(bench, what, path, &target, errno)?;
        expect(
            "what a refused mount shows",
            fs::read_dir(&target)?.count(),
            0,
        )?;
    }

    // After all refusals, a proper source is mounted: directly, and by a symlink.
    let linked = bench.directory.join("linked");
    symlink(&source, &linked)?;
    for path in [&source, &linked] {
        let mounted = bench.mount(path, &target)?;
        expect(
            "a name below is seen above",
            target.join("inside").exists(),
            true,
        )?;
        mounted.unmount()?;
        expect(
            "a name below is gone with the mount",
            target.join("inside").exists(),
            false,
        )?;
    }
    // Nothing holds the source any more.
    fs::remove_dir_all(&source)?;
    refused(
        bench,
        "a source that was removed",
        &source,
        &target,
        Errno::NOENT,
    )
}

fn refused(bench: &Bench, what: &str, source: &Path, target: &Path, errno: Errno) -> Outcome {
    let found = match bench.suite.layer.mount(source, target) {
        Ok(()) => {
            return Err(Stop(format!(
                "{what} was mounted, and has to be refused with {}",
                errno_name(errno)
            )))
        }
        Err(refusal) => refusal,
    };
    match found.errno == errno {
        true => Ok(()),
        false => Err(Stop(format!(
            "{what} has to be refused with {}: {}",
            errno_name(errno),
            found.sentence()
        ))),
    }
}
