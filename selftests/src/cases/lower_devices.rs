// SPDX-License-Identifier: GPL-2.0

//! A lower filesystem whose files have several device numbers. The mount shows two files as the
//! same by st_dev and st_ino if and only if the lower filesystem does.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rustix::fs::lstat;
use rustix::io::Errno;
use rustix::mount::{unmount, UnmountFlags};

use crate::case::{Case, Run};
use crate::fixture::Fixture;
use crate::layer::{mount_with_options, unmount_retrying};
use crate::outcome::{expect, Failure, Outcome};
use crate::skipped;

pub(super) const CASE: Case = Case {
    name: "lower_devices",
    about: "st_dev and st_ino identify files over an overlay of several filesystems",
    risk: "find, cp, tar and rm may take two files for one, and miss or destroy one of them",
    run: Run::Mounting(run),
};

/// The filesystems under the overlay. All are tmpfs, so that their inode numbers are the same.
const LAYERS: [&str; 3] = ["one", "two", "three"];
const FILES: usize = 4;

fn run(fixture: &Fixture) -> Outcome {
    let [overlay, upper] = fixture.create_dirs(["overlay", "mount"])?;
    let layers = fixture.create_dirs(LAYERS)?;
    for layer in &layers {
        mount_with_options("tmpfs", &[("source", Path::new("layer"))], layer)?;
        for directory in ["common", "upper", "work"] {
            fs::create_dir(layer.join(directory))?;
        }
    }
    for (name, layer) in LAYERS.iter().zip(&layers) {
        for number in 0..FILES {
            fs::write(layer.join(format!("common/{name}-{number}")), name)?;
        }
        fs::create_dir(layer.join(name))?;
    }
    let lower = format!("{}:{}", layers[0].display(), layers[1].display());
    let options = [
        ("lowerdir", Path::new(&lower)),
        ("upperdir", &layers[2].join("upper")),
        ("workdir", &layers[2].join("work")),
        // Otherwise overlayfs may combine inode numbers with a filesystem number, so they differ.
        ("xino", Path::new("off")),
    ];
    let result = match mount_with_options("overlay", &options, &overlay) {
        Ok(()) => compared(fixture, &overlay, &upper),
        Err(refusal) if refusal.errno == Errno::NODEV => {
            skipped::report(
                "lower filesystems with several device numbers",
                "this kernel has no overlayfs",
            );
            Ok(())
        }
        Err(refusal) => Err(refusal.into()),
    };
    for layer in &layers {
        unmount(layer, UnmountFlags::NOFOLLOW | UnmountFlags::DETACH)?;
    }
    result
}

fn compared(fixture: &Fixture, overlay: &Path, upper: &Path) -> Outcome {
    fs::write(overlay.join("common/new"), "new")?;
    fs::hard_link(overlay.join("common/new"), overlay.join("common/new-link"))?;
    // This copies a file up.
    fs::write(overlay.join("common/one-0"), "written")?;
    let mounted = fixture.mount(overlay, upper)?;
    let (below, above) = (pairs(overlay)?, pairs(upper)?);
    expect("files", above.len(), below.len())?;
    expect("files and directories", above.len(), 2 * FILES + 2 + 5)?;
    for (name, pair) in &above {
        for (other, their) in &above {
            if (pair == their) != (below[name] == below[other]) {
                return Err(Failure(format!(
                    "{name} and {other} have the same st_dev and st_ino on one layer only: {pair:?} and \
                     {their:?} above, {:?} and {:?} below",
                    below[name], below[other]
                )));
            }
        }
    }
    // fstat(2) of an open file reports the same pair.
    for name in above.keys() {
        let file = fs::File::open(upper.join(name))?;
        let stat = rustix::fs::fstat(&file)?;
        expect(
            "the pair of an open file",
            (stat.st_dev, stat.st_ino),
            above[name],
        )?;
    }
    mounted.unmount()?;
    Ok(unmount_retrying(overlay)?)
}

/// Device and inode number of each file, by path.
fn pairs(root: &Path) -> Result<BTreeMap<String, (u64, u64)>, Failure> {
    let mut pairs = BTreeMap::new();
    let mut directories = vec![String::new()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(root.join(&directory))? {
            let entry = entry?;
            let name = format!("{directory}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                directories.push(format!("{name}/"));
            }
            let stat = lstat(entry.path())?;
            pairs.insert(name, (stat.st_dev, stat.st_ino));
        }
    }
    Ok(pairs)
}
