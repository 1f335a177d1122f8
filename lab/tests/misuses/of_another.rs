// SPDX-License-Identifier: GPL-2.0

//! A driver keeps a value of one call, and could use it in another.

#![forbid(unsafe_code)]

use crate::compat::{
    dentry::Dentry,
    error::Result,
    file::File,
    inode::Inode,
    io::{IoResult, IoRequest, BytesTransferred, Splice},
    link::{DelayedCall, LinkText},
    mount::Mount,
    ops::{FsContext, RcuWalkStep},
    upper::{Found, Lookup, Opened, OpenRequest, Upper, RcuRef, RcuAccessMask},
};

/// A function whose result lives as long as the call; with the misuse, forever.
macro_rules! kept {
    (fn $name:ident<$call:lifetime>($($arg:ident: $type:ty),*) -> $wrap:ident<$kept:ident> $body:block) => {
        #[cfg(misuse)]
        fn $name<$call>($($arg: $type),*) -> $wrap<$kept<'static>> $body
        #[cfg(not(misuse))]
        fn $name<$call>($($arg: $type),*) -> $wrap<$kept<$call>> $body
    };
}

/// A result that is not in a `Result`.
type Plain<T> = T;

kept!(
    fn io_result<'a>(file: &Upper<File>, io: IoRequest<'a>) -> Plain<IoResult> {
        file.read_lower(io) //~ lifetime may not live long enough
    }
);

kept!(
    fn bytes_transferred<'a>(file: &Upper<File>, splice: Splice<'a>) -> Result<BytesTransferred> {
        file.splice_read_lower(splice) //~ lifetime may not live long enough
    }
);

kept!(
    fn opened<'a>(file: OpenRequest<'a>) -> Result<Opened> {
        file.open_lower() //~ lifetime may not live long enough
    }
);

kept!(
    fn found<'a>(lookup: Lookup<'a>) -> Result<Found> {
        lookup.find_lower() //~ lifetime may not live long enough
    }
);

kept!(
    fn link_text<'a>(dentry: &'a Upper<Dentry>, done: DelayedCall<'a>) -> Result<LinkText> {
        dentry.lower().get_link(done) //~ lifetime may not live long enough
    }
);

kept!(
    fn link_text_in_rcu_walk<'a>(inode: RcuRef<'a, Inode>, done: DelayedCall<'a>) -> Result<LinkText> {
        inode.get_lower_link(done) //~ lifetime may not live long enough
    }
);

fn link_text_of_a_dentry_that_goes<'a>(
    context: &FsContext<'_>,
    dentry: &'a Upper<Dentry>,
    done: DelayedCall<'a>,
) -> Result<LinkText<'a>> {
    let _other = context.lookup_directory(c"/")?;
    #[cfg(misuse)]
    return _other.dentry().get_link(done); //~ E0515
    #[cfg(not(misuse))]
    dentry.lower().get_link(done)
}

/// The reference that an operation gets in RCU walk.
type RcuDentry<'a> = RcuRef<'a, Dentry>;

kept!(
    fn rcu_ref<'a>(dentry: RcuDentry<'a>) -> Plain<RcuDentry> {
        dentry //~ lifetime may not live long enough
    }
);

kept!(
    fn rcu_walk_step<'a>(step: RcuWalkStep<'a>) -> Plain<RcuWalkStep> {
        step //~ lifetime may not live long enough
    }
);

kept!(
    fn rcu_access_mask<'a>(mask: RcuAccessMask<'a>) -> Plain<RcuAccessMask> {
        mask //~ lifetime may not live long enough
    }
);

fn write_access(mount: &Mount) -> Result {
    let mut _kept = None;
    mount.with_write_access(|write| {
        #[cfg(misuse)]
        {
            _kept = Some(write); //~ E0521
        }
        #[cfg(not(misuse))]
        {
            _kept = Some(write.mount().is_nosuid());
        }
        Ok(())
    })
}
