// SPDX-License-Identifier: GPL-2.0

//! Extended attributes of lower files.
//!
//! C header: `include/linux/xattr.h`

use core::{ffi::CStr, marker::PhantomData, ops::Range, ptr};

use bindings::{ffi::c_int, ffi::c_void};

use super::{
    delegation,
    dentry::Dentry,
    error::{code, from_count, from_status, Result},
    idmap::LowerIdmap,
    io::BytesTransferred,
    mount::{Mount, WriteAccess},
};

/// The output for a value or a list of names. If its length is 0, the caller wants only the length
/// of the value or list.
///
/// Consumed by the function that fills it.
///
/// # Invariants
///
/// `start` is valid for writes of `length` bytes, and nobody else uses these bytes while the value
/// lives.
pub(crate) struct XattrBuffer<'a> {
    start: *mut c_void,
    length: usize,
    _lifetime: PhantomData<&'a mut [u8]>,
}

impl<'a> XattrBuffer<'a> {
    /// Whether the current task is in execve(2), which gets the file capabilities of the program.
    pub(crate) fn is_for_execve(&self) -> bool {
        // SAFETY: The call takes no argument, and only the current task changes what it reads.
        unsafe { bindings::shim_is_executing() }
    }

    /// Copies `value` into the buffer, unless only its length is wanted.
    ///
    /// Errors: `ERANGE` if it does not fit.
    fn fill(self, value: &[u8]) -> Result<BytesTransferred<'a>> {
        if self.length != 0 {
            if value.len() > self.length {
                return Err(code::ERANGE);
            }
            // SAFETY: The type invariants ensure that the buffer is valid for writes of `length`
            // bytes, of which `value` has no more, and that `value` is elsewhere.
            unsafe { ptr::copy_nonoverlapping(value.as_ptr(), self.start.cast(), value.len()) };
        }
        // SAFETY: The request was for `value`, which has that many bytes. If the length of the
        // buffer is not 0, they are in it now.
        unsafe { BytesTransferred::new(value.len() as isize) }
    }

    /// # Safety
    ///
    /// While the value lives, `start` is valid for writes of `length` bytes, and nobody else uses
    /// these bytes. If `length` is 0, `start` may be any pointer.
    pub(in crate::compat) unsafe fn from_raw(start: *mut c_void, length: usize) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        Self {
            start,
            length,
            _lifetime: PhantomData,
        }
    }
}

/// The prefixes of the names for which the VFS does not ask whether the caller may read the file
/// (`xattr_permission()`).
const UNCHECKED_BY_IDS: [&[u8]; 3] = [b"security.", b"system.", b"trusted."];

/// The name of the attribute that holds file capabilities.
const CAPABILITIES: &CStr = c"security.capability";

/// The length of file capabilities of revision 3, the longest, in bytes (`XATTR_CAPS_SZ_3`).
const MAX_CAPABILITIES: usize = 24;

/// The bytes that hold the root id in revision 3: the capabilities have effect in user namespaces
/// whose root user has this id.
const ROOT_ID: Range<usize> = 20..24;

/// Revision 3, which is revision 2 followed by a root id (`VFS_CAP_REVISION_3`).
const REVISION_3: u8 = 3;

/// The byte that holds the revision: the highest of the first word, which is little-endian.
const REVISION: usize = 3;

/// The stored value of the attribute: file capabilities (`struct vfs_ns_cap_data`), or bytes that
/// are none.
struct FileCapabilities {
    bytes: [u8; MAX_CAPABILITIES],
    length: usize,
}

