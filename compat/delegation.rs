// SPDX-License-Identifier: GPL-2.0

//! Waiting until a delegation on a lower file, or a lease, is given back.
//!
//! An NFS server gives *delegations* to its clients, and fcntl(2) gives leases to programs. A
//! change of such a file or directory asks the holder to give it back, and waits. The holder has
//! `fs.lease-break-time` seconds; after that the kernel takes it back.
//!
//! The VFS waits without locks, and then repeats the operation. An operation of a stacking
//! filesystem cannot: the VFS has locked upper inodes, and other tasks would wait for these. The
//! holder itself might, before it gives the delegation back. So an operation that would have to
//! wait asks the holder, undoes all that it has begun, and is repeated:
//!
//! - A user's system call sleeps briefly, by [`super::mount::Mount::with_write_access`], and the
//!   kernel repeats it. A signal interrupts it, as it interrupts the wait of the VFS.
//! - A worker of io_uring cannot repeat its call. It waits, with the upper inodes locked.
//! - A kernel thread fails with `EWOULDBLOCK`. That is what the VFS returns to kernel threads, such
//!   as those of an NFS server, which asks its client to try again.
//!
//! C header: `include/linux/filelock.h`

use bindings::{
    ffi::{c_int, c_uint},
    O_NONBLOCK, O_WRONLY,
};

use super::{
    error::{code, from_negative, from_status, Error, Result},
    inode::Inode,
    shims::{
        break_deleg::{self, BreakDeleg},
        delegation::{self, Delegation},
    },
};

/// The error with which an operation asks [`super::mount::Mount::with_write_access`] to repeat the
/// system call. No lower operation fails with it: `ERESTARTNOINTR` would be ambiguous, because a
/// lower filesystem of this type fails with that while it is frozen.
pub(in crate::compat) fn repeat_after_wait() -> Error {
    from_negative(-bindings::ERESTARTNOHAND)
}

/// The place in which the VFS reports a delegated inode.
pub(in crate::compat) type Place = <delegation::Answer as Delegation>::Place;

/// How the current task waits.
enum Waiting {
    /// Its system call is repeated.
    Repeats,
    /// In the operation itself.
    InPlace,
    /// Not at all.
    Never,
}

impl Waiting {
    fn of_current_task() -> Self {
        // SAFETY: Both calls read the flags of the current task, which always exists.
        let (is_user, is_worker) =
            unsafe { (bindings::shim_is_user_task(), bindings::shim_is_worker()) };
        match (is_user, is_worker) {
            (true, _) => Self::Repeats,
            (_, true) => Self::InPlace,
            _ => Self::Never,
        }
    }
}

/// Runs `change` until it meets no delegation. `change` passes the place to a function of the VFS,
/// and returns with every lower lock released.
///
/// The caller has write access to the lower mount, by `with_write_access`, and holds no lower lock.
///
/// Errors: those of `change`; [`repeat_after_wait`] if the system call has to be repeated, and
/// `ERESTARTSYS` if a signal has interrupted the wait; `EWOULDBLOCK` in a kernel thread.
pub(in crate::compat) fn retry<R>(mut change: impl FnMut(&mut Place) -> Result<R>) -> Result<R> {
    loop {
        let mut place = <delegation::Answer as Delegation>::empty();
        let result = change(&mut place);
        if !<delegation::Answer as Delegation>::is_set(&place) {
            return result;
        }
        // SAFETY: `change` has passed the place to a function of the VFS, which has stored an
        // inode. This is the one call for it. `change` has released the locks that it took, and
        // the caller holds no other lower lock.
        unsafe { wait(&mut place) }?;
        if result.is_ok() {
            return result;
        }
    }
}

/// Waits for the delegation, in the way of the current task, and drops the references.
///
/// # Safety
///
/// As for [`Delegation::wait`].
unsafe fn wait(place: &mut Place) -> Result {
    let outcome = match Waiting::of_current_task() {
        Waiting::InPlace => {
            // SAFETY: This function has the safety requirements of the call.
            return from_status(unsafe { <delegation::Answer as Delegation>::wait(place) });
        }
        Waiting::Repeats => repeat_after_wait(),
        Waiting::Never => code::EAGAIN,
    };
    // SAFETY: The calls act on the current task alone.
    let is_interrupted = unsafe { bindings::shim_signal_pending() };
    // With a signal pending, the call below only drops the references.
    // SAFETY: As above. `recalc_sigpending()` takes the pretended signal back.
    unsafe { bindings::shim_pretend_signal() };
    // SAFETY: This function has the safety requirements of the call.
    let status = unsafe { <delegation::Answer as Delegation>::wait(place) };
    // SAFETY: The call acts on the current task alone.
    unsafe { bindings::recalc_sigpending() };
    match is_interrupted {
        true => from_status(status),
        false => Err(outcome),
    }
}

/// Asks the holders of leases on `inode` to give them back before a truncation, and waits as this
/// module says.
///
/// The caller has write access to the lower mount, by `with_write_access`, and to the file
/// (`i_writecount`), and holds no lower lock. As long as it has write access to the file, nobody
/// can set a new lease. So a user's system call sleeps here and looks once more, instead of in
/// `with_write_access`: a holder who sets his lease again as soon as he has given it back would
/// otherwise delay the truncation for ever.
///
/// Errors: as for [`retry`]; `ERESTARTNOINTR` if the system call has to be repeated.
pub(in crate::compat) fn break_leases(inode: &Inode) -> Result {
    let ask = |mode: c_int| {
        // SAFETY: `inode` comes from a reference. The caller may sleep, and holds no lower lock.
        from_status(unsafe { bindings::break_lease(inode.as_ptr(), mode as c_uint) })
    };
    let without_waiting = O_WRONLY | O_NONBLOCK;
    match Waiting::of_current_task() {
        Waiting::InPlace => ask(O_WRONLY),
        Waiting::Never => ask(without_waiting),
        Waiting::Repeats => {
            let first = ask(without_waiting);
            if first != Err(code::EAGAIN) {
                return first;
            }
            // SAFETY: The call acts on the current task alone, which is a user's and may sleep.
            if unsafe { bindings::shim_doze() } {
                return Err(from_negative(-bindings::ERESTARTSYS));
            }
            let second = ask(without_waiting);
            if second != Err(code::EAGAIN) {
                return second;
            }
            // SAFETY: The call acts on the current task alone, which is a user's.
            unsafe { bindings::shim_pretend_signal() };
            Err(from_negative(-bindings::ERESTARTNOINTR))
        }
    }
}

/// Asks the holders of delegations on `inode` to give them back, before a function of the VFS that
/// would wait for them, and waits as this module says. A worker waits in that function.
///
/// The caller has write access to the lower mount, by `with_write_access`, and holds no lower lock.
///
/// Errors: as for [`retry`].
pub(in crate::compat) fn break_delegations(inode: &Inode) -> Result {
    let waiting = Waiting::of_current_task();
    if matches!(waiting, Waiting::InPlace) {
        return Ok(());
    }
    let mode = <break_deleg::Answer as BreakDeleg>::WITHOUT_WAITING;
    // SAFETY: `inode` comes from a reference. The caller may sleep.
    let result = from_status(unsafe { bindings::break_deleg(inode.as_ptr(), mode) });
    match (result, waiting) {
        (Err(error), Waiting::Repeats) if error == code::EAGAIN => Err(repeat_after_wait()),
        (result, _) => result,
    }
}
