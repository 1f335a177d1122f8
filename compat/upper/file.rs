// SPDX-License-Identifier: GPL-2.0

//! Upper files: each has a lower file, through which all data goes.

use core::{
    marker::PhantomData,
    ptr::{addr_of_mut, NonNull},
};

use bindings::ffi::c_int;

use crate::compat::{
    aref::ARef,
    dentry::Dentry,
    error::{from_negative, from_status, Result},
    file::{File, OpenFlags},
    inode::Inode,
    io::{DirContext, Io, IoResult, Seek, Splice, Transferred, Vma},
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

impl Upper<File> {
    /// The file behind this one.
    pub(crate) fn lower(&self) -> &File {
        // SAFETY: `private_data` is a lower file, from where an `Opened` proves that an opening has
        // succeeded until `release`. The VFS calls the other operations in between, and `&Upper<File>`
        // reaches a driver by those alone.
        unsafe { &*(*self.as_ptr()).private_data.cast() }
    }

    /// The lower file, with the flags that `fcntl(F_SETFL)` has given this one since.
    pub(crate) fn lower_now(&self) -> &File {
        let lower = self.lower();
        // SAFETY: Both are valid, and the flags of the lower file are written under its `f_lock`.
        unsafe { bindings::shim_follow_flags(self.as_ptr(), lower.as_ptr()) };
        lower
    }

    /// The inode that the file was opened on.
    pub(crate) fn inode(&self) -> &Upper<Inode> {
        // SAFETY: The inode of an upper file is an upper one, and is kept by the file.
        unsafe { Upper::from_raw((*self.as_ptr()).f_inode) }
    }

    /// What the functions of `backing-file.h` want to know. The caller's credentials are used, as
    /// they would be on the lower file itself.
    fn context(&self) -> bindings::backing_file_ctx {
        // SAFETY: A task always has credentials.
        let credentials = unsafe { bindings::shim_current_cred() };
        <backing_file_ctx::Answer as Context<SizeFollows>>::context(credentials, self.as_ptr())
    }

    /// `io`, as it is to be done on the lower file.
    fn request(&self, io: Io<'_>) -> backing_file_io::Request {
        let (iocb, iter) = io.into_raw();
        backing_file_io::Request {
            lower: self.lower_now().as_ptr(),
            iocb,
            iter,
        }
    }

    /// A frozen filesystem is not waited for with the inode locked: `unlink(2)` would wait for that with
    /// the directory locked.
    fn wait_for_thaw(&self) {
        self.inode().lower_mount().wait_for_thaw();
    }

    /// Reads from the lower file.
    pub(crate) fn read_lower<'a>(&self, io: Io<'a>) -> IoResult<'a> {
        // SAFETY: The VFS counts both files and keeps request and buffers for the call, and beyond it
        // if the answer is that the request goes on. `attach` has put a file of
        // `backing_file_open()` here. The context is for this file; it uses the task's credentials,
        // which only the task itself replaces, and it is in here. The answer is that of `io`.
        unsafe {
            IoResult::new(<backing_file_io::Answer as BackingFileIo<
                SizeFollows,
                Mmap,
            >>::read(&self.request(io), &mut self.context()))
        }
    }

    /// Writes to the lower file.
    ///
    /// Holds the inode's lock shared meanwhile: who gives a file set-id bits holds it exclusively, and
    /// would find them taken away by a write that has begun before. Answers `EAGAIN` if the lock is
    /// not free and the request does not wait.
    pub(crate) fn write_lower<'a>(&self, io: Io<'a>) -> IoResult<'a> {
        if io.may_wait() {
            self.wait_for_thaw();
        }
        let _inode = match self.inode().lock_shared(io.may_wait()) {
            Ok(locked) => locked,
            Err(error) => return io.fail(error),
        };
        // SAFETY: As for `read_lower`.
        unsafe {
            IoResult::new(<backing_file_io::Answer as BackingFileIo<
                SizeFollows,
                Mmap,
            >>::write(&self.request(io), &mut self.context()))
        }
    }

    /// Splices from the lower file into a pipe.
    pub(crate) fn splice_read_lower<'a>(&self, splice: Splice<'a>) -> Result<Transferred<'a>> {
        // SAFETY: As for `read_lower`, with position and pipe in the place of request and buffers.
        unsafe {
            Transferred::new(backing_file_splice::Answer::read(
                &splice.with_files(self.lower_now(), self),
                &mut self.context(),
            ))
        }
    }

    /// Splices from a pipe into the lower file. Holds the inode's lock shared meanwhile, as
    /// [`Self::write_lower`] does.
    pub(crate) fn splice_write_lower<'a>(&self, splice: Splice<'a>) -> Result<Transferred<'a>> {
        self.wait_for_thaw();
        let _inode = self.inode().lock_shared(true)?;
        // SAFETY: As for `splice_read_lower`.
        unsafe {
            Transferred::new(backing_file_splice::Answer::write(
                &splice.with_files(self.lower_now(), self),
                &mut self.context(),
            ))
        }
    }

    /// Maps the lower file's pages, and makes it the file of the mapping.
    pub(crate) fn mmap_lower(&self, vma: Vma<'_>) -> Result {
        let (lower, vma) = (self.lower_now().as_ptr(), vma.into_raw());
        // SAFETY: The mapping is being set up for this file, which counts the lower one.
        from_status(unsafe { bindings::shim_check_mapping(vma, self.as_ptr(), lower) })?;
        // SAFETY: As for `read_lower`. The mapping is being set up, once, since it is consumed, and
        // for this file: an operation is given the file of the mapping and no other.
        from_status(unsafe {
            <backing_file_io::Answer as BackingFileIo<SizeFollows, Mmap>>::mmap(
                lower,
                vma,
                &mut self.context(),
            )
        })
    }

    /// Lets go of the lower file, if there is one.
    ///
    /// # Safety
    ///
    /// The file is an upper one, but for `private_data`, which may be null. Nobody else uses it: it is
    /// being closed for good, or its opening has failed, and the VFS closes no file that it has not
    /// opened.
    pub(in crate::compat) unsafe fn detach(&self) {
        let file = self.as_ptr();
        // SAFETY: By the contract of this function. If there is a lower file, `attach` has left the one
        // count on it there, and has denied writing to it if the file was opened to be executed.
        unsafe {
            let Some(lower) = NonNull::new((*file).private_data) else {
                return;
            };
            (*file).private_data = core::ptr::null_mut();
            let lower = ARef::<File>::from_raw(lower.cast());
            bindings::shim_allow_write_if_executed(file, lower.as_ptr());
        }
    }

    /// Moves the position of both files; returns it in bytes.
    pub(crate) fn llseek_lower(&self, seek: Seek<'_>) -> Result<i64> {
        let (upper, lower) = (self.as_ptr(), self.lower().as_ptr());
        // SAFETY: Both are valid. No descriptor leads to the lower file; mappings have it, but move no
        // position. Nobody else moves that of this one, and so none of both, while there is a `Seek`.
        let position = unsafe {
            (*lower).f_pos = (*upper).f_pos;
            bindings::vfs_llseek(lower, seek.offset, seek.whence)
        };
        if position < 0 {
            return Err(from_negative(position as c_int));
        }
        // SAFETY: Both are valid, and the `Seek` lives until here.
        unsafe { (*upper).f_pos = (*lower).f_pos };
        Ok(position)
    }

    /// Has the lower directory put its entries into `context`, from that one's position on.
    pub(crate) fn iterate_lower(&self, mut context: DirContext<'_>) -> Result {
        let lower = self.lower_now().as_ptr();
        // SAFETY: Both are valid. No descriptor leads to the lower directory, and nobody else reads this
        // one, and so none of both, while there is a `DirContext`.
        from_status(unsafe {
            (*lower).f_pos = context.position();
            bindings::iterate_dir(lower, context.as_ptr())
        })
    }
}

