// SPDX-License-Identifier: GPL-2.0

//! Operations of open files and open directories.
//!
//! C header: `include/linux/fs.h`

use core::mem::MaybeUninit;

use bindings::{
    dir_context, ffi::c_int, ffi::c_long, ffi::c_uint, ffi::c_ulong, ffi::c_void, file, file_lease,
    file_lock, file_operations, inode, iov_iter, kiocb, loff_t, pipe_inode_info, vm_area_struct,
};

use super::file_table;
use crate::compat::{
    error::{code, to_status, Result},
    file::{File, LockOwner},
    io::{BytesTransferred, DirContext, IoRequest, IoResult, Seek, Splice, Vma},
    ioctl::{Ioctl, IoctlResult},
    lease::{LeaseRequest, LeaseSet},
    lock::{LockRequest, Locked},
    upper::{is_opened, OpenRequest, Opened, RangeCopy, Upper},
};

/// The operations of open regular files and open directories (`struct file_operations`).
pub(crate) trait FileOperations {
    /// Opens the lower file of a file that is being opened.
    fn open<'a>(file: OpenRequest<'a>) -> Result<Opened<'a>>;

    /// Whether [`Self::flush`] does more than the lower filesystem does. If not, only those files
    /// have the operation whose lower file has it, or has locks of its own: io_uring closes a file
    /// that has it by a worker thread.
    const CHANGES_FLUSH: bool;

    /// Does what is needed when a descriptor of the file is closed.
    fn flush(file: &Upper<File>, owner: LockOwner) -> Result;

    /// Writes dirty data between the byte offsets `start` and `end`, and waits until it is written.
    fn fsync(file: &Upper<File>, start: i64, end: i64, only_data: bool) -> Result;

    /// Tests, takes or releases a record lock.
    fn lock<'a>(file: &Upper<File>, request: LockRequest<'a>) -> Result<Locked<'a>>;

    /// Takes or releases the flock of the file. May wait.
    fn flock<'a>(file: &Upper<File>, request: LockRequest<'a>) -> Result<Locked<'a>>;

    /// Sets, changes or ends a lease.
    fn setlease<'a>(file: &Upper<File>, request: LeaseRequest<'a>) -> Result<LeaseSet<'a>>;

    /// Moves the position, and returns the new one in bytes.
    fn llseek(file: &Upper<File>, seek: Seek<'_>) -> Result<i64>;

    /// Does a command of ioctl(2) that the VFS does not know, or that the inode's operations have
    /// left with `ENOIOCTLCMD`.
    fn ioctl<'a>(file: &Upper<File>, ioctl: &Ioctl<'a>) -> Result<IoctlResult<'a>>;
}

/// The operations of an open regular file.
pub(crate) trait RegularFileOperations: FileOperations {
    /// Reads.
    fn read_iter<'a>(file: &Upper<File>, io: IoRequest<'a>) -> IoResult<'a>;

    /// Writes.
    fn write_iter<'a>(file: &Upper<File>, io: IoRequest<'a>) -> IoResult<'a>;

    /// Maps the file into memory.
    fn mmap(file: &Upper<File>, vma: Vma<'_>) -> Result;

    /// Splices data from the file to a pipe.
    fn splice_read<'a>(file: &Upper<File>, splice: Splice<'a>) -> Result<BytesTransferred<'a>>;

    /// Splices data from a pipe to the file.
    fn splice_write<'a>(file: &Upper<File>, splice: Splice<'a>) -> Result<BytesTransferred<'a>>;

    /// Reserves, frees or zeroes `length` bytes from byte `offset` (`FALLOC_FL_*`).
    fn fallocate(file: &Upper<File>, mode: c_int, offset: i64, length: i64) -> Result;

    /// Takes advice on how `length` bytes from byte `offset` will be used (`POSIX_FADV_*`).
    fn fadvise(file: &Upper<File>, offset: i64, length: i64, advice: c_int) -> Result;

    /// Copies data to `file` from the other file of `copy`, or makes the two share blocks.
    fn copy_range<'a>(file: &Upper<File>, copy: RangeCopy<'a>) -> Result<BytesTransferred<'a>>;
}

