// SPDX-License-Identifier: GPL-2.0

//! The filesystem as a whole: what can be mounted, statistics, options.

#![forbid(unsafe_code)]

use core::ffi::CStr;

use crate::{
    compat::{
        dentry::Dentry,
        error::{code, not_supported, Result},
        ops::FsContext,
        option::{MountOption, Parsed, ShownOptions},
        path::{OwnedPath, StatFs},
        super_block::SuperBlock,
        upper::Upper,
    },
    passthrough::passes_through,
};

/// The option that makes what is mounted below the lower directory show above.
const SUBMOUNTS: &CStr = c"submounts";

/// What the lower mount forbids is forbidden here too. compat has copied nodev and noexec to the
/// upper superblock, which the VFS checks. It applies nosuid itself, so that flag is read from the
/// lower mount.
fn forbidden(sb: &Upper<SuperBlock>) -> [(bool, &'static CStr); 3] {
    [
        (sb.lower_mount().is_nosuid(), c"nosuid"),
        (sb.is_nodev(), c"nodev"),
        (sb.is_noexec(), c"noexec"),
    ]
}

/// Refuses `sync` and `dirsync`, unless the lower filesystem has them: it alone writes to the disk,
/// and does not know the options of this mount.
fn check_flags(context: &FsContext<'_>, lower: &LowerSuper) -> Result {
    let flags = context.flags();
    if flags.is_synchronous() && !lower.is_synchronous()
        || flags.is_dirsync() && !lower.is_dirsync()
    {
        let why = c"sync and dirsync are options of the lower filesystem, which writes to the disk: mount that with them";
        return Err(context.refuse(code::EINVAL, why));
    }
    Ok(())
}

/// The members of the lower superblock.
type LowerSuper = crate::compat::members::Members<SuperBlock>;

/// The filesystem as a whole.
pub(crate) trait FileSystem: 'static {
    /// The name of the filesystem.
    const NAME: &'static CStr;

    /// A program that remounts passes on what the mount table shows: the options of
    /// [`Self::show_options`], and some programs the source. Those are taken if they change
    /// nothing.
    fn parse_option(context: &FsContext<'_>, option: MountOption<'_>) -> Result<Parsed> {
        let crosses_submounts = option.is_flag() && option.name() == SUBMOUNTS;
        let Some(sb) = context.reconfigured() else {
            if crosses_submounts {
                context.set_crosses_submounts(true);
                return Ok(Parsed::Taken);
            }
            return Ok(Parsed::Unknown);
        };
        if crosses_submounts && !sb.crosses_submounts() {
            let why = c"submounts cannot be set on a filesystem that is mounted: unmount it first";
            return Err(context.refuse(code::EINVAL, why));
        }
        if option.name() == c"source" {
            let same = option
                .text()
                .and_then(|name| context.lookup_directory(name).ok())
                .is_some_and(|lower| sb.has_lower_root(&lower));
            if !same {
                let why = c"the lower directory of a mount cannot be changed: mount the other one";
                return Err(context.refuse(code::EINVAL, why));
            }
            return Ok(Parsed::Taken);
        }
        let applies = |(forbidden, name): (bool, &CStr)| forbidden && option.name() == name;
        if crosses_submounts || option.is_flag() && forbidden(sb).into_iter().any(applies) {
            return Ok(Parsed::Taken);
        }
        Ok(Parsed::Unknown)
    }

    fn lower_root(context: &FsContext<'_>) -> Result<OwnedPath> {
        let name = context
            .source()
            .filter(|name| !name.is_empty())
            .ok_or_else(|| {
                let why = c"no directory to pass through was given: mount -t TYPE LOWER MOUNTPOINT";
                context.refuse(code::EINVAL, why)
            })?;
        context.lookup_directory(name).map_err(|error| {
            let why = c"cannot be used as the lower directory: it must be a directory that exists and that you may search";
            context.refuse(error, why)
        })
    }

    fn check_lower(context: &FsContext<'_>, lower: &OwnedPath) -> Result {
        // The upper dentry cache compares names byte by byte, so a lower directory that hashes or
        // compares names by its own rules (for example case-insensitive) is refused.
        if lower.dentry().has_own_name_rules() {
            let why =
                c"ignores the case of names, which cannot be passed through: use a bind mount";
            return Err(context.refuse(not_supported(), why));
        }
        let inode = lower.dentry().positive()?;
        if !inode.super_block().is_in_init_user_ns() {
            let why = c"was mounted in a user namespace, whose owners and capabilities would apply to all users: use a lower filesystem that the system has mounted";
            return Err(context.refuse(code::EPERM, why));
        }
        check_flags(context, inode.super_block())
    }

    /// Programs want to know the free space and the type of the filesystem that holds the data.
    fn statfs(dentry: &Upper<Dentry>, stat: &mut StatFs) -> Result {
        dentry.lower_path().statfs(stat)
    }

    /// The options show what the lower mount forbids, because that is where a user looks for the
    /// reason.
    fn show_options(sb: &Upper<SuperBlock>, options: &mut ShownOptions<'_>) {
        for (forbidden, flag) in forbidden(sb) {
            if forbidden {
                options.flag(flag);
            }
        }
        if sb.crosses_submounts() {
            options.flag(SUBMOUNTS);
        }
    }

    /// As overlayfs, and unlike a bind mount, this refuses to become writable over something that
    /// is read-only. A program that asked for a writable mount would otherwise be told that it has
    /// one.
    fn reconfigure(sb: &Upper<SuperBlock>, context: &FsContext<'_>) -> Result {
        check_flags(context, sb.lower())?;
        if context.makes_writable() && sb.lower_mount().is_readonly() {
            let why = c"the lower mount or filesystem is read-only: make that writable first";
            return Err(context.refuse(code::EROFS, why));
        }
        Ok(())
    }

    /// The data and all changes are in the lower filesystem, so that is what has to stand still.
    /// Freezing this layer alone would leave the way below open. The effect is that of FIFREEZE on
    /// the lower directory, and either way thaws it.
    fn freeze(sb: &Upper<SuperBlock>) -> Result {
        sb.lower().freeze()
    }

    fn thaw(sb: &Upper<SuperBlock>) -> Result {
        sb.lower().thaw()
    }

    fn sync_fs(sb: &Upper<SuperBlock>, wait: bool) -> Result {
        // The VFS calls this twice, first without waiting. This layer has no dirty data to start
        // writing.
        if !wait {
            return Ok(());
        }
        let synced = sb.lower().sync();
        // The VFS then reports to each open file an error that it has not reported yet.
        sb.take_lower_write_errors();
        synced
    }

    /// All requests are those of the lower filesystem.
    fn abort_requests(sb: &Upper<SuperBlock>) {
        sb.lower().abort_requests();
    }
}

passes_through! { FileSystem {
    const NAME: &'static CStr;
    fn parse_option(context: &FsContext<'_>, option: MountOption<'_>) -> Result<Parsed>;
    fn lower_root(context: &FsContext<'_>) -> Result<OwnedPath>;
    fn check_lower(context: &FsContext<'_>, lower: &OwnedPath) -> Result;
    fn statfs(dentry: &Upper<Dentry>, stat: &mut StatFs) -> Result;
    fn show_options(sb: &Upper<SuperBlock>, options: &mut ShownOptions<'_>);
    fn reconfigure(sb: &Upper<SuperBlock>, context: &FsContext<'_>) -> Result;
    fn freeze(sb: &Upper<SuperBlock>) -> Result;
    fn thaw(sb: &Upper<SuperBlock>) -> Result;
    fn sync_fs(sb: &Upper<SuperBlock>, wait: bool) -> Result;
    fn abort_requests(sb: &Upper<SuperBlock>);
}}