/// After a write, an upper inode has the size of its lower one.
struct SizeFollows;

impl EndWrite for SizeFollows {
    unsafe fn end_write(user_file: *mut bindings::file) {
        // SAFETY: `Upper<File>::context` makes the contexts, for itself, and `user_file` is counted.
        unsafe { Upper::<File>::from_raw(user_file) }
            .inode()
            .refresh_size();
    }
}

/// An upper file that the VFS is opening, and that has no lower file yet.
///
/// It is made once for each opening and consumed by what ends it.
///
/// # Invariants
///
/// The file is an upper one, but for `private_data`, which is null. Nobody else sees it.
struct New<'a>(&'a Upper<File>);

impl<'a> New<'a> {
    /// # Safety
    ///
    /// The VFS is opening `file`, a file of an upper superblock, and has it open for `'a`. Its
    /// `private_data` is null.
    unsafe fn from_raw(file: *mut bindings::file) -> Self {
        // SAFETY: By the contract of this function.
        // INVARIANT: Likewise.
        Self(unsafe { Upper::from_raw(file) })
    }

    /// The dentry of the file's path.
    fn dentry(&self) -> *mut bindings::dentry {
        // SAFETY: The VFS sets the path before it opens a file, and the file keeps it.
        unsafe { (*bindings::shim_f_path(self.0.as_ptr())).dentry }
    }

