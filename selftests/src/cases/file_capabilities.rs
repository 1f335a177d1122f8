// SPDX-License-Identifier: GPL-2.0

//! File capabilities. The kernel translates them for each user namespace: this must happen once,
//! not once for each layer.

use std::path::Path;

use rustix::fd::{AsFd, AsRawFd};
use rustix::fs::XattrFlags;

use crate::case::{Case, Run};
use crate::child::{hex, CAPABILITY};
use crate::ops::{last_errno, Credentials, RDONLY, ROOT};
use crate::outcome::{Expect, Outcome};
use crate::skipped;
use crate::test_dir::TestDir;
use crate::user_namespace::UserNamespace;

pub(super) const CASE: Case = Case {
    name: "file_capabilities",
    about: "file capabilities as each user namespace sees, sets and gets them: initial, rootless, nested, unrelated",
    risk: "programs may get capabilities that they must not have, or lose those that they need",
    run: Run::Compared(run),
};

/// CAP_NET_BIND_SERVICE, which no case needs.
const NET_BIND_SERVICE: u32 = 1 << 10;

/// The attribute value that makes CAP_NET_BIND_SERVICE permitted and effective. With `root` it
/// holds only in the user namespace whose root has this id (revision 3), otherwise in every
/// namespace (revision 2).
pub(super) fn value(root: Option<u32>) -> Vec<u8> {
    const EFFECTIVE: u32 = 1;
    let revision: u32 = if root.is_some() {
        0x0300_0000
    } else {
        0x0200_0000
    };
    let words = [revision | EFFECTIVE, NET_BIND_SERVICE, 0, 0, 0]
        .into_iter()
        .chain(root);
    words.flat_map(u32::to_le_bytes).collect()
}

/// Files, and the `root` of their capabilities.
const FILES: [(&str, Option<u32>); 5] = [
    ("any", None),
    ("of-1000", Some(1_000)),
    ("of-100000", Some(100_000)),
    ("of-100999", Some(100_999)),
    ("of-200000", Some(200_000)),
];

fn run(dir: &TestDir) -> Outcome {
    dir.chmod(".", 0o755)?;
    let below = dir.below();
    // A program that all users of all namespaces can execute.
    below.install("program")?;
    let program = below.path("program");
    let (rootless, nested, unrelated) = match namespaces(&program) {
        Ok(namespaces) => namespaces,
        Err(error) => {
            let why = format!("no user namespace can be made ({error})");
            skipped::report("file capabilities in user namespaces", &why);
            dir.record("no user namespaces", &());
            return Ok(());
        }
    };
    let user = |name, namespace, id| Credentials {
        name,
        namespace,
        id,
    };
    let users = [
        ROOT,
        user("user", None, 54_321),
        user("rootless root", Some(&rootless), 0),
        user("rootless user", Some(&rootless), 1_000),
        user("nested root", Some(&nested), 0),
        user("nested user", Some(&nested), 7),
        user("unrelated root", Some(&unrelated), 0),
        user("unrelated user", Some(&unrelated), 7),
    ];

    shown(dir, &users, &program)?;
    set(dir, &users, &program)?;
    set_empty(dir, &users, &program)?;
    set_after_chown(dir, users[2], &program)?;
    chowned(dir, &users, &program)
}

fn namespaces(program: &Path) -> std::io::Result<(UserNamespace, UserNamespace, UserNamespace)> {
    let rootless = UserNamespace::new(program, None, "0 1000 1\n1 100000 65536\n")?;
    let nested = UserNamespace::new(program, Some(&rootless), "0 1 1000\n")?;
    let unrelated = UserNamespace::new(program, None, "0 200000 65536\n")?;
    Ok((rootless, nested, unrelated))
}

/// Capabilities that are set below are seen above, and have effect there.
fn shown(dir: &TestDir, users: &[Credentials], program: &Path) -> Outcome {
    let below = dir.below();
    for (name, root) in FILES {
        below.install(name)?;
        below
            .setxattr(name, CAPABILITY, &value(root), XattrFlags::empty())
            .compared();
    }
    for who in users {
        let names = FILES.map(|(name, _)| name);
        let operation = [&["capabilities"], names.as_slice()].concat();
        dir.in_child_as(*who, program, &[&operation])?;
        for name in names {
            dir.capabilities_as(*who, name).compared();
        }
    }
    Ok(())
}

