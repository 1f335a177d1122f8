// SPDX-License-Identifier: GPL-2.0

//! A driver uses a request a second time.

#![forbid(unsafe_code)]

use crate::compat::{
    acl::{AclChange, AclRequest, FoundAcl},
    dentry::Dentry,
    dirop::{CreateRequest, RemoveRequest, RenameRequest},
    error::{code, Result},
    file::File,
    io::{IoResult, DirContext, IoRequest, BytesTransferred, Seek, Splice, Vma},
    link::{LinkText, DelayedCall},
    lease::{LeaseRequest, LeaseSet},
    lock::{LockRequest, Locked},
    mount::WriteAccess,
    upper::{Found, Lookup, Opened, OpenRequest, RangeCopy, TmpfileRequest, Upper},
    xattr::{XattrBuffer, XattrChange},
};

fn reads<'a>(file: &Upper<File>, io: IoRequest<'a>) -> IoResult<'a> {
    #[cfg(misuse)]
    let _ = file.read_lower(io);
    file.read_lower(io) //~ E0382
}

fn writes<'a>(file: &Upper<File>, io: IoRequest<'a>) -> IoResult<'a> {
    #[cfg(misuse)]
    let _ = file.write_lower(io);
    file.write_lower(io) //~ E0382
}

/// The VFS would take the request for ended while the lower file still works on it.
fn fails_after_passing_on<'a>(file: &Upper<File>, io: IoRequest<'a>) -> IoResult<'a> {
    let _answer = file.read_lower(io);
    #[cfg(misuse)]
    return io.fail(code::EIO); //~ E0382
    #[cfg(not(misuse))]
    _answer
}

fn splices<'a>(file: &Upper<File>, splice: Splice<'a>) -> Result<BytesTransferred<'a>> {
    #[cfg(misuse)]
    let _ = file.splice_write_lower(splice);
    file.splice_write_lower(splice) //~ E0382
}

fn copies<'a>(file: &Upper<File>, copy: RangeCopy<'a>) -> Result<BytesTransferred<'a>> {
    #[cfg(misuse)]
    let _ = file.copy_range_lower(copy);
    file.copy_range_lower(copy) //~ E0382
}

fn maps(file: &Upper<File>, vma: Vma<'_>) -> Result {
    #[cfg(misuse)]
    file.mmap_lower(vma)?;
    file.mmap_lower(vma) //~ E0382
}

fn seeks(file: &Upper<File>, seek: Seek<'_>) -> Result<i64> {
    #[cfg(misuse)]
    file.llseek_lower(seek)?;
    file.llseek_lower(seek) //~ E0382
}

fn locks<'a>(file: &Upper<File>, request: LockRequest<'a>) -> Result<Locked<'a>> {
    #[cfg(misuse)]
    let _ = file.lock_lower(request);
    file.lock_lower(request) //~ E0382
}

fn leases<'a>(file: &Upper<File>, request: LeaseRequest<'a>) -> Result<LeaseSet<'a>> {
    #[cfg(misuse)]
    let _ = file.set_lease(request);
    file.set_lease(request) //~ E0382
}

fn lists(file: &Upper<File>, context: DirContext<'_>) -> Result {
    #[cfg(misuse)]
    file.iterate_lower(context)?;
    file.iterate_lower(context) //~ E0382
}

fn opens<'a>(file: OpenRequest<'a>) -> Result<Opened<'a>> {
    #[cfg(misuse)]
    let _ = file.open_lower()?;
    file.open_lower() //~ E0382
}

fn makes<'a>(file: TmpfileRequest<'a>) -> Result<Opened<'a>> {
    #[cfg(misuse)]
    let _ = file.open_lower(0o600)?;
    file.open_lower(0o600) //~ E0382
}

fn looks_up<'a>(lookup: Lookup<'a>) -> Result<Found<'a>> {
    #[cfg(misuse)]
    let _ = lookup.find_lower()?;
    lookup.find_lower() //~ E0382
}

fn fills<'a>(dentry: &Dentry, names: XattrBuffer<'a>) -> Result<BytesTransferred<'a>> {
    #[cfg(misuse)]
    let _ = dentry.list_xattr(names)?;
    dentry.list_xattr(names) //~ E0382
}

fn follows<'a>(dentry: &'a Dentry, done: DelayedCall<'a>) -> Result<LinkText<'a>> {
    #[cfg(misuse)]
    let _ = dentry.get_link(done)?;
    dentry.get_link(done) //~ E0382
}

fn makes_a_directory(entry: CreateRequest<'_>, write: &WriteAccess<'_>) -> Result {
    #[cfg(misuse)]
    entry.mkdir(write, 0o700)?;
    entry.mkdir(write, 0o700) //~ E0382
}

fn gets_an_acl<'a>(request: AclRequest<'a>) -> Result<FoundAcl<'a>> {
    #[cfg(misuse)]
    let _ = request.get_lower()?;
    request.get_lower() //~ E0382
}

fn sets_an_acl(change: AclChange<'_>, write: &WriteAccess<'_>) -> Result {
    #[cfg(misuse)]
    change.apply(write)?;
    change.apply(write) //~ E0382
}

fn sets_an_attribute(change: XattrChange<'_>, write: &WriteAccess<'_>) -> Result {
    #[cfg(misuse)]
    change.apply(write)?;
    change.apply(write) //~ E0382
}

fn removes(entry: RemoveRequest<'_>, write: &WriteAccess<'_>) -> Result {
    #[cfg(misuse)]
    entry.unlink(write)?;
    entry.unlink(write) //~ E0382
}

fn renames(entries: RenameRequest<'_>, write: &WriteAccess<'_>) -> Result {
    #[cfg(misuse)]
    entries.rename(write)?;
    entries.rename(write) //~ E0382
}
