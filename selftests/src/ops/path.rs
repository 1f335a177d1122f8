// SPDX-License-Identifier: GPL-2.0

//! Operations on paths.

use rustix::fs::{
    self, accessat, chmodat, chownat, mknodat, open, openat2, renameat_with, statat, Access,
    AtFlags, FileType, Gid, Mode, OFlags, RenameFlags, ResolveFlags, Stat, Timespec, Timestamps,
    Uid, CWD,
};
use rustix::io::Errno;

use super::{flag_names, last_errno, File};
use crate::show::kind_name;
use crate::test_dir::TestDir;
use crate::tree::{self, Entry};

impl<'t> TestDir<'t> {
    /// open(2). A new file gets the mode 0644, limited by the umask.
    pub fn open(&self, name: &str, flags: OFlags) -> Result<File<'_, 't>, Errno> {
        self.open_mode(name, flags, 0o644)
    }

    /// open(2) with a mode for a new file.
    pub fn open_mode(&self, name: &str, flags: OFlags, mode: u32) -> Result<File<'_, 't>, Errno> {
        let op = format!("open {name} {} {mode:04o}", open_flag_names(flags));
        let (flags, mode) = (flags | OFlags::CLOEXEC, Mode::from_raw_mode(mode));
        let fd = self.step_opaque(op, || open(self.path(name), flags, mode))?;
        Ok(File::new(self, name, fd))
    }

    /// openat2(2) relative to an open directory.
    pub fn openat2(
        &self,
        at: &File,
        name: &str,
        flags: OFlags,
        how: ResolveFlags,
    ) -> Result<File<'_, 't>, Errno> {
        let op = format!(
            "openat2 {} {name} {} {}",
            at.name(),
            flag_names(&flags),
            flag_names(&how)
        );
        let flags = flags | OFlags::CLOEXEC;
        let fd = self.step_opaque(op, || openat2(at, name, flags, Mode::empty(), how))?;
        Ok(File::new(self, name, fd))
    }

    /// Creates a file, or truncates it, and writes `content`.
    pub fn write_file(&self, name: &str, content: &[u8]) -> Result<(), Errno> {
        let file = self.open(name, OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC)?;
        file.write(content).map(|_| ())
    }

    /// Reads a whole file.
    pub fn read_file(&self, name: &str) -> Result<Vec<u8>, Errno> {
        let file = self.open(name, OFlags::RDONLY)?;
        let mut content = Vec::new();
        loop {
            let chunk = file.read(256 << 10)?;
            if chunk.is_empty() {
                return Ok(content);
            }
            content.extend(chunk);
        }
    }

    /// lstat(2)
    pub fn lstat(&self, name: &str) -> Result<Stat, Errno> {
        self.step(format!("lstat {name}"), || fs::lstat(self.path(name)))
    }

    /// stat(2)
    pub fn stat(&self, name: &str) -> Result<Stat, Errno> {
        self.step(format!("stat {name}"), || fs::stat(self.path(name)))
    }

    /// fstatat(2)
    pub fn statat(&self, at: &File, name: &str, flags: AtFlags) -> Result<Stat, Errno> {
        self.step(
            format!("fstatat {} {name} {}", at.name(), flag_names(&flags)),
            || statat(at, name, flags),
        )
    }

    /// Records whether two names have the same device and inode number.
    pub fn same_inode(&self, one: &str, other: &str) -> Result<bool, Errno> {
        self.step(format!("{one} and {other} are one inode"), || {
            let (one, other) = (fs::lstat(self.path(one))?, fs::lstat(self.path(other))?);
            Ok((one.st_dev, one.st_ino) == (other.st_dev, other.st_ino))
        })
    }

    /// Records whether `name` has the same inode number here and in the lower directory.
    pub fn inode_as_below(&self, name: &str) -> Result<bool, Errno> {
        self.step(
            format!("{name} has the inode number of the file below"),
            || Ok(fs::lstat(self.path(name))?.st_ino == fs::lstat(self.below().path(name))?.st_ino),
        )
    }

    /// mkdir(2)
    pub fn mkdir(&self, name: &str, mode: u32) -> Result<(), Errno> {
        self.step(format!("mkdir {name} {mode:04o}"), || {
            fs::mkdir(self.path(name), Mode::from_raw_mode(mode))
        })
    }

    /// rmdir(2)
    pub fn rmdir(&self, name: &str) -> Result<(), Errno> {
        self.step(format!("rmdir {name}"), || fs::rmdir(self.path(name)))
    }

    /// unlink(2)
    pub fn unlink(&self, name: &str) -> Result<(), Errno> {
        self.step(format!("unlink {name}"), || fs::unlink(self.path(name)))
    }

