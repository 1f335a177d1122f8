// SPDX-License-Identifier: GPL-2.0

//! An idmapped lower mount.

use rustix::fd::AsFd;
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::fixture::{Directories, Fixture};
use crate::idmap::idmapped;
use crate::layer::unmount_retrying;
use crate::ops::{Acl, CREATE, RDONLY, RDWR};
use crate::outcome::{Expect, Failure, Outcome};
use crate::skipped;
use crate::test_dir::{TestDir, User};
use crate::user_namespace::UserNamespace;

pub(super) const CASE: Case = Case {
    name: "idmapped_lower",
    about: "the owners that an idmapped lower mount shows are the owners above: shown, checked, stored, changed",
    risk: "files may belong to the wrong users, or be accessible to them",
    run: Run::Mounting(run),
};

/// The mount maps the ids 0 to 65535 on disk to those from here.
pub(super) const FIRST: u32 = 100_000;
/// The user to whom files with the id 0 on disk belong.
pub(super) const OWNER: User = User {
    uid: FIRST,
    gid: FIRST,
    groups: &[],
};
/// Another mapped user.
pub(super) const MAPPED: User = User {
    uid: FIRST + 7,
    gid: FIRST + 8,
    groups: &[FIRST + 9],
};

fn run(fixture: &Fixture) -> Outcome {
    let [plain, lower, upper, other] = fixture.create_dirs(["plain", "lower", "mount", "other"])?;
    let directories = Directories::new(&plain, &lower, &upper);
    fixture.compare("preparation", directories.without_layer(), prepare)?;
    let map = format!("0 {FIRST} 65536");
    let namespace = match UserNamespace::new(fixture.program, None, &map) {
        Ok(namespace) => namespace,
        Err(error) => {
            let why =
                format!("no user namespace, which an idmapped mount needs, can be made ({error})");
            skipped::report("idmapped lower mounts", &why);
            return Ok(());
        }
    };
    for place in [&plain, &lower] {
        match idmapped(place, place, namespace.as_fd()) {
            Err(Errno::INVAL) => {
                let why = "the lower filesystem does not support them";
                skipped::report("idmapped lower mounts", why);
                return Ok(());
            }
            other => other?,
        }
    }
    let mounted = fixture.mount(&lower, &upper)?;
    fixture.compare("mapped", directories, use_mapped_ids)?;
    if idmapped(&upper, &other, namespace.as_fd()).is_ok() {
        return Err(Failure("a second idmap on top is not refused".into()));
    }
    mounted.unmount()?;
    for place in [&plain, &lower] {
        unmount_retrying(place)?;
    }
    // Without the mapping, the files have the ids that were stored.
    fixture.compare(
        "the ids that are stored",
        directories.without_layer(),
        lstat_all,
    )
}

pub(super) fn prepare(dir: &TestDir) -> Outcome {
    dir.mkdir("d", 0o755)?;
    dir.lchown("d", Some(7), Some(8))?;
    dir.write_file("roots", b"root's")?;
    dir.chmod("roots", 0o600)?;
    dir.write_file("d/f", b"content")?;
    dir.lchown("d/f", Some(7), Some(9))?;
    dir.chmod("d/f", 0o640)?;
    dir.mkdir("inherits", 0o777)?;
    dir.chmod("inherits", 0o777)?;
    // The lower filesystem may have no ACLs.
    dir.setfacl(
        "d/f",
        Acl::Access,
        "u::rw-,u:11:rw-,g::r--,g:12:r--,m::rw-,o::---",
    )
    .compared();
    dir.setfacl(
        "inherits",
        Acl::Default,
        "u::rwx,u:11:r-x,g::r-x,m::r-x,o::---",
    )
    .compared();
    Ok(())
}

pub(super) fn use_mapped_ids(dir: &TestDir) -> Outcome {
    lstat_all(dir)?;
    // Root may read, but its id has no mapping that could be stored.
    dir.read_file("roots")?;
    dir.open("new", CREATE).compared();
    dir.mkdir("new", 0o755).compared();
    dir.lchown("roots", Some(0), Some(0)).compared();
    dir.lchown("roots", Some(5), None).compared();
    dir.lchown("roots", Some(FIRST + 5), Some(FIRST + 6))?;
    dir.lstat("roots")?;
    dir.lchown("roots", Some(FIRST), Some(FIRST))?;
    for user in [OWNER, MAPPED] {
        dir.as_user(user, || {
            dir.open("roots", RDONLY)
                .and_then(|file| file.read(10))
                .compared();
            dir.open("d/f", RDWR)
                .and_then(|file| file.write(b"C"))
                .compared();
            let name = format!("d/of-{}", user.uid);
            dir.open(&name, CREATE)
                .and_then(|file| file.fstat())
                .compared();
            dir.mkdir(&format!("{name}-directory"), 0o755).compared();
            dir.symlink("x", &format!("{name}-symlink")).compared();
            dir.link("d/f", &format!("{name}-link")).compared();
            dir.open("d", rustix::fs::OFlags::TMPFILE | RDWR)
                .and_then(|file| file.fstat())
                .compared();
            dir.lchown("d/f", None, Some(FIRST + 9)).compared();
            dir.lchown("d/f", None, Some(9)).compared();
            dir.chmod("d/f", 0o660).compared();
            dir.setxattr("d/f", "user.x", b"x", rustix::fs::XattrFlags::empty())
                .compared();
            dir.unlink(&format!("{name}-symlink")).compared();
            dir.mkdir(&format!("inherits/{}", user.uid), 0o777)
                .compared();
            Ok(())
        })?;
    }
    acls(dir)?;
    lstat_all(dir)
}

/// ACLs have the ids that the mount shows.
fn acls(dir: &TestDir) -> Outcome {
    dir.getfacl("d/f", Acl::Access).compared();
    let user = User {
        uid: FIRST + 11,
        gid: FIRST + 11,
        groups: &[],
    };
    dir.as_user(user, || {
        dir.open("d/f", RDWR)
            .and_then(|file| file.pwrite(b"A", 0))
            .compared();
        Ok(())
    })?;
    for id in [FIRST + 20, 20] {
        let text = format!("u::rw-,u:{id}:r--,g::r--,g:{id}:r--,m::r--,o::---");
        dir.as_user(MAPPED, || {
            dir.setfacl("d/f", Acl::Access, &text).compared();
            dir.getfacl("d/f", Acl::Access).compared();
            Ok(())
        })?;
        dir.setfacl("inherits", Acl::Default, &text).compared();
    }
    for name in ["inherits", "inherits/100000", "inherits/100007"] {
        dir.getfacl(name, Acl::Access).compared();
        dir.getfacl(name, Acl::Default).compared();
    }
    Ok(())
}

pub(super) fn lstat_all(dir: &TestDir) -> Outcome {
    for directory in [".", "d", "inherits"] {
        for entry in crate::tree::entries(&dir.path(directory))? {
            let name = format!("{directory}/{}", entry.name);
            dir.lstat(&name)?;
            dir.getfacl(&name, Acl::Access).compared();
            dir.getfacl(&name, Acl::Default).compared();
        }
    }
    Ok(())
}
