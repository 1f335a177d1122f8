// SPDX-License-Identifier: GPL-2.0

//! Upper files: each has a lower file, which does all I/O.

use core::ptr::{null_mut, NonNull};

use bindings::ffi::c_int;

use crate::compat::{
    aref::ARef,
    error::{code, from_negative, from_status, Result},
    file::File,
    idmap::CallerIdmap,
    inode::Inode,
    io::{BytesTransferred, DirContext, IoRequest, IoResult, Seek, Splice, Vma},
    ioctl::{Ioctl, IoctlResult},
    shims::{
        backing_file_ctx::{self, Context, EndWrite},
        backing_file_io::{self, BackingFileIo},
        backing_file_open::Answer as Opener,
        backing_file_splice::{self, BackingFileSplice},
        file_mmap::Answer as Mmap,
    },
    upper::Upper,
};

/// The way in which this kernel does I/O on a lower file.
type BackingIo = backing_file_io::Answer;

/// The way in which this kernel splices from and to a lower file.
type BackingSplice = backing_file_splice::Answer;

impl Upper<File> {
    /// The lower file.
    pub(crate) fn lower(&self) -> &File {
        // SAFETY: By the type invariant `private_data` holds a reference to the lower file from
        // `open` until `release`. The VFS calls all other operations in between. Only these pass an
        // `&Upper<File>` to a driver.
        unsafe { &*(*self.as_ptr()).private_data.cast() }
    }

    /// Whether the lower filesystem has record locks of its own, which may wait within its
    /// operation. Another mount of this driver has those of its own lower filesystem.
    pub(in crate::compat) fn lower_has_own_locks(&self) -> bool {
        let lower = self.lower();
        if !lower.has_lock_operation() || !self.inode().is_lower_upper() {
            return lower.has_lock_operation();
        }
        // SAFETY: A file with the operation whose inode is an upper one is an open upper file, and
        // `self` keeps it. There are at most `MAX_STACK_DEPTH` of them.
        unsafe { Upper::<File>::from_raw(lower.as_ptr()) }.lower_has_own_locks()
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
    pub(super) fn wait_for_thaw(&self) {
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
                <BackingIo as BackingFileIo<RefreshSize, Mmap, Opener>>::read(
                    &request,
                    &mut self.context(),
                )
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
    /// The result is `EAGAIN` if the request must not wait, and the lower filesystem is frozen or
    /// the `i_rwsem` is not free.
    pub(crate) fn write_lower<'a>(&self, io: IoRequest<'a>) -> IoResult<'a> {
        if io.may_wait() {
            self.wait_for_thaw();
        } else if self.inode().lower_mount().is_frozen() {
            return io.fail(code::EAGAIN);
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
                <BackingIo as BackingFileIo<RefreshSize, Mmap, Opener>>::write(
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
        let count = unsafe {
            <BackingSplice as BackingFileSplice<Opener>>::read(&request, &mut self.context())
        };
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
        let count = unsafe {
            <BackingSplice as BackingFileSplice<Opener>>::write(&request, &mut self.context())
        };
        // SAFETY: `count` is what the lower file returned for `splice`.
        unsafe { BytesTransferred::new(count) }
    }

    /// Maps the lower file's pages, and makes the lower file the file of the mapping. A stacking
    /// filesystem below makes that a file below its own.
    pub(crate) fn mmap_lower(&self, vma: Vma<'_>) -> Result {
        let (lower, vma) = (self.lower_with_current_flags().as_ptr(), vma.into_raw());
        // Repeats the VFS's checks for the lower inode.
        // SAFETY: `vma` comes from a `Vma`, valid for the call. Both files are open.
        from_status(unsafe { bindings::shim_check_mapping(vma, self.as_ptr(), lower) })?;
        // SAFETY: An operation gets the `Vma` that is being set up for its own file, and gives it
        // up here. The lower file and the context are as in `read_lower`.
        from_status(unsafe {
            <BackingIo as BackingFileIo<RefreshSize, Mmap, Opener>>::mmap(
                lower,
                vma,
                &mut self.context(),
            )
        })?;
        // SAFETY: `vma` comes from a `Vma`. Nobody else sees the mapping, which is being set up.
        if unsafe { (*vma).vm_file } != lower {
            // SAFETY: As above, and it has a file. Both files are open.
            unsafe { bindings::shim_set_path_of_mapping(vma, lower, self.as_ptr()) };
        }
        Ok(())
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
    /// The lower filesystem checks the caller's rights with the idmap of the lower mount. So a
    /// caller who uses an idmapped upper mount has to own the file, or to have power over its
    /// owner, by the ids that he sees as well.
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

    /// Closes the lower file, if there is one, after the opening of this file has failed.
    ///
    /// # Safety
    ///
    /// `self` is an upper file, except that `private_data` may be null. Nobody else uses it, and
    /// nobody will: the VFS does not call `release` after its opening has failed.
    pub(in crate::compat) unsafe fn put_lower(&self) {
        // SAFETY: The safety requirements of this function are those of the call.
        drop(unsafe { self.take_lower() });
    }

    /// Closes the lower file before it returns, unless somebody else, such as a mapping, uses it.
    ///
    /// # Safety
    ///
    /// The VFS is releasing this file, which was opened, and calls this once. So the task may close
    /// files: `__fput()`, which calls `release`, may sleep and holds no lock.
    pub(in crate::compat) unsafe fn close_lower(&self) {
        // SAFETY: The VFS is releasing the file, so nobody else uses it, and nobody will.
        let Some(lower) = (unsafe { self.take_lower() }) else {
            return;
        };
        // `fput()` would leave the work to another return of this task to its program.
        // SAFETY: The reference is given to the call. If it is the last, the call does for the lower
        // file what the VFS is doing for this one, under the same conditions.
        unsafe { bindings::__fput_sync(lower.into_raw().as_ptr().cast()) };
    }

    /// Takes the reference to the lower file, if there is one.
    ///
    /// # Safety
    ///
    /// As [`Self::put_lower`]; or the VFS is releasing this file.
    unsafe fn take_lower(&self) -> Option<ARef<File>> {
        let file = self.as_ptr();
        // SAFETY: `self` is valid, and nobody else uses the member.
        let lower = unsafe { core::mem::replace(&mut (*file).private_data, null_mut()) };
        let lower = NonNull::new(lower)?;
        // SAFETY: By the type invariant `private_data` has held a reference to the lower file. It
        // is taken over here, once, since the member is null now.
        let lower = unsafe { ARef::<File>::from_raw(lower.cast()) };
        if self.flags().is_executed() {
            // SAFETY: The file is valid. `UnopenedFile::open_lower` has denied writing, on the same
            // condition.
            unsafe { bindings::allow_write_access(lower.as_ptr()) };
        }
        Some(lower)
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
