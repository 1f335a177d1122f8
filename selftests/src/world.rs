// SPDX-License-Identifier: GPL-2.0

//! The directory in which a case works, and whose names and answers its trace records.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Gid, Uid};
use rustix::io::Errno;
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use rustix::time::{clock_gettime, ClockId, Timespec};

use crate::show::Show;
use crate::trace::Trace;

/// A directory seen through the layer under test, together with the same directory beneath that
/// layer. In the plain world the two are one.
#[derive(Debug)]
pub struct World<'t> {
    root: PathBuf,
    beneath: PathBuf,
    label: &'static str,
    program: &'t Path,
    trace: &'t Trace,
}

/// Somebody other than root.
#[derive(Clone, Copy, Debug)]
pub struct User {
    /// The user id.
    pub uid: u32,
    /// The group id.
    pub gid: u32,
    /// The supplementary groups.
    pub groups: &'static [u32],
}

/// A user who owns nothing but what a case gives to this id.
pub const ALICE: User = User {
    uid: 54_321,
    gid: 54_321,
    groups: &[],
};
/// Another user, who shares a group with nobody by default.
pub const BOB: User = User {
    uid: 54_322,
    gid: 54_322,
    groups: &[],
};

impl<'t> World<'t> {
    /// The world at `root`, whose directory beneath the layer is `beneath`.
    pub fn new(root: &Path, beneath: &Path, program: &'t Path, trace: &'t Trace) -> Self {
        Self {
            root: root.to_owned(),
            beneath: beneath.to_owned(),
            label: "",
            program,
            trace,
        }
    }

    /// The program `base0fs-selftest`, to be executed from within the world.
    pub fn program(&self) -> &'t Path {
        self.program
    }

    /// The same directory without the layer between: what happens here has to be seen above.
    pub fn below(&self) -> World<'t> {
        let (root, beneath) = (self.beneath.clone(), self.beneath.clone());
        World {
            root,
            beneath,
            label: "below: ",
            program: self.program,
            trace: self.trace,
        }
    }

    /// The absolute path of a name in this world; the empty name is the world's root.
    pub fn path(&self, name: &str) -> PathBuf {
        match name.is_empty() {
            true => self.root.clone(),
            false => self.root.join(name),
        }
    }

    /// Performs and records one operation.
    pub fn step<T: Show>(
        &self,
        op: impl AsRef<str>,
        perform: impl FnOnce() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        self.trace
            .step(format!("{}{}", self.label, op.as_ref()), perform)
    }

    /// Makes and records an observation that becomes true soon, and need not be so at once: see
    /// [`Trace::settled`].
    pub fn settled<T: Show>(
        &self,
        op: impl AsRef<str>,
        observe: impl Fn() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        self.trace
            .settled(format!("{}{}", self.label, op.as_ref()), observe)
    }

    /// Performs and records an operation that makes something which a trace cannot hold.
    pub fn made<R>(
        &self,
        op: impl AsRef<str>,
        perform: impl FnOnce() -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        let mut made = None;
        self.step(op, || {
            made = Some(perform()?);
            Ok(())
        })?;
        Ok(made.expect("the step succeeded"))
    }

    /// Records an observation.
    pub fn note(&self, op: impl AsRef<str>, result: &impl Show) {
        self.trace
            .note(format!("{}{}", self.label, op.as_ref()), result);
    }

    /// A path as the kernel reports it, with the world's own place replaced, so that two worlds can
    /// be compared.
    pub fn relative(&self, reported: &[u8]) -> String {
        let root = self.root.to_string_lossy();
        String::from_utf8_lossy(reported).replace(root.as_ref(), "<world>")
    }

    /// Runs `act` with the credentials of `user`, in a thread of its own: on Linux credentials
    /// belong to the thread.
    pub fn as_user<R: Send>(
        &self,
        user: User,
        act: impl FnOnce() -> Result<R, Errno> + Send,
    ) -> Result<R, Errno> {
        let become_user = || {
            let groups: Vec<Gid> = user.groups.iter().map(|gid| Gid::from_raw(*gid)).collect();
            let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
            set_thread_groups(&groups)?;
            set_thread_res_gid(gid, gid, gid)?;
            set_thread_res_uid(uid, uid, uid)
        };
        self.note(
            format!("as user {}:{} groups {:?}", user.uid, user.gid, user.groups),
            &(),
        );
        let result = thread::scope(|scope| {
            let thread = scope.spawn(|| become_user().and_then(|()| act()));
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        self.note("as root again", &());
        result
    }
}

/// Waits until a file that is changed now gets a later time stamp than any file changed so far: at
/// most one tick of the clock that the kernel stamps files with, or the rest of a second where the
/// filesystem of `stamp` keeps whole seconds only.
pub fn next_tick(stamp: (i64, u64)) {
    let whole_seconds = stamp.1 == 0;
    let reading = |clock| {
        let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
        (tv_sec, if whole_seconds { 0 } else { tv_nsec })
    };
    let (now, started) = (reading(ClockId::Realtime), Instant::now());
    // A clock that somebody sets back meanwhile is not waited for.
    while reading(ClockId::RealtimeCoarse) <= now && started.elapsed() < Duration::from_secs(3) {
        thread::sleep(Duration::from_millis(1));
    }
}
