// SPDX-License-Identifier: GPL-2.0

//! Upper files that are found by the handles of their lower files.
//!
//! The lower filesystem knows every file that it has, in the lower directory or elsewhere, and does
//! not ask who wants it. What is found here decides what a user, or a client of an NFS server, can
//! reach by a handle.
//!
//! - **A directory** is found only below the lower root. The lower filesystem gives its dentry a
//!   path to the root of that filesystem. Then each name on the path is looked up, from the upper
//!   root on, with the caller's credentials. So an upper directory always has a path. Its dentry is
//!   the one that a path walk finds, and is in sync.
//! - **Any other file** that has a known path below the lower root is found in the same way.
//! - **A file without a known path** can be a file whose name is not in the dentry cache. Most
//!   handles do not say in which directory their file is, so this layer cannot tell whether it is
//!   below the lower root. It gets an upper dentry without a parent, as it gets one below. (If its
//!   only name is known and is not below the lower root, there is no such upper file.) A handle
//!   that names the directory too leads to the path: the VFS asks for such handles where the place
//!   of a file matters (`subtree_check` of exports(5), AT_HANDLE_CONNECTABLE).
//!
//! C header: `include/linux/exportfs.h`

use core::{
    marker::PhantomData,
    ptr::{self, NonNull},
};

use bindings::ffi::c_uint;

use crate::compat::{
    aref::ARef,
    dentry::Dentry,
    error::{code, stale, Result},
    handle::Handle,
    idmap::CallerIdmap,
    inode::{Inode, Kind},
    super_block::SuperBlock,
    upper::Upper,
};

/// How many steps towards the root a search for one directory may take: enough for a directory 1400
/// levels deep. A directory of n levels takes up to n(n+1)/2 steps.
const MAX_STEPS: u32 = 1 << 20;

/// Finds or makes the upper inode of a lower one (`Upper::<Inode>::iget`).
type Iget = fn(&Upper<SuperBlock>, &Inode) -> Result<ARef<Upper<Inode>>>;

/// A search for a file by its handle.
///
/// Each search makes one, and the method that does the work consumes it.
///
/// # Invariants
///
/// For `'a`, a reference to a mount of the superblock is held, through which the operation has
/// reached it, and the task holds no `i_rwsem` of the superblock.
pub(crate) struct HandleRequest<'a> {
    sb: &'a Upper<SuperBlock>,
    handle: Handle<'a>,
    iget: Iget,
}

/// The file that a [`HandleRequest`] has found.
#[must_use]
pub(crate) struct Decoded<'a>(ARef<Upper<Dentry>>, PhantomData<&'a mut ()>);

impl Decoded<'_> {
    /// Gives the reference to the caller.
    pub(in crate::compat) fn into_raw(self) -> *mut bindings::dentry {
        self.0.into_raw().as_ptr().cast()
    }
}

