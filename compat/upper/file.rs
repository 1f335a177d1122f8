// SPDX-License-Identifier: GPL-2.0

//! Upper files: each has a lower file, through which all data goes.

use core::{
    ops::Deref,
    ptr::{addr_of_mut, NonNull},
};

use bindings::ffi::c_int;

use crate::compat::{
    counted::Counted,
    dentry::Dentry,
    error::{from_count, from_negative, from_status, Result},
    file::{File, OpenFlags},
    inode::Inode,
    io::{DirContext, Io, Splice, Vma},
    path::Path,
    shims::{
        backing_file_ctx::{self, Context, EndWrite},
        backing_file_io::{self, BackingFileIo},
        backing_file_open::{self, BackingFileOpen},
        backing_file_splice::{self, BackingFileSplice},
        backing_tmpfile_open::{self, BackingTmpfileOpen},
        file_mmap::Answer as Mmap,
    },
    upper::Upper,
};

impl Upper<File> {
    /// The file behind this one.
    pub(crate) fn lower(&self) -> &File {
        // SAFETY: By the type invariant `private_data` is a lower file, kept as long as `self` is
        // open, and operations other than `open` get open files only.
        unsafe { &*(*self.as_ptr()).private_data.cast() }
    }

    /// The lower file, with the flags that `fcntl(F_SETFL)` has given this one since.
    pub(crate) fn lower_now(&self) -> &File {
        let lower = self.lower();
        // SAFETY: Both are valid.
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
    fn request(&self, io: &mut Io<'_>) -> backing_file_io::Request {
        let (iocb, iter) = io.as_ptrs();
        backing_file_io::Request {
            lower: self.lower_now().as_ptr(),
            iocb,
            iter,
        }
    }

    /// Reads from the lower file; returns the bytes read.
    pub(crate) fn read_lower(&self, io: &mut Io<'_>) -> Result<usize> {
        // SAFETY: All are valid for the call; the lower file was opened as a backing file, and the
        // task's credentials do not change while it is in here.
        from_count(unsafe {
            <backing_file_io::Answer as BackingFileIo<SizeFollows, Mmap>>::read(
                &self.request(io),
                &mut self.context(),
            )
        })
    }

    /// Writes to the lower file; returns the bytes written. The caller holds the inode's lock shared,
    /// so that nobody gives the inode set-id bits meanwhile.
    pub(crate) fn write_lower(&self, io: &mut Io<'_>) -> Result<usize> {
        // SAFETY: As for `read_lower`.
        from_count(unsafe {
            <backing_file_io::Answer as BackingFileIo<SizeFollows, Mmap>>::write(
                &self.request(io),
                &mut self.context(),
            )
        })
    }

    /// Splices from the lower file into a pipe; returns the bytes spliced.
    pub(crate) fn splice_read_lower(&self, splice: &Splice<'_>) -> Result<usize> {
        // SAFETY: As for `read_lower`.
        from_count(unsafe {
            backing_file_splice::Answer::read(
                &splice.with_files(self.lower_now(), self),
                &mut self.context(),
            )
        })
    }

    /// Splices from a pipe into the lower file; returns the bytes spliced. The caller holds the
    /// inode's lock shared, as for [`Self::write_lower`].
    pub(crate) fn splice_write_lower(&self, splice: &Splice<'_>) -> Result<usize> {
        // SAFETY: As for `read_lower`.
        from_count(unsafe {
            backing_file_splice::Answer::write(
                &splice.with_files(self.lower_now(), self),
                &mut self.context(),
            )
        })
    }

    /// Maps the lower file's pages, and makes it the file of the mapping.
    pub(crate) fn mmap_lower(&self, vma: &Vma<'_>) -> Result {
        let lower = self.lower_now().as_ptr();
        // SAFETY: All are valid for the call.
        from_status(unsafe { bindings::shim_check_mapping(vma.as_ptr(), self.as_ptr(), lower) })?;
        // SAFETY: As for `read_lower`; `vma` is being set up for this very file.
        from_status(unsafe {
            <backing_file_io::Answer as BackingFileIo<SizeFollows, Mmap>>::mmap(
                lower,
                vma.as_ptr(),
                &mut self.context(),
            )
        })
    }

    /// Lets go of the lower file, if there is one.
    ///
    /// # Safety
    ///
    /// Nobody else uses the file: it is being closed for good, or has not been opened yet.
    pub(in crate::compat) unsafe fn detach(&self) {
        let file = self.as_ptr();
        // SAFETY: Nobody else uses the file. If there is a lower file, `attach` has left a count on it
        // there, and has denied writing to it if the file was opened to be executed.
        unsafe {
            let Some(lower) = NonNull::new((*file).private_data) else {
                return;
            };
            (*file).private_data = core::ptr::null_mut();
            let lower = counted(lower.as_ptr().cast());
            bindings::shim_allow_write_if_executed(file, lower.as_ptr());
        }
    }

    /// Moves the position of both files (`SEEK_*`); returns it in bytes.
    ///
    /// The VFS serialises users of one file's position.
    pub(crate) fn llseek_lower(&self, offset: i64, whence: c_int) -> Result<i64> {
        let (upper, lower) = (self.as_ptr(), self.lower().as_ptr());
        // SAFETY: Both are valid, and nobody else moves the lower file's position.
        let position = unsafe {
            (*lower).f_pos = (*upper).f_pos;
            bindings::vfs_llseek(lower, offset, whence)
        };
        if position < 0 {
            return Err(from_negative(position as c_int));
        }
        // SAFETY: As above.
        unsafe { (*upper).f_pos = (*lower).f_pos };
        Ok(position)
    }

    /// Has the lower directory put its entries into `context`, from that one's position on.
    pub(crate) fn iterate_lower(&self, context: &mut DirContext<'_>) -> Result {
        let lower = self.lower_now().as_ptr();
        // SAFETY: Both are valid, and the VFS serialises readers of one open directory.
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
        // SAFETY: Contexts are made for upper files only, and `user_file` is counted.
        unsafe { Upper::<File>::from_raw(user_file) }
            .inode()
            .refresh_size();
    }
}

/// An upper file that is being opened, and has no lower file yet.
///
/// # Invariants
///
/// The file is an upper one, but for `private_data`, which may be null.
pub(crate) struct Opening<'a>(&'a Upper<File>);