/// The operations of an open directory.
pub(crate) trait DirectoryFileOperations: FileOperations {
    /// Adds entries to `context`, beginning at its position.
    fn iterate_shared(file: &Upper<File>, context: DirContext<'_>) -> Result;
}

/// A table in which every slot is empty. Without an `owner`, an open file holds no reference to the
/// module, but it holds one to its mount, which holds one to the module.
const fn empty() -> file_operations {
    // SAFETY: Every member is an `Option` of a function pointer, a pointer or an integer, for which
    // zero is valid.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// A table with the operations of both kinds of open files.
const fn table<T: FileOperations>() -> file_operations {
    file_operations {
        llseek: Some(llseek::<T>),
        flush: Some(flush::<T>),
        release: Some(release),
        fsync: Some(fsync::<T>),
        unlocked_ioctl: Some(ioctl::<T>),
        compat_ioctl: Some(compat_ioctl::<T>),
        lock: Some(lock::<T>),
        flock: Some(flock::<T>),
        setlease: Some(setlease::<T>),
        ..empty()
    }
}

/// The table of open directories.
pub(super) const fn directory_table<T: DirectoryFileOperations>() -> file_operations {
    file_operations {
        open: Some(open_directory::<T>),
        read: Some(bindings::generic_read_dir),
        iterate_shared: Some(iterate_shared::<T>),
        ..table::<T>()
    }
}

/// The table of open regular files, with what all of them have.
pub(super) const fn regular_table<T: RegularFileOperations>() -> file_operations {
    file_operations {
        open: Some(open_regular::<T>),
        read_iter: Some(read_iter::<T>),
        write_iter: Some(write_iter::<T>),
        mmap: Some(mmap::<T>),
        splice_read: Some(splice_read::<T>),
        splice_write: Some(splice_write::<T>),
        fallocate: Some(fallocate::<T>),
        fadvise: Some(fadvise::<T>),
        copy_file_range: Some(copy_file_range::<T>),
        ..table::<T>()
    }
}

/// Opens a file of either kind, as `open` does.
///
/// # Safety
///
/// The VFS calls the `open` of one of these tables for `file`.
unsafe fn open<'a, T: FileOperations>(file: *mut file) -> Result<&'a Upper<File>> {
    // SAFETY: The VFS is opening `file`. The inode has this table, so it is an upper inode.
    if !unsafe { is_opened(file) } {
        // SAFETY: The VFS is opening `file` of an upper inode, by a positive dentry. `is_opened()`
        // has found that `private_data` is null.
        let opened = T::open(unsafe { OpenRequest::from_raw(file) });
        // The value proves that there is a lower file, on which the other operations rely.
        if let Err(error) = opened.map(|Opened { .. }| ()) {
            // SAFETY: The VFS is opening `file`, and nobody else uses it.
            unsafe { fail_open(file) };
            return Err(error);
        }
    }
    // SAFETY: `T::open`, or `tmpfile` before, has opened the lower file.
    Ok(unsafe { upper_file(file) })
}

/// Closes the lower file, if there is one, of a file whose opening fails.
///
/// # Safety
///
/// The VFS is opening `file`, of an upper inode. The opening fails, so nobody else uses it, and the
/// VFS does not call `release`.
unsafe fn fail_open(file: *mut file) {
    // SAFETY: The safety requirements of this function include those of the call.
    unsafe { Upper::<File>::from_raw(file).put_lower() };
}

/// Opens a regular file, and gives it the table that fits its lower file.
unsafe extern "C" fn open_regular<T: RegularFileOperations>(
    _inode: *mut inode,
    file: *mut file,
) -> c_int {
    // SAFETY: The VFS calls this as `open`.
    let opened = match unsafe { open::<T>(file) } {
        Ok(opened) => opened,
        Err(error) => return error.to_errno(),
    };
    match file_table::of_regular::<T>(opened) {
        Ok(table) => {
            // SAFETY: The VFS is opening `file`, so nobody else uses it. The table stays as long as
            // a file is open, and has no owner that would be counted.
            unsafe { (*file).f_op = table };
            0
        }
        Err(error) => {
            // SAFETY: The VFS is opening `file`, and nobody else uses it.
            unsafe { fail_open(file) };
            error.to_errno()
        }
    }
}

/// Opens a directory, and gives it the table that fits its lower directory.
unsafe extern "C" fn open_directory<T: DirectoryFileOperations>(
    _inode: *mut inode,
    file: *mut file,
) -> c_int {
    // SAFETY: The VFS calls this as `open`.
    match unsafe { open::<T>(file) } {
        Ok(opened) => {
            let table = file_table::of_directory::<T>(opened);
            // SAFETY: The VFS is opening `file`, so nobody else uses it. The table is static, and
            // has no owner that would be counted.
            unsafe { (*file).f_op = table };
            0
        }
        Err(error) => error.to_errno(),
    }
}

unsafe extern "C" fn release(_inode: *mut inode, file: *mut file) -> c_int {
    // SAFETY: `open` has succeeded for `file`, and the VFS keeps it for the call.
    let released = unsafe { upper_file(file) };
    released.remove_leftovers();
    released.remove_lower_lease();
    // SAFETY: `open` has succeeded for `file`. The last reference is dropped, and the VFS calls
    // this once.
    unsafe { Upper::<File>::from_raw(file).close_lower() };
    0
}

/// The file that the VFS passes to an operation other than `open`.
///
/// # Safety
///
/// `file` has one of the tables of this module, so it is an upper file; it was opened by [`open`];
/// and the VFS holds a reference to it for `'a`.
unsafe fn upper_file<'a>(file: *mut file) -> &'a Upper<File> {
    // SAFETY: The safety requirements of this function ensure that this is an upper file,
    // referenced for `'a`, and that it has its lower file.
    unsafe { Upper::from_raw(file) }
}

unsafe extern "C" fn flush<T: FileOperations>(file: *mut file, owner: *mut c_void) -> c_int {
    // SAFETY: The VFS passes an open file that has this table, referenced for the call.
    let file = unsafe { upper_file(file) };
    let owner = LockOwner(owner);
    let status = to_status(T::flush(file, owner));
    file.remove_record_locks(owner);
    status
}

unsafe extern "C" fn lock<T: FileOperations>(
    file: *mut file,
    command: c_int,
    lock: *mut file_lock,
) -> c_int {
    // SAFETY: The VFS passes an open file that has this table, referenced for the call.
    let file = unsafe { upper_file(file) };
    // SAFETY: The VFS passes a lock of this file to this call alone.
    let request = unsafe { LockRequest::from_raw(lock, command) };
    T::lock(file, request).map_or_else(|error| error.to_errno(), Locked::into_raw)
}

unsafe extern "C" fn flock<T: FileOperations>(
    file: *mut file,
    command: c_int,
    lock: *mut file_lock,
) -> c_int {
    // SAFETY: The VFS passes an open file that has this table, referenced for the call.
    let file = unsafe { upper_file(file) };
    // SAFETY: The VFS passes a lock of this file to this call alone.
    let request = unsafe { LockRequest::from_raw(lock, command) };
    T::flock(file, request).map_or_else(|error| error.to_errno(), Locked::into_raw)
}

unsafe extern "C" fn setlease<T: FileOperations>(
    file: *mut file,
    kind: c_int,
    lease: *mut *mut file_lease,
    private: *mut *mut c_void,
) -> c_int {
    // SAFETY: The VFS passes an open file that has this table, referenced for the call.
    let file = unsafe { upper_file(file) };
    // SAFETY: The VFS passes these to this call alone.
    let request = unsafe { LeaseRequest::from_raw(file.as_ptr(), kind, lease, private) };
    match T::setlease(file, request) {
        Ok(LeaseSet { .. }) => 0,
        Err(error) => error.to_errno(),
    }
}

unsafe extern "C" fn fsync<T: FileOperations>(
    file: *mut file,
    start: loff_t,
    end: loff_t,
    only_data: c_int,
) -> c_int {
    // SAFETY: The VFS passes an open file that has this table, referenced for the call.
    let file = unsafe { upper_file(file) };
    to_status(T::fsync(file, start, end, only_data != 0))
}

unsafe extern "C" fn llseek<T: FileOperations>(
    file: *mut file,
    offset: loff_t,
    whence: c_int,
) -> loff_t {
    // SAFETY: The VFS passes an open file that has this table, referenced for the call.
    let file = unsafe { upper_file(file) };
    // SAFETY: The VFS holds `f_pos_lock`, unless the calling task alone has the file.
    let seek = unsafe { Seek::new(offset, whence) };
    match T::llseek(file, seek) {
        Ok(position) => position,
        Err(error) => error.to_errno().into(),
    }
}

unsafe extern "C" fn iterate_shared<T: DirectoryFileOperations>(
    file: *mut file,
    context: *mut dir_context,
) -> c_int {
    // SAFETY: The VFS passes an open file that has this table, referenced for the call.
    let file = unsafe { upper_file(file) };
    // SAFETY: The VFS passes a context for this call alone. It holds `f_pos_lock`, unless the
    // calling task alone has the file.
    let context = unsafe { DirContext::from_raw(context) };
    to_status(T::iterate_shared(file, context))
}

unsafe extern "C" fn read_iter<T: RegularFileOperations>(
    iocb: *mut kiocb,
    iter: *mut iov_iter,
) -> isize {
    // SAFETY: The VFS passes a valid request for an open file that has this table, referenced for
    // the call.
    let file = unsafe { upper_file((*iocb).ki_filp) };
    // SAFETY: The VFS passes the request and the buffers to this call alone.
    let request = unsafe { IoRequest::from_raw(iocb, iter) };
    T::read_iter(file, request).into_raw()
}

unsafe extern "C" fn write_iter<T: RegularFileOperations>(
    iocb: *mut kiocb,
    iter: *mut iov_iter,
) -> isize {
    // SAFETY: The VFS passes a valid request for an open file that has this table, referenced for
    // the call.
    let file = unsafe { upper_file((*iocb).ki_filp) };
    // SAFETY: The VFS passes the request and the buffers to this call alone.
    let request = unsafe { IoRequest::from_raw(iocb, iter) };
    T::write_iter(file, request).into_raw()
}

unsafe extern "C" fn mmap<T: RegularFileOperations>(
    file: *mut file,
    vma: *mut vm_area_struct,
) -> c_int {
    // SAFETY: The VFS passes an open file that has this table, referenced for the call.
    let file = unsafe { upper_file(file) };
    // SAFETY: This is the `mmap` operation that sets `vma` up.
    let vma = unsafe { Vma::from_raw(vma) };
    to_status(T::mmap(file, vma))
}

/// Chooses the address of a mapping as for the lower file.
pub(super) unsafe extern "C" fn get_unmapped_area(
    file: *mut file,
    address: c_ulong,
    length: c_ulong,
    page_offset: c_ulong,
    flags: c_ulong,
) -> c_ulong {
    // SAFETY: The VFS passes an open file that has this table, referenced for the call.
    let lower = unsafe { upper_file(file) }.lower();
    // The table has this only if the lower file has the operation.
    match lower.place_mapping(address, length, page_offset, flags) {
        Some(address) => address,
        None => code::ENODEV.to_errno() as c_ulong,
    }
}

unsafe extern "C" fn splice_read<T: RegularFileOperations>(
    file: *mut file,
    position: *mut loff_t,
    pipe: *mut pipe_inode_info,
    length: usize,
    flags: c_uint,
) -> isize {
    // SAFETY: The VFS passes an open file that has this table, referenced for the call.
    let file = unsafe { upper_file(file) };
    // SAFETY: The VFS passes the position to this call alone, and a pipe to splice with.
    let splice = unsafe { Splice::from_raw(position, pipe, length, flags) };
    BytesTransferred::into_raw(T::splice_read(file, splice))
}

unsafe extern "C" fn splice_write<T: RegularFileOperations>(
    pipe: *mut pipe_inode_info,
    file: *mut file,
    position: *mut loff_t,
    length: usize,
    flags: c_uint,
) -> isize {
    // SAFETY: The VFS passes an open file that has this table, referenced for the call.
    let file = unsafe { upper_file(file) };
    // SAFETY: The VFS passes the position to this call alone, and a pipe to splice with.
    let splice = unsafe { Splice::from_raw(position, pipe, length, flags) };
    BytesTransferred::into_raw(T::splice_write(file, splice))
}

unsafe extern "C" fn fallocate<T: RegularFileOperations>(
    file: *mut file,
    mode: c_int,
    offset: loff_t,
    length: loff_t,
) -> c_long {
    // SAFETY: The VFS passes an open file that has this table, referenced for the call.
    let file = unsafe { upper_file(file) };
    to_status(T::fallocate(file, mode, offset, length)) as c_long
}

unsafe extern "C" fn fadvise<T: RegularFileOperations>(
    file: *mut file,
    offset: loff_t,
    length: loff_t,
    advice: c_int,
) -> c_int {
    // SAFETY: The VFS passes an open file that has this table, referenced for the call.
    let file = unsafe { upper_file(file) };
    to_status(T::fadvise(file, offset, length, advice))
}

unsafe extern "C" fn ioctl<T: FileOperations>(
    file: *mut file,
    command: c_uint,
    argument: c_ulong,
) -> c_long {
    // SAFETY: The VFS passes an open file that has this table, referenced for the call.
    let file = unsafe { upper_file(file) };
    // SAFETY: The VFS calls `unlocked_ioctl` with this command and this argument.
    let ioctl = unsafe { Ioctl::new(command, argument, false) };
    IoctlResult::into_raw(T::ioctl(file, &ioctl))
}

unsafe extern "C" fn compat_ioctl<T: FileOperations>(
    file: *mut file,
    command: c_uint,
    argument: c_ulong,
) -> c_long {
    // SAFETY: The VFS passes an open file that has this table, referenced for the call.
    let file = unsafe { upper_file(file) };
    // SAFETY: The VFS calls `compat_ioctl` with this command and this argument.
    let ioctl = unsafe { Ioctl::new(command, argument, true) };
    IoctlResult::into_raw(T::ioctl(file, &ioctl))
}

unsafe extern "C" fn copy_file_range<T: RegularFileOperations>(
    from: *mut file,
    from_offset: loff_t,
    to: *mut file,
    to_offset: loff_t,
    length: usize,
    flags: c_uint,
) -> isize {
    // SAFETY: The VFS calls this only if both files have this function in their tables. Both are
    // open, and referenced for the call.
    let (from, to) = unsafe { (upper_file(from), upper_file(to)) };
    // SAFETY: The VFS calls `copy_file_range` with these arguments, for `to`.
    let copy = unsafe { RangeCopy::copy(from, from_offset, to_offset, length, flags) };
    BytesTransferred::into_raw(T::copy_range(to, copy))
}

pub(super) unsafe extern "C" fn remap_file_range<T: RegularFileOperations>(
    from: *mut file,
    from_offset: loff_t,
    to: *mut file,
    to_offset: loff_t,
    length: loff_t,
    flags: c_uint,
) -> loff_t {
    // SAFETY: One of the two has this table, and the VFS has checked that both are regular files of
    // one superblock. So both are upper files, opened by `open`. They are referenced for the call.
    let (from, to) = unsafe { (upper_file(from), upper_file(to)) };
    // SAFETY: The VFS calls `remap_file_range` with these arguments, for `to`.
    let copy = unsafe { RangeCopy::remap(from, from_offset, to_offset, length, flags) };
    BytesTransferred::into_raw(T::copy_range(to, copy)) as loff_t
}
