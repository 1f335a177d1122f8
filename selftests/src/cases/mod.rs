// SPDX-License-Identifier: GPL-2.0

//! The cases, in the order in which they run.
//!
//! # How a case works
//!
//! A case is a function of a [`TestDir`]. The suite calls it twice: first with a plain directory,
//! then with another directory of the same filesystem, seen through the mount. Each method of
//! [`crate::ops`] performs an operation, usually one system call, and records it with its result in
//! a [`Trace`]. After the second call the suite compares both traces, line by line.
//!
//! **Each operation is therefore a test, even if the case ignores its result.** A bare
//! `dir.lstat("f")?` asserts that `f` has the same type, mode, owner, link count and size on the
//! plain directory and on the mount. What follows an operation adds to that:
//!
//! | operation | the case fails if |
//! |---|---|
//! | `dir.chmod("f", 0o600)?` | the results differ, or the operation fails |
//! | `dir.mkdir("f", 0o755).refused(Errno::EXIST)?` | the results differ, or are not `EEXIST` |
//! | `dir.setxattr(…).compared()` | the results differ |
//!
//! [`refused`] is for errors that every filesystem has to return: equal traces alone would accept
//! the same wrong result twice. [`compared`] is for results that depend on the lower filesystem or
//! the kernel.
//!
//! # An example
//!
//! ```
//! use base0fs_selftest::ops::CREATE;
//! use base0fs_selftest::outcome::{Expect, Outcome};
//! use base0fs_selftest::test_dir::TestDir;
//! use rustix::io::Errno;
//!
//! fn run(dir: &TestDir) -> Outcome {
//!     let file = dir.open("f", CREATE)?;
//!     file.write(b"data")?;
//!     dir.record_times("chmod", "f", || dir.chmod("f", 0o600))?;
//!     dir.below().read_file("f")?;
//!     dir.inode_as_below("f")?;
//!     dir.mkdir("f", 0o755).refused(Errno::EXIST)?;
//!     Ok(())
//! }
//!
//! # use base0fs_selftest::{scratch::Scratch, trace::Trace};
//! # let scratch = Scratch::new(&std::env::temp_dir())?;
//! # let (program, trace) = (std::path::Path::new(""), Trace::default());
//! # let dir = TestDir::new(scratch.path(), scratch.path(), program, &trace);
//! # run(&dir).map_err(|failure| failure.0)?;
//! # let lines = trace.into_steps().into_iter().map(|step| step.op + " => " + &step.result);
//! # assert_eq!(lines.collect::<Vec<_>>(), [
//! #     "open f CREATE | RDWR 0644 => done",
//! #     "write f \"data\" => 4",
//! #     "chmod f 0600 => done",
//! #     "chmod: the times of f => atime left, mtime left, ctime advanced",
//! #     "below: open f RDONLY 0644 => done",
//! #     "below: read f 262144 => \"data\"",
//! #     "below: read f 262144 => \"\"",
//! #     "f has the inode number of the file below => true",
//! #     "mkdir f 0755 => EEXIST",
//! # ]);
//! # Ok::<(), String>(())
//! ```
//!
//! On the plain directory it records this (a doctest checks these lines):
//!
//! ```text
//! open f CREATE | RDWR 0644      done       the descriptor's number is not recorded
//! write f "data"                 4
//! chmod f 0600                   done
//! chmod: the times of f          atime left, mtime left, ctime advanced
//!                                           times differ between any two files: the trace holds
//!                                           how they moved
//! below: open f RDONLY 0644      done       below() is the lower directory; that of the plain
//!                                           directory is the plain directory itself
//! below: read f 262144           "data"     read_file() reads until the end, at most
//!                                           262144 bytes a call
//! below: read f 262144           ""
//! f has the inode number of the file below
//!                                true       inode numbers differ between any two files, too
//! mkdir f 0755                   EEXIST
//! ```
//!
//! The mount has to give the same lines. If `chmod` through the mount set the modification time as
//! well, the report would say:
//!
//! ```text
//! # example: step 4: chmod: the times of f: the plain directory answers atime left, mtime left,
//!   ctime advanced, base0fs atime left, mtime advanced, ctime advanced
//! ```
//!
//! After the case the suite also compares the trees: the mount's with the lower directory's, and
//! the lower directory's with the plain one's. The case need not read back everything that it
//! wrote.
//!
//! # A new case
//!
//! 1. Write `cases/NAME.rs` with a constant `CASE` and a function `run`, and add `mod NAME;` and
//!    `NAME::CASE` to this file.
//! 2. Record only what the operation determines, not what the moment does: selftests/README.md
//!    lists what depends on the moment, and what to do instead.
//! 3. `cargo test -p base0fs-selftest` has to pass: the case passes on a bind mount, and fails on
//!    some wrong layer. Add a wrong layer to tests/wrong_layers.rs if none makes it fail.
//!
//! A case that mounts the layer itself (`Run::Mounting`) gets a [`Fixture`], runs once, and calls
//! [`Fixture::compare`] for the same comparison. A case that also needs the name of a registered
//! filesystem type (`Run::Configuring`) gets that name too, and is left out on a bind mount.
//!
//! [`TestDir`]: crate::test_dir::TestDir
//! [`Trace`]: crate::trace::Trace
//! [`refused`]: crate::outcome::Expect::refused
//! [`compared`]: crate::outcome::Expect::compared
//! [`Fixture`]: crate::fixture::Fixture
//! [`Fixture::compare`]: crate::fixture::Fixture::compare

