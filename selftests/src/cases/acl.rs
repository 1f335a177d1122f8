// SPDX-License-Identifier: GPL-2.0

//! POSIX ACLs.

use rustix::fs::{Access, FileType, Mode, OFlags, XattrFlags};
use rustix::io::Errno;
use rustix::process::umask;

use crate::case::{Case, Run};
use crate::child::hex;
use crate::ops::{encode_acl, Acl, Credentials, CREATE, RDONLY, RDWR, WRONLY};
use crate::outcome::{Expect, Outcome};
use crate::skipped;
use crate::test_dir::{TestDir, User, ALICE, BOB};
use crate::user_namespace::UserNamespace;

pub(super) const CASE: Case = Case {
    name: "acl",
    about: "POSIX ACLs: get, set, remove and inherit them; what they allow; changes below; user namespaces",
    risk: "files may be accessible to the wrong users, or lose the access rights that an ACL gives",
    run: Run::Compared(run),
};

const MEMBER: User = User {
    uid: 54_323,
    gid: 54_323,
    groups: &[7_000],
};

fn run(dir: &TestDir) -> Outcome {
    dir.chmod(".", 0o755)?;
    dir.write_file("f", b"content")?;
    dir.mkdir("d", 0o755)?;
    dir.getfacl("f", Acl::Access).compared();
    dir.getfacl("d", Acl::Default).compared();
    if dir.setfacl("f", Acl::Access, "u::rw-,g::r--,o::---") == Err(Errno::OPNOTSUPP) {
        skipped::report("POSIX ACLs", "the lower filesystem does not have them");
        dir.setfacl("d", Acl::Default, "u::rwx,g::---,o::---")
            .refused(Errno::OPNOTSUPP)?;
        return dir.removefacl("f", Acl::Access).refused(Errno::OPNOTSUPP);
    }
    set_and_remove(dir)?;
    invalid(dir)?;
    access(dir)?;
    changed_below(dir)?;
    inherited(dir)?;
    by_owner(dir)?;
    in_namespaces(dir)
}

fn shown(dir: &TestDir, name: &str) -> Outcome {
    dir.lstat(name)?;
    dir.getfacl(name, Acl::Access).compared();
    dir.getfacl(name, Acl::Default).compared();
    dir.listxattr(name, 1_000)?;
    Ok(())
}

fn set_and_remove(dir: &TestDir) -> Outcome {
    let acl = "u::rw-,u:54321:rwx,g::r--,g:7000:-w-,m::rw-,o::---";
    dir.record_times("set an ACL", "f", || dir.setfacl("f", Acl::Access, acl))?;
    shown(dir, "f")?;
    shown(&dir.below(), "f")?;
    dir.xattr_size("f", Acl::Access.attribute())?;
    dir.getxattr("f", Acl::Access.attribute(), 10)
        .refused(Errno::RANGE)?;
    // The group's bits of the mode are the mask.
    for mode in [0o640, 0o604, 0o777] {
        dir.chmod("f", mode)?;
        shown(dir, "f")?;
    }
    // An ACL that says no more than a mode is not stored.
    dir.setfacl("f", Acl::Access, "u::rwx,g::r-x,o::--x")?;
    shown(dir, "f")?;
    dir.setfacl("f", Acl::Access, acl)?;
    dir.record_times("remove an ACL", "f", || dir.removefacl("f", Acl::Access))?;
    shown(dir, "f")?;
    dir.removefacl("f", Acl::Access).compared();
    // Both kinds, on other kinds of files.
    dir.symlink("f", "s")?;
    dir.mknod("fifo", FileType::Fifo, 0o600, 0)?;
    for name in ["d", "fifo", "s", "f"] {
        dir.setfacl(name, Acl::Access, acl).compared();
        dir.setfacl(name, Acl::Default, acl).compared();
        shown(dir, name)?;
        dir.removefacl(name, Acl::Default).compared();
        shown(dir, name)?;
    }
    dir.getfacl("missing", Acl::Access).refused(Errno::NOENT)
}

fn invalid(dir: &TestDir) -> Outcome {
    for acl in [
        "u::rw-",
        "u::rw-,u:7:r--,g::r--,o::---",
        "g::rw-,u::r--,o::---",
    ] {
        dir.setfacl("f", Acl::Access, acl).refused(Errno::INVAL)?;
    }
    for value in [&b""[..], b"\x01\0\0\0", b"\x02\0\0", b"\x02\0\0\0\x01"] {
        dir.setxattr("f", Acl::Access.attribute(), value, XattrFlags::empty())
            .compared();
        shown(dir, "f")?;
    }
    Ok(())
}

