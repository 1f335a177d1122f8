// SPDX-License-Identifier: GPL-2.0

//! Operations of open files and open directories.

use core::mem::MaybeUninit;

use bindings::{
    dir_context, ffi::c_int, ffi::c_long, ffi::c_uint, ffi::c_void, file, file_operations, inode,
    iov_iter, kiocb, loff_t, pipe_inode_info, vm_area_struct,
};

use crate::compat::{
    error::{to_status, Result},
    file::{File, LockOwner},
    io::{DirContext, Io, IoResult, Seek, Splice, Transferred, Vma},
    upper::{is_opened, OpenRequest, Opened, Upper},
};

/// What open regular files and open directories do alike (`struct file_operations`).
pub(crate) trait FileOperations {
    /// Opens a lower file behind `file`.
    fn open<'a>(file: OpenRequest<'a>) -> Result<Opened<'a>>;

    /// A descriptor of the file is closed; there may be others.
    fn flush(file: &Upper<File>, owner: LockOwner) -> Result;

    /// Writes out what was written, between the byte offsets `start` and `end`.
    fn fsync(file: &Upper<File>, start: i64, end: i64, only_data: bool) -> Result;

    /// Moves the position; returns it in bytes.
    fn llseek(file: &Upper<File>, seek: Seek<'_>) -> Result<i64>;
}

/// What an open regular file does.
pub(crate) trait RegularFileOperations: FileOperations {
    /// Reads.
    fn read_iter<'a>(file: &Upper<File>, io: Io<'a>) -> IoResult<'a>;

    /// Writes.
    fn write_iter<'a>(file: &Upper<File>, io: Io<'a>) -> IoResult<'a>;

    /// Maps the file into memory.
    fn mmap(file: &Upper<File>, vma: Vma<'_>) -> Result;

    /// Moves data to a pipe.
    fn splice_read<'a>(file: &Upper<File>, splice: Splice<'a>) -> Result<Transferred<'a>>;

    /// Moves data from a pipe.
    fn splice_write<'a>(file: &Upper<File>, splice: Splice<'a>) -> Result<Transferred<'a>>;

    /// Reserves, frees or zeroes `length` bytes from byte `offset` (`FALLOC_FL_*`).
    fn fallocate(file: &Upper<File>, mode: c_int, offset: i64, length: i64) -> Result;

    /// Is told how `length` bytes from byte `offset` will be used (`POSIX_FADV_*`).
    fn fadvise(file: &Upper<File>, offset: i64, length: i64, advice: c_int) -> Result;
}

