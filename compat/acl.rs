// SPDX-License-Identifier: GPL-2.0

//! POSIX ACLs of lower files.
//!
//! Upper inodes cache no ACL (`ACL_DONT_CACHE`): the lower inode does, and a change below has
//! effect above at once. The ids in an ACL of an upper file are those that the lower mount shows.
//!
//! C header: `include/linux/posix_acl.h`

use core::{ffi::CStr, marker::PhantomData, ptr::null_mut};

use bindings::{ffi::c_int, posix_acl};

use super::{
    delegation,
    dentry::Dentry,
    error::{code, from_negative, from_status, no_data, Result},
    idmap::LowerIdmap,
    inode::Inode,
    mount::{Mount, WriteAccess},
    raw::from_err_ptr,
    upper::Upper,
};

/// Which of its two ACLs a file is asked for.
#[derive(Clone, Copy)]
pub(in crate::compat) enum AclKind {
    /// The ACL that decides who may access the file.
    Access,
    /// The ACL that new entries of the directory inherit.
    Default,
}

impl AclKind {
    /// The kind that the VFS names by `ACL_TYPE_*`.
    pub(in crate::compat) fn new(kind: c_int) -> Self {
        match kind {
            bindings::ACL_TYPE_DEFAULT => Self::Default,
            _ => Self::Access,
        }
    }

    /// The name of the attribute.
    fn name(self) -> &'static CStr {
        match self {
            Self::Access => c"system.posix_acl_access",
            Self::Default => c"system.posix_acl_default",
        }
    }

    /// The VFS's number.
    fn to_raw(self) -> c_int {
        match self {
            Self::Access => bindings::ACL_TYPE_ACCESS,
            Self::Default => bindings::ACL_TYPE_DEFAULT,
        }
    }
}

/// The lower file whose ACL is wanted.
enum LowerFile<'a> {
    /// A user asks, by this dentry. Security modules are asked.
    Dentry(&'a Dentry, LowerIdmap<'a>),
    /// The kernel asks for itself. Security modules are not asked.
    Inode(&'a Inode),
}

/// A request of the VFS for an ACL of an upper file.
pub(crate) struct AclRequest<'a> {
    mount: &'a Mount,
    lower: LowerFile<'a>,
    kind: AclKind,
}

impl<'a> AclRequest<'a> {
    /// The request of a user.
    pub(in crate::compat) fn of_user(
        dentry: &'a Upper<Dentry>,
        idmap: LowerIdmap<'a>,
        kind: AclKind,
    ) -> Self {
        Self {
            mount: dentry.lower_mount(),
            lower: LowerFile::Dentry(dentry.lower(), idmap),
            kind,
        }
    }

    /// The request of a part of the kernel, such as the NFS server.
    pub(in crate::compat) fn of_kernel(inode: &'a Upper<Inode>, kind: AclKind) -> Self {
        Self {
            mount: inode.lower_mount(),
            lower: LowerFile::Inode(inode.lower()),
            kind,
        }
    }

    /// Gets the ACL of the lower file. May sleep.
    ///
    /// Errors: `EOPNOTSUPP` if the lower filesystem has no ACLs; `ENOMEM`; those of the lower
    /// filesystem.
    pub(crate) fn get_lower(self) -> Result<FoundAcl<'a>> {
        let found = match self.lower {
            LowerFile::Dentry(dentry, idmap) => {
                dentry.positive()?;
                // SAFETY: The idmap, the positive dentry and the name are valid for the call.
                unsafe {
                    bindings::vfs_get_acl(
                        idmap.as_ptr(),
                        dentry.as_ptr(),
                        self.kind.name().as_ptr().cast(),
                    )
                }
            }
            // SAFETY: The inode comes from a reference, and the caller may sleep.
            LowerFile::Inode(inode) => unsafe {
                bindings::shim_get_inode_acl(inode.as_ptr(), self.kind.to_raw())
            },
        };
        let found = match from_err_ptr(found).map_err(from_negative) {
            // INVARIANT: Null stands for no ACL. The call has returned any other with a reference.
            Ok(acl) => FoundAcl(acl, PhantomData),
            Err(error) if error == no_data() => FoundAcl(null_mut(), PhantomData),
            Err(error) => return Err(error),
        };
        if found.0.is_null() || !self.mount.is_idmapped() {
            return Ok(found);
        }
        // The lower inode caches this ACL, so a copy gets the ids that the lower mount shows.
        // SAFETY: By the type invariant `found` is an ACL that is valid as long as the value. The
        // mount is valid.
        let mapped = unsafe { bindings::shim_acl_through(self.mount.as_ptr(), found.0) };
        match mapped.is_null() {
            true => Err(code::ENOMEM),
            // INVARIANT: The call has returned a new ACL with a reference.
            false => Ok(FoundAcl(mapped, PhantomData)),
        }
    }
}

