// SPDX-License-Identifier: GPL-2.0

//! Questions to the lower filesystem: what it can do. A case asks them in the lower directory,
//! without the layer and without a record, before it relies on the answer. So no list says what a
//! filesystem can do.

use std::ffi::CString;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;

use rustix::fs::{
    flock, ioctl_getflags, ioctl_setflags, removexattr, renameat_with, setxattr, statx, unlink,
    utimensat, AtFlags, FlockOperation, OFlags, RenameFlags, StatxFlags, XattrFlags, CWD,
};
use rustix::io::Errno;
use rustix::mm::{mmap, munmap, MapFlags, ProtFlags};

use crate::layer::{mount_with_options, unmount_retrying};
use crate::ops::{is_closed_by_worker, record_lock, FileHandle, Kind, ATIME_DUE};
use crate::show::errno_name;
use crate::skipped;
use crate::test_dir::TestDir;
use crate::tree;

/// A name that no case uses. What a question makes there is gone afterwards.
const NAME: &str = ".asked";

impl TestDir<'_> {
    /// Whether `ask` succeeds in the lower directory. If not, the report says that the case leaves
    /// `part` out.
    fn supports(&self, part: &str, ask: impl FnOnce(&Path) -> Result<(), Errno>) -> bool {
        match ask(&self.below().path("")) {
            Ok(()) => true,
            Err(errno) => {
                let why = format!("not supported below ({})", errno_name(errno));
                skipped::report(part, &why);
                false
            }
        }
    }

    /// Whether renameat2(2) takes NOREPLACE and EXCHANGE.
    pub fn supports_rename_flags(&self) -> bool {
        self.supports("NOREPLACE and EXCHANGE of renameat2(2)", |dir| {
            let (one, other) = (dir.join(NAME), dir.join(".asked too"));
            let make = |path| std::fs::write(path, "").map_err(|_| Errno::IO);
            make(&one)?;
            let asked = renameat_with(CWD, &one, CWD, &other, RenameFlags::NOREPLACE)
                .and_then(|()| make(&one))
                .and_then(|()| renameat_with(CWD, &one, CWD, &other, RenameFlags::EXCHANGE));
            for path in [&one, &other] {
                let _ = unlink(path);
            }
            asked
        })
    }

    /// The extended attributes that root can set, by the beginning of their names: `trusted.`, or
    /// `user.` where the lower filesystem has no others.
    pub fn attributes_of_root(&self) -> &'static str {
        let has_trusted = self.supports("trusted attributes", |dir| {
            setxattr(dir, "trusted.asked", b"", XattrFlags::empty())?;
            removexattr(dir, "trusted.asked")
        });
        match has_trusted {
            true => "trusted.",
            false => "user.",
        }
    }

    /// Whether a removed file leaves no other name behind while it is open. A client of a file
    /// server may give it a hidden name until it is closed.
    pub fn removes_open_files(&self) -> bool {
        self.supports("what is removed while it is open", |dir| {
            let dir = dir.join(NAME);
            std::fs::create_dir(&dir).map_err(|_| Errno::IO)?;
            let path = dir.join("open");
            let open = std::fs::File::create(&path).map_err(|_| Errno::IO);
            let asked = open.and_then(|file| {
                unlink(&path)?;
                let removed = rustix::fs::rmdir(&dir);
                drop(file);
                removed
            });
            if asked.is_err() {
                // The hidden name goes with the file.
                let _ = rustix::fs::rmdir(&dir);
            }
            asked
        })
    }

    /// Whether flock(2) locks belong to the open file as on a local filesystem: a lock that cannot be
    /// made exclusive is gone.
    pub fn keeps_flocks(&self) -> bool {
        self.supports("flock(2) as of local files", |dir| {
            let path = dir.join(NAME);
            let (one, other) = (open(&path)?, open(&path)?);
            let asked = flock(&one, FlockOperation::NonBlockingLockShared)
                .and_then(|()| flock(&other, FlockOperation::NonBlockingLockShared))
                .and_then(
                    |()| match flock(&one, FlockOperation::NonBlockingLockExclusive) {
                        Err(Errno::AGAIN) => {
                            flock(&other, FlockOperation::NonBlockingLockExclusive)
                        }
                        _ => Err(Errno::OPNOTSUPP),
                    },
                );
            let _ = unlink(&path);
            asked
        })
    }

    /// Whether /proc says which locks belong to an open file (F_OFD_SETLK). A client of a file server
    /// may forget it.
    pub fn shows_open_file_locks(&self) -> bool {
        self.supports("locks of open files in /proc", |dir| {
            let path = dir.join(NAME);
            let locked = open(&path)?;
            let asked = shows_lock_of(&locked);
            let _ = unlink(&path);
            asked
        })
    }

    /// Whether a removed directory that is open can be opened again by its handle.
    pub fn finds_removed_directories(&self) -> bool {
        self.supports("handles of removed directories", |dir| {
            let path = dir.join(NAME);
            std::fs::create_dir(&path).map_err(|_| Errno::IO)?;
            let opened = std::fs::File::open(&path).map_err(|_| Errno::IO);
            let handle = c_path(&path).and_then(|path| FileHandle::of(&path, 0, 128).0);
            let removed = rustix::fs::rmdir(&path);
            let mount = std::fs::File::open(dir).map_err(|_| Errno::IO)?;
            let _opened = opened?;
            removed?;
            handle?.open(&mount, OFlags::RDONLY).map(drop)
        })
    }

    /// Whether a mapping keeps the open file, and so its locks. A stacking filesystem may map the file
    /// below in its place.
    pub fn keeps_mapped_files(&self) -> bool {
        self.supports("locks of a closed file that is mapped", |dir| {
            let path = dir.join(NAME);
            let (locked, other) = (open(&path)?, open(&path)?);
            let asked = flock(&locked, FlockOperation::NonBlockingLockExclusive)
                .and_then(|()| keep_by_mapping(locked, &other));
            let _ = unlink(&path);
            asked
        })
    }

    /// Whether a file is closed when io_uring says so. A file whose filesystem writes data back at
    /// each close is closed by a worker thread of io_uring, which may be late.
    pub fn closes_at_once(&self) -> bool {
        self.supports("closing by io_uring at once", |dir| {
            let path = dir.join(NAME);
            let asked = is_closed_by_worker(&path);
            let _ = unlink(&path);
            match asked? {
                true => Err(Errno::OPNOTSUPP),
                false => Ok(()),
            }
        })
    }

    /// Whether flags can be set on a file (FS_IOC_SETFLAGS).
    pub fn supports_flags(&self) -> bool {
        self.supports("flags of files of others (FS_IOC_SETFLAGS)", |dir| {
            let dir = std::fs::File::open(dir).map_err(|_| Errno::IO)?;
            ioctl_setflags(&dir, ioctl_getflags(&dir)?)
        })
    }
}

