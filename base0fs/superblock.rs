// SPDX-License-Identifier: GPL-2.0

//! The filesystem as a whole: what may be mounted, and its figures.

#![forbid(unsafe_code)]

use core::ffi::CStr;

use crate::{
    compat::{
        dentry::Dentry,
        error::{code, not_supported, Result},
        ops::{FileSystem, Source},
        option::ShownOptions,
        path::{FilesystemFigures, OwnedPath},
        super_block::SuperBlock,
        upper::Upper,
    },
    Base0fs,
};

impl FileSystem for Base0fs {
    const NAME: &'static CStr = c"base0fs";

    fn lower_root(source: &Source<'_>) -> Result<OwnedPath> {
        let name = source
            .name()
            .filter(|name| !name.is_empty())
            .ok_or_else(|| {
                let why =
                    c"no directory to pass through was given: mount -t base0fs LOWER MOUNTPOINT";
                source.refuse(code::EINVAL, why)
            })?;
        let lower = source.directory(name).map_err(|error| {
            let why = c"cannot be used as the lower directory: it must be a directory that exists and that you may search";
            source.refuse(error, why)
        })?;
        if lower.dentry().has_own_names() {
            let why = c"has names without regard to case, which cannot be passed through: use a bind mount";
            return Err(source.refuse(not_supported(), why));
        }
        let inode = lower.dentry().positive()?;
        if !inode.super_block().is_in_init_user_ns() {
            let why = c"belongs to a user namespace, whose owners and capabilities would count for everybody: mount base0fs on a filesystem that the system has mounted";
            return Err(source.refuse(code::EPERM, why));
        }
        Ok(lower)
    }

    /// The figures are the lower filesystem's, its type included: it is where the space is.
    fn statfs(dentry: &Upper<Dentry>, figures: &mut FilesystemFigures) -> Result {
        dentry.lower_path().statfs(figures)
    }

    /// What the lower mount forbids is forbidden here as well: whoever wonders why finds it where they
    /// look first.
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
        // There is nothing here to be written out, so that there is nothing to begin.
        if !wait {
            return Ok(());
        }
        sb.lower().sync()
    }
}
