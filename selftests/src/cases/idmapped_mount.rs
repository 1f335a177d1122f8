// SPDX-License-Identifier: GPL-2.0

//! Idmapped mounts of the layer itself, compared with idmapped mounts of the plain directory.

use std::path::Path;

use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{Access, FileType, OFlags, XattrFlags};
use rustix::io::Errno;

use super::file_capabilities::value as capability;
use super::idmapped_lower::{lstat_all, prepare, use_mapped_ids, FIRST, MAPPED, OWNER};
use super::ioctl::ALLOC_DA_BLKS;
use crate::case::{Case, Run};
use crate::child::{hex, CAPABILITY};
use crate::fixture::{Directories, Fixture};
use crate::idmap::idmapped;
use crate::layer::unmount_retrying;
use crate::ops::{encode_acl, Acl, Credentials, CREATE, RDONLY, RDWR};
use crate::outcome::{Expect, Outcome};
use crate::skipped;
use crate::test_dir::{TestDir, User};
use crate::user_namespace::UserNamespace;

pub(super) const CASE: Case = Case {
    name: "idmapped_mount",
    about: "idmapped mounts of the layer: owners shown, checked, stored, changed; ACLs; capabilities; two at once",
    risk: "files may belong to the wrong users, or be accessible to them",
    run: Run::Mounting(run),
};

/// A second mount maps the ids on disk to those from here.
const SECOND: u32 = 300_000;

fn run(fixture: &Fixture) -> Outcome {
    let [plain, lower, upper] = fixture.create_dirs(["plain", "lower", "mount"])?;
    let [plain_mapped, upper_mapped] = fixture.create_dirs(["plain-mapped", "mount-mapped"])?;
    let [plain_second, upper_second] = fixture.create_dirs(["plain-second", "mount-second"])?;
    let raw = Directories::new(&plain, &lower, &upper);
    fixture.compare("preparation", raw.without_layer(), prepare_more)?;
    let namespaces = [FIRST, SECOND]
        .map(|first| UserNamespace::new(fixture.program, None, &format!("0 {first} 65536")));
    let [Ok(namespace), Ok(second)] = namespaces else {
        let why = "no user namespace, which they need, can be made";
        skipped::report("idmapped mounts", why);
        return Ok(());
    };
    match idmapped(&plain, &plain_mapped, namespace.as_fd()) {
        Err(Errno::INVAL) => {
            let why = "the lower filesystem does not support them";
            skipped::report("idmapped mounts", why);
            return Ok(());
        }
        other => other?,
    }
    let mounted = fixture.mount(&lower, &upper)?;
    let map = |from: &Path, to: &Path, namespace: BorrowedFd| {
        idmapped(from, to, namespace).map_err(crate::outcome::Failure::from)
    };
    map(&upper, &upper_mapped, namespace.as_fd())?;
    map(&plain, &plain_second, second.as_fd())?;
    map(&upper, &upper_second, second.as_fd())?;
    let mapped = Directories::new(&plain_mapped, &lower, &upper_mapped);
    let in_second = Directories::new(&plain_second, &lower, &upper_second);
    fixture.compare("mapped", mapped, use_mapped_ids)?;
    fixture.compare("commands", mapped, commands)?;
    fixture.compare("directories", mapped, directories)?;
    fixture.compare("a second idmap", in_second, second_idmap)?;
    fixture.compare("without an idmap", raw, without_idmap)?;
    fixture.compare("mapped again", mapped, namespace_root)?;
    fixture.compare("the ids through the mount", raw, stored)?;
    for place in [&upper_second, &upper_mapped] {
        unmount_retrying(place)?;
    }
    mounted.unmount()?;
    for place in [&plain_second, &plain_mapped] {
        unmount_retrying(place)?;
    }
    fixture.compare("the ids that are stored", raw.without_layer(), stored)
}

fn prepare_more(dir: &TestDir) -> Outcome {
    dir.chmod(".", 0o755)?;
    prepare(dir)?;
    dir.install("program")?;
    dir.mkdir("home", 0o700)?;
    dir.lchown("home", Some(7), Some(8))?;
    dir.write_file("home/secret", b"secret")?;
    dir.lchown("home/secret", Some(7), Some(8))?;
    dir.chmod("home/secret", 0o600)?;
    dir.setxattr("home/secret", "user.kept", b"kept", XattrFlags::empty())
        .compared();
    dir.mkdir("sticky", 0o777)?;
    dir.chmod("sticky", 0o1777)?;
    for (name, id) in [("of-root", 0), ("of-7", 7), ("of-70000", 70_000)] {
        dir.write_file(&format!("sticky/{name}"), b"stays")?;
        dir.lchown(&format!("sticky/{name}"), Some(id), Some(id))?;
    }
    dir.mkdir("group", 0o775)?;
    dir.lchown("group", Some(7), Some(9))?;
    dir.chmod("group", 0o2775)?;
    dir.mkdir("heirs", 0o775)?;
    dir.lchown("heirs", Some(7), Some(8))?;
    dir.setfacl(
        "heirs",
        Acl::Default,
        "u::rwx,u:11:rwx,g::r-x,m::rwx,o::---",
    )
    .compared();
    dir.mkdir("roots-home", 0o755)
        .map_err(crate::outcome::Failure::from)
}

