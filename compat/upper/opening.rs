// SPDX-License-Identifier: GPL-2.0

//! Opening: an upper file gets its lower file.

use core::{marker::PhantomData, ptr::NonNull};

use bindings::ffi::c_int;

use super::Upper;
use crate::compat::{
    aref::ARef,
    delegation,
    dentry::Dentry,
    error::{code, from_negative, from_status, Error, Result},
    file::{File, OpenFlags},
    idmap::{CallerIdmap, LowerIdmap},
    path::Path,
    raw::from_err_ptr,
    shims::{
        backing_file_open::{Answer as Opener, BackingFileOpen, OpenLower},
        backing_tmpfile_open::{Answer as Tmpfile, BackingTmpfileOpen},
    },
};

/// An upper file that the VFS is opening, without a lower file yet.
///
/// Each opening makes one, and [`Self::open_lower`] consumes it.
///
/// # Invariants
///
/// The VFS is opening the file and keeps it for `'a`. The file belongs to an upper superblock, and
/// its `private_data` is null. Nobody else uses it.
struct UnopenedFile<'a>(&'a Upper<File>);

impl<'a> UnopenedFile<'a> {
    /// # Safety
    ///
    /// The VFS is opening `file`, which belongs to an upper superblock, and keeps it for `'a`.
    /// Nobody else uses it. Its `private_data` is null.
    unsafe fn from_raw(file: *mut bindings::file) -> Self {
        // INVARIANT: The safety requirements of this function are the type invariants.
        // SAFETY: The safety requirements ensure that `file` belongs to an upper superblock, and is
        // valid for `'a`. The type invariant of `Upper` allows null in `private_data` for a file
        // that only an `UnopenedFile` leads to. This type and its users call no method of
        // `Upper<File>` that reads `private_data`.
        Self(unsafe { Upper::from_raw(file) })
    }

    /// The dentry of the file's path.
    fn dentry(&self) -> *mut bindings::dentry {
        // SAFETY: The VFS sets the path before it opens the file. The file, or `vfs_tmpfile()` and
        // its caller, hold references to the path until the call returns.
        unsafe { (*bindings::shim_f_path(self.0.as_ptr())).dentry }
    }

    /// Opens a lower file by `open`, with the caller's credentials. `open` gets the path `lower`.
    ///
    /// If this file is opened to be executed, nobody can open the lower file for writing until this
    /// one is closed.
    ///
    /// Errors: those of `open`; `EROFS` if the user's mount has become read-only; `ETXTBSY` if this
    /// file is opened to be executed, and somebody has the lower file open for writing.
    ///
    /// # Safety
    ///
    /// `open` calls `BackingFileOpen` or `BackingTmpfileOpen` with the given arguments, and returns
    /// the result: a reference to a file, which it gives away, or a negative errno.
    unsafe fn open_lower(
        self,
        lower: Path<'_>,
        open: impl FnOnce(&OpenLower) -> Result<*mut bindings::file, c_int>,
    ) -> Result<Opened<'a>> {
        let user_file = self.0.as_ptr();
        let lower_path = lower.to_raw();
        let lower_file = open(&OpenLower {
            user_file,
            flags: self.0.flags().for_lower().0 as c_int,
            lower: &lower_path,
            // SAFETY: A task always has credentials.
            credentials: unsafe { bindings::shim_current_cred() },
        })
        .map_err(from_negative)?;
        // SAFETY: The safety requirements ensure that `open` has returned a file, not null, and
        // that the reference is ours.
        let lower = unsafe { ARef::<File>::from_raw(NonNull::new_unchecked(lower_file.cast())) };
        if self.0.is_backing() {
            // SAFETY: Both files are valid, and nobody else uses the lower one yet.
            from_status(unsafe { bindings::shim_set_user_path(lower.as_ptr(), user_file) })?;
        }
        if self.0.flags().is_executed() {
            // Nobody may write to a running program through any layer, so the lower inode counts
            // the denials. `take_lower` reverts this.
            // SAFETY: The file is valid.
            from_status(unsafe { bindings::deny_write_access(lower.as_ptr()) })?;
        }
        // SAFETY: Both files are valid, and by the type invariant nobody else uses `user_file`.
        unsafe { bindings::shim_copy_file_modes(user_file, lower.as_ptr()) };
        // SAFETY: As above.
        unsafe { bindings::shim_sample_write_errors(user_file, lower.as_ptr()) };
        // INVARIANT: `private_data` holds the reference to the lower file until `put_lower`.
        // SAFETY: By the type invariant nobody else uses `user_file`.
        unsafe { (*user_file).private_data = lower.into_raw().as_ptr().cast() };
        // INVARIANT: Set above.
        Ok(Opened(PhantomData))
    }
}

/// A request to open a file by name.
pub(crate) struct OpenRequest<'a>(UnopenedFile<'a>);