/// What each user may do with the file `name`.
fn try_all(dir: &TestDir, name: &str) -> Outcome {
    for user in [ALICE, BOB, MEMBER] {
        dir.as_user(user, || {
            dir.open(name, RDONLY).compared();
            dir.open(name, WRONLY).compared();
            dir.open(name, RDWR).compared();
            dir.access(name, Access::EXEC_OK).compared();
            Ok(())
        })?;
    }
    Ok(())
}

fn access(dir: &TestDir) -> Outcome {
    dir.write_file("guarded", b"guarded")?;
    for acl in [
        "u::rw-,u:54321:r--,g::---,m::rwx,o::---",
        "u::rw-,u:54321:rwx,g::---,m::r--,o::-w-",
        "u::rw-,g::---,g:7000:rw-,m::rwx,o::---",
        "u::rw-,u:54322:---,g::r--,g:54322:rwx,m::rwx,o::rw-",
    ] {
        dir.setfacl("guarded", Acl::Access, acl)?;
        try_all(dir, "guarded")?;
    }
    dir.mkdir("closed", 0o700)?;
    dir.write_file("closed/f", b"inside")?;
    dir.chmod("closed/f", 0o666)?;
    dir.setfacl(
        "closed",
        Acl::Access,
        "u::rwx,u:54321:--x,g::---,m::--x,o::---",
    )?;
    for user in [ALICE, BOB] {
        dir.as_user(user, || {
            dir.stat("closed/f").compared();
            dir.stat("closed/missing").compared();
            dir.read_file("closed/f").compared();
            dir.list("closed").compared();
            dir.mkdir("closed/d", 0o755).compared();
            Ok(())
        })?;
    }
    // The owner of entries in a directory that an ACL makes writable.
    dir.setfacl(
        "closed",
        Acl::Access,
        "u::rwx,u:54321:rwx,g::---,m::rwx,o::---",
    )?;
    dir.as_user(ALICE, || {
        dir.mkdir("closed/d", 0o755)?;
        dir.rename("closed/f", "closed/d/f")?;
        dir.unlink("closed/d/f")
    })?;
    Ok(())
}

/// A change below has effect above at once, although the walk there needs only the caches.
fn changed_below(dir: &TestDir) -> Outcome {
    let below = dir.below();
    dir.mkdir("walked", 0o700)?;
    dir.write_file("walked/f", b"found")?;
    dir.chmod("walked/f", 0o600)?;
    let allows = "u::rwx,u:54321:rwx,g::---,m::rwx,o::---";
    let denies = "u::rwx,u:54321:---,g::---,m::rwx,o::---";
    for round in ["first", "second"] {
        dir.record(round, &());
        below.setfacl("walked", Acl::Access, allows)?;
        below.setfacl("walked/f", Acl::Access, allows)?;
        shown(dir, "walked/f")?;
        dir.as_user(ALICE, || {
            dir.stat("walked/f")?;
            dir.read_file("walked/f").map(drop)
        })?;
        below.setfacl("walked/f", Acl::Access, denies)?;
        dir.as_user(ALICE, || dir.open("walked/f", RDONLY).map(drop))
            .refused(Errno::ACCESS)?;
        below.setfacl("walked", Acl::Access, denies)?;
        dir.as_user(ALICE, || dir.stat("walked/f"))
            .refused(Errno::ACCESS)?;
        dir.setfacl("walked", Acl::Access, allows)?;
        dir.as_user(ALICE, || dir.stat("walked/f"))?;
        below.removefacl("walked", Acl::Access)?;
        below.chmod("walked", 0o700)?;
        shown(dir, "walked")?;
        dir.as_user(ALICE, || dir.stat("walked/f"))
            .refused(Errno::ACCESS)?;
    }
    Ok(())
}

