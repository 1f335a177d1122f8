// SPDX-License-Identifier: GPL-2.0

//! The filesystem as a whole: what can be mounted, statistics, options.

#![forbid(unsafe_code)]

use core::ffi::CStr;

use crate::{
    compat::{
        dentry::Dentry,
        error::{code, not_supported, Result},
        ops::{FileSystem, FsContext},
        option::ShownOptions,
        path::{OwnedPath, StatFs},
        super_block::SuperBlock,
        upper::Upper,
    },
    Base0fs,
};

impl FileSystem for Base0fs {
    const NAME: &'static CStr = c"base0fs";

    fn lower_root(context: &FsContext<'_>) -> Result<OwnedPath> {
        let name = context
            .source()
            .filter(|name| !name.is_empty())
            .ok_or_else(|| {
                let why =
                    c"no directory to pass through was given: mount -t base0fs LOWER MOUNTPOINT";
                context.refuse(code::EINVAL, why)
            })?;
        let lower = context.lookup_directory(name).map_err(|error| {
            let why = c"cannot be used as the lower directory: it must be a directory that exists and that you may search";
            context.refuse(error, why)
        })?;
        // The upper dentry cache compares names byte by byte, so a lower directory that hashes or
        // compares names by its own rules (for example case-insensitive) is refused.
        if lower.dentry().has_own_name_rules() {
            let why =
                c"ignores the case of names, which base0fs cannot pass through: use a bind mount";
            return Err(context.refuse(not_supported(), why));
        }
        let inode = lower.dentry().positive()?;
        if !inode.super_block().is_in_init_user_ns() {
            let why = c"was mounted in a user namespace, whose owners and capabilities would apply to all users: mount base0fs on a filesystem that the system has mounted";
            return Err(context.refuse(code::EPERM, why));
        }
        Ok(lower)
    }

    /// Programs want to know the free space and the type of the filesystem that holds the data.
    fn statfs(dentry: &Upper<Dentry>, stat: &mut StatFs) -> Result {
        dentry.lower_path().statfs(stat)
    }

    /// What the lower mount forbids is forbidden here too. The options show it, because that is
    /// where a user looks for the reason. compat has copied nodev and noexec to the upper
    /// superblock, which the VFS checks. It applies nosuid itself, so that flag is read from the
    /// lower mount.
    fn show_options(sb: &Upper<SuperBlock>, options: &mut ShownOptions<'_>) {
        for (forbidden, flag) in [
            (sb.lower_mount().is_nosuid(), c"nosuid"),
            (sb.is_nodev(), c"nodev"),
            (sb.is_noexec(), c"noexec"),
        ] {
            if forbidden {
                options.flag(flag);
            }
        }
    }

    fn sync_fs(sb: &Upper<SuperBlock>, wait: bool) -> Result {
        // The VFS calls this twice, first without waiting. This layer has no dirty data to start
        // writing.
        if !wait {
            return Ok(());
        }
        sb.lower().sync()
    }
}