impl FileCapabilities {
    /// Copies a value. One that is longer than any revision is cut off.
    fn new(value: &[u8]) -> Self {
        let mut bytes = [0; MAX_CAPABILITIES];
        let length = value.len().min(MAX_CAPABILITIES);
        for (byte, stored) in bytes.iter_mut().zip(value) {
            *byte = *stored;
        }
        Self { bytes, length }
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&self.bytes)
    }

    /// The root id, which revision 2 has implicitly; `None` for any other value.
    fn root_id(&self) -> Option<u32> {
        match (self.length, self.bytes[REVISION]) {
            (24, REVISION_3) => {
                let [_, .., a, b, c, d] = self.bytes;
                Some(u32::from_le_bytes([a, b, c, d]))
            }
            (20, 2) => Some(0),
            _ => None,
        }
    }

    /// The same capabilities with another root id. Capabilities of revision 2 keep this revision if
    /// the id is 0.
    fn with_root_id(mut self, root: u32) -> Self {
        if self.length == 20 && root == 0 {
            return self;
        }
        self.bytes[REVISION] = REVISION_3;
        for (byte, of_id) in self.bytes[ROOT_ID].iter_mut().zip(root.to_le_bytes()) {
            *byte = of_id;
        }
        self.length = MAX_CAPABILITIES;
        self
    }

    /// The value as users of `mount` see it. A root id that the mount does not map becomes
    /// (uid_t)-1, which no user namespace has and which the VFS rejects.
    fn mapped(self, mount: &Mount) -> Self {
        match self.root_id() {
            Some(root) if mount.is_idmapped() => {
                // SAFETY: The pointer comes from a reference.
                let seen = unsafe { bindings::shim_mapped_uid(mount.as_ptr(), root) };
                self.with_root_id(seen)
            }
            _ => self,
        }
    }

    /// The value as the filesystem behind `mount` stores it.
    ///
    /// Errors: `EINVAL` if the mount maps no id of the filesystem to this root id.
    fn unmapped(self, mount: &Mount) -> Result<Self> {
        match self.root_id() {
            Some(root) if mount.is_idmapped() => {
                // SAFETY: The pointer comes from a reference.
                match unsafe { bindings::shim_unmapped_uid(mount.as_ptr(), root) } {
                    u32::MAX => Err(code::EINVAL),
                    id => Ok(self.with_root_id(id)),
                }
            }
            _ => Ok(self),
        }
    }
}

impl Mount {
    /// Gets the value of the attribute `name` of `dentry`, a dentry of this mount's filesystem, for
    /// a caller of whom the VFS has found that he may read it.
    ///
    /// Errors: `ENODATA`, `ERANGE`, and those of the lower filesystem.
    pub(crate) fn get_xattr<'a>(
        &self,
        dentry: &Dentry,
        name: &CStr,
        value: XattrBuffer<'a>,
    ) -> Result<BytesTransferred<'a>> {
        let inode = dentry.positive()?;
        let raw_name = name.as_ptr().cast();
        // SAFETY: The idmap, the positive dentry and the name are valid for the call. The type
        // invariants of `XattrBuffer` ensure that the buffer is valid for that many bytes.
        let mut count = unsafe {
            bindings::vfs_getxattr(
                self.idmap(),
                dentry.as_ptr(),
                raw_name,
                value.start,
                value.length,
            )
        };
        // The VFS has found that the caller may read the attribute. That was with the idmap of the
        // upper mount in use, which it does not pass on. If the caller may not read the file by the
        // ids that this mount shows, the check above has used the wrong ids.
        // (`generic_permission()` decides by ids alone. `inode_permission()` would ask the security
        // module too, whose denial has to stay.)
        let denied = code::EACCES.to_errno();
        let is_checked_by_ids = || {
            !UNCHECKED_BY_IDS
                .iter()
                .any(|prefix| name.to_bytes().starts_with(prefix))
        };
        let is_denied_by_ids = || {
            // SAFETY: The idmap is valid, and `inode` comes from a reference.
            let status = unsafe {
                bindings::generic_permission(self.idmap(), inode.as_ptr(), bindings::MAY_READ)
            };
            status == denied
        };
        if count == denied as isize && is_checked_by_ids() && is_denied_by_ids() {
            // SAFETY: As above, all arguments are valid, and `inode` is that of the dentry.
            count = unsafe {
                bindings::__vfs_getxattr(
                    dentry.as_ptr(),
                    inode.as_ptr(),
                    raw_name,
                    value.start,
                    value.length,
                )
            } as isize;
        }
        // SAFETY: The result is that of the request that `value` is.
        unsafe { BytesTransferred::new(count) }
    }

    /// Gets the file capabilities (`security.capability`) of `dentry`, a dentry of this mount's
    /// filesystem, with the root id as users of this mount see it.
    ///
    /// The root id is not translated to the caller's user namespace: the VFS does that for the
    /// upper file. The VFS has also checked that the caller may get the attribute.
    ///
    /// Errors: `ENODATA`, `ERANGE`, and those of the lower filesystem.
    pub(crate) fn get_file_capabilities<'a>(
        &self,
        dentry: &Dentry,
        value: XattrBuffer<'a>,
    ) -> Result<BytesTransferred<'a>> {
        let inode = dentry.positive()?;
        let mut stored = [0; MAX_CAPABILITIES];
        // SAFETY: The dentry is valid, `inode` is its inode, and the name ends in a null byte.
        // `stored` is valid for writes of its length.
        let length = from_count(unsafe {
            bindings::__vfs_getxattr(
                dentry.as_ptr(),
                inode.as_ptr(),
                CAPABILITIES.as_ptr().cast(),
                stored.as_mut_ptr().cast(),
                stored.len(),
            )
        })?;
        let stored = stored.get(..length).ok_or(code::EIO)?;
        value.fill(FileCapabilities::new(stored).mapped(self).as_bytes())
    }
}

