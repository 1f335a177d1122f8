// SPDX-License-Identifier: GPL-2.0

//! Upper files: each has a lower file, which does all I/O.

use core::{
    marker::PhantomData,
    ptr::{null_mut, NonNull},
};

use bindings::{
    ffi::{c_int, c_uint},
    loff_t,
};

use crate::compat::{
    aref::ARef,
    dentry::Dentry,
    error::{code, from_negative, from_status, Result},
    file::{File, OpenFlags},
    idmap::{CallerIdmap, LowerIdmap},
    inode::Inode,
    io::{BytesTransferred, DirContext, IoRequest, IoResult, Seek, Splice, Vma},
    ioctl::{Ioctl, IoctlResult},
    path::Path,
    raw::from_err_ptr,
    shims::{
        backing_file_ctx::{self, Context, EndWrite},
        backing_file_io::{self, BackingFileIo},
        backing_file_open::{self, BackingFileOpen, OpenLower},
        backing_file_splice::{self, BackingFileSplice},
        backing_tmpfile_open::{self, BackingTmpfileOpen},
        file_mmap::Answer as Mmap,
    },
    upper::Upper,
};

/// The way in which this kernel does I/O on a lower file.
type BackingIo = backing_file_io::Answer;

impl Upper<File> {
    /// The lower file.
    pub(crate) fn lower(&self) -> &File {
        // SAFETY: By the type invariant `private_data` holds a reference to the lower file from
        // `open` until `release`. The VFS calls all other operations in between. Only these pass an
        // `&Upper<File>` to a driver.
        unsafe { &*(*self.as_ptr()).private_data.cast() }
    }

    /// Copies the flags that `fcntl(F_SETFL)` can change to the lower file, and returns it.
    pub(crate) fn lower_with_current_flags(&self) -> &File {
        let lower = self.lower();
        // SAFETY: Both files are open. The call takes the `f_lock` of the lower one to write its
        // flags.
        unsafe { bindings::shim_copy_file_flags(self.as_ptr(), lower.as_ptr()) };
        lower
    }

    /// The inode that the file was opened on.
    pub(crate) fn inode(&self) -> &Upper<Inode> {
        // SAFETY: `self` is valid, and `f_inode` never changes while the file is open. The file
        // keeps the inode, which belongs to the same, upper, superblock.
        unsafe { Upper::from_raw((*self.as_ptr()).f_inode) }
    }

    /// The context for one call of a function of `backing-file.h`, with the caller's credentials:
    /// the same that I/O on the lower file itself would use.
    fn context(&self) -> bindings::backing_file_ctx {
        // SAFETY: A task always has credentials.
        let credentials = unsafe { bindings::shim_current_cred() };
        <backing_file_ctx::Answer as Context<RefreshSize>>::context(credentials, self.as_ptr())
    }

    /// The same request for the lower file.
    fn request(&self, io: IoRequest<'_>) -> backing_file_io::Request {
        let (iocb, iter) = io.into_raw();
        backing_file_io::Request {
            lower: self.lower_with_current_flags().as_ptr(),
            iocb,
            iter,
        }
    }

    /// Waits until the lower filesystem is not frozen.
    ///
    /// The caller has not locked the inode yet. A write that waited with the inode locked would
    /// make `unlink(2)` wait with the directory locked, and so every task that uses the directory.
    /// The filesystem may freeze again before the write, which is rare.
    fn wait_for_thaw(&self) {
        self.inode().lower_mount().wait_for_thaw();
    }