fn inherited(dir: &TestDir) -> Outcome {
    let acl = "u::rwx,u:54321:rwx,g::r-x,g:7000:rw-,m::rwx,o::--x";
    dir.mkdir("heirs", 0o755)?;
    dir.mkdir("plain", 0o755)?;
    dir.setfacl("heirs", Acl::Default, acl)?;
    dir.mkdir("later", 0o755)?;
    dir.below().setfacl("later", Acl::Default, acl)?;
    for mask in [0o022, 0o077] {
        umask(Mode::from_raw_mode(mask));
        for parent in ["heirs", "plain", "later"] {
            let name = |what: &str| format!("{parent}/{what}-{mask:o}");
            dir.open_mode(&name("file"), CREATE, 0o666)?.fstat()?;
            dir.open_mode(&name("private"), CREATE, 0o600)?;
            dir.mkdir(&name("dir"), 0o777)?;
            dir.mkdir(&format!("{}/below it", name("dir")), 0o777)?;
            dir.mknod(&name("fifo"), FileType::Fifo, 0o666, 0)?;
            dir.symlink("target", &name("symlink"))?;
            for what in ["file", "private", "dir", "fifo", "symlink"] {
                shown(dir, &name(what))?;
            }
            shown(dir, &format!("{}/below it", name("dir")))?;
            if let Ok(file) = dir.open_mode(parent, OFlags::TMPFILE | RDWR, 0o666) {
                file.fstat()?;
                dir.step("the ACL of a file without a name", || {
                    let mut value = [0; 256];
                    let length = rustix::fs::fgetxattr(&file, Acl::Access.attribute(), &mut value)?;
                    Ok(value[..length].to_vec())
                })
                .compared();
            }
        }
    }
    umask(Mode::from_raw_mode(0o022));
    dir.removefacl("heirs", Acl::Default)?;
    dir.open_mode("heirs/without", CREATE, 0o666)?;
    shown(dir, "heirs/without")
}

fn by_owner(dir: &TestDir) -> Outcome {
    let acl = "u::rwx,u:54322:r--,g::r-x,m::rwx,o::---";
    dir.write_file("alices", b"program")?;
    dir.lchown("alices", Some(ALICE.uid), Some(7_000))?;
    for user in [BOB, ALICE] {
        dir.chmod("alices", 0o2775)?;
        dir.as_user(user, || {
            dir.setfacl("alices", Acl::Access, acl).compared();
            dir.getfacl("alices", Acl::Access).compared();
            dir.removefacl("alices", Acl::Access).compared();
            Ok(())
        })?;
        // The owner is not in the group, so the set-group-id bit is gone.
        shown(dir, "alices")?;
    }
    Ok(())
}

/// Ids in ACLs are those of the user namespace of the task that gets or sets them.
fn in_namespaces(dir: &TestDir) -> Outcome {
    let below = dir.below();
    below.install("program")?;
    let program = below.path("program");
    let made = UserNamespace::new(&program, None, "0 1000 1\n1 100000 65536\n");
    let namespace = match made {
        Ok(namespace) => namespace,
        Err(error) => {
            let why = format!("no user namespace can be made ({error})");
            skipped::report("ACLs in user namespaces", &why);
            return Ok(());
        }
    };
    let [access, default] = [Acl::Access, Acl::Default].map(|acl| format!("={}", acl.attribute()));
    let value = |text| format!("={}", hex(&encode_acl(text)));
    let mapped = value("u::rwx,u:7:r--,g::r--,g:0:r--,m::rwx,o::---");
    let unmapped = value("u::rwx,u:70000:r--,g::r--,m::rwx,o::---");
    dir.mkdir("theirs", 0o755)?;
    dir.lchown("theirs", Some(1_000), Some(1_000))?;
    dir.mkdir("others", 0o755)?;
    for name in ["theirs", "others"] {
        dir.setfacl(
            name,
            Acl::Access,
            "u::rwx,u:5:r--,u:1000:rwx,g::r--,g:100002:r--,m::rwx,o::r-x",
        )?;
    }
    for (name, id) in [("root of a namespace", 0), ("user of a namespace", 7)] {
        let who = Credentials {
            name,
            namespace: Some(&namespace),
            id,
        };
        for name in ["theirs", "others"] {
            let operations: [&[&str]; 6] = [
                &["getxattr", name, &access],
                &["setxattr", name, &access, &unmapped],
                &["setxattr", name, &access, &mapped],
                &["setxattr", name, &default, &mapped],
                &["getxattr", name, &default],
                &["removexattr", name, &default],
            ];
            dir.in_child_as(who, &program, &operations)?;
            shown(dir, name)?;
            shown(&below, name)?;
        }
    }
    Ok(())
}