    /// Puts the file behind this one that `open` returns: a counted file, or a negative errno. `open`
    /// gets this file and the flags for the other. If this one is opened to be executed, nobody can
    /// write to the other until it is closed.
    ///
    /// Errors: those of `open`; `ETXTBSY` if somebody writes to what is to be executed.
    ///
    /// # Safety
    ///
    /// The file that `open` returns was opened by `BackingFileOpen` or `BackingTmpfileOpen`, and the
    /// count on it is given away.
    unsafe fn attach(
        self,
        open: impl FnOnce(*mut bindings::file, c_int) -> Result<*mut bindings::file, c_int>,
    ) -> Result<Opened<'a>> {
        let file = self.0.as_ptr();
        let flags = self.0.flags().for_lower();
        let lower = open(file, flags.0 as c_int).map_err(from_negative)?;
        // SAFETY: By the contract of this function.
        let lower = unsafe { ARef::<File>::from_raw(NonNull::new_unchecked(lower.cast())) };
        // SAFETY: Both are valid. `detach` takes this back.
        from_status(unsafe { bindings::shim_deny_write_if_executed(file, lower.as_ptr()) })?;
        // SAFETY: By the type invariant nobody else sees the file. The count on the lower file stays
        // with it until `detach`.
        unsafe {
            bindings::shim_share_abilities(file, lower.as_ptr());
            addr_of_mut!((*file).private_data).write(lower.into_raw().as_ptr().cast());
        }
        // INVARIANT: Set above.
        Ok(Opened(PhantomData))
    }
}

/// A file that is being opened by a name.
pub(crate) struct Opening<'a>(New<'a>);

impl<'a> Opening<'a> {
    /// # Safety
    ///
    /// The VFS is opening `file`, a file of an upper superblock, by a positive dentry, and has it open
    /// for `'a`. Its `private_data` is null.
    pub(in crate::compat) unsafe fn from_raw(file: *mut bindings::file) -> Self {
        // SAFETY: By the contract of this function.
        Self(unsafe { New::from_raw(file) })
    }