/// The owners of the files, in the namespace of this process.
const OWNERS: [u32; 4] = [0, 1_000, 100_000, 200_000];

/// Capabilities that are set above are stored as if they had been set below.
fn set(dir: &TestDir, users: &[Credentials], program: &Path) -> Outcome {
    let below = dir.below();
    let values = [None, Some(0), Some(7), Some(100_000)].map(value);
    let names: Vec<String> = (0..values.len() * OWNERS.len())
        .map(|number| format!("set-{number}"))
        .collect();
    let literals = values.map(|value| format!("={}", hex(&value)));
    for who in users {
        let mut operations = Vec::new();
        for (number, name) in names.iter().enumerate() {
            let owner = Some(OWNERS[number % OWNERS.len()]);
            below.write_file(name, b"program")?;
            below.lchown(name, owner, owner)?;
            operations.push(["setcap", name, &literals[number / OWNERS.len()]]);
        }
        let operations: Vec<&[&str]> = operations.iter().map(|words| &words[..]).collect();
        dir.in_child_as(*who, program, &operations)?;
        for name in &names {
            dir.getxattr(name, CAPABILITY, 64).compared();
            below.getxattr(name, CAPABILITY, 64).compared();
            below.unlink(name)?;
        }
    }
    Ok(())
}

/// An empty value gives no capabilities, and everybody may set it.
fn set_empty(dir: &TestDir, users: &[Credentials], program: &Path) -> Outcome {
    let below = dir.below();
    for who in users {
        below.write_file("empty", b"program")?;
        below.lchown("empty", Some(1_000), Some(1_000))?;
        dir.in_child_as(*who, program, &[&["setcap", "empty", "="]])?;
        dir.getxattr("empty", CAPABILITY, 64).compared();
        below.getxattr("empty", CAPABILITY, 64).compared();
        below.unlink("empty")?;
    }
    Ok(())
}

/// A user who has a file open can set capabilities only as long as he has power over its owner. The
/// owner is changed below, and no walk tells the layer.
fn set_after_chown(dir: &TestDir, who: Credentials, program: &Path) -> Outcome {
    /// A descriptor that nobody else uses.
    const FD: i32 = 100;
    let below = dir.below();
    below.write_file("given", b"program")?;
    for owner in [1_000, 0] {
        below.lchown("given", Some(1_000), Some(1_000))?;
        let file = dir.open("given", RDONLY)?;
        file.fstat()?;
        // SAFETY: The call makes a descriptor that the child inherits.
        if unsafe { libc::dup2(file.as_fd().as_raw_fd(), FD) } < 0 {
            return Err(last_errno().into());
        }
        below.lchown("given", Some(owner), Some(owner))?;
        let literal = format!("={}", hex(&value(Some(0))));
        let by_descriptor = format!("=/proc/self/fd/{FD}");
        let set = dir.in_child_as(who, program, &[&["setcap", &by_descriptor, &literal]]);
        // SAFETY: This function alone uses the descriptor.
        unsafe { libc::close(FD) };
        set?;
        below.getxattr("given", CAPABILITY, 64).compared();
    }
    Ok(())
}

/// A change of the owner removes capabilities, including those that the user who makes it cannot
/// see.
fn chowned(dir: &TestDir, users: &[Credentials], program: &Path) -> Outcome {
    let below = dir.below();
    let names: Vec<String> = (0..FILES.len() * OWNERS.len())
        .map(|number| format!("chowned-{number}"))
        .collect();
    for who in users {
        let mut operations = Vec::new();
        for (number, name) in names.iter().enumerate() {
            let (owner, root) = (
                Some(OWNERS[number % OWNERS.len()]),
                FILES[number / OWNERS.len()].1,
            );
            below.write_file(name, b"program")?;
            below.lchown(name, owner, owner)?;
            below
                .setxattr(name, CAPABILITY, &value(root), XattrFlags::empty())
                .compared();
            operations.push(["chgrp", name.as_str(), "=7"]);
        }
        let operations: Vec<&[&str]> = operations.iter().map(|words| &words[..]).collect();
        dir.in_child_as(*who, program, &operations)?;
        for name in &names {
            below.getxattr(name, CAPABILITY, 64).compared();
            dir.lstat(name)?;
            below.unlink(name)?;
        }
    }
    Ok(())
}
