// SPDX-License-Identifier: GPL-2.0

//! Making, moving and removing names. What is made is removed in the same operation, so that each
//! repetition finds the same directory.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;

use rustix::fs::{open, Mode, OFlags};

use crate::meter::Meter;
use crate::operation::{file, Operation, Place};

pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "create, close, unlink",
        run: create,
    },
    Operation {
        name: "mkdir, rmdir",
        run: make_directory,
    },
    Operation {
        name: "O_TMPFILE, close",
        run: nameless,
    },
    Operation {
        name: "rename in a directory",
        run: rename,
    },
    Operation {
        name: "rename to another directory",
        run: rename_across,
    },
    Operation {
        name: "link, unlink",
        run: link,
    },
    Operation {
        name: "symlink, unlink",
        run: symbolic_link,
    },
    Operation {
        name: "a tree of 111 made and removed",
        run: tree,
    },
];

fn create(_: &Place, meter: &mut Meter) -> io::Result<()> {
    meter.measure(20, || {
        drop(open("new", OFlags::CREATE | OFlags::WRONLY, Mode::RUSR)?);
        fs::remove_file("new")
    })
}

fn make_directory(_: &Place, meter: &mut Meter) -> io::Result<()> {
    meter.measure(20, || {
        fs::create_dir("new")?;
        fs::remove_dir("new")
    })
}

fn nameless(_: &Place, meter: &mut Meter) -> io::Result<()> {
    meter.measure(20, || {
        Ok(open(".", OFlags::TMPFILE | OFlags::RDWR, Mode::RUSR)?)
    })
}

fn rename(_: &Place, meter: &mut Meter) -> io::Result<()> {
    file("one", 0)?;
    meter.measure(20, || {
        fs::rename("one", "other")?;
        fs::rename("other", "one")
    })
}

fn rename_across(_: &Place, meter: &mut Meter) -> io::Result<()> {
    fs::create_dir("from")?;
    fs::create_dir("to")?;
    file("from/file", 0)?;
    meter.measure(20, || {
        fs::rename("from/file", "to/file")?;
        fs::rename("to/file", "from/file")
    })
}

fn link(_: &Place, meter: &mut Meter) -> io::Result<()> {
    file("file", 0)?;
    meter.measure(20, || {
        fs::hard_link("file", "link")?;
        fs::remove_file("link")
    })
}

fn symbolic_link(_: &Place, meter: &mut Meter) -> io::Result<()> {
    meter.measure(20, || {
        symlink("target", "link")?;
        fs::remove_file("link")
    })
}

/// Ten directories of ten files each.
fn tree(_: &Place, meter: &mut Meter) -> io::Result<()> {
    meter.measure(1, || {
        fs::create_dir("tree")?;
        for outer in 0..10 {
            fs::create_dir(format!("tree/{outer}"))?;
            for inner in 0..10 {
                file(format!("tree/{outer}/{inner}"), 100)?;
            }
        }
        fs::remove_dir_all("tree")
    })
}