    /// Reads from the lower file.
    pub(crate) fn read_lower<'a>(&self, io: IoRequest<'a>) -> IoResult<'a> {
        let request = self.request(io);
        // SAFETY: The pointers of `request` come from an `IoRequest`, valid for the call.
        let count = if unsafe { request.completes_in_call() } {
            // SAFETY: As above. Nobody else uses an `IoRequest`, and the lower file is open.
            unsafe { request.read_in_call() }
        } else {
            // SAFETY: As above, and the VFS keeps both files and the buffers until the request
            // completes. `UnopenedFile::open_lower` has opened the lower file by `BackingFileOpen`
            // or `BackingTmpfileOpen`. The context was made for `self`, the file of `iocb`. Its
            // credentials live for the call: only the task itself replaces them.
            unsafe {
                <BackingIo as BackingFileIo<RefreshSize, Mmap>>::read(&request, &mut self.context())
            }
        };
        // SAFETY: `count` is what the lower file returned for `io`.
        unsafe { IoResult::new(count) }
    }

    /// Writes to the lower file.
    ///
    /// Holds the upper inode's `i_rwsem` shared until the write is complete or queued. The lower
    /// filesystem clears set-id bits before it queues. A task that sets set-id bits holds the
    /// `i_rwsem` exclusively. Otherwise a write that began earlier could clear the new bits.
    ///
    /// The result is `EAGAIN` if the `i_rwsem` is not free and the request must not wait.
    pub(crate) fn write_lower<'a>(&self, io: IoRequest<'a>) -> IoResult<'a> {
        if io.may_wait() {
            self.wait_for_thaw();
        }
        let _guard = match self.inode().lock_shared(io.may_wait()) {
            Ok(guard) => guard,
            Err(error) => return io.fail(error),
        };
        let request = self.request(io);
        // SAFETY: As in `read_lower`.
        let count = if unsafe { request.completes_in_call() } {
            // SAFETY: As in `read_lower`.
            let count = unsafe { request.write_in_call() };
            self.inode().refresh_size();
            count
        } else {
            // SAFETY: `request`, the lower file and the context are as in `read_lower`.
            unsafe {
                <BackingIo as BackingFileIo<RefreshSize, Mmap>>::write(
                    &request,
                    &mut self.context(),
                )
            }
        };
        // SAFETY: `count` is what the lower file returned for `io`.
        unsafe { IoResult::new(count) }
    }

    /// Splices from the lower file into a pipe.
    pub(crate) fn splice_read_lower<'a>(&self, splice: Splice<'a>) -> Result<BytesTransferred<'a>> {
        let request = splice.with_files(self.lower_with_current_flags(), self);
        // SAFETY: Position and pipe come from a `Splice`, valid for the call. The VFS keeps this
        // file, which keeps the lower one. The lower file and the context are as in `read_lower`.
        let count = unsafe { backing_file_splice::Answer::read(&request, &mut self.context()) };
        // SAFETY: `count` is what the lower file returned for `splice`.
        unsafe { BytesTransferred::new(count) }
    }

    /// Splices from a pipe into the lower file. Holds the upper inode's `i_rwsem` shared, as
    /// [`Self::write_lower`] does.
    pub(crate) fn splice_write_lower<'a>(
        &self,
        splice: Splice<'a>,
    ) -> Result<BytesTransferred<'a>> {
        self.wait_for_thaw();
        let _guard = self.inode().lock_shared(true)?;
        let request = splice.with_files(self.lower_with_current_flags(), self);
        // SAFETY: `request`, the lower file and the context are as in `splice_read_lower`.
        let count = unsafe { backing_file_splice::Answer::write(&request, &mut self.context()) };
        // SAFETY: `count` is what the lower file returned for `splice`.
        unsafe { BytesTransferred::new(count) }
    }

    /// Maps the lower file's pages, and makes the lower file the file of the mapping.
    pub(crate) fn mmap_lower(&self, vma: Vma<'_>) -> Result {
        let (lower, vma) = (self.lower_with_current_flags().as_ptr(), vma.into_raw());
        // Repeats the VFS's checks for the lower inode.
        // SAFETY: `vma` comes from a `Vma`, valid for the call. Both files are open.
        from_status(unsafe { bindings::shim_check_mapping(vma, self.as_ptr(), lower) })?;
        // SAFETY: An operation gets the `Vma` that is being set up for its own file, and gives it
        // up here. The lower file and the context are as in `read_lower`.
        from_status(unsafe {
            <BackingIo as BackingFileIo<RefreshSize, Mmap>>::mmap(lower, vma, &mut self.context())
        })
    }

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

    /// Does a command of ioctl(2) on the lower file, which changes nothing that the upper inode
    /// shows.
    ///
    /// Errors: `ENOTTY` if the lower filesystem does not know the command; those of the filesystem,
    /// which checks the caller's rights.
    pub(crate) fn ioctl_lower<'a>(&self, ioctl: &Ioctl<'a>) -> Result<IoctlResult<'a>> {
        ioctl.call(self.lower())
    }

    /// As [`Self::ioctl_lower`], for a command that changes the file. The lower filesystem takes
    /// write access to the lower mount, which may wait for a thaw. Then copies the attributes.
    ///
    /// The lower filesystem checks the caller's rights with the idmap of the lower mount. So a caller
    /// who uses an idmapped upper mount has to own the file, or to have power over its owner, by the
    /// ids that he sees as well.
    ///
    /// Errors: `EROFS` if the upper mount is read-only; `EPERM` if the caller does not own the file
    /// by an idmapped mount; those of [`Self::ioctl_lower`].
    pub(crate) fn change_by_ioctl_lower<'a>(&self, ioctl: &Ioctl<'a>) -> Result<IoctlResult<'a>> {
        // SAFETY: `self` is open, and keeps its mount, which keeps the idmap.
        let caller = unsafe { CallerIdmap::from_raw(bindings::shim_file_idmap(self.as_ptr())) };
        let idmap = self.inode().lower_mount().idmap_for(caller);
        if idmap.maps_above() && !self.inode().lower().is_owned_by_caller(idmap) {
            return Err(code::EPERM);
        }
        // SAFETY: `self` is open. The caller holds no lock.
        from_status(unsafe { bindings::mnt_want_write_file(self.as_ptr()) })?;
        let result = self.ioctl_lower(ioctl);
        // SAFETY: The call above has succeeded, and this ends its access, once.
        unsafe { bindings::mnt_drop_write_file(self.as_ptr()) };
        self.inode().refresh();
        result
    }

    /// Drops the reference to the lower file, if there is one.
    ///
    /// # Safety
    ///
    /// `self` is an upper file, except that `private_data` may be null. Nobody else uses it, and
    /// nobody will: the VFS is releasing it, or its opening has failed, after which the VFS does
    /// not call `release`.
    pub(in crate::compat) unsafe fn put_lower(&self) {
        let file = self.as_ptr();
        // SAFETY: `self` is valid, and nobody else uses the member.
        let lower = unsafe { core::mem::replace(&mut (*file).private_data, null_mut()) };
        let Some(lower) = NonNull::new(lower) else {
            return;
        };
        // SAFETY: By the type invariant `private_data` has held a reference to the lower file. It
        // is taken over here, once, since the member is null now.
        let lower = unsafe { ARef::<File>::from_raw(lower.cast()) };
        // SAFETY: Both files are valid. `UnopenedFile::open_lower` has denied writing, on the same
        // condition.
        unsafe { bindings::shim_allow_write_if_executed(file, lower.as_ptr()) };
    }

    /// Moves the position of both files. Returns the new position in bytes.
    pub(crate) fn llseek_lower(&self, seek: Seek<'_>) -> Result<i64> {
        let (upper, lower) = (self.as_ptr(), self.lower().as_ptr());
        // SAFETY: Both files are open. While there is a `Seek` for this file, this task holds its
        // `f_pos_lock`, or is its only user, so nobody else moves its position. Only this function
        // and `iterate_lower` move the position of the lower file: no descriptor leads to it, and a
        // mapping of it moves no position. By the rules of `Seek` and `DirContext` these two never
        // run at once for one file.
        unsafe { (*lower).f_pos = (*upper).f_pos };
        // SAFETY: The lower file is open, and nobody else moves its position.
        let position = unsafe { bindings::vfs_llseek(lower, seek.offset, seek.whence) };
        if position < 0 {
            return Err(from_negative(position as c_int));
        }
        // SAFETY: Both files are open, and nobody else moves their positions.
        unsafe { (*upper).f_pos = (*lower).f_pos };
        Ok(position)
    }

    /// Makes the lower directory put its entries into `context`, beginning at the position of
    /// `context`.
    pub(crate) fn iterate_lower(&self, mut context: DirContext<'_>) -> Result {
        let lower = self.lower_with_current_flags().as_ptr();
        // SAFETY: The lower directory is open. While there is a `DirContext` for this file, nobody
        // else reads this directory or moves its position, and so, as in `llseek_lower`, nobody
        // moves that of the lower one.
        unsafe { (*lower).f_pos = context.position() };
        // SAFETY: The lower directory is open, and `context` is ours for the call.
        from_status(unsafe { bindings::iterate_dir(lower, context.as_ptr()) })
    }
}

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

