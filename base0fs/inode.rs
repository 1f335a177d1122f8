// SPDX-License-Identifier: GPL-2.0

//! Attributes and permissions: the lower inode's.

#![forbid(unsafe_code)]

use crate::{
    compat::{
        attribute::AttributeChange,
        dentry::Dentry,
        error::{not_in_rcu_walk, Result},
        inode::{AccessMask, Inode, Kind},
        io::Transferred,
        ops::InodeOperations,
        path::{AttributeQuery, Stat},
        upper::{RcuAccessMask, RcuRef, Upper},
        xattr::XattrBuffer,
    },
    Base0fs,
};

impl InodeOperations for Base0fs {
    /// The lower inode decides, on the caller's credentials. The VFS decides some things by the upper
    /// inode when this has said yes, such as whose file may be removed from a sticky directory: so
    /// that one is made to follow first.
    fn permission(inode: &Upper<Inode>, mask: AccessMask) -> Result {
        // The directory that a walk begins in may have been moved below, and `..` may come next.
        if mask.only_searches() && inode.kind() == Kind::Directory {
            inode.relocate_if_moved_below();
        }
        if !inode.is_up_to_date() {
            inode.refresh();
        }
        inode.lower_permission(mask)
    }

    fn permission_in_rcu_walk(inode: RcuRef<'_, Inode>, mask: RcuAccessMask<'_>) -> Result {
        if !inode.is_up_to_date() {
            return Err(not_in_rcu_walk());
        }
        inode.lower_permission(mask)
    }

    fn getattr(dentry: &Upper<Dentry>, query: AttributeQuery, stat: &mut Stat) -> Result {
        dentry.lower_path().getattr(query, stat)?;
        // A lower filesystem with more than one device (btrfs, overlayfs) has inode numbers that are unique
        // on each alone. Files that are not on the device of the root keep the pair that they have below.
        let sb = dentry.upper_super();
        if stat.device() == sb.lower_device() {
            stat.set_device(sb.device());
        }
        if let Some(inode) = dentry.upper_inode() {
            if !inode.is_up_to_date() {
                inode.refresh();
            }
        }
        Ok(())
    }

    fn setattr(change: AttributeChange<'_>) -> Result {
        let mount = change.dentry().lower_mount();
        mount.with_write_access(|write| change.apply(write))
    }

    fn listxattr<'a>(dentry: &Upper<Dentry>, names: XattrBuffer<'a>) -> Result<Transferred<'a>> {
        dentry.lower().list_xattr(names)
    }
}
