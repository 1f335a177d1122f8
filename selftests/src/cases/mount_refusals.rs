// SPDX-License-Identifier: GPL-2.0

//! Sources that cannot be mounted.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::fixture::Fixture;
use crate::outcome::{expect, Failure, Outcome};
use crate::show::errno_name;

pub(super) const CASE: Case = Case {
    name: "mount_refusals",
    about: "a source that is a file, that does not exist or cannot be reached is refused, and nothing is left behind",
    risk: "a mount that has to be refused may succeed, or may leak a reference in the kernel",
    run: Run::Mounting(run),
};

fn run(fixture: &Fixture) -> Outcome {
    let target = fixture.create_dir("target")?;
    let source = fixture.create_dir("source")?;
    let [file, missing, ring] =
        ["file", "missing", "ring"].map(|name| fixture.directory.join(name));
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
        refused(fixture, what, path, &target, errno)?;
        expect(
            "what a refused mount shows",
            fs::read_dir(&target)?.count(),
            0,
        )?;
    }

    // After all refusals, a valid source can be mounted, directly and by a symlink.
    let linked = fixture.directory.join("linked");
    symlink(&source, &linked)?;
    for path in [&source, &linked] {
        let mounted = fixture.mount(path, &target)?;
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
    // The source is not busy any more.
    fs::remove_dir_all(&source)?;
    refused(
        fixture,
        "a source that was removed",
        &source,
        &target,
        Errno::NOENT,
    )
}

fn refused(fixture: &Fixture, what: &str, source: &Path, target: &Path, errno: Errno) -> Outcome {
    let found = match fixture.layer.mount(source, target) {
        Ok(()) => {
            return Err(Failure(format!(
                "{what} was mounted, and has to be refused with {}",
                errno_name(errno)
            )))
        }
        Err(refusal) => refusal,
    };
    match found.errno == errno {
        true => Ok(()),
        false => Err(Failure(format!(
            "{what} has to be refused with {}: {}",
            errno_name(errno),
            found.describe()
        ))),
    }
}