/// A user who has the ids that the files of [`MAPPED`] have on disk owns nothing, and cannot change
/// a file by ioctl(2).
fn commands(dir: &TestDir) -> Outcome {
    let on_disk = User {
        uid: 7,
        gid: 8,
        groups: &[],
    };
    dir.as_user(on_disk, || {
        let file = dir.open("sticky/of-7", RDONLY)?;
        // The error is another one where the lower filesystem does not know the command.
        let changed = ALLOC_DA_BLKS.call_number(&file, 0);
        dir.record("the file was changed", &changed.is_ok());
        Ok(())
    })
    .map_err(crate::outcome::Failure::from)
}

/// A user in the group of the directory `group`, but not in that of its owner.
const STRANGER: User = User {
    uid: FIRST + 30,
    gid: FIRST + 30,
    groups: &[],
};

/// The operations in the directory `place`, to each of which the VFS passes an idmap, or does not.
fn in_directory(dir: &TestDir, place: &str) -> Outcome {
    let name = |name: &str| format!("{place}/{name}");
    dir.list(place).compared();
    dir.open_mode(&name("new"), CREATE, 0o2674)
        .and_then(|file| file.write(b"new"))
        .compared();
    dir.mkdir(&name("directory"), 0o2755).compared();
    dir.symlink("target", &name("symlink")).compared();
    dir.mknod(&name("fifo"), FileType::Fifo, 0o644, 0)
        .compared();
    dir.mknod(&name("node"), FileType::RegularFile, 0o644, 0)
        .compared();
    for entry in ["new", "directory", "symlink", "fifo", "node", "missing"] {
        dir.lstat(&name(entry)).compared();
    }
    dir.readlink(&name("symlink")).compared();
    dir.link(&name("new"), &name("linked")).compared();
    dir.rename(&name("linked"), &name("directory/moved"))
        .compared();
    dir.rename_with(
        &name("node"),
        &name("fifo"),
        rustix::fs::RenameFlags::EXCHANGE,
    )
    .compared();
    dir.access(&name("new"), Access::READ_OK | Access::WRITE_OK)
        .compared();
    dir.chmod(&name("new"), 0o2770).compared();
    dir.lstat(&name("new")).compared();
    dir.truncate(&name("new"), 1).compared();
    dir.lstat(&name("new")).compared();
    dir.setxattr(&name("new"), "user.new", b"new", XattrFlags::empty())
        .compared();
    dir.getxattr(&name("new"), "user.new", 10).compared();
    dir.removexattr(&name("new"), "user.new").compared();
    if let Ok(file) = dir.open_mode(place, OFlags::TMPFILE | RDWR, 0o640) {
        file.fstat()?;
        file.write(b"without a name")?;
        file.pread(20, 0)?;
        dir.step("linkat the file without a name", || {
            let flags = rustix::fs::AtFlags::SYMLINK_FOLLOW;
            let at = rustix::fs::CWD;
            rustix::fs::linkat(at, file.proc_path(), at, dir.path(&name("named")), flags)
        })
        .compared();
        dir.lstat(&name("named")).compared();
    }
    dir.unlink(&name("fifo")).compared();
    dir.rmdir(&name("directory")).compared();
    dir.unlink(&name("directory/moved")).compared();
    dir.rmdir(&name("directory")).compared();
    dir.list(place).compared();
    for entry in ["new", "symlink", "node", "named"] {
        dir.unlink(&name(entry)).compared();
    }
    Ok(())
}

fn directories(dir: &TestDir) -> Outcome {
    for user in [MAPPED, OWNER, STRANGER] {
        dir.as_user(user, || {
            for place in ["home", "group", "heirs"] {
                in_directory(dir, place).map_err(|_| Errno::CANCELED)?;
            }
            dir.read_file("home/secret").compared();
            dir.getxattr("home/secret", "user.kept", 10).compared();
            dir.setxattr("sticky", "user.s", b"s", XattrFlags::empty())
                .compared();
            for name in ["sticky/of-root", "sticky/of-7", "sticky/of-70000"] {
                dir.rename(name, "sticky/renamed").compared();
                dir.rename("sticky/renamed", name).compared();
                dir.link(name, "home/linked").compared();
                dir.unlink("home/linked").compared();
                dir.unlink(name).compared();
            }
            // What stays.
            let name = format!("heirs/{}", user.uid);
            dir.mkdir(&name, 0o777).compared();
            dir.open_mode(&format!("{name}/f"), CREATE, 0o666)
                .compared();
            dir.open_mode(&format!("group/{}", user.uid), CREATE, 0o664)
                .compared();
            Ok(())
        })?;
    }
    in_directory(dir, "group")?;
    lstat_all(dir)
}

