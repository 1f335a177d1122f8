// SPDX-License-Identifier: GPL-2.0

//! Operations above on names that have changed below meanwhile, and that nobody has looked at since.
//! Each acts on the file that has the name now.

use rustix::fs::{FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::case::{Case, Expect, Outcome, Run};
use crate::ops::{CREATE, RDONLY};
use crate::world::World;

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

fn replaced(w: &World) -> Outcome {
    let below = w.below();
    replaced_files(w, &below)?;
    replaced_directories(w, &below)
}

fn gone(w: &World) -> Outcome {
    let below = w.below();
    free_names(w, &below)?;
    free_name_elsewhere(w, &below)?;
    linked(w)
}

/// What is done to a name that another file got below, after the name was made by a rename above.
fn replaced_files(w: &World, below: &World) -> Outcome {
    type Act = fn(&World) -> Result<(), Errno>;
    for (directory, act) in [
        ("unlink", (|w| w.unlink("unlink/y")) as Act),
        ("rename", |w| w.rename("rename/y", "rename/w")),
        ("source", |w| w.rename("source/y", "source/other")),
        ("target", |w| w.rename("target/other", "target/y")),
        ("link", |w| w.link("link/y", "link/w")),
        ("exchange", |w| {
            w.rename_with("exchange/y", "exchange/other", RenameFlags::EXCHANGE)
        }),
        ("noreplace", |w| {
            w.rename_with("noreplace/y", "noreplace/w", RenameFlags::NOREPLACE)
        }),
        ("chmod", |w| w.chmod("chmod/y", 0o600)),
        ("truncate", |w| w.truncate("truncate/y", 1)),
        ("write", |w| {
            w.open("write/y", CREATE | OFlags::TRUNC)?
                .write(b"written")
                .map(drop)
        }),
    ] {
        let name = |name: &str| format!("{directory}/{name}");
        w.mkdir(directory, 0o755)?;
        w.write_file(&name("x"), b"the old file")?;
        w.write_file(&name("other"), b"another file")?;
        w.rename(&name("x"), &name("y"))?;
        below.rename(&name("y"), &name("z"))?;
        below.write_file(&name("y"), b"the new file")?;
        act(w).either();
        contents(below, directory)?;
        contents(w, directory)?;
    }
    Ok(())
}

/// The same with directories.
fn replaced_directories(w: &World, below: &World) -> Outcome {
    type Act = fn(&World) -> Result<(), Errno>;
    for (directory, act) in [
        ("rmdir", (|w| w.rmdir("rmdir/y")) as Act),
        ("rename-d", |w| w.rename("rename-d/y", "rename-d/w")),
        ("target-d", |w| w.rename("target-d/other", "target-d/y")),
        ("make-in", |w| w.mkdir("make-in/y/made", 0o755)),
    ] {
        let name = |name: &str| format!("{directory}/{name}");
        w.mkdir(directory, 0o755)?;
        w.mkdir(&name("x"), 0o755)?;
        w.mkdir(&name("other"), 0o755)?;
        w.rename(&name("x"), &name("y"))?;
        below.rename(&name("y"), &name("z"))?;
        below.mkdir(&name("y"), 0o700)?;
        act(w).either();
        for entry in below.list(directory)? {
            below.lstat(&name(entry.trim_end_matches("(directory)")))?;
        }
        w.list(directory)?;
    }
    below.list("make-in/y")?;
    Ok(())
}

/// Records each file of a directory with its content and mode.
fn contents(w: &World, directory: &str) -> Outcome {
    for entry in w.list(directory)? {
        let name = format!("{directory}/{}", entry.trim_end_matches("(file)"));
        w.read_file(&name)?;
        w.lstat(&name)?;
    }
    Ok(())
}

/// A name that a rename above made, and that was removed below, is free.
fn free_names(w: &World, below: &World) -> Outcome {
    type Make = fn(&World, &str) -> Result<(), Errno>;
    w.mkdir("gone", 0o755)?;
    w.write_file("gone/source", b"source")?;
    for (name, make) in [
        ("mkdir", (|w, name| w.mkdir(name, 0o755)) as Make),
        ("mknod", |w, name| w.mknod(name, FileType::Fifo, 0o600, 0)),
        ("symlink", |w, name| w.symlink("target", name)),
        ("link", |w, name| w.link("gone/source", name)),
        ("create", |w, name| {
            w.open(name, CREATE | OFlags::EXCL).map(drop)
        }),
        ("open", |w, name| w.open(name, CREATE).map(drop)),
        ("noreplace", |w, name| {
            w.rename_with("gone/source", name, RenameFlags::NOREPLACE)
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
            w.write_file("gone/source", b"source")?;
            match kind {
                FileType::Directory => w.mkdir(&old, 0o755)?,
                _ => w.write_file(&old, b"")?,
            }
            w.rename(&old, &name)?;
            match kind {
                FileType::Directory => below.rmdir(&name)?,
                _ => below.unlink(&name)?,
            }
            make(w, &name).either();
            below.lstat(&name).either();
        }
    }
    w.list("gone")?;
    Ok(())
}

/// The same for a directory that was renamed into another one.
fn free_name_elsewhere(w: &World, below: &World) -> Outcome {
    w.mkdir("q", 0o755)?;
    w.mkdir("p", 0o755)?;
    w.rename("p", "q/p")?;
    below.rmdir("q/p")?;
    w.mkdir("q/p", 0o711).either();
    below.lstat("q/p").either();
    // A removed name is no longer there to be removed or renamed either.
    w.lstat("q/p")?;
    w.rename("q/p", "p")?;
    below.rmdir("p")?;
    w.rename("p", "q/p").refused(Errno::NOENT)?;
    w.rmdir("p").refused(Errno::NOENT)?;
    w.mkdir("p", 0o755)?;
    w.list("q")?;
    Ok(())
}

/// A new hard link can be renamed and removed at once, over a filesystem that forgets its name too.
fn linked(w: &World) -> Outcome {
    w.write_file("a", b"linked")?;
    w.link("a", "c")?;
    w.rename("c", "d")?;
    w.link("a", "c")?;
    w.rename_with("c", "e", RenameFlags::NOREPLACE)?;
    w.link("a", "c")?;
    w.unlink("c")?;
    w.same_inode("a", "d")?;
    w.lstat("e")?;
    Ok(())
}

/// A directory that is known above, moved below into another one, is renamed from there, replaced there
/// and exchanged there.
fn moved(w: &World) -> Outcome {
    let below = w.below();
    type Act = fn(&World) -> Result<(), Errno>;
    for (top, act) in [
        ("from", (|w| w.rename("from/a/c2", "from/x")) as Act),
        ("onto", |w| w.rename("onto/other", "onto/a/c2")),
        ("with", |w| {
            w.rename_with("with/other", "with/a/c2", RenameFlags::EXCHANGE)
        }),
        ("exchanged", |w| {
            w.rename_with("exchanged/a/c2", "exchanged/other", RenameFlags::EXCHANGE)
        }),
        ("removed", |w| w.rmdir("removed/a/c2")),
        ("deeper", |w| w.mkdir("deeper/a/c2/new", 0o755)),
    ] {
        let name = |name: &str| format!("{top}/{name}");
        for directory in ["", "/a", "/c", "/other"] {
            w.mkdir(&format!("{top}{directory}"), 0o755)?;
        }
        w.write_file(&name("file"), b"")?;
        w.list(&name("a"))?;
        w.list(&name("c"))?;
        below.rename(&name("c"), &name("a/c2"))?;
        act(w).either();
        below.list(top)?;
        below.list(&name("a"))?;
        w.list(top)?;
        w.list(&name("a"))?;
    }
    // With a file as the target, too.
    w.mkdir("files", 0o755)?;
    w.mkdir("files/a", 0o755)?;
    w.write_file("files/c", b"replaced")?;
    w.write_file("files/new", b"new")?;
    w.list("files/a")?;
    w.read_file("files/c")?;
    below.rename("files/c", "files/a/c2")?;
    w.rename("files/new", "files/a/c2").either();
    w.read_file("files/a/c2")?;
    w.list("files")?;
    Ok(())
}

/// A working directory is where it is below: its `..` leads to the parent that it has now, and nothing
/// can be made in it once it is removed.
fn working_directory(w: &World) -> Outcome {
    let below = w.below();
    for directory in ["here", "there", "here/working"] {
        w.mkdir(directory, 0o755)?;
    }
    rustix::process::chdir(w.path("here/working"))?;
    below.rename("here/working", "there/working")?;
    w.step("mkdir ../new", || {
        rustix::fs::mkdir("../new", Mode::from_raw_mode(0o755))
    })
    .either();
    below.list("here")?;
    below.list("there")?;
    w.step("mkdir ./inside", || {
        rustix::fs::mkdir("./inside", Mode::from_raw_mode(0o755))
    })?;
    w.step("rename ../new ../../here/newer", || {
        rustix::fs::rename("../new", "../../here/newer")
    })
    .either();
    w.list("here")?;
    w.list("there/working")?;

    w.mkdir("removed-below", 0o755)?;
    w.write_file("file", b"")?;
    rustix::process::chdir(w.path("removed-below"))?;
    let directory = w.open("removed-below", RDONLY)?;
    below.rmdir("removed-below")?;
    let file = w.path("file");
    w.step("rename into a working directory removed below", || {
        rustix::fs::rename(&file, "moved")
    })
    .either();
    w.step("link into it", || rustix::fs::link(&file, "linked"))
        .refused(Errno::NOENT)?;
    w.step("mkdir in it", || {
        rustix::fs::mkdir("made", Mode::from_raw_mode(0o755))
    })
    .refused(Errno::NOENT)?;
    directory.fstat()?;
    directory.close()?;
    rustix::process::chdir("/")?;
    Ok(())
}