/// Copies the lower inode's size to the upper one after each write.
struct RefreshSize;

impl EndWrite for RefreshSize {
    unsafe fn end_write(user_file: *mut bindings::file) {
        // SAFETY: The safety requirements ensure that `user_file` is the file of the context, still
        // referenced. `Upper<File>::context` makes contexts for upper files.
        let file = unsafe { Upper::<File>::from_raw(user_file) };
        file.inode().refresh_size();
    }
}

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
        // SAFETY: Both files are valid, and nobody else uses the lower one yet.
        from_status(unsafe { bindings::shim_set_user_path(lower.as_ptr(), user_file) })?;
        // SAFETY: Both files are valid. `put_lower` reverts this.
        from_status(unsafe { bindings::shim_deny_write_if_executed(user_file, lower.as_ptr()) })?;
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
    /// to be executed and somebody has it open for writing.
    pub(crate) fn open_lower(self) -> Result<Opened<'a>> {
        let dentry = self.dentry();
        let open = |open: &OpenLower| {
            // SAFETY: `UnopenedFile::open_lower` calls this with its own file, which by the type
            // invariant the VFS is opening, and with the path that is passed to it below, which
            // `dentry` keeps. The credentials live for the call: only the task itself replaces
            // them.
            unsafe { backing_file_open::Answer::call(open) }
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
            unsafe { backing_tmpfile_open::Answer::call(open, mode) }
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
    unsafe { backing_file_open::Answer::call(&open) }
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

/// The dentry of the lower file of `file`.
///
/// # Safety
///
/// `file` is a valid upper file, and its `private_data` is not null.
pub(in crate::compat) unsafe fn lower_dentry(file: *mut bindings::file) -> ARef<Dentry> {
    // SAFETY: The safety requirements ensure that `private_data` points to the lower file.
    let lower: *mut bindings::file = unsafe { (*file).private_data.cast() };
    // SAFETY: A file keeps its path, and so the dentry of the path.
    let dentry = unsafe { bindings::dget((*bindings::shim_f_path(lower)).dentry) };
    // SAFETY: The reference that `dget()` has taken is ours.
    unsafe { ARef::from_raw(NonNull::new_unchecked(dentry.cast())) }
}
