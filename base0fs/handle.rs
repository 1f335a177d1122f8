// SPDX-License-Identifier: GPL-2.0

//! File handles: a file has the handle of its lower file.

#![forbid(unsafe_code)]

use crate::{
    compat::{
        error::Result,
        handle::{Encoded, HandleBuffer},
        inode::Inode,
        ops::HandleOperations,
        upper::{Decoded, HandleRequest, Upper},
    },
    Base0fs,
};

impl HandleOperations for Base0fs {
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
