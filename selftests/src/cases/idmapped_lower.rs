// SPDX-License-Identifier: GPL-2.0

//! A lower directory that is mounted with mapped ids.

use std::path::Path;

use rustix::fd::{AsFd, AsRawFd, BorrowedFd};
use rustix::fs::CWD;
use rustix::io::Errno;
use rustix::mount::{move_mount, open_tree, MoveMountFlags, OpenTreeFlags};

use crate::bench::Bench;
use crate::case::{Case, Expect, Outcome, Run};
use crate::layer::take_down;
use crate::ops::{last_errno, CREATE, RDONLY};
use crate::remark;
use crate::suite::Places;
use crate::user_namespace::UserNamespace;
use crate::world::{User, World};

pub(super) const CASE: Case = Case {
    name: "idmapped_lower",
    about: "the owners that an idmapped lower mount shows are the owners above: shown, checked, stored, changed",
    risk: "files may belong to, or lie open to, the wrong users",
    run: Run::Mounting(run),
};

/// On disk 0 to 65535 are these ids in the mount.
const FIRST: u32 = 100_000;
/// The root of the mapped ids, to whom 0 on disk belongs.
const OWNER: User = User {
    uid: FIRST,
    gid: FIRST,
    groups: &[],
};
/// Another mapped user.
const MAPPED: User = User {
    uid: FIRST + 7,
    gid: FIRST + 8,
    groups: &[FIRST + 9],
};

fn run(bench: &Bench) -> Outcome {
    let [plain, lower, upper] = bench.directories(["plain", "lower", "mount"])?;
    let places = Places::new(&plain, &lower, &upper);
    bench.compare("preparation", places.bare(), prepare)?;
    let map = format!("0 {FIRST} 65536");
    let namespace = match UserNamespace::new(bench.suite.program, None, &map) {
        Ok(namespace) => namespace,
        Err(error) => {
            let why =
                format!("no user namespace, which an idmapped mount needs, can be made ({error})");
            remark::left_out("idmapped lower mounts", &why);
            return Ok(());
        }
    };
    for place in [&plain, &lower] {
        match idmapped(place, namespace.as_fd()) {
            // A lower filesystem that cannot be mounted so has nothing to honour.
            Err(Errno::INVAL) => return Ok(()),
            other => other?,
        }
    }
    let mounted = bench.mount(&lower, &upper)?;
    bench.compare("mapped", places, act)?;
    mounted.unmount()?;
    for place in [&plain, &lower] {
        take_down(place)?;
    }
    // What is stored are the ids that the mapping leads to.
    bench.compare("the ids that are stored", places.bare(), look)
}

fn prepare(w: &World) -> Outcome {
    w.mkdir("d", 0o755)?;
    w.lchown("d", Some(7), Some(8))?;
    w.write_file("roots", b"root's")?;
    w.chmod("roots", 0o600)?;
    w.write_file("d/f", b"content")?;
    w.lchown("d/f", Some(7), Some(9))?;
    w.chmod("d/f", 0o640)?;
    Ok(())
}

fn act(w: &World) -> Outcome {
    look(w)?;
    // Root outside the mapping has the capability to read, but no id to store.
    w.read_file("roots")?;
    w.open("new", CREATE).either();
    w.mkdir("new", 0o755).either();
    w.lchown("roots", Some(0), Some(0)).either();
    w.lchown("roots", Some(5), None).either();
    w.lchown("roots", Some(FIRST + 5), Some(FIRST + 6))?;
    w.lstat("roots")?;
    w.lchown("roots", Some(FIRST), Some(FIRST))?;
    for user in [OWNER, MAPPED] {
        w.as_user(user, || {
            w.open("roots", RDONLY)
                .and_then(|file| file.read(10))
                .either();
            w.open("d/f", crate::ops::RDWR)
                .and_then(|file| file.write(b"C"))
                .either();
            let name = format!("d/of-{}", user.uid);
            w.open(&name, CREATE).and_then(|file| file.fstat()).either();
            w.mkdir(&format!("{name}-directory"), 0o755).either();
            w.symlink("x", &format!("{name}-symlink")).either();
            w.link("d/f", &format!("{name}-link")).either();
            w.open("d", rustix::fs::OFlags::TMPFILE | crate::ops::RDWR)
                .and_then(|file| file.fstat())
                .either();
            w.lchown("d/f", None, Some(FIRST + 9)).either();
            w.lchown("d/f", None, Some(9)).either();
            w.chmod("d/f", 0o660).either();
            w.setxattr("d/f", "user.x", b"x", rustix::fs::XattrFlags::empty())
                .either();
            w.unlink(&format!("{name}-symlink")).either();
            Ok(())
        })?;
    }
    look(w)
}

fn look(w: &World) -> Outcome {
    for directory in [".", "d"] {
        for entry in crate::tree::entries(&w.path(directory))? {
            w.lstat(&format!("{directory}/{}", entry.name))?;
        }
    }
    Ok(())
}

/// The kernel's `struct mount_attr`.
#[repr(C)]
struct MountAttributes {
    set: u64,
    clear: u64,
    propagation: u64,
    namespace: u64,
}

/// `MOUNT_ATTR_IDMAP`
const IDMAP: u64 = 0x0010_0000;

/// Mounts a directory onto itself with the ids of a user namespace.
fn idmapped(place: &Path, namespace: BorrowedFd) -> Result<(), Errno> {
    let tree = open_tree(
        CWD,
        place,
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC,
    )?;
    let namespace = namespace.as_raw_fd() as u64;
    let attributes = MountAttributes {
        set: IDMAP,
        clear: 0,
        propagation: 0,
        namespace,
    };
    // SAFETY: The path is a NUL-terminated string, and the attributes are of the size that is
    // passed.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            &raw const attributes,
            size_of::<MountAttributes>(),
        )
    };
    if result != 0 {
        return Err(last_errno());
    }
    move_mount(
        &tree,
        "",
        CWD,
        place,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )
}
