// SPDX-License-Identifier: GPL-2.0

//! Finding files, and asking about them.

use std::cell::Cell;
use std::fmt::Write;
use std::fs;
use std::io;
use std::os::unix::fs::{symlink, PermissionsExt};

use rustix::fs::{
    access, fstat, open, openat, readlinkat_raw, stat, statfs, statx, Access, AtFlags, Mode,
    OFlags, RawDir, StatxFlags, CWD,
};
use rustix::io::Errno;

use crate::meter::Meter;
use crate::operation::{file, Operation, Place};

pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "stat",
        run: stat_cached,
    },
    Operation {
        name: "stat of a missing name",
        run: stat_missing,
    },
    Operation {
        name: "stat of a new name",
        run: stat_new,
    },
    Operation {
        name: "stat without caches",
        run: stat_cold,
    },
    Operation {
        name: "stat through a link",
        run: stat_link,
    },
    Operation {
        name: "stat, eight components",
        run: walk,
    },
    Operation {
        name: "stat by a user, ACLs on the way",
        run: walk_acl,
    },
    Operation {
        name: "statx of an open file",
        run: statx_open,
    },
    Operation {
        name: "fstat",
        run: fstat_open,
    },
    Operation {
        name: "access",
        run: access_read,
    },
    Operation {
        name: "statfs",
        run: statfs_dir,
    },
    Operation {
        name: "readlink",
        run: read_link,
    },
    Operation {
        name: "open, close",
        run: open_close,
    },
    Operation {
        name: "open of a directory, close",
        run: open_directory,
    },
    Operation {
        name: "getdents of 1,000 names",
        run: read_directory,
    },
];

fn stat_cached(_: &Place, meter: &mut Meter) -> io::Result<()> {
    file("file", 1)?;
    meter.measure(100, || Ok(stat("file")?))
}

fn stat_missing(_: &Place, meter: &mut Meter) -> io::Result<()> {
    meter.measure(100, || match stat("missing") {
        Err(Errno::NOENT) => Ok(()),
        other => Err(io::Error::other(format!(
            "stat of a missing name: {other:?}"
        ))),
    })
}

/// Names that the lower filesystem has cached, and the mount has not.
fn stat_new(place: &Place, meter: &mut Meter) -> io::Result<()> {
    const NAMES: u32 = 100;
    let round = Cell::new(0);
    let mut name = String::new();
    meter.measure_prepared(
        NAMES,
        || {
            round.set(round.get() + 1);
            (0..NAMES).try_for_each(|number| {
                let name = format!("{}-{number}", round.get());
                file(place.below.join(name), 0)
            })
        },
        |number| {
            name.clear();
            write!(name, "{}-{number}", round.get()).map_err(io::Error::other)?;
            Ok(stat(name.as_str())?)
        },
    )
}

fn stat_cold(_: &Place, meter: &mut Meter) -> io::Result<()> {
    const NAMES: u32 = 100;
    for number in 0..NAMES {
        file(format!("{number}"), 0)?;
    }
    let names: Vec<String> = (0..NAMES).map(|number| number.to_string()).collect();
    meter.measure_prepared(
        NAMES,
        || {
            rustix::fs::sync();
            // Dentries and inodes, not pages.
            fs::write("/proc/sys/vm/drop_caches", "2")
        },
        |number| Ok(stat(names[number as usize].as_str())?),
    )
}

fn stat_link(_: &Place, meter: &mut Meter) -> io::Result<()> {
    file("file", 1)?;
    symlink("file", "link")?;
    meter.measure(100, || Ok(stat("link")?))
}

const DEEP: &str = "1/2/3/4/5/6/7";
const DEEP_FILE: &str = "1/2/3/4/5/6/7/8";

fn walk(_: &Place, meter: &mut Meter) -> io::Result<()> {
    fs::create_dir_all(DEEP)?;
    file(DEEP_FILE, 1)?;
    meter.measure(100, || Ok(stat(DEEP_FILE)?))
}