/// What an open directory does.
pub(crate) trait DirectoryFileOperations: FileOperations {
    /// Puts entries into `context`, from its position on.
    fn iterate_shared(file: &Upper<File>, context: DirContext<'_>) -> Result;
}

const fn empty() -> file_operations {
    // SAFETY: Every member is an `Option` of a function pointer, a pointer or an integer; zero is
    // `None`, null or 0. No owner is needed: an open file keeps its mount, which keeps the module.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

const fn table<T: FileOperations>() -> file_operations {
    file_operations {
        llseek: Some(llseek::<T>),
        open: Some(open::<T>),
        flush: Some(flush::<T>),
        release: Some(release),
        fsync: Some(fsync::<T>),
        // Without one, some kernels refuse leases and others keep them at this layer: keep them.
        setlease: Some(bindings::generic_setlease),
        ..empty()
    }
}

/// The slots that open directories fill.
pub(super) const fn directory_table<T: DirectoryFileOperations>() -> file_operations {
    file_operations {
        read: Some(bindings::generic_read_dir),
        iterate_shared: Some(iterate_shared::<T>),
        ..table::<T>()
    }
}

/// The slots that open regular files fill.
pub(super) const fn regular_table<T: RegularFileOperations>() -> file_operations {
    file_operations {
        read_iter: Some(read_iter::<T>),
        write_iter: Some(write_iter::<T>),
        mmap: Some(mmap::<T>),
        splice_read: Some(splice_read::<T>),
        splice_write: Some(splice_write::<T>),
        fallocate: Some(fallocate::<T>),
        fadvise: Some(fadvise::<T>),
        ..table::<T>()
    }
}

unsafe extern "C" fn open<T: FileOperations>(_inode: *mut inode, file: *mut file) -> c_int {
    // SAFETY: The VFS is opening `file`, of an inode that has this table, which only upper inodes have.
    if unsafe { is_opened(file) } {
        // A file without a name gets its lower file when it is made.
        return 0;
    }
    // SAFETY: As above. The dentry of a file that is opened is positive, and there is no lower file.
    match T::open(unsafe { OpenRequest::from_raw(file) }) {
        // Every other operation relies on this proof.
        Ok(Opened { .. }) => 0,
        Err(error) => {
            // SAFETY: The VFS has not opened `file`, and will not.
            unsafe { Upper::<File>::from_raw(file).put_lower() };
            error.to_errno()
        }
    }
}

unsafe extern "C" fn release(_inode: *mut inode, file: *mut file) -> c_int {
    // SAFETY: The VFS closes a file that was opened by `open`, for good.
    unsafe { Upper::<File>::from_raw(file).put_lower() };
    0
}

unsafe extern "C" fn flush<T: FileOperations>(file: *mut file, owner: *mut c_void) -> c_int {
    // SAFETY: The VFS calls this, as all slots below, with open files that have this table.
    to_status(T::flush(unsafe { Upper::from_raw(file) }, LockOwner(owner)))
}

unsafe extern "C" fn fsync<T: FileOperations>(
    file: *mut file,
    start: loff_t,
    end: loff_t,
    only_data: c_int,
) -> c_int {
    // SAFETY: As for `flush`.
    let file = unsafe { Upper::from_raw(file) };
    to_status(T::fsync(file, start, end, only_data != 0))
}

unsafe extern "C" fn llseek<T: FileOperations>(
    file: *mut file,
    offset: loff_t,
    whence: c_int,
) -> loff_t {
    // SAFETY: As for `flush`. Callers of this slot own the file, or hold `f_pos_lock`.
    match unsafe { T::llseek(Upper::from_raw(file), Seek::new(offset, whence)) } {
        Ok(position) => position,
        Err(error) => error.to_errno().into(),
    }
}

unsafe extern "C" fn iterate_shared<T: DirectoryFileOperations>(
    file: *mut file,
    context: *mut dir_context,
) -> c_int {
    // SAFETY: As for `flush`; the context is the caller's for the call. Callers of this slot own the
    // file, or hold `f_pos_lock`.
    to_status(unsafe { T::iterate_shared(Upper::from_raw(file), DirContext::from_raw(context)) })
}

unsafe extern "C" fn read_iter<T: RegularFileOperations>(
    iocb: *mut kiocb,
    iter: *mut iov_iter,
) -> isize {
    // SAFETY: As for `flush`; the request is the caller's, who gives it to this call alone.
    unsafe { T::read_iter(Upper::from_raw((*iocb).ki_filp), Io::from_raw(iocb, iter)).into_raw() }
}

unsafe extern "C" fn write_iter<T: RegularFileOperations>(
    iocb: *mut kiocb,
    iter: *mut iov_iter,
) -> isize {
    // SAFETY: As for `read_iter`.
    unsafe { T::write_iter(Upper::from_raw((*iocb).ki_filp), Io::from_raw(iocb, iter)).into_raw() }
}

unsafe extern "C" fn mmap<T: RegularFileOperations>(
    file: *mut file,
    vma: *mut vm_area_struct,
) -> c_int {
    // SAFETY: As for `flush`; the mapping is being set up.
    to_status(unsafe { T::mmap(Upper::from_raw(file), Vma::from_raw(vma)) })
}

unsafe extern "C" fn splice_read<T: RegularFileOperations>(
    file: *mut file,
    position: *mut loff_t,
    pipe: *mut pipe_inode_info,
    length: usize,
    flags: c_uint,
) -> isize {
    // SAFETY: As for `flush`; position and pipe are the caller's for the call.
    Transferred::into_raw(unsafe {
        let splice = Splice::from_raw(position, pipe, length, flags);
        T::splice_read(Upper::from_raw(file), splice)
    })
}

unsafe extern "C" fn splice_write<T: RegularFileOperations>(
    pipe: *mut pipe_inode_info,
    file: *mut file,
    position: *mut loff_t,
    length: usize,
    flags: c_uint,
) -> isize {
    // SAFETY: As for `splice_read`.
    Transferred::into_raw(unsafe {
        let splice = Splice::from_raw(position, pipe, length, flags);
        T::splice_write(Upper::from_raw(file), splice)
    })
}

unsafe extern "C" fn fallocate<T: RegularFileOperations>(
    file: *mut file,
    mode: c_int,
    offset: loff_t,
    length: loff_t,
) -> c_long {
    // SAFETY: As for `flush`.
    let file = unsafe { Upper::from_raw(file) };
    to_status(T::fallocate(file, mode, offset, length)) as c_long
}

unsafe extern "C" fn fadvise<T: RegularFileOperations>(
    file: *mut file,
    offset: loff_t,
    length: loff_t,
    advice: c_int,
) -> c_int {
    // SAFETY: As for `flush`.
    let file = unsafe { Upper::from_raw(file) };
    to_status(T::fadvise(file, offset, length, advice))
}
