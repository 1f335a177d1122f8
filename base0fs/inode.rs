// SPDX-License-Identifier: GPL-2.0

//! Inodes: attributes and permissions are those of the lower inode.

#![forbid(unsafe_code)]

use crate::{
    compat::{
        attribute::AttributeChange,
        dentry::Dentry,
        error::{not_in_rcu_walk, Result},
        fileattr::{FileAttributes, NewFileAttributes},
        inode::{AccessAnswer, AccessMask, Inode, Kind},
        io::{BytesTransferred, Fiemap},
        path::{AttributeQuery, Stat},
        upper::{RcuAccessMask, RcuRef, Upper},
        xattr::XattrBuffer,
    },
    passthrough::passes_through,
};

/// The operations that the inodes of all kinds have.
pub(crate) trait InodeOperations {
    /// The lower inode decides, with the caller's credentials. After that the VFS makes some checks
    /// with the upper inode, such as who may remove a file from a sticky directory. So the upper
    /// inode is updated first.
    fn permission(inode: &Upper<Inode>, mask: AccessMask<'_>) -> Result<AccessAnswer> {
        // The VFS does not revalidate the directory in which a walk begins. If its lower directory
        // was moved in the lower filesystem, `..` would lead to the wrong directory.
        if mask.is_search_only() && inode.kind() == Kind::Directory {
            inode.relocate_if_moved_below(mask);
        }
        if !inode.attributes_match() {
            inode.refresh();
        }
        // After this a security module decides by the label of the upper inode.
        inode.refresh_label();
        Ok(inode.lower_permission(mask))
    }

    fn permission_in_rcu_walk(
        inode: RcuRef<'_, Inode>,
        mask: RcuAccessMask<'_>,
    ) -> Result<AccessAnswer> {
        match inode.plain_lower_permission(mask) {
            Some(answer) => Ok(answer),
            None => check_rare_step(inode, mask),
        }
    }

    fn getattr(dentry: &Upper<Dentry>, query: AttributeQuery, stat: &mut Stat) -> Result {
        dentry.lower_path().getattr(query, stat)?;
        // A lower filesystem can have several device numbers (btrfs, overlayfs), and an inode
        // number is unique only together with one. Files on the device of the lower root get the
        // device of this filesystem. All others keep their lower device and inode number.
        let sb = dentry.upper_super();
        if sb.is_root_device(stat.device()) {
            stat.set_device(sb.device());
        }
        if let Some(inode) = dentry.upper_inode() {
            if !inode.attributes_match() {
                inode.refresh();
            }
            inode.refresh_label();
        }
        Ok(())
    }

    fn setattr(change: AttributeChange<'_>) -> Result {
        let mount = change.dentry().lower_mount();
        mount.with_write_access(|write| change.apply(write))
    }

    fn listxattr<'a>(
        dentry: &Upper<Dentry>,
        names: XattrBuffer<'a>,
    ) -> Result<BytesTransferred<'a>> {
        dentry.lower().list_xattr(names)
    }

    fn get_file_attributes(dentry: &Upper<Dentry>, attributes: FileAttributes<'_>) -> Result {
        dentry.lower().get_file_attributes(attributes)
    }

    fn set_file_attributes(dentry: &Upper<Dentry>, attributes: NewFileAttributes<'_>) -> Result {
        let mount = dentry.lower_mount();
        mount.with_write_access(|write| write.set_file_attributes(dentry.lower(), attributes))
    }

    fn fiemap(inode: &Upper<Inode>, request: Fiemap<'_>) -> Result {
        inode.lower().fiemap(request)
    }
}

/// Apart from the usual step, which then needs no registers for this one.
#[inline(never)]
fn check_rare_step(inode: RcuRef<'_, Inode>, mask: RcuAccessMask<'_>) -> Result<AccessAnswer> {
    if !inode.is_current() {
        return Err(not_in_rcu_walk());
    }
    Ok(inode.lower_permission(mask))
}

passes_through! { InodeOperations {
    fn permission(inode: &Upper<Inode>, mask: AccessMask<'_>) -> Result<AccessAnswer>;
    fn permission_in_rcu_walk(inode: RcuRef<'_, Inode>, mask: RcuAccessMask<'_>) -> Result<AccessAnswer>;
    fn getattr(dentry: &Upper<Dentry>, query: AttributeQuery, stat: &mut Stat) -> Result;
    fn setattr(change: AttributeChange<'_>) -> Result;
    fn listxattr<'a>(dentry: &Upper<Dentry>, names: XattrBuffer<'a>) -> Result<BytesTransferred<'a>>;
    fn get_file_attributes(dentry: &Upper<Dentry>, attributes: FileAttributes<'_>) -> Result;
    fn set_file_attributes(dentry: &Upper<Dentry>, attributes: NewFileAttributes<'_>) -> Result;
    fn fiemap(inode: &Upper<Inode>, request: Fiemap<'_>) -> Result;
}}