/// Whether reading the entries of a directory with O_NOATIME leaves its access time alone: that of a
/// file server may change. `directory` is on the lower filesystem.
pub fn leaves_access_times(directory: &Path) -> bool {
    let dir = directory.join(NAME);
    let asked = || -> std::io::Result<()> {
        std::fs::create_dir(&dir)?;
        std::fs::write(dir.join("entry"), "")?;
        Ok(keep_access_time(&dir)?)
    };
    // What cannot be asked is compared.
    let is_left =
        !matches!(asked(), Err(error) if Errno::from_io_error(&error) == Some(Errno::OPNOTSUPP));
    let _ = std::fs::remove_dir_all(&dir);
    if !is_left {
        skipped::report("access times", "not supported below (reading changes them)");
    }
    is_left
}

/// Whether another filesystem may be stacked on that of the directories `layers`. overlayfs, mounted
/// on `target` for a moment, has the same limit as every other one.
pub fn may_stack_on(layers: &[PathBuf; 2], target: &Path) -> bool {
    let layers = format!("{}:{}", layers[0].display(), layers[1].display());
    let mounted = mount_with_options("overlay", &[("lowerdir", Path::new(&layers))], target);
    let refused = matches!(&mounted, Err(error) if error.errno == Errno::INVAL);
    if mounted.is_ok() {
        let _ = unmount_retrying(target);
    }
    if refused {
        let why = "not supported below (the lower filesystem is itself stacked on another one)";
        skipped::report("a mount over a mount", why);
    }
    !refused
}

/// Opens the file at `path`, which is made if it does not exist.
fn open(path: &Path) -> Result<std::fs::File, Errno> {
    std::fs::File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|_| Errno::IO)
}

fn c_path(path: &Path) -> Result<CString, Errno> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| Errno::INVAL)
}

/// Whether /proc says that a lock belongs to the open file.
fn shows_lock_of(file: &std::fs::File) -> Result<(), Errno> {
    record_lock(file, libc::F_OFD_SETLK, Kind::Write, (0, 1))?;
    let path = format!("/proc/self/fdinfo/{}", file.as_raw_fd());
    let text = std::fs::read_to_string(path).map_err(|_| Errno::IO)?;
    text.contains("OFDLCK")
        .then_some(())
        .ok_or(Errno::OPNOTSUPP)
}

/// EOPNOTSUPP if the access time of a directory changes when it is listed with O_NOATIME.
fn keep_access_time(path: &Path) -> Result<(), Errno> {
    utimensat(CWD, path, &ATIME_DUE, AtFlags::empty())?;
    tree::entries(path)?;
    // A client of a file server may answer from its cache.
    let now = statx(CWD, path, AtFlags::STATX_FORCE_SYNC, StatxFlags::ATIME)?;
    (now.stx_atime.tv_sec == ATIME_DUE.last_access.tv_sec)
        .then_some(())
        .ok_or(Errno::OPNOTSUPP)
}

/// Closes `locked` while it is mapped, and asks by `other` whether its lock stays.
fn keep_by_mapping(locked: std::fs::File, other: &std::fs::File) -> Result<(), Errno> {
    locked.set_len(1).map_err(|_| Errno::IO)?;
    // SAFETY: With a null address and no MAP_FIXED, the kernel picks an unused range.
    let mapping = unsafe { mmap(null_mut(), 1, ProtFlags::READ, MapFlags::SHARED, &locked, 0) }?;
    drop(locked);
    let is_kept = flock(other, FlockOperation::NonBlockingLockExclusive) == Err(Errno::AGAIN);
    // SAFETY: The range is that mapped above, and nothing refers to it.
    unsafe { munmap(mapping, 1) }?;
    is_kept.then_some(()).ok_or(Errno::OPNOTSUPP)
}