/// A directory that one user may search by an ACL, with others below it.
fn walk_acl(place: &Place, meter: &mut Meter) -> io::Result<()> {
    const USER: u32 = 1_234;
    fs::create_dir_all(DEEP)?;
    file(DEEP_FILE, 1)?;
    let mut path = place.dir.clone();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o711))?;
    for name in DEEP.split('/') {
        path.push(name);
        rustix::fs::setxattr(
            &path,
            "system.posix_acl_access",
            &acl_for(USER),
            rustix::fs::XattrFlags::empty(),
        )?;
    }
    std::thread::scope(|scope| {
        scope
            .spawn(|| {
                // This thread alone becomes the user.
                let id = rustix::fs::Uid::from_raw(USER);
                rustix::thread::set_thread_res_uid(id, id, id)?;
                meter.measure(100, || Ok(stat(DEEP_FILE)?))
            })
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the thread panicked")))
    })
}

/// The binary form of `u::rwx,u:USER:--x,g::---,m::--x,o::---` (`linux/posix_acl_xattr.h`).
fn acl_for(user: u32) -> Vec<u8> {
    const NONE: u32 = u32::MAX;
    let entries: [(u16, u16, u32); 5] = [
        (0x01, 7, NONE),
        (0x02, 1, user),
        (0x04, 0, NONE),
        (0x10, 1, NONE),
        (0x20, 0, NONE),
    ];
    let mut acl = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        acl.extend(tag.to_le_bytes());
        acl.extend(permissions.to_le_bytes());
        acl.extend(id.to_le_bytes());
    }
    acl
}

fn statx_open(_: &Place, meter: &mut Meter) -> io::Result<()> {
    file("file", 1)?;
    let open = fs::File::open("file")?;
    meter.measure(100, || {
        Ok(statx(
            &open,
            "",
            AtFlags::EMPTY_PATH,
            StatxFlags::BASIC_STATS,
        )?)
    })
}

fn fstat_open(_: &Place, meter: &mut Meter) -> io::Result<()> {
    file("file", 1)?;
    let open = fs::File::open("file")?;
    meter.measure(100, || Ok(fstat(&open)?))
}

fn access_read(_: &Place, meter: &mut Meter) -> io::Result<()> {
    file("file", 1)?;
    meter.measure(100, || Ok(access("file", Access::READ_OK)?))
}

fn statfs_dir(_: &Place, meter: &mut Meter) -> io::Result<()> {
    meter.measure(100, || Ok(statfs(".")?))
}

fn read_link(_: &Place, meter: &mut Meter) -> io::Result<()> {
    symlink("nowhere", "link")?;
    let mut target = [0; 64];
    meter.measure(100, || Ok(readlinkat_raw(CWD, "link", &mut target)?))
}

fn open_close(_: &Place, meter: &mut Meter) -> io::Result<()> {
    file("file", 1)?;
    meter.measure(50, || Ok(open("file", OFlags::RDONLY, Mode::empty())?))
}

fn open_directory(_: &Place, meter: &mut Meter) -> io::Result<()> {
    fs::create_dir("directory")?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    meter.measure(50, || Ok(open("directory", flags, Mode::empty())?))
}

fn read_directory(_: &Place, meter: &mut Meter) -> io::Result<()> {
    for number in 0..1_000 {
        file(format!("{number}"), 0)?;
    }
    let mut buffer = Vec::with_capacity(64 << 10);
    meter.measure(1, || {
        let directory = openat(CWD, ".", OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?;
        let mut entries = RawDir::new(&directory, buffer.spare_capacity_mut());
        let mut count = 0;
        while let Some(entry) = entries.next() {
            entry?;
            count += 1;
        }
        match count {
            1_002 => Ok(()),
            _ => Err(io::Error::other(format!("{count} names instead of 1,002"))),
        }
    })
}