impl<'a> OpenRequest<'a> {
    /// # Safety
    ///
    /// The VFS is opening `file`, which belongs to an upper superblock, by a positive dentry, and
    /// keeps it for `'a`. Nobody else uses it. Its `private_data` is null.
    pub(in crate::compat) unsafe fn from_raw(file: *mut bindings::file) -> Self {
        // SAFETY: The safety requirements of this function include those of the call.
        Self(unsafe { UnopenedFile::from_raw(file) })
    }

    /// The dentry that the file is opened by.
    pub(crate) fn dentry(&self) -> &'a Upper<Dentry> {
        // SAFETY: The file, kept for `'a`, keeps its dentry, which belongs to the same, upper,
        // superblock. The dentry is positive, so it has a lower one: its lookup or creation is
        // over.
        unsafe { Upper::from_raw(self.0.dentry()) }
    }

    /// The flags that the file is opened with.
    pub(crate) fn flags(&self) -> OpenFlags {
        self.0 .0.flags()
    }

    /// Opens the lower file of the dentry, with the caller's credentials. Then copies attributes of
    /// the lower inode: the VFS uses the size of an open file, and owner and mode of a program that
    /// it executes, without asking the filesystem.
    ///
    /// Errors: those of the lower filesystem; `EROFS` of its mount; `ETXTBSY` if the file is opened
    /// to be executed and somebody has it open for writing; `EPERM` for O_NOATIME if the caller
    /// does not own the lower file.
    pub(crate) fn open_lower(self) -> Result<Opened<'a>> {
        let dentry = self.dentry();
        // The VFS asked this for the upper inode, whose owner may be older.
        if self.flags().is_noatime() && dentry.lower().inode().is_some() {
            let lower = dentry.lower_path().to_raw();
            let file = self.0 .0.as_ptr();
            // SAFETY: The file has its path and inode. `dentry` keeps the path of the lower file,
            // which has an inode.
            let may_set = unsafe {
                bindings::shim_has_owner_of(file, &lower)
                    || bindings::shim_may_set_noatime(file, &lower)
            };
            if !may_set {
                return Err(code::EPERM);
            }
        }
        let open = |open: &OpenLower| {
            // SAFETY: `UnopenedFile::open_lower` calls this with its own file, which by the type
            // invariant the VFS is opening, and with the path that is passed to it below, which
            // `dentry` keeps. The credentials live for the call: only the task itself replaces
            // them.
            let call = || unsafe { Opener::call(open) };
            match call() {
                Err(errno)
                    if errno == code::EACCES.to_errno()
                        && dentry.lower().has_revalidate()
                        // SAFETY: By the type invariant the VFS is opening the file.
                        && unsafe { bindings::shim_is_created(open.user_file) } =>
                {
                    open_created(dentry, call)
                }
                opened => opened,
            }
        };
        // SAFETY: `open` passes its argument to `BackingFileOpen` and returns the result.
        let opened = unsafe { self.0.open_lower(dentry.lower_path(), open) }?;
        if let Some(inode) = dentry.upper_inode() {
            if !inode.attributes_match() {
                inode.refresh_and_wait();
            }
        }
        Ok(opened)
    }
}

/// Opens the lower file of `dentry`, which the system call that opens it has just created, by
/// `open`. Its server has refused that.
///
/// The mode of a new file does not limit the descriptor that creates it. The VFS creates and opens
/// a file of its own in one step, and a file of a server by one request. A stacking filesystem needs
/// two, and the server decides about the second by the mode. So the owner, who is the caller, gets
/// the permission to read and write for that moment. Nobody else gets more than the mode says. Only
/// a filesystem whose names can become stale by themselves has a server.
///
/// Errors: those of `open`, and those of changing the mode, as negative errnos.
#[cold]
fn open_created(
    dentry: &Upper<Dentry>,
    open: impl Fn() -> Result<*mut bindings::file, c_int>,
) -> Result<*mut bindings::file, c_int> {
    let mount = dentry.lower_mount();
    let lower = dentry.lower();
    let inode = lower.positive().map_err(Error::to_errno)?;
    let mode = inode.mode();
    let set = |mode| {
        mount.with_write_access(|_| {
            delegation::retry(|place| {
                let _locked = inode.lock();
                // SAFETY: `lower` is a positive dentry, and the guard above holds the `i_rwsem` of
                // its inode. The mount keeps its idmap.
                from_status(unsafe {
                    let mut change = bindings::shim_mode_change(mode);
                    bindings::notify_change(mount.idmap(), lower.as_ptr(), &mut change, place)
                })
            })
        })
    };
    let of_owner = (bindings::S_IRUSR | bindings::S_IWUSR) as bindings::umode_t;
    set(mode | of_owner).map_err(Error::to_errno)?;
    let opened = open();
    match (set(mode), opened) {
        (Err(error), Ok(file)) => {
            // SAFETY: `open` has returned a file, and gives the reference away.
            drop(unsafe { ARef::<File>::from_raw(NonNull::new_unchecked(file.cast())) });
            Err(error.to_errno())
        }
        (_, opened) => opened,
    }
}