/// Other users own the files, for the same operations on the same inodes.
fn second_idmap(dir: &TestDir) -> Outcome {
    lstat_all(dir)?;
    for user in [
        MAPPED,
        User {
            uid: SECOND + 7,
            gid: SECOND + 8,
            groups: &[],
        },
    ] {
        dir.as_user(user, || {
            in_directory(dir, "home").map_err(|_| Errno::CANCELED)?;
            dir.open("home/secret", RDONLY).compared();
            dir.open_mode("home/shared", CREATE, 0o600).compared();
            Ok(())
        })?;
    }
    Ok(())
}

fn without_idmap(dir: &TestDir) -> Outcome {
    lstat_all(dir)?;
    for id in [7, FIRST + 7] {
        let user = User {
            uid: id,
            gid: id + 1,
            groups: &[],
        };
        dir.as_user(user, || {
            dir.unlink("home/shared").compared();
            in_directory(dir, "home").map_err(|_| Errno::CANCELED)
        })?;
    }
    Ok(())
}

/// The root of the namespace by which the mount is idmapped.
fn namespace_root(dir: &TestDir) -> Outcome {
    let program = dir.path("program");
    let namespaces = [format!("0 {FIRST} 65536"), "0 400000 65536".to_owned()]
        .map(|map| UserNamespace::new(&program, None, &map));
    let [Ok(own), Ok(other)] = namespaces else {
        dir.record("no user namespaces", &());
        return Ok(());
    };
    let user = |name, namespace, id| Credentials {
        name,
        namespace,
        id,
    };
    let acl = format!("={}", Acl::Access.attribute());
    let value = |text| format!("={}", hex(&encode_acl(text)));
    let mapped = value("u::rwx,u:7:rwx,g::r--,m::rwx,o::r-x");
    let unmapped = value("u::rwx,u:70000:rwx,g::r--,m::rwx,o::r-x");
    let capabilities = [None, Some(0), Some(7)].map(|root| format!("={}", hex(&capability(root))));
    for who in [
        user("root of the namespace", Some(&own), 0),
        user("user 7 of the namespace", Some(&own), 7),
        user("root of another namespace", Some(&other), 0),
        user("root", None, 0),
    ] {
        for place in ["roots-home", "home"] {
            let name = |name: &str| format!("{place}/{name}");
            let (file, directory, moved) = (name("file"), name("directory"), name("moved"));
            let mut operations: Vec<Vec<&str>> = vec![
                vec!["create", &file],
                vec!["mkdir", &directory],
                vec!["tmpfile", place],
                vec!["link", &file, &moved],
                vec!["unlink", &moved],
                vec!["rename", &directory, &moved],
                vec!["rmdir", &moved],
                vec!["chmod", &file, "=755"],
                vec!["setxattr", &file, &acl, &unmapped],
                vec!["setxattr", &file, &acl, &mapped],
                vec!["getxattr", &file, &acl],
                vec!["chown", &file, "=7"],
                vec!["chgrp", &file, "=8"],
                vec!["chown", &file, "=70000"],
                vec!["chown", &file, "=0"],
            ];
            for value in &capabilities {
                operations.push(vec!["setcap", &file, value]);
                operations.push(vec!["capabilities", &file]);
            }
            let operations: Vec<&[&str]> = operations.iter().map(Vec::as_slice).collect();
            dir.in_child_as(who, &program, &operations)?;
            dir.lstat(&file).compared();
            dir.getxattr(&file, CAPABILITY, 64).compared();
            dir.in_child_as(who, &program, &[&["unlink", &file]])?;
            dir.unlink(&file).compared();
        }
        // Programs with capabilities, which stay.
        let operations: [&[&str]; 2] = [
            &["setcap", "program", &capabilities[0]],
            &["capabilities", "program"],
        ];
        dir.in_child_as(who, &program, &operations)?;
        dir.capabilities_as(who, "program").compared();
    }
    Ok(())
}

fn stored(dir: &TestDir) -> Outcome {
    lstat_all(dir)?;
    dir.getxattr("program", CAPABILITY, 64).compared();
    for parent in ["home", "group", "heirs", "sticky"] {
        for entry in crate::tree::entries(&dir.path(parent))? {
            let name = format!("{parent}/{}", entry.name);
            dir.lstat(&name)?;
            dir.getfacl(&name, Acl::Access).compared();
            dir.getfacl(&name, Acl::Default).compared();
        }
    }
    Ok(())
}
