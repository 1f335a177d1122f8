// SPDX-License-Identifier: GPL-2.0

//! Sources and targets that lie in each other, and a source that is moved or removed under a mount.

use std::fs;
use std::path::Path;

use rustix::io::Errno;
use rustix::mount::mount_bind;

use crate::bench::Bench;
use crate::case::{expect, Case, Expect, Outcome, Run};
use crate::layer::Mounted;
use crate::ops::RDONLY;
use crate::suite::Places;
use crate::world::World;

pub(super) const CASE: Case = Case {
    name: "mount_places",
    about: "a directory over itself, a target in its source, a source that is moved or removed",
    risk: "another directory than the one meant may be shown and changed",
    run: Run::Mounting(run),
};

fn run(bench: &Bench) -> Outcome {
    over_itself(bench)?;
    within(bench)?;
    moved(bench)
}

fn over_itself(bench: &Bench) -> Outcome {
    let directory = bench.directory("itself")?;
    fs::write(directory.join("before"), "before")?;
    let mounted = bench.mount(&directory, &directory)?;
    expect(
        "a file below",
        fs::read_to_string(directory.join("before"))?.as_str(),
        "before",
    )?;
    fs::write(directory.join("during"), "during")?;
    mounted.unmount()?;
    expect(
        "a file made above",
        fs::read_to_string(directory.join("during"))?.as_str(),
        "during",
    )
}

/// The mount is not part of what it shows, or there would be no end to it.
fn within(bench: &Bench) -> Outcome {
    let source = bench.directory("source")?;
    let target = source.join("target");
    fs::create_dir(&target)?;
    fs::write(target.join("covered"), "")?;
    let mounted = bench.mount(&source, &target)?;
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
    expect("a file made there", target.join("new").exists(), true)
}

fn moved(bench: &Bench) -> Outcome {
    let [plain, lower, bound, upper] = bench.directories(["plain", "lower", "bound", "mount"])?;
    let places = Places::new(&bound, &lower, &upper);
    mount_bind(&plain, &bound)?;
    let control = Mounted::taking_over(&bound);
    let mounted = bench.mount(&lower, &upper)?;
    bench.compare("in place", places, fill)?;
    for source in [&plain, &lower] {
        fs::rename(source, source.with_extension("moved"))?;
    }
    bench.compare("moved", places, look)?;
    for source in [&plain, &lower] {
        fs::remove_dir_all(source.with_extension("moved"))?;
    }
    bench.compare("removed", places, gone)?;
    mounted.unmount()?;
    Ok(control.unmount()?)
}

fn fill(w: &World) -> Outcome {
    w.mkdir("d", 0o755)?;
    w.write_file("d/f", b"content")?;
    w.write_file("f", b"content")?;
    w.list(".")?;
    Ok(())
}

fn look(w: &World) -> Outcome {
    w.list(".")?;
    w.lstat(".")?;
    w.read_file("d/f")?;
    w.write_file("g", b"made after the move")?;
    w.list(".")?;
    Ok(())
}

fn gone(w: &World) -> Outcome {
    w.lstat(".")?;
    w.open(".", RDONLY)?.rest_of_directory(4_096).either();
    w.stat("d/f").refused(Errno::NOENT)?;
    w.stat("f").refused(Errno::NOENT)?;
    w.write_file("new", b"").refused(Errno::NOENT)?;
    w.mkdir("new", 0o755).refused(Errno::NOENT)?;
    w.chmod(".", 0o700)?;
    w.lstat(".")?;
    Ok(())
}