/// A request to create a file without a name, and open it. The dentry of the new file has no lower
/// dentry before the lower file is open.
pub(crate) struct TmpfileRequest<'a> {
    file: UnopenedFile<'a>,
    caller: CallerIdmap<'a>,
}

impl<'a> TmpfileRequest<'a> {
    /// # Safety
    ///
    /// The VFS is opening `file`, which belongs to an upper superblock, by a negative, unhashed
    /// dentry that it has allocated for this call, and keeps it for `'a`. Nobody else uses either.
    /// The `private_data` of `file` is null. `caller` is the idmap that it has passed.
    pub(in crate::compat) unsafe fn from_raw(
        file: *mut bindings::file,
        caller: CallerIdmap<'a>,
    ) -> Self {
        Self {
            // SAFETY: The safety requirements of this function include those of the call.
            file: unsafe { UnopenedFile::from_raw(file) },
            caller,
        }
    }

    /// The directory in which the file is created.
    pub(crate) fn parent(&self) -> &'a Upper<Dentry> {
        // SAFETY: `vfs_tmpfile()` holds a reference to the dentry until the call returns, and so
        // for `'a`. Nobody moves the dentry: it is unhashed, and nobody else uses it.
        let parent = unsafe { (*self.file.dentry()).d_parent };
        // SAFETY: The dentry keeps its parent, an upper dentry whose lower dentry is set.
        unsafe { Upper::from_raw(parent) }
    }

    /// Creates a file without a name in the lower directory, with the permissions `mode`, and opens
    /// it as the lower file, with the caller's credentials.
    ///
    /// Errors: those of the lower filesystem; `EOPNOTSUPP` if it does not support this.
    pub(crate) fn open_lower(self, mode: bindings::umode_t) -> Result<Opened<'a>> {
        let parent = self.parent();
        // Filesystems rely on their callers to create only regular files this way.
        let mode = mode & !(bindings::S_IFMT as bindings::umode_t)
            | bindings::S_IFREG as bindings::umode_t;
        let idmap = parent.lower_mount().idmap_for(self.caller);
        let open = |open: &OpenLower| {
            if idmap.maps_above() {
                // SAFETY: As below, all pointers of `open` are valid for the call.
                return unsafe { open_mapped_tmpfile(open, idmap, mode) };
            }
            // SAFETY: `UnopenedFile::open_lower` calls this with its own file, which by the type
            // invariant the VFS is opening, and with the path that is passed to it below: that of
            // the lower directory, which `parent` keeps. The credentials live for the call: only
            // the task itself replaces them.
            unsafe { <Tmpfile as BackingTmpfileOpen<Opener>>::call(open, mode) }
        };
        // SAFETY: `open` passes its argument to `BackingTmpfileOpen`, or a path to
        // `BackingFileOpen`, and returns the result.
        unsafe { self.file.open_lower(parent.lower_path(), open) }
    }
}

/// Creates a file without a name for a caller who uses an idmapped upper mount, and opens it.
///
/// `backing_tmpfile_open()` would use the idmap of the lower mount. So the kernel's function for
/// files of its own creates the file, with the given idmap, and then the file is opened as every
/// other lower file is.
///
/// # Safety
///
/// All pointers of `open` are valid for the call. Its path is that of a directory.
unsafe fn open_mapped_tmpfile(
    open: &OpenLower,
    idmap: LowerIdmap<'_>,
    mode: bindings::umode_t,
) -> Result<*mut bindings::file, c_int> {
    let &OpenLower {
        user_file,
        flags,
        lower,
        credentials,
    } = open;
    // SAFETY: The safety requirements of this function ensure that path and credentials are valid
    // for the call. By its type invariant the idmap is.
    let created = from_err_ptr(unsafe {
        bindings::kernel_tmpfile_open(idmap.as_ptr(), lower, mode, flags, credentials)
    })?;
    // SAFETY: The call has returned a file, not null, and the reference is ours.
    let created = unsafe { ARef::<File>::from_raw(NonNull::new_unchecked(created.cast())) };
    let open = OpenLower {
        user_file,
        flags,
        // SAFETY: `created` is a valid file.
        lower: unsafe { bindings::shim_f_path(created.as_ptr()) },
        credentials,
    };
    // SAFETY: The safety requirements of this function ensure that file and credentials are valid
    // for the call. `created` keeps its path until the call has returned.
    unsafe { Opener::call(&open) }
}

/// Proof that the file being opened has its lower file.
///
/// # Invariants
///
/// `private_data` of the file that is being opened for `'a` holds a reference to the lower file.
#[must_use]
pub(crate) struct Opened<'a>(PhantomData<&'a mut bindings::file>);

/// Whether `file`, which is being opened, has a lower file already.
///
/// # Safety
///
/// The VFS is opening `file`, which belongs to an upper superblock, and nobody else uses it.
pub(in crate::compat) unsafe fn is_opened(file: *mut bindings::file) -> bool {
    // SAFETY: The safety requirements ensure that `file` is valid. The VFS initialises the member
    // with null, and leaves it to the filesystem.
    !unsafe { (*file).private_data }.is_null()
}