impl Dentry {
    /// Lists the names of the attributes, each followed by a null byte.
    ///
    /// Errors: `ENOENT` if the dentry is negative; `ERANGE`, and those of the filesystem.
    pub(crate) fn list_xattr<'a>(&self, names: XattrBuffer<'a>) -> Result<BytesTransferred<'a>> {
        self.positive()?;
        // SAFETY: The dentry is valid and positive. The type invariants of `XattrBuffer` ensure
        // that the buffer is valid for that many bytes. The result is that of the request that
        // `names` is.
        unsafe {
            BytesTransferred::new(bindings::vfs_listxattr(
                self.as_ptr(),
                names.start.cast(),
                names.length,
            ))
        }
    }
}

impl WriteAccess<'_> {
    /// Errors: `EXDEV` if `dentry` is of another filesystem than the mount.
    pub(in crate::compat) fn require_filesystem_of(&self, dentry: &Dentry) -> Result {
        if ptr::eq(dentry.super_block(), self.mount().super_block()) {
            Ok(())
        } else {
            Err(code::EXDEV)
        }
    }
}

/// A request of the VFS to set or remove an attribute of an upper file, prepared for the lower
/// file.
pub(crate) struct XattrChange<'a> {
    mount: &'a Mount,
    dentry: &'a Dentry,
    idmap: LowerIdmap<'a>,
    name: &'a CStr,
    value: Option<&'a [u8]>,
    flags: c_int,
}

impl<'a> XattrChange<'a> {
    /// The request to set the attribute `name` of `dentry`, a dentry of the filesystem of the lower
    /// mount `mount`, or to remove it if `value` is `None`. `flags` are `XATTR_*`.
    pub(in crate::compat) fn new(
        mount: &'a Mount,
        dentry: &'a Dentry,
        idmap: LowerIdmap<'a>,
        name: &'a CStr,
        value: Option<&'a [u8]>,
        flags: c_int,
    ) -> Self {
        Self {
            mount,
            dentry,
            idmap,
            name,
            value,
            flags,
        }
    }

