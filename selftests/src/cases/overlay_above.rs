// SPDX-License-Identifier: GPL-2.0

//! An overlay whose upper directory is on the mount, as container engines make them.

use std::fs;
use std::path::Path;

use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::fixture::Fixture;
use crate::layer::{mount_with_options, unmount_retrying};
use crate::outcome::{expect, Outcome};
use crate::skipped;

pub(super) const CASE: Case = Case {
    name: "overlay_above",
    about: "an overlay with its upper and its lower directory on the mount takes changes",
    risk: "container engines cannot keep their files on the mount",
    run: Run::Mounting(run),
};

fn run(fixture: &Fixture) -> Outcome {
    let [plain, mount, overlay] = fixture.create_dirs(["plain", "mount", "overlay"])?;
    // Only some filesystems can hold the upper directory; tmpfs can.
    mount_with_options("tmpfs", &[("source", Path::new("plain"))], &plain)?;
    for directory in ["lower", "upper", "work"] {
        fs::create_dir(plain.join(directory))?;
    }
    fs::write(plain.join("lower/changed"), "old")?;
    fs::write(plain.join("lower/removed"), "old")?;
    fs::write(plain.join("upper/moved"), "moved")?;
    let mounted = fixture.mount(&plain, &mount)?;
    let options = [
        ("lowerdir", mount.join("lower")),
        ("upperdir", mount.join("upper")),
        ("workdir", mount.join("work")),
    ];
    let options = [0, 1, 2].map(|at| (options[at].0, options[at].1.as_path()));
    let result = match mount_with_options("overlay", &options, &overlay) {
        Ok(()) => changes(&overlay, &plain.join("upper")),
        Err(refusal) if refusal.errno == Errno::NODEV => {
            skipped::report("overlays on the mount", "this kernel has no overlayfs");
            Ok(())
        }
        Err(refusal) => Err(refusal.into()),
    };
    mounted.unmount()?;
    unmount_retrying(&plain)?;
    result
}

fn changes(overlay: &Path, upper: &Path) -> Outcome {
    fs::write(overlay.join("changed"), "new")?;
    fs::remove_file(overlay.join("removed"))?;
    fs::create_dir(overlay.join("directory"))?;
    fs::rename(overlay.join("moved"), overlay.join("directory/moved"))?;
    expect("the removed file", overlay.join("removed").exists(), false)?;
    unmount_retrying(overlay)?;
    expect(
        "changed",
        fs::read_to_string(upper.join("changed"))?,
        "new".into(),
    )?;
    let moved = fs::read_to_string(upper.join("directory/moved"))?;
    expect("moved", moved, "moved".into())
}