    /// The name that the file is opened by.
    pub(crate) fn dentry(&self) -> &'a Upper<Dentry> {
        // SAFETY: The file keeps the dentry, which is an upper one. Its lookup, or its making, is over,
        // since the VFS opens positive dentries only.
        unsafe { Upper::from_raw(self.0.dentry()) }
    }

    /// How the file is opened.
    pub(crate) fn flags(&self) -> OpenFlags {
        self.0 .0.flags()
    }

    /// Opens the lower file of the same name behind this file, with the caller's credentials. Then the
    /// inode follows the lower one: the VFS looks at the size of an open file without asking, and at
    /// owner and mode of a program that it executes.
    ///
    /// Errors: those of the lower filesystem, and `EROFS` of its mount.
    pub(crate) fn open_lower(self) -> Result<Opened<'a>> {
        let dentry = self.dentry();
        let lower = dentry.lower_path().to_raw();
        // SAFETY: The upper dentry keeps both parts of the path. A task has credentials, which only
        // the task itself replaces. The call returns a file of `backing_file_open()`, counted for us.
        let opened = unsafe {
            self.0.attach(|file, flags| {
                backing_file_open::Answer::call(&OpenLower {
                    user_file: file,
                    flags,
                    lower: &lower,
                    credentials: bindings::shim_current_cred(),
                })
            })
        }?;
        if let Some(inode) = dentry.upper_inode() {
            if !inode.is_up_to_date() {
                inode.refresh_and_wait();
            }
        }
        Ok(opened)
    }
}

/// A file without a name that is being made and opened: there is no lower dentry before there is a
/// lower file.
pub(crate) struct Tmpfile<'a>(New<'a>);

impl<'a> Tmpfile<'a> {
    /// # Safety
    ///
    /// The VFS is opening `file`, a file of an upper superblock, by an unhashed dentry that it has made
    /// for this call, and has it open for `'a`. Its `private_data` is null.
    pub(in crate::compat) unsafe fn from_raw(file: *mut bindings::file) -> Self {
        // SAFETY: By the contract of this function.
        Self(unsafe { New::from_raw(file) })
    }

    /// The directory that the file is to be made in.
    pub(crate) fn parent(&self) -> &'a Upper<Dentry> {
        // SAFETY: The file keeps the dentry, which keeps its parent. An unhashed dentry that only this
        // call knows is not moved to another.
        unsafe { Upper::from_raw((*self.0.dentry()).d_parent) }
    }

    /// Makes a lower file without a name in the lower directory, with the permissions `mode`, and opens
    /// it behind this file with the caller's credentials.
    ///
    /// Errors: those of the lower filesystem; `EOPNOTSUPP` if it cannot.
    pub(crate) fn open_lower(self, mode: bindings::umode_t) -> Result<Opened<'a>> {
        let parent = self.parent().lower_path().to_raw();
        // A filesystem trusts its caller to make nothing but regular files in this way.
        let mode = mode & !(bindings::S_IFMT as bindings::umode_t)
            | bindings::S_IFREG as bindings::umode_t;
        // SAFETY: As for `Opening::open_lower`, with the call `backing_tmpfile_open()`.
        unsafe {
            self.0.attach(|file, flags| {
                let open = OpenLower {
                    user_file: file,
                    flags,
                    lower: &parent,
                    credentials: bindings::shim_current_cred(),
                };
                backing_tmpfile_open::Answer::call(&open, mode)
            })
        }
    }
}

/// The proof that the file being opened has its lower file.
///
/// # Invariants
///
/// `private_data` of the file that is being opened for `'a` is a counted lower file.
#[must_use]
pub(crate) struct Opened<'a>(PhantomData<&'a mut bindings::file>);

/// Whether `file`, which is being opened, has a lower file already.
///
/// # Safety
///
/// The VFS is opening `file`, a file of an upper superblock.
pub(in crate::compat) unsafe fn is_opened(file: *mut bindings::file) -> bool {
    // SAFETY: By the contract of this function. Nobody else sees the file, and the VFS leaves the
    // member, null in a new file, to the filesystem.
    !unsafe { (*file).private_data }.is_null()
}

/// The dentry of the lower file behind `file`.
///
/// # Safety
///
/// `file` is an upper file that has a lower file.
pub(in crate::compat) unsafe fn lower_dentry(file: *mut bindings::file) -> ARef<Dentry> {
    // SAFETY: By the contract of this function; the lower file keeps its path.
    unsafe {
        let lower = (*file).private_data.cast();
        let dentry = (*bindings::shim_f_path(lower)).dentry;
        ARef::from_raw(NonNull::new_unchecked(bindings::dget(dentry).cast()))
    }
}