use crate::case::Case;

mod acl;
mod aio;
mod atime;
mod changes_below;
mod create;
mod delegations;
mod direct_io;
mod encryption;
mod eviction;
mod exec;
mod fadvise;
mod failing_below;
mod fallocate;
mod fanotify;
mod file_attributes;
mod file_capabilities;
mod freed;
mod freeze;
mod fsync;
mod handles;
mod handles_elsewhere;
mod idmapped_lower;
mod idmapped_mount;
mod immutable;
mod inotify;
mod io_uring;
mod ioctl;
mod labels;
mod leases;
mod link;
mod locks;
mod lookup;
mod lower_devices;
mod mkdir_rmdir;
mod mknod;
mod mmap;
mod mount_and_statfs;
mod mount_flags;
mod mount_options;
mod mount_places;
mod mount_refusals;
mod no_space;
mod overlay_above;
mod owner_below;
mod parallel;
mod path_resolution;
mod permission;
mod read_write;
mod readdir;
mod reflink;
mod rename;
mod rw_flags;
mod seek;
mod setattr;
mod small_tmpfs;
mod splice_sendfile;
mod stacking_depth;
mod stale_names;
mod statx;
mod submount;
mod submounts;
mod symlink;
mod tmpfile;
mod truncate;
mod two_mounts;
mod umount_busy;
mod unlink;
mod unwanted_atime;
mod verity;
mod xattr;

/// All cases: mounting first, then basic operations.
pub const CASES: &[Case] = &[
    mount_and_statfs::CASE,
    mount_refusals::CASE,
    mount_options::CASE,
    mount_flags::CASE,
    mount_places::CASE,
    umount_busy::CASE,
    stacking_depth::CASE,
    lookup::CASE,
    create::CASE,
    read_write::CASE,
    direct_io::CASE,
    rw_flags::CASE,
    aio::CASE,
    io_uring::CASE,
    truncate::CASE,
    mmap::CASE,
    splice_sendfile::CASE,
    seek::CASE,
    fsync::CASE,
    freeze::CASE,
    fallocate::CASE,
    fadvise::CASE,
    locks::CASE,
    leases::CASE,
    delegations::CASE,
    readdir::CASE,
    mkdir_rmdir::CASE,
    unlink::CASE,
    link::CASE,
    symlink::CASE,
    mknod::CASE,
    rename::CASE,
    tmpfile::CASE,
    setattr::CASE,
    statx::CASE,
    lower_devices::CASE,
    atime::CASE,
    unwanted_atime::CASE,
    permission::CASE,
    idmapped_lower::CASE,
    idmapped_mount::CASE,
    xattr::CASE,
    acl::CASE,
    file_capabilities::CASE,
    labels::CASE,
    immutable::CASE,
    file_attributes::CASE,
    ioctl::CASE,
    ioctl::REFUSED,
    reflink::CASE,
    verity::CASE,
    encryption::CASE,
    changes_below::CASE,
    stale_names::REPLACED,
    stale_names::GONE,
    stale_names::MOVED,
    stale_names::WORKING_DIRECTORY,
    failing_below::CASE,
    two_mounts::CASE,
    eviction::CASE,
    no_space::CASE,
    freed::CASE,
    handles::CASE,
    handles_elsewhere::CASE,
    path_resolution::CASE,
    submount::CASE,
    submounts::CASE,
    exec::CASE,
    inotify::CASE,
    overlay_above::CASE,
    owner_below::CASE,
    fanotify::CASE,
    parallel::CASE,
];
