// SPDX-License-Identifier: GPL-2.0

//! A driver invents a result, or a proof that something was done.

#![forbid(unsafe_code)]

#[cfg(misuse)]
use core::marker::PhantomData;

use crate::compat::{
    error::Result,
    file::File,
    io::{IoResult, IoRequest, BytesTransferred, Splice},
    handle::{Encoded, HandleBuffer},
    inode::Inode,
    upper::{Decoded, Found, HandleRequest, Lookup, Opened, OpenRequest, TmpfileRequest, Upper},
    xattr::XattrBuffer,
};

fn found_without_lookup<'a>(lookup: Lookup<'a>) -> Result<Found<'a>> {
    #[cfg(misuse)]
    return Ok(Found(PhantomData)); //~ E0423
    #[cfg(not(misuse))]
    lookup.find_lower()
}

fn file_of_no_handle<'a>(dentry: &Upper<crate::compat::dentry::Dentry>, request: HandleRequest<'a>) -> Result<Decoded<'a>> {
    #[cfg(misuse)]
    return Ok(Decoded(dentry, PhantomData)); //~ E0423
    #[cfg(not(misuse))]
    {
        let _ = dentry;
        request.find_file()
    }
}

fn handle_that_was_not_written<'a>(
    inode: &Upper<Inode>,
    buffer: HandleBuffer<'a>,
) -> Result<Encoded<'a>> {
    #[cfg(misuse)]
    return Ok(Encoded(1, PhantomData)); //~ E0423
    #[cfg(not(misuse))]
    inode.lower().encode_handle(None, buffer)
}

fn opened_without_lower_file<'a>(file: OpenRequest<'a>) -> Result<Opened<'a>> {
    #[cfg(misuse)]
    return Ok(Opened(PhantomData)); //~ E0423
    #[cfg(not(misuse))]
    file.open_lower()
}

fn opened_without_lower_tmpfile<'a>(file: TmpfileRequest<'a>) -> Result<Opened<'a>> {
    #[cfg(misuse)]
    return Ok(Opened(PhantomData)); //~ E0423
    #[cfg(not(misuse))]
    file.open_lower(0o600)
}

fn bytes_read<'a>(file: &Upper<File>, io: IoRequest<'a>) -> IoResult<'a> {
    #[cfg(misuse)]
    return IoResult(1 << 20, PhantomData); //~ E0423
    #[cfg(not(misuse))]
    file.read_lower(io)
}

fn bytes_spliced<'a>(file: &Upper<File>, splice: Splice<'a>) -> Result<BytesTransferred<'a>> {
    #[cfg(misuse)]
    return Ok(BytesTransferred(1 << 20, PhantomData)); //~ E0423
    #[cfg(not(misuse))]
    file.splice_read_lower(splice)
}

fn bytes_of_a_list_of_names<'a>(
    dentry: &crate::compat::dentry::Dentry,
    names: XattrBuffer<'a>,
) -> Result<BytesTransferred<'a>> {
    #[cfg(misuse)]
    return Ok(BytesTransferred(1 << 20, PhantomData)); //~ E0423
    #[cfg(not(misuse))]
    dentry.list_xattr(names)
}