    /// link(2). It does not follow a symlink.
    pub fn link(&self, old: &str, new: &str) -> Result<(), Errno> {
        self.step(format!("link {old} {new}"), || {
            fs::link(self.path(old), self.path(new))
        })
    }

    /// symlink(2). The target is not a name in the test directory, but literal.
    pub fn symlink(&self, target: &str, name: &str) -> Result<(), Errno> {
        self.step(format!("symlink {target} {name}"), || {
            fs::symlink(target, self.path(name))
        })
    }

    /// readlink(2)
    pub fn readlink(&self, name: &str) -> Result<Vec<u8>, Errno> {
        self.step(format!("readlink {name}"), || {
            fs::readlink(self.path(name), Vec::new()).map(|target| target.into_bytes())
        })
    }

    /// rename(2)
    pub fn rename(&self, old: &str, new: &str) -> Result<(), Errno> {
        self.step(format!("rename {old} {new}"), || {
            fs::rename(self.path(old), self.path(new))
        })
    }

    /// renameat2(2)
    pub fn rename_with(&self, old: &str, new: &str, flags: RenameFlags) -> Result<(), Errno> {
        self.step(
            format!("renameat2 {old} {new} {}", flag_names(&flags)),
            || renameat_with(CWD, self.path(old), CWD, self.path(new), flags),
        )
    }

    /// mknod(2)
    pub fn mknod(&self, name: &str, kind: FileType, mode: u32, device: u64) -> Result<(), Errno> {
        self.step(
            format!("mknod {name} {} {mode:04o} {device:x}", kind_name(kind)),
            || {
                mknodat(
                    CWD,
                    self.path(name),
                    kind,
                    Mode::from_raw_mode(mode),
                    device,
                )
            },
        )
    }

    /// chmod(2)
    pub fn chmod(&self, name: &str, mode: u32) -> Result<(), Errno> {
        self.step(format!("chmod {name} {mode:04o}"), || {
            chmodat(
                CWD,
                self.path(name),
                Mode::from_raw_mode(mode),
                AtFlags::empty(),
            )
        })
    }

    /// lchown(2). `None` leaves an id as it is.
    pub fn lchown(&self, name: &str, uid: Option<u32>, gid: Option<u32>) -> Result<(), Errno> {
        self.step(format!("lchown {name} {uid:?} {gid:?}"), || {
            let (uid, gid) = (uid.map(Uid::from_raw), gid.map(Gid::from_raw));
            chownat(CWD, self.path(name), uid, gid, AtFlags::SYMLINK_NOFOLLOW)
        })
    }

    /// utimensat(2), which does not follow a symlink here.
    pub fn utimens(&self, name: &str, atime: Timespec, mtime: Timespec) -> Result<(), Errno> {
        let shown = |time: &Timespec| format!("{}.{:09}", time.tv_sec, time.tv_nsec);
        self.step(
            format!("utimensat {name} {} {}", shown(&atime), shown(&mtime)),
            || {
                let times = Timestamps {
                    last_access: atime,
                    last_modification: mtime,
                };
                fs::utimensat(CWD, self.path(name), &times, AtFlags::SYMLINK_NOFOLLOW)
            },
        )
    }

    /// truncate(2)
    pub fn truncate(&self, name: &str, size: u64) -> Result<(), Errno> {
        self.step(format!("truncate {name} {size}"), || {
            let path = self.c_path(name);
            let size = i64::try_from(size).map_err(|_| Errno::INVAL)?;
            // SAFETY: `path` is a C string that lives until after the call.
            match unsafe { libc::truncate64(path.as_ptr(), size) } {
                0 => Ok(()),
                _ => Err(last_errno()),
            }
        })
    }

    /// faccessat2(2) with the effective credentials.
    pub fn access(&self, name: &str, access: Access) -> Result<(), Errno> {
        self.step(format!("access {name} {}", flag_names(&access)), || {
            accessat(CWD, self.path(name), access, AtFlags::EACCESS)
        })
    }

    /// The names in a directory and their types, sorted.
    pub fn list(&self, name: &str) -> Result<Vec<String>, Errno> {
        self.step(format!("list {name}"), || {
            let entries = tree::entries(&self.path(name))?;
            Ok(entries.iter().map(Entry::name_and_kind).collect())
        })
    }
}

/// The names of open flags. O_RDONLY is zero and has no name in the set.
fn open_flag_names(flags: OFlags) -> String {
    match flags.is_empty() {
        true => "RDONLY".to_owned(),
        false => flag_names(&flags),
    }
}
