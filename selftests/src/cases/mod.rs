// SPDX-License-Identifier: GPL-2.0

//! The cases, in the order in which they run: from what everything needs to what few programs do.

use crate::case::Case;

mod aio;
mod atime;
mod changes_below;
mod create;
mod direct_io;
mod eviction;
mod exec;
mod fadvise;
mod failing_below;
mod fallocate;
mod file_capabilities;
mod freed;
mod fsync;
mod idmapped_lower;
mod immutable;
mod inotify;
mod link;
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
mod parallel;
mod path_resolution;
mod permission;
mod read_write;
mod readdir;
mod rename;
mod seek;
mod setattr;
mod splice_sendfile;
mod stacking_depth;
mod stale_names;
mod statx;
mod submount;
mod symlink;
mod tmpfile;
mod truncate;
mod two_mounts;
mod umount_busy;
mod unlink;
mod unwanted_atime;
mod xattr;

/// All cases.
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
    aio::CASE,
    truncate::CASE,
    mmap::CASE,
    splice_sendfile::CASE,
    seek::CASE,
    fsync::CASE,
    fallocate::CASE,
    fadvise::CASE,
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
    xattr::CASE,
    file_capabilities::CASE,
    immutable::CASE,
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
    path_resolution::CASE,
    submount::CASE,
    exec::CASE,
    inotify::CASE,
    parallel::CASE,
];