impl<'a> HandleRequest<'a> {
    /// # Safety
    ///
    /// For `'a`, a reference to a mount of `sb` is held, through which the operation has reached
    /// `sb`, and the task holds no `i_rwsem` of `sb`.
    pub(in crate::compat) unsafe fn new(
        sb: &'a Upper<SuperBlock>,
        handle: Handle<'a>,
        iget: Iget,
    ) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self { sb, handle, iget }
    }

    /// Finds the file that has the handle. May sleep, and locks directories.
    ///
    /// Errors: `ENOMEM`; `ESTALE` if there is no such file, if it is a directory that is not below
    /// the lower root or that the caller cannot reach from there, or if it is known to be
    /// elsewhere.
    pub(crate) fn find_file(self) -> Result<Decoded<'a>> {
        let root = self.root();
        let is_below = |lower: &Dentry| lower.is_below(root.lower());
        let mount = self.sb.lower_mount();
        match mount.decode_handle(self.handle, is_below) {
            Ok(lower) => match self.find_by_path(&root, &lower) {
                Err(error) if error != code::ENOMEM && lower.kind() != Some(Kind::Directory) => {}
                result => return result,
            },
            Err(error) if error == code::ENOMEM => return Err(error),
            Err(_) => {}
        }
        let may_be_below = |lower: &Dentry| {
            lower.kind() != Some(Kind::Directory) && !lower.is_only_outside(root.lower())
        };
        self.find_without_path(mount.decode_handle(self.handle, may_be_below)?)
    }

    /// Finds the directory that the handle names beside its file. May sleep, and locks directories.
    ///
    /// Errors: `ENOMEM`; `ESTALE` if the handle names no directory, or one that is not below the
    /// lower root or that the caller cannot reach from there; `EOPNOTSUPP` if the lower filesystem
    /// has no such handles.
    pub(crate) fn find_parent(self) -> Result<Decoded<'a>> {
        let root = self.root();
        let is_below = |lower: &Dentry| lower.is_below(root.lower());
        let lower = self.sb.lower_mount().decode_parent(self.handle, is_below)?;
        self.find_by_path(&root, &lower)
    }

    fn root(&self) -> ARef<Upper<Dentry>> {
        // SAFETY: By the type invariants the operation has reached the superblock through one of
        // its mounts, to which a reference is held.
        unsafe { self.sb.root() }
    }

    /// The upper inode of `lower`, with its present attributes: the VFS compares its owner with the
    /// caller's ids.
    fn inode_of(&self, lower: &Dentry) -> Result<ARef<Upper<Inode>>> {
        let inode = (self.iget)(self.sb, lower.inode().ok_or_else(stale)?)?;
        inode.refresh_if_changed();
        Ok(inode)
    }

    /// The upper dentry of `lower`, which is below the lower root.
    ///
    /// Errors: `ENOMEM`; `ESTALE` if a walk from the root does not find it.
    fn find_by_path(&self, root: &Upper<Dentry>, lower: &Dentry) -> Result<Decoded<'a>> {
        let inode = self.inode_of(lower)?;
        if let Some(alias) = inode.alias() {
            // A removed file, which somebody has open, has no path any more.
            let is_removed = inode.lower().is_removed() && ptr::eq(alias.lower(), lower);
            if is_removed || alias.is_found_from(root) {
                return Ok(Decoded(alias, PhantomData));
            }
        }
        // SAFETY: The type invariants are the safety requirements of the call.
        let found = unsafe { self.sb.look_up_lower(lower, MAX_STEPS, CallerIdmap::none()) };
        match found {
            Ok(found) => Ok(Decoded(found, PhantomData)),
            Err(error) if error == code::ENOMEM => Err(error),
            Err(_) => Err(stale()),
        }
    }

    /// An upper dentry of `lower`, which is not a directory, without a parent.
    ///
    /// Such a dentry is in no hash table, and is freed when its last reference is dropped. No path
    /// walk finds it, so nobody asks whether it is in sync.
    ///
    /// Errors: `ENOMEM`.
    fn find_without_path(&self, lower: ARef<Dentry>) -> Result<Decoded<'a>> {
        let inode = self.inode_of(&lower)?;
        if let Some(alias) = inode.alias().filter(|alias| alias.is_root()) {
            return Ok(Decoded(alias, PhantomData));
        }
        // SAFETY: The superblock is valid and mounted.
        let dentry = unsafe { bindings::d_alloc_anon(self.sb.as_ptr()) };
        let dentry = NonNull::new(dentry).ok_or(code::ENOMEM)?;
        // SAFETY: The call has returned a dentry of this upper superblock, with null in `d_fsdata`.
        // The reference to it is ours.
        let found = unsafe { ARef::<Upper<Dentry>>::from_raw(dentry.cast()) };
        // SAFETY: Nobody else knows the dentry, whose `d_fsdata` is null. The lower dentry was
        // found through the lower mount.
        unsafe { found.set_lower(lower) };
        // SAFETY: Nobody else knows the dentry, which is negative. `d_instantiate()` takes over the
        // reference to the inode.
        unsafe {
            (*dentry.as_ptr()).d_flags |= bindings::DCACHE_DISCONNECTED as c_uint;
            bindings::d_instantiate(dentry.as_ptr(), inode.into_raw().as_ptr().cast());
        }
        Ok(Decoded(found, PhantomData))
    }
}

impl Upper<Dentry> {
    /// Whether a walk from `root`, the root of the superblock, would find this dentry by the names
    /// of its ancestors and its own: all of them are hashed and in sync. Copies the attributes of
    /// their inodes if they have changed. May sleep.
    fn is_found_from(&self, root: &Upper<Dentry>) -> bool {
        let mut parent;
        let mut dentry = self;
        loop {
            if let Some(inode) = dentry.upper_inode() {
                inode.refresh_if_changed();
            }
            if ptr::eq(dentry, root) {
                return true;
            }
            if dentry.is_root() || !dentry.is_hashed() || !dentry.is_in_sync() {
                return false;
            }
            parent = dentry.parent();
            dentry = &parent;
        }
    }
}

impl Upper<Inode> {
    /// Copies the lower inode's attributes if they differ.
    fn refresh_if_changed(&self) {
        if !self.attributes_match() {
            self.refresh();
        }
    }
}

impl Dentry {
    /// The kind of its file; `None` if the dentry is negative.
    fn kind(&self) -> Option<Kind> {
        self.inode().map(|inode| inode.kind())
    }

    /// Whether this dentry is `dir`, or below it.
    fn is_below(&self, dir: &Dentry) -> bool {
        // SAFETY: Both are valid dentries, and somebody holds a reference to each.
        unsafe { bindings::is_subdir(self.as_ptr(), dir.as_ptr()) }
    }

    /// Whether this is the only name of its file, and is not below `dir`.
    ///
    /// If the dentry has no path, or the file has other names, the answer is no: the file may have
    /// a name below `dir`.
    fn is_only_outside(&self, dir: &Dentry) -> bool {
        let has_one_name = self.inode().is_some_and(|inode| inode.link_count() == 1);
        has_one_name && self.is_hashed() && !self.is_below(dir) && self.is_below(&dir.top())
    }

    /// The root of the tree that this dentry is in. That need not be the root of the superblock: NFS
    /// has a tree for each directory of the server that is mounted.
    fn top(&self) -> ARef<Dentry> {
        let mut top = self.to_aref();
        loop {
            // SAFETY: `top` is a referenced dentry. The call returns a reference to its parent,
            // which is ours, and never null.
            let parent = unsafe {
                let parent = bindings::dget_parent(top.as_ptr());
                ARef::<Dentry>::from_raw(NonNull::new_unchecked(parent.cast()))
            };
            if ptr::eq(&*parent, &*top) {
                return top;
            }
            top = parent;
        }
    }
}
