// SPDX-License-Identifier: GPL-2.0

//! Operations above on names that have changed below meanwhile, and that nobody has looked at since.
//! Each acts on the file that has the name now.

use rustix::fs::{FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::case::{Case, Run};
use crate::ops::{CREATE, RDONLY};
use crate::outcome::{Expect, Outcome};
use crate::test_dir::TestDir;

/// Names that another file or directory has got.
pub(super) const REPLACED: Case = Case {
    name: "replaced_below",
    about: "what is done to a name that another file got below is done to that file, though nobody has looked since",
    risk: "another file than the one named may be removed or renamed",
    run: Run::Compared(replaced),
};

/// Names that nothing has any more.
pub(super) const GONE: Case = Case {
    name: "gone_below",
    about: "a name that was renamed above and removed below is free for everything that makes one",
    risk: "what is written under a name that was free may be lost, or the name may stay taken for ever",
    run: Run::Compared(gone),
};

/// Directories that have got another parent.
pub(super) const MOVED: Case = Case {
    name: "moved_below",
    about: "directories that were moved below are renamed, replaced, exchanged and removed where they are now",
    risk: "directories may not be found, or be changed in a place that they have left",
    run: Run::Compared(moved),
};

/// Working directories, which have no name on the way to them.
pub(super) const WORKING_DIRECTORY: Case = Case {
    name: "working_directory",
    about: "a working directory that is moved below leads to its new parent, and one removed there holds nothing new",
    risk: "files may be made in a directory that the program is no longer in",
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

/// What is done to a name that another file got below, after the name was made by a rename above.
fn replaced_files(dir: &TestDir, below: &TestDir) -> Outcome {
    type Act = fn(&TestDir) -> Result<(), Errno>;
    for (directory, act) in [
        ("unlink", (|dir| dir.unlink("unlink/y")) as Act),
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
        act(dir).compared();
        contents(below, directory)?;
        contents(dir, directory)?;
    }
    Ok(())
}

/// The same with directories.
fn replaced_directories(dir: &TestDir, below: &TestDir) -> Outcome {
    type Act = fn(&TestDir) -> Result<(), Errno>;
    for (directory, act) in [
        ("rmdir", (|dir| dir.rmdir("rmdir/y")) as Act),
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
        act(dir).compared();
        for entry in below.list(directory)? {
            below.lstat(&name(entry.trim_end_matches("(directory)")))?;
        }
        dir.list(directory)?;
    }
    below.list("make-in/y")?;
    Ok(())
}

/// Records each file of a directory with its content and mode.
fn contents(dir: &TestDir, directory: &str) -> Outcome {
    for entry in dir.list(directory)? {
        let name = format!("{directory}/{}", entry.trim_end_matches("(file)"));
        dir.read_file(&name)?;
        dir.lstat(&name)?;
    }
    Ok(())
}

/// A name that a rename above made, and that was removed below, is free.
fn free_names(dir: &TestDir, below: &TestDir) -> Outcome {
    type Make = fn(&TestDir, &str) -> Result<(), Errno>;
    dir.mkdir("gone", 0o755)?;
    dir.write_file("gone/source", b"source")?;
    for (name, make) in [
        ("mkdir", (|dir, name| dir.mkdir(name, 0o755)) as Make),
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
            make(dir, &name).compared();
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
    // A removed name is no longer there to be removed or renamed either.
    dir.lstat("q/p")?;
    dir.rename("q/p", "p")?;
    below.rmdir("p")?;
    dir.rename("p", "q/p").refused(Errno::NOENT)?;
    dir.rmdir("p").refused(Errno::NOENT)?;
    dir.mkdir("p", 0o755)?;
    dir.list("q")?;
    Ok(())
}

/// A new hard link can be renamed and removed at once, over a filesystem that forgets its name too.
fn linked(dir: &TestDir) -> Outcome {
    dir.write_file("a", b"linked")?;
    dir.link("a", "c")?;
    dir.rename("c", "d")?;
    dir.link("a", "c")?;
    dir.rename_with("c", "e", RenameFlags::NOREPLACE)?;
    dir.link("a", "c")?;
    dir.unlink("c")?;
    dir.same_inode("a", "d")?;
    dir.lstat("e")?;
    Ok(())
}

/// A directory that is known above, moved below into another one, is renamed from there, replaced there
/// and exchanged there.
fn moved(dir: &TestDir) -> Outcome {
    let below = dir.below();
    type Act = fn(&TestDir) -> Result<(), Errno>;
    for (top, act) in [
        ("from", (|dir| dir.rename("from/a/c2", "from/x")) as Act),
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
        act(dir).compared();
        below.list(top)?;
        below.list(&name("a"))?;
        dir.list(top)?;
        dir.list(&name("a"))?;
    }
    // With a file as the target, too.
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
    Ok(())
}

/// A working directory is where it is below: its `..` leads to the parent that it has now, and nothing
/// can be made in it once it is removed.
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
