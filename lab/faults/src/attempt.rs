// SPDX-License-Identifier: GPL-2.0

//! One try of an operation on a fresh tree and a fresh mount, with one failing allocation, and what
//! has to hold after it.

use std::fs;
use std::path::{Path, PathBuf};

use base0fs_selftest::compare;
use base0fs_selftest::layer::{MountGuard, Registered};
use base0fs_selftest::ops::{encode_acl, pattern, Acl};
use base0fs_selftest::scratch::remove;
use base0fs_selftest::show::errno_name;
use base0fs_selftest::test_dir::TestDir;
use base0fs_selftest::trace::{Step, Trace};
use base0fs_selftest::tree::{differences, snapshot, Detail, Snapshot};
use rustix::fs::{setxattr, XattrFlags};
use rustix::io::Errno;

use crate::injector::{Injector, Window};
use crate::operation::Operation;

/// More allocations than any operation has. An operation that never ends without a failure repeats
/// an allocation for ever.
const MOST: u32 = 2000;

/// The directories of all tries, and the means to make them fail.
#[derive(Debug)]
pub struct Stage {
    layer: Registered,
    work: PathBuf,
    mount: PathBuf,
    injector: Injector,
}

/// What an operation does without failures, on a plain directory.
struct Reference {
    steps: Vec<Step>,
    tree: Snapshot,
}

impl Stage {
    /// The lower files are in a directory in `lower`, and the filesystem is mounted on `mount`.
    pub fn new(filesystem: &str, lower: &Path, mount: &Path) -> Result<Self, String> {
        Ok(Self {
            layer: Registered::find(filesystem)?,
            work: lower.join("work"),
            mount: mount.to_owned(),
            injector: Injector::new(Some(filesystem))?,
        })
    }

    /// Fails the first allocation of an operation, then the second in a new try, until all have
    /// failed, and returns their number. If `warm`, the caches of the mount know all files before.
    /// The errors are sentences.
    pub fn fail_each(&self, operation: &Operation, warm: bool) -> Result<u32, Vec<String>> {
        let reference = self.reference(operation).map_err(|error| vec![error])?;
        for nth in 1..=MOST {
            let name_it = |fault: String| format!("allocation {nth}: {fault}");
            let reached = self
                .fail_one(operation, warm, nth, &reference)
                .map_err(|faults| faults.into_iter().map(name_it).collect::<Vec<_>>())?;
            if !reached {
                return Ok(nth - 1);
            }
        }
        Err(vec![format!(
            "{MOST} allocations have failed, and there are more"
        )])
    }

    fn reference(&self, operation: &Operation) -> Result<Reference, String> {
        fill(&self.work)?;
        let (steps, result) = self.perform(operation, &self.work, &self.injector.window(0));
        result.map_err(|errno| {
            format!(
                "the operation fails with {} on a plain directory without failing allocations",
                errno_name(errno)
            )
        })?;
        Ok(Reference {
            steps,
            tree: snapshot(&self.work, Detail::TwoTrees)?,
        })
    }

    fn perform(
        &self,
        operation: &Operation,
        root: &Path,
        window: &Window,
    ) -> (Vec<Step>, Result<(), Errno>) {
        let trace = Trace::default();
        // No operation starts a program.
        let dir = TestDir::new(root, &self.work, Path::new(""), &trace);
        let result = (operation.perform)(&dir, window);
        (trace.into_steps(), result)
    }

    /// Whether the operation has an allocation `nth`, which failed.
    fn fail_one(
        &self,
        operation: &Operation,
        warm: bool,
        nth: u32,
        reference: &Reference,
    ) -> Result<bool, Vec<String>> {
        let one = |error: String| vec![error];
        fill(&self.work).map_err(one)?;
        let mounted = MountGuard::new(&self.layer, &self.work, &self.mount)
            .map_err(|error| one(error.describe()))?;
        if warm {
            snapshot(&self.mount, Detail::TwoViews).map_err(one)?;
        }
        let before = snapshot(&self.work, Detail::TwoTrees).map_err(one)?;

        let window = self.injector.window(nth);
        let (mut steps, result) = self.perform(operation, &self.mount, &window);
        let mut faults = Vec::new();
        // What a failure leaves of an operation that is half done decides about the second try.
        let mut is_comparable = true;
        if let (true, Err(errno)) = (window.failed(), result) {
            if errno != Errno::NOMEM && !operation.errors.contains(&errno) {
                faults.push(format!(
                    "the error is {} in place of ENOMEM",
                    errno_name(errno)
                ));
            }
            is_comparable = operation.half_done.is_none();
            if is_comparable {
                let after = snapshot(&self.work, Detail::TwoTrees).map_err(one)?;
                let left = differences(
                    ("the tree before", &before),
                    ("the tree after the failure", &after),
                );
                faults.extend(left.into_iter().map(|left| format!("half done: {left}")));
            }
            steps = self
                .perform(operation, &self.mount, &self.injector.window(0))
                .0;
        }
        if is_comparable {
            faults.extend(compare::traces("the mount", &reference.steps, &steps));
            let below = snapshot(&self.work, Detail::TwoTrees).map_err(one)?;
            faults.extend(differences(
                ("the tree without failures", &reference.tree),
                ("the lower tree", &below),
            ));
        }
        faults.extend(self.views().map_err(one)?);
        if let Err(errno) = mounted.unmount() {
            faults.push(format!("umount fails with {}", errno_name(errno)));
        }
        match faults.is_empty() {
            true => Ok(window.failed()),
            false => Err(compare::first_few(faults)),
        }
    }

    /// The differences between the mount and the lower tree.
    fn views(&self) -> Result<Vec<String>, String> {
        let above = snapshot(&self.mount, Detail::TwoViews)?;
        let below = snapshot(&self.work, Detail::TwoViews)?;
        Ok(differences(
            ("the mount", &above),
            ("the lower tree", &below),
        ))
    }
}

/// Makes the tree that every operation begins with.
fn fill(root: &Path) -> Result<(), String> {
    if root.exists() {
        remove(root)?;
    }
    let made = || -> std::io::Result<()> {
        fs::create_dir_all(root.join("one/two/three"))?;
        fs::create_dir(root.join("empty"))?;
        for name in ["file", "other", "one/inner", "one/two/three/deep"] {
            fs::write(root.join(name), pattern(1, 8192))?;
        }
        fs::hard_link(root.join("other"), root.join("linked"))?;
        std::os::unix::fs::symlink("one/inner", root.join("symlink"))?;
        let flags = XattrFlags::empty();
        setxattr(root.join("file"), "user.lab", b"value", flags)?;
        let acl = encode_acl("u::rw-,u:7:r--,g::r--,m::r--,o::---");
        setxattr(root.join("other"), Acl::Access.attribute(), &acl, flags)?;
        Ok(())
    };
    made().map_err(|error| format!("the tree in {} cannot be made: {error}", root.display()))
}
