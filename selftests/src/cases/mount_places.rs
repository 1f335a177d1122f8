// SPDX-License-Identifier: GPL-2.0

//! A target in its source, and a source that is renamed or removed while it is mounted.

use std::fs;
use std::path::Path;

use rustix::io::Errno;
use rustix::mount::mount_bind;

use crate::case::{Case, Run};
use crate::fixture::{Directories, Fixture};
use crate::layer::MountGuard;
use crate::ops::RDONLY;
use crate::outcome::{expect, Expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "mount_places",
    about: "a directory over itself, a target in its source, a source that is renamed or removed",
    risk: "the mount may show and change another directory than its source",
    run: Run::Mounting(run),
};

fn run(fixture: &Fixture) -> Outcome {
    over_itself(fixture)?;
    target_in_source(fixture)?;
    renamed_and_removed(fixture)
}

fn over_itself(fixture: &Fixture) -> Outcome {
    let directory = fixture.create_dir("itself")?;
    fs::write(directory.join("before"), "before")?;
    let mounted = fixture.mount(&directory, &directory)?;
    expect(
        "a file below",
        fs::read_to_string(directory.join("before"))?.as_str(),
        "before",
    )?;
    fs::write(directory.join("during"), "during")?;
    mounted.unmount()?;
    expect(
        "a file created above",
        fs::read_to_string(directory.join("during"))?.as_str(),
        "during",
    )
}

/// The mount shows the target as the empty directory that it covers, not as itself.
fn target_in_source(fixture: &Fixture) -> Outcome {
    let source = fixture.create_dir("source")?;
    let target = source.join("target");
    fs::create_dir(&target)?;
    fs::write(target.join("covered"), "")?;
    let mounted = fixture.mount(&source, &target)?;
    let names = |path: &Path| -> std::io::Result<Vec<String>> {
        fs::read_dir(path)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    };
    expect(
        "the mounted directory",
        names(&target)?,
        vec!["target".to_owned()],
    )?;
    expect(
        "the target in itself",
        names(&target.join("target"))?,
        vec!["covered".to_owned()],
    )?;
    fs::write(target.join("target/new"), "new")?;
    mounted.unmount()?;
    expect("a file created there", target.join("new").exists(), true)
}

fn renamed_and_removed(fixture: &Fixture) -> Outcome {
    let [plain, lower, bound, upper] = fixture.create_dirs(["plain", "lower", "bound", "mount"])?;
    let directories = Directories::new(&bound, &lower, &upper);
    mount_bind(&plain, &bound)?;
    // On the plain side a bind mount keeps the directory reachable.
    let plain_mount = MountGuard::adopt(&bound);
    let mounted = fixture.mount(&lower, &upper)?;
    fixture.compare("in place", directories, populate)?;
    for source in [&plain, &lower] {
        fs::rename(source, source.with_extension("moved"))?;
    }
    fixture.compare("renamed", directories, after_rename)?;
    for source in [&plain, &lower] {
        fs::remove_dir_all(source.with_extension("moved"))?;
    }
    fixture.compare("removed", directories, after_removal)?;
    mounted.unmount()?;
    Ok(plain_mount.unmount()?)
}

fn populate(dir: &TestDir) -> Outcome {
    dir.mkdir("d", 0o755)?;
    dir.write_file("d/f", b"content")?;
    dir.write_file("f", b"content")?;
    dir.list(".")?;
    Ok(())
}

fn after_rename(dir: &TestDir) -> Outcome {
    dir.list(".")?;
    dir.lstat(".")?;
    dir.read_file("d/f")?;
    dir.write_file("g", b"created after the rename")?;
    dir.list(".")?;
    Ok(())
}

fn after_removal(dir: &TestDir) -> Outcome {
    dir.lstat(".")?;
    dir.open(".", RDONLY)?.rest_of_directory(4_096).compared();
    dir.stat("d/f").refused(Errno::NOENT)?;
    dir.stat("f").refused(Errno::NOENT)?;
    dir.write_file("new", b"").refused(Errno::NOENT)?;
    dir.mkdir("new", 0o755).refused(Errno::NOENT)?;
    dir.chmod(".", 0o700)?;
    dir.lstat(".")?;
    Ok(())
}
