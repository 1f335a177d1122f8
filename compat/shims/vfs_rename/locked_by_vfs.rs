// SPDX-License-Identifier: GPL-2.0

//! The VFS locks and looks up, in `start_renaming()`.

use core::ptr::null_mut;

use bindings::{dentry, ffi::c_int, qstr, renamedata};

use super::Renaming;
use crate::compat::shims::{
    delegation::Delegation,
    dirop::{EndDirop, LockOfVfs},
    lookup_one::LookupOne,
    renamedata::{ByDentry, RenameData},
};

bindings::signatures! {
    bindings::end_renaming: fn(*mut renamedata);
    bindings::start_renaming: fn(*mut renamedata, c_int, *mut qstr, *mut qstr) -> c_int;
    bindings::vfs_rename: fn(*mut renamedata) -> c_int;
}

pub(crate) struct Answer;

impl<L, D, P, E> super::VfsRename<L, D, P, E> for Answer
where
    L: LookupOne,
    D: RenameData<Parents = ByDentry>,
    P: Delegation,
    E: EndDirop<Lock = LockOfVfs>,
{
    unsafe fn call(
        renaming: &Renaming<'_>,
        delegation: &mut P::Place,
        update: impl FnOnce(*mut dentry, *mut dentry),
    ) -> c_int {
        // SAFETY: The safety requirements of this function ensure that both parents are referenced
        // and positive.
        let mut data = unsafe { D::data(renaming, null_mut(), null_mut()) };
        P::report_in(delegation, &mut data);
        // Copies, because the call writes the hashes of the names into its arguments.
        let (mut old_name, mut new_name) = (*renaming.old_name, *renaming.new_name);
        // SAFETY: The safety requirements of this function ensure that all pointers are valid, and
        // that the caller holds no `i_rwsem` and not the `s_vfs_rename_mutex` of the filesystem.
        let errno = unsafe { bindings::start_renaming(&mut data, 0, &mut old_name, &mut new_name) };
        if errno != 0 {
            return errno;
        }
        // SAFETY: `start_renaming()` has locked both directories and set both dentries. The safety
        // requirements of this function ensure write access to the mount.
        let errno = unsafe { bindings::vfs_rename(&mut data) };
        if errno == 0 {
            update(data.old_dentry, data.new_dentry);
        }
        // SAFETY: `start_renaming()` has succeeded on `data`.
        unsafe { bindings::end_renaming(&mut data) };
        errno
    }
}