/// The answer to an [`AclRequest`]: an ACL, or that the file has none.
///
/// # Invariants
///
/// The pointer is null or an ACL, to which this value owns a reference. Nobody changes the ACL.
#[must_use]
pub(crate) struct FoundAcl<'a>(*mut posix_acl, PhantomData<&'a ()>);

impl FoundAcl<'_> {
    /// Gives the reference to the caller.
    pub(in crate::compat) fn into_raw(self) -> *mut posix_acl {
        let acl = self.0;
        core::mem::forget(self);
        acl
    }
}

impl Drop for FoundAcl<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the pointer is null, which the call ignores, or this value
        // owns a reference, which it drops once.
        unsafe { bindings::posix_acl_release(self.0) };
    }
}

/// A request of the VFS to set or remove an ACL of an upper file.
///
/// # Invariants
///
/// `acl` is null or valid for `'a`.
pub(crate) struct AclChange<'a> {
    dentry: &'a Upper<Dentry>,
    idmap: LowerIdmap<'a>,
    acl: *mut posix_acl,
    kind: AclKind,
}

impl<'a> AclChange<'a> {
    /// Removes the ACL if `acl` is null.
    ///
    /// # Safety
    ///
    /// `acl` is null or valid while the value lives.
    pub(in crate::compat) unsafe fn new(
        dentry: &'a Upper<Dentry>,
        idmap: LowerIdmap<'a>,
        acl: *mut posix_acl,
        kind: AclKind,
    ) -> Self {
        // INVARIANT: The safety requirement of this function is the type invariant.
        Self {
            dentry,
            idmap,
            acl,
            kind,
        }
    }

    /// The file to be changed.
    pub(crate) fn dentry(&self) -> &'a Upper<Dentry> {
        self.dentry
    }

    /// Sets or removes the ACL of the lower file.
    ///
    /// Locks the lower inode. Delegations on the file have to be given back first
    /// ([`super::delegation`]). Errors: `EXDEV` if `write` is for another mount; `EPERM`; `EINVAL`
    /// if an id of the ACL has no mapping; `EOPNOTSUPP`, `ENOMEM`, and those of the lower
    /// filesystem.
    pub(crate) fn apply(self, write: &WriteAccess<'_>) -> Result {
        write.require(self.dentry.lower_mount())?;
        let lower = self.dentry.lower();
        // The functions below wait by themselves, in the rare case that there is a new delegation
        // until then.
        delegation::break_delegations(lower.positive()?)?;
        let name = self.kind.name().as_ptr().cast();
        if self.acl.is_null() {
            // SAFETY: The idmap, the positive dentry and the name are valid for the call.
            return from_status(unsafe {
                bindings::vfs_remove_acl(self.idmap.as_ptr(), lower.as_ptr(), name)
            });
        }
        // `vfs_set_acl()` expects the ids that the caller sees, and replaces them by those of the
        // lower filesystem. The VFS has done the first half of this for the upper file. So a copy
        // gets back the ids that the caller sees.
        // SAFETY: By the type invariant `acl` is valid.
        let acl = unsafe { self.idmap.mapped_acl(lower.super_block(), self.acl) };
        if acl.is_null() {
            return Err(code::ENOMEM);
        }
        // INVARIANT: The call has returned a new ACL with a reference, and only the next call
        // changes it.
        let acl = FoundAcl(acl, PhantomData);
        // SAFETY: The idmap, the positive dentry and the name are valid for the call. `acl` is a
        // new ACL, which nobody else has. The lower inode may take a reference of its own to it.
        from_status(unsafe {
            bindings::vfs_set_acl(self.idmap.as_ptr(), lower.as_ptr(), name, acl.0)
        })
    }
}
