// SPDX-License-Identifier: GPL-2.0

//! Operations above on a name that changed below after it was last looked up, so the cached upper
//! dentry is stale. Each operation has to affect the file that has the name now.

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{Operation, CREATE, RDONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::{TestDir, ALICE};

/// Another file or directory has the name now.
pub(super) const REPLACED: Case = Case {
    name: "replaced_below",
    about: "an operation on a name that another file got below affects that file, also without a lookup before",
    risk: "another file than the one named may be removed or renamed",
    run: Run::Compared(replaced),
};

/// No file has the name any more.
pub(super) const GONE: Case = Case {
    name: "gone_below",
    about: "a name that was created above by a rename and removed below is free for new files of every kind",
    risk: "data that is written under a free name may be lost, or the name may stay taken forever",
    run: Run::Compared(gone),
};

/// A directory has another parent now.
pub(super) const MOVED: Case = Case {
    name: "moved_below",
    about: "directories that were moved below are renamed, replaced, exchanged and removed where they are now",
    risk: "directories may not be found, or changes may go to their old place",
    run: Run::Compared(moved),
};

/// A working directory. Operations relative to it look no parent up.
pub(super) const WORKING_DIRECTORY: Case = Case {
    name: "working_directory",
    about: "a working directory that is moved below leads to its new parent; a removed one refuses new names",
    risk: "files may be created in a directory in which the program no longer is",
    run: Run::Compared(working_directory),
};

fn replaced(dir: &TestDir) -> Outcome {
    let below = dir.below();
    replaced_files(dir, &below)?;
    replaced_directories(dir, &below)
}

fn gone(dir: &TestDir) -> Outcome {
    let below = dir.below();
    free_names(dir, &below)?;
    free_name_elsewhere(dir, &below)?;
    linked(dir)
}

/// A rename above creates the name, and then another file gets it below.
fn replaced_files(dir: &TestDir, below: &TestDir) -> Outcome {
    for (directory, operation) in [
        ("unlink", (|dir| dir.unlink("unlink/y")) as Operation),
        ("rename", |dir| dir.rename("rename/y", "rename/w")),
        ("source", |dir| dir.rename("source/y", "source/other")),
        ("target", |dir| dir.rename("target/other", "target/y")),
        ("link", |dir| dir.link("link/y", "link/w")),
        ("exchange", |dir| {
            dir.rename_with("exchange/y", "exchange/other", RenameFlags::EXCHANGE)
        }),
        ("noreplace", |dir| {
            dir.rename_with("noreplace/y", "noreplace/w", RenameFlags::NOREPLACE)
        }),
        ("chmod", |dir| dir.chmod("chmod/y", 0o600)),
        ("truncate", |dir| dir.truncate("truncate/y", 1)),
        ("write", |dir| {
            dir.open("write/y", CREATE | OFlags::TRUNC)?
                .write(b"written")
                .map(drop)
        }),
    ] {
        let name = |name: &str| format!("{directory}/{name}");
        dir.mkdir(directory, 0o755)?;
        dir.write_file(&name("x"), b"the old file")?;
        dir.write_file(&name("other"), b"another file")?;
        dir.rename(&name("x"), &name("y"))?;
        below.rename(&name("y"), &name("z"))?;
        below.write_file(&name("y"), b"the new file")?;
        operation(dir).compared();
        read_all(below, directory)?;
        read_all(dir, directory)?;
    }
    Ok(())
}

/// The same for directories.
fn replaced_directories(dir: &TestDir, below: &TestDir) -> Outcome {
    for (directory, operation) in [
        ("rmdir", (|dir| dir.rmdir("rmdir/y")) as Operation),
        ("rename-d", |dir| dir.rename("rename-d/y", "rename-d/w")),
        ("target-d", |dir| dir.rename("target-d/other", "target-d/y")),
        ("make-in", |dir| dir.mkdir("make-in/y/made", 0o755)),
    ] {
        let name = |name: &str| format!("{directory}/{name}");
        dir.mkdir(directory, 0o755)?;
        dir.mkdir(&name("x"), 0o755)?;
        dir.mkdir(&name("other"), 0o755)?;
        dir.rename(&name("x"), &name("y"))?;
        below.rename(&name("y"), &name("z"))?;
        below.mkdir(&name("y"), 0o700)?;
        operation(dir).compared();
        for entry in below.list(directory)? {
            below.lstat(&name(entry.trim_end_matches("(directory)")))?;
        }
        dir.list(directory)?;
    }
    below.list("make-in/y")?;
    Ok(())
}

/// Records the content and attributes of each file in a directory.
fn read_all(dir: &TestDir, directory: &str) -> Outcome {
    for entry in dir.list(directory)? {
        let name = format!("{directory}/{}", entry.trim_end_matches("(file)"));
        dir.read_file(&name)?;
        dir.lstat(&name)?;
    }
    Ok(())
}

/// A rename above creates the name, and it is removed below. Then it is free.
fn free_names(dir: &TestDir, below: &TestDir) -> Outcome {
    type Create = fn(&TestDir, &str) -> Result<(), Errno>;
    dir.mkdir("gone", 0o755)?;
    dir.write_file("gone/source", b"source")?;
    for (name, create) in [
        ("mkdir", (|dir, name| dir.mkdir(name, 0o755)) as Create),
        ("mknod", |dir, name| {
            dir.mknod(name, FileType::Fifo, 0o600, 0)
        }),
        ("symlink", |dir, name| dir.symlink("target", name)),
        ("link", |dir, name| dir.link("gone/source", name)),
        ("create", |dir, name| {
            dir.open(name, CREATE | OFlags::EXCL).map(drop)
        }),
        ("open", |dir, name| dir.open(name, CREATE).map(drop)),
        ("noreplace", |dir, name| {
            dir.rename_with("gone/source", name, RenameFlags::NOREPLACE)
        }),
    ] {
        for (kind, what) in [
            (FileType::RegularFile, "file"),
            (FileType::Directory, "directory"),
        ] {
            let (old, name) = (
                format!("gone/old-{name}-{what}"),
                format!("gone/{name}-{what}"),
            );
            dir.write_file("gone/source", b"source")?;
            match kind {
                FileType::Directory => dir.mkdir(&old, 0o755)?,
                _ => dir.write_file(&old, b"")?,
            }
            dir.rename(&old, &name)?;
            match kind {
                FileType::Directory => below.rmdir(&name)?,
                _ => below.unlink(&name)?,
            }
            create(dir, &name).compared();
            below.lstat(&name).compared();
        }
    }
    dir.list("gone")?;
    Ok(())
}

/// The same for a directory that was renamed into another one.
fn free_name_elsewhere(dir: &TestDir, below: &TestDir) -> Outcome {
    dir.mkdir("q", 0o755)?;
    dir.mkdir("p", 0o755)?;
    dir.rename("p", "q/p")?;
    below.rmdir("q/p")?;
    dir.mkdir("q/p", 0o711).compared();
    below.lstat("q/p").compared();
    // A removed name can neither be renamed nor removed again.
    dir.lstat("q/p")?;
    dir.rename("q/p", "p")?;
    below.rmdir("p")?;
    dir.rename("p", "q/p").refused(Errno::NOENT)?;
    dir.rmdir("p").refused(Errno::NOENT)?;
    dir.mkdir("p", 0o755)?;
    dir.list("q")?;
    Ok(())
}

/// A new hard link can be renamed and removed at once, even if the lower filesystem drops its
/// dentry after link(2).
fn linked(dir: &TestDir) -> Outcome {
    dir.write_file("a", b"linked")?;
    dir.link("a", "c")?;
    dir.rename("c", "d")?;
    dir.link("a", "c")?;
    match dir.supports_rename_flags() {
        true => dir.rename_with("c", "e", RenameFlags::NOREPLACE)?,
        false => dir.rename("c", "e")?,
    }
    dir.link("a", "c")?;
    dir.unlink("c")?;
    dir.same_inode("a", "d")?;
    dir.lstat("e")?;
    Ok(())
}

/// A directory that is cached above is moved below into another one. Operations above find it
/// there.
fn moved(dir: &TestDir) -> Outcome {
    let below = dir.below();
    for (top, operation) in [
        (
            "from",
            (|dir| dir.rename("from/a/c2", "from/x")) as Operation,
        ),
        ("onto", |dir| dir.rename("onto/other", "onto/a/c2")),
        ("with", |dir| {
            dir.rename_with("with/other", "with/a/c2", RenameFlags::EXCHANGE)
        }),
        ("exchanged", |dir| {
            dir.rename_with("exchanged/a/c2", "exchanged/other", RenameFlags::EXCHANGE)
        }),
        ("removed", |dir| dir.rmdir("removed/a/c2")),
        ("deeper", |dir| dir.mkdir("deeper/a/c2/new", 0o755)),
    ] {
        let name = |name: &str| format!("{top}/{name}");
        for directory in ["", "/a", "/c", "/other"] {
            dir.mkdir(&format!("{top}{directory}"), 0o755)?;
        }
        dir.write_file(&name("file"), b"")?;
        dir.list(&name("a"))?;
        dir.list(&name("c"))?;
        below.rename(&name("c"), &name("a/c2"))?;
        operation(dir).compared();
        below.list(top)?;
        below.list(&name("a"))?;
        dir.list(top)?;
        dir.list(&name("a"))?;
    }
    // With a file that is replaced.
    dir.mkdir("files", 0o755)?;
    dir.mkdir("files/a", 0o755)?;
    dir.write_file("files/c", b"replaced")?;
    dir.write_file("files/new", b"new")?;
    dir.list("files/a")?;
    dir.read_file("files/c")?;
    below.rename("files/c", "files/a/c2")?;
    dir.rename("files/new", "files/a/c2").compared();
    dir.read_file("files/a/c2")?;
    dir.list("files")?;
    into_its_child(dir, &below)
}

/// `..` of a working directory leads to the parent that it has below. Nothing can be created in it
/// after it was removed below.
/// A directory is moved into its own former child. A user who has that child open, and may not walk
/// to it from the root, finds the directory in it, although both were last seen the other way round.
fn into_its_child(dir: &TestDir, below: &TestDir) -> Outcome {
    dir.mkdir("closed", 0o700)?;
    for directory in ["closed/parent", "closed/parent/child"] {
        dir.mkdir(directory, 0o755)?;
        dir.chmod(directory, 0o777)?;
    }
    let child = dir.open("closed/parent/child", RDONLY)?;
    below.rename("closed/parent/child", "closed/child")?;
    below.rename("closed/parent", "closed/child/parent")?;
    dir.as_user(ALICE, || {
        dir.step("stat of the former parent in its former child", || {
            rustix::fs::statat(&child, "parent", AtFlags::empty())
        })?;
        dir.step("mkdir in it", || {
            rustix::fs::mkdirat(&child, "parent/made", Mode::from_raw_mode(0o755))
        })
    })?;
    child.close()?;
    dir.list("closed/child/parent")?;
    dir.list("closed")?;
    Ok(())
}

fn working_directory(dir: &TestDir) -> Outcome {
    let below = dir.below();
    for directory in ["here", "there", "here/working"] {
        dir.mkdir(directory, 0o755)?;
    }
    rustix::process::chdir(dir.path("here/working"))?;
    below.rename("here/working", "there/working")?;
    dir.step("mkdir ../new", || {
        rustix::fs::mkdir("../new", Mode::from_raw_mode(0o755))
    })
    .compared();
    below.list("here")?;
    below.list("there")?;
    dir.step("mkdir ./inside", || {
        rustix::fs::mkdir("./inside", Mode::from_raw_mode(0o755))
    })?;
    dir.step("rename ../new ../../here/newer", || {
        rustix::fs::rename("../new", "../../here/newer")
    })
    .compared();
    dir.list("here")?;
    dir.list("there/working")?;

    dir.mkdir("removed-below", 0o755)?;
    dir.write_file("file", b"")?;
    rustix::process::chdir(dir.path("removed-below"))?;
    let directory = dir.open("removed-below", RDONLY)?;
    below.rmdir("removed-below")?;
    let file = dir.path("file");
    dir.step("rename into a working directory removed below", || {
        rustix::fs::rename(&file, "moved")
    })
    .compared();
    dir.step("link into it", || rustix::fs::link(&file, "linked"))
        .refused(Errno::NOENT)?;
    dir.step("mkdir in it", || {
        rustix::fs::mkdir("made", Mode::from_raw_mode(0o755))
    })
    .refused(Errno::NOENT)?;
    directory.fstat()?;
    directory.close()?;
    rustix::process::chdir("/")?;
    Ok(())
}
