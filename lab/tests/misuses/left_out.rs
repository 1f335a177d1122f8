// SPDX-License-Identifier: GPL-2.0

//! A driver leaves out an operation of a trait of ops, such as one that compat has got since it was written.

#![forbid(unsafe_code)]

use crate::{
    compat::{
        error::{code, Result},
        handle::{Encoded, HandleBuffer},
        inode::Inode,
        ops,
        upper::{Decoded, HandleRequest, Upper},
    },
    passthrough,
};

struct Driver;

impl ops::HandleOperations for Driver { //~ E0046
    fn encode_handle<'a>(
        _: &Upper<Inode>,
        _: Option<&Upper<Inode>>,
        _: HandleBuffer<'a>,
    ) -> Result<Encoded<'a>> {
        Err(code::EPERM)
    }

    fn decode_handle<'a>(request: HandleRequest<'a>) -> Result<Decoded<'a>> {
        request.find_file()
    }

    #[cfg(not(misuse))]
    fn decode_parent<'a>(request: HandleRequest<'a>) -> Result<Decoded<'a>> {
        request.find_parent()
    }
}

// The choice is made for each trait: this one passes through what is left out.
impl passthrough::XattrOperations for Driver {}
