// SPDX-License-Identifier: GPL-2.0

//! Copies between upper files, which the lower filesystem does between their lower files.

use bindings::{ffi::c_uint, loff_t};

use super::Upper;
use crate::compat::{error::Result, file::File, io::BytesTransferred};

/// A request to copy from another upper file, or to share blocks with it: copy_file_range(2), or
/// the commands FICLONE, FICLONERANGE and FIDEDUPERANGE of ioctl(2).
pub(crate) struct RangeCopy<'a> {
    from: &'a Upper<File>,
    from_offset: loff_t,
    to_offset: loff_t,
    kind: RangeCopyKind,
}

/// What is to be done, with the length in bytes and the flags of the lower filesystem's function.
enum RangeCopyKind {
    /// Copy. The VFS passes no flags to a filesystem.
    Copy { length: usize, flags: c_uint },
    /// Share the blocks. Length 0 means: to the end. Flags other than `REMAP_FILE_DEDUP`.
    Clone { length: loff_t, flags: c_uint },
    /// Share the blocks if they hold the same. No flags other than `REMAP_FILE_*` of the two that
    /// the function accepts.
    Dedupe { length: loff_t, flags: c_uint },
}

impl<'a> RangeCopy<'a> {
    /// # Safety
    ///
    /// The VFS has called `copy_file_range` with these arguments, and the call lasts for `'a`.
    pub(in crate::compat) unsafe fn copy(
        from: &'a Upper<File>,
        from_offset: loff_t,
        to_offset: loff_t,
        length: usize,
        flags: c_uint,
    ) -> Self {
        Self {
            from,
            from_offset,
            to_offset,
            kind: RangeCopyKind::Copy { length, flags },
        }
    }

    /// # Safety
    ///
    /// The VFS has called `remap_file_range` with these arguments, and the call lasts for `'a`.
    pub(in crate::compat) unsafe fn remap(
        from: &'a Upper<File>,
        from_offset: loff_t,
        to_offset: loff_t,
        length: loff_t,
        flags: c_uint,
    ) -> Self {
        let dedupe = bindings::REMAP_FILE_DEDUP as c_uint;
        let kind = match flags & dedupe {
            0 => RangeCopyKind::Clone { length, flags },
            _ => RangeCopyKind::Dedupe {
                length,
                flags: flags & (dedupe | bindings::REMAP_FILE_CAN_SHORTEN as c_uint),
            },
        };
        Self {
            from,
            from_offset,
            to_offset,
            kind,
        }
    }
}

impl Upper<File> {
    /// Copies to the lower file, or makes it share blocks. Holds the upper inode's `i_rwsem`
    /// shared, as [`Self::write_lower`] does.
    ///
    /// Errors: `EXDEV` if the two lower files are not of one filesystem; `EOPNOTSUPP` and `EINVAL`
    /// if that filesystem cannot do it; those of the VFS and the filesystem.
    pub(crate) fn copy_range_lower<'a>(&self, copy: RangeCopy<'a>) -> Result<BytesTransferred<'a>> {
        self.wait_for_thaw();
        let _guard = self.inode().lock_shared(true)?;
        let from = copy.from.lower_with_current_flags().as_ptr();
        let to = self.lower_with_current_flags().as_ptr();
        let (from_offset, to_offset) = (copy.from_offset, copy.to_offset);
        // SAFETY: Both lower files are open, and the upper files keep them. Each function checks
        // its arguments, and accepts the flags that `RangeCopyKind` says.
        let count = unsafe {
            match copy.kind {
                RangeCopyKind::Copy { length, flags } => {
                    bindings::vfs_copy_file_range(from, from_offset, to, to_offset, length, flags)
                }
                RangeCopyKind::Clone { length, flags } => {
                    bindings::vfs_clone_file_range(from, from_offset, to, to_offset, length, flags)
                        as isize
                }
                RangeCopyKind::Dedupe { length, flags } => bindings::vfs_dedupe_file_range_one(
                    from,
                    from_offset,
                    to,
                    to_offset,
                    length,
                    flags,
                ) as isize,
            }
        };
        // SAFETY: `count` is what the lower filesystem returned for `copy`.
        unsafe { BytesTransferred::new(count) }
    }
}