    /// The lower mount.
    pub(crate) fn lower_mount(&self) -> &'a Mount {
        self.mount
    }

    /// The name of the attribute.
    pub(crate) fn name(&self) -> &'a CStr {
        self.name
    }

    /// Sets or removes the file capabilities (`security.capability`) of the lower file.
    ///
    /// The VFS has translated the root id in the value from the caller's user namespace, and has
    /// checked that the caller may set the attribute: it does both for the upper file
    /// (`cap_convert_nscap()`). This function translates the root id from what users of the lower
    /// mount see to what the lower filesystem stores. It makes the check again for the lower file,
    /// whose owner may have changed since the upper inode got its own: no lower function makes it.
    /// An empty value has no root id, and the VFS lets everybody set it (`vfs_setxattr()`).
    ///
    /// Locks the inode. Errors: `EXDEV` if `write` is for a mount of another filesystem; `EPERM` if
    /// the caller has no power over the owner of the lower file; `EINVAL` if the mount does not map
    /// the root id; those of the lower filesystem.
    pub(crate) fn apply_to_file_capabilities(self, write: &WriteAccess<'_>) -> Result {
        let Some(value) = self.value.filter(|value| !value.is_empty()) else {
            let name = CAPABILITIES;
            return Self { name, ..self }.apply(write);
        };
        write.require_filesystem_of(self.dentry)?;
        let inode = self.dentry.positive()?;
        let value = FileCapabilities::new(value).unmapped(self.mount)?;
        let bytes = value.as_bytes();
        delegation::retry(|place| {
            let _locked = inode.lock();
            // SAFETY: By its type invariant the idmap is valid, and `inode` comes from a reference.
            let may_set =
                unsafe { bindings::shim_may_set_capabilities(self.idmap.as_ptr(), inode.as_ptr()) };
            if !may_set {
                return Err(code::EPERM);
            }
            // SAFETY: The dentry is positive, the guard above holds the `i_rwsem` of its inode
            // exclusively, and by its type invariant the idmap is valid. Name and value are valid
            // for reads.
            from_status(unsafe {
                bindings::__vfs_setxattr_locked(
                    self.idmap.as_ptr(),
                    self.dentry.as_ptr(),
                    CAPABILITIES.as_ptr().cast(),
                    bytes.as_ptr().cast(),
                    bytes.len(),
                    self.flags,
                    place,
                )
            })
        })
    }

    /// Sets or removes the attribute of the lower file.
    ///
    /// Locks the inode. Errors: `EXDEV` if `write` is for a mount of another filesystem; `EEXIST`,
    /// `ENODATA`, and those of the lower filesystem.
    pub(crate) fn apply(self, write: &WriteAccess<'_>) -> Result {
        write.require_filesystem_of(self.dentry)?;
        let inode = self.dentry.positive()?;
        let (idmap, dentry) = (self.idmap.as_ptr(), self.dentry.as_ptr());
        let (name, flags) = (self.name.as_ptr().cast(), self.flags);
        // `vfs_setxattr()` and `vfs_removexattr()` would wait for a delegation.
        delegation::retry(|place| {
            let _locked = inode.lock();
            from_status(match self.value {
                Some(value) => {
                    // The pointer of an empty slice is dangling, and C may look at it.
                    let start = match value.is_empty() {
                        true => ptr::null(),
                        false => value.as_ptr(),
                    };
                    let (start, length) = (start.cast(), value.len());
                    // SAFETY: The dentry is positive, the guard above holds the `i_rwsem` of its
                    // inode exclusively, and by its type invariant the idmap is valid. The name
                    // ends in a null byte, and `start` is valid for reads of the value's length.
                    unsafe {
                        bindings::__vfs_setxattr_locked(
                            idmap, dentry, name, start, length, flags, place,
                        )
                    }
                }
                // SAFETY: The dentry is positive, the guard above holds the `i_rwsem` of its inode
                // exclusively, and by its type invariant the idmap is valid. The name ends in a
                // null byte.
                None => unsafe { bindings::__vfs_removexattr_locked(idmap, dentry, name, place) },
            })
        })
    }
}
