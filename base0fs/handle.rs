// SPDX-License-Identifier: GPL-2.0

//! File handles: a file has the handle of its lower file.

#![forbid(unsafe_code)]

use crate::{
    compat::{
        error::Result,
        handle::{Encoded, HandleBuffer},
        inode::Inode,
        upper::{Decoded, HandleRequest, Upper},
    },
    passthrough::passes_through,
};

/// The operations on file handles.
pub(crate) trait HandleOperations {
    fn encode_handle<'a>(
        inode: &Upper<Inode>,
        parent: Option<&Upper<Inode>>,
        buffer: HandleBuffer<'a>,
    ) -> Result<Encoded<'a>> {
        let parent = parent.map(|parent| parent.lower());
        inode.lower().encode_handle(parent, buffer)
    }

    fn decode_handle<'a>(request: HandleRequest<'a>) -> Result<Decoded<'a>> {
        request.find_file()
    }

    fn decode_parent<'a>(request: HandleRequest<'a>) -> Result<Decoded<'a>> {
        request.find_parent()
    }
}

passes_through! { HandleOperations {
    fn encode_handle<'a>(inode: &Upper<Inode>, parent: Option<&Upper<Inode>>, buffer: HandleBuffer<'a>) -> Result<Encoded<'a>>;
    fn decode_handle<'a>(request: HandleRequest<'a>) -> Result<Decoded<'a>>;
    fn decode_parent<'a>(request: HandleRequest<'a>) -> Result<Decoded<'a>>;
}}