impl<'a> Opening<'a> {
    /// # Safety
    ///
    /// The VFS is opening `file`, a file of an upper superblock, and has it open for `'a`.
    pub(in crate::compat) unsafe fn from_raw(file: *mut bindings::file) -> Self {
        // SAFETY: By the contract of this function.
        // INVARIANT: Likewise.
        Self(unsafe { Upper::from_raw(file) })
    }

    /// The name that the file is opened by.
    pub(crate) fn dentry(&self) -> &'a Upper<Dentry> {
        // SAFETY: The file keeps its path, whose dentry is an upper one.
        unsafe { Upper::from_raw((*bindings::shim_f_path(self.0.as_ptr())).dentry) }
    }

    /// Whether a lower file is there already: that of an unnamed file is made with it.
    pub(crate) fn is_done(&self) -> bool {
        // SAFETY: The file is valid.
        !unsafe { (*self.0.as_ptr()).private_data }.is_null()
    }

    /// Opens `lower` behind this file, with the caller's credentials.
    ///
    /// Errors: those of the lower filesystem, and `EROFS` of its mount.
    pub(crate) fn open_lower(&self, lower: Path<'_>, flags: OpenFlags) -> Result {
        // SAFETY: All are valid for the call, and so are the task's credentials.
        let opened = unsafe {
            backing_file_open::Answer::call(
                self.0.as_ptr(),
                flags.0 as c_int,
                &lower.to_raw(),
                bindings::shim_current_cred(),
            )
        };
        // SAFETY: The call returned a counted file.
        self.attach(unsafe { counted(opened.map_err(from_negative)?) })
    }

    /// Makes a lower file without a name in the directory `parent`, and opens it behind this one.
    ///
    /// Errors: as above; `EOPNOTSUPP` if the lower filesystem cannot.
    pub(crate) fn open_lower_tmpfile(
        &self,
        parent: Path<'_>,
        flags: OpenFlags,
        mode: bindings::umode_t,
    ) -> Result {
        // SAFETY: As for `open_lower`.
        let opened = unsafe {
            backing_tmpfile_open::Answer::call(
                self.0.as_ptr(),
                flags.0 as c_int,
                &parent.to_raw(),
                mode,
                bindings::shim_current_cred(),
            )
        };
        // SAFETY: The call returned a counted file.
        self.attach(unsafe { counted(opened.map_err(from_negative)?) })
    }

    /// Puts `lower` behind the file, which from now on can do what that one can. If the file is opened
    /// to be executed, nobody can write to the lower one until it is closed.
    ///
    /// Errors: `ETXTBSY` if somebody writes to the lower one.
    fn attach(&self, lower: Counted<File>) -> Result {
        let file = self.0.as_ptr();
        self.abandon();
        // SAFETY: Both are valid. `detach` takes this back.
        from_status(unsafe { bindings::shim_deny_write_if_executed(file, lower.as_ptr()) })?;
        // SAFETY: The VFS lets nobody else see a file that is being opened. The count on the lower
        // file stays until `release`.
        unsafe {
            bindings::shim_share_abilities(file, lower.as_ptr());
            addr_of_mut!((*file).private_data).write(lower.into_raw().as_ptr().cast());
        }
        Ok(())
    }

    /// Lets go of the lower file, if there is one: the opening has failed, and the VFS releases only
    /// files that it has opened.
    pub(in crate::compat) fn abandon(&self) {
        // SAFETY: The VFS lets nobody else see a file that is being opened.
        unsafe { self.0.detach() };
    }

    /// The dentry of the lower file, if there is one.
    pub(in crate::compat) fn lower_dentry(&self) -> Option<Counted<Dentry>> {
        self.is_done().then(|| {
            // SAFETY: There is a lower file, which keeps its path.
            unsafe {
                let dentry = (*bindings::shim_f_path(self.0.lower().as_ptr())).dentry;
                Counted::from_raw(NonNull::new_unchecked(bindings::dget(dentry).cast()))
            }
        })
    }
}

impl Deref for Opening<'_> {
    type Target = File;

    fn deref(&self) -> &File {
        self.0
    }
}

/// # Safety
///
/// `file` is valid and one count on it is the caller's, who gives it away.
unsafe fn counted(file: *mut bindings::file) -> Counted<File> {
    // SAFETY: By the contract of this function.
    unsafe { Counted::from_raw(NonNull::new_unchecked(file.cast())) }
}
