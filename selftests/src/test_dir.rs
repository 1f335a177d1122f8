// SPDX-License-Identifier: GPL-2.0

//! The directory in which a case works. Its methods perform operations and record them.

use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Gid, Uid};
use rustix::io::Errno;
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use crate::clock;
use crate::show::Show;
use crate::trace::Trace;

/// A directory whose operations are recorded, and the lower directory behind it. On the plain
/// directory the two are the same.
#[derive(Debug)]
pub struct TestDir<'t> {
    root: PathBuf,
    lower: PathBuf,
    /// The text before each recorded operation: "below: " or none.
    prefix: &'static str,
    program: &'t Path,
    trace: &'t Trace,
    compares_access_times: bool,
}

/// A user other than root.
#[derive(Clone, Copy, Debug)]
pub struct User {
    /// The user id.
    pub uid: u32,
    /// The group id.
    pub gid: u32,
    /// The supplementary groups.
    pub groups: &'static [u32],
}

/// A user who owns only what a case gives to this id.
pub const ALICE: User = User {
    uid: 54_321,
    gid: 54_321,
    groups: &[],
};
/// A second user, in no group of the first.
pub const BOB: User = User {
    uid: 54_322,
    gid: 54_322,
    groups: &[],
};

impl<'t> TestDir<'t> {
    /// The test directory at `root`, whose lower directory is `lower`. `program` is the program
    /// `base0fs-selftest`.
    pub fn new(root: &Path, lower: &Path, program: &'t Path, trace: &'t Trace) -> Self {
        Self {
            root: root.to_owned(),
            lower: lower.to_owned(),
            prefix: "",
            program,
            trace,
            compares_access_times: true,
        }
    }

    /// The same, whose access times are compared if `compares` says so.
    pub fn comparing_access_times(self, compares: bool) -> Self {
        Self {
            compares_access_times: compares,
            ..self
        }
    }

    /// Whether access times are compared: see [`Fixture`](crate::fixture::Fixture).
    pub fn compares_access_times(&self) -> bool {
        self.compares_access_times
    }

    /// The program `base0fs-selftest`.
    pub fn program(&self) -> &'t Path {
        self.program
    }

    /// The lower directory, with the same trace. A change there has to be visible here at once.
    pub fn below(&self) -> TestDir<'t> {
        TestDir {
            root: self.lower.clone(),
            lower: self.lower.clone(),
            prefix: "below: ",
            program: self.program,
            trace: self.trace,
            compares_access_times: self.compares_access_times,
        }
    }

    /// The absolute path of a name. The empty name is the test directory itself.
    pub fn path(&self, name: &str) -> PathBuf {
        match name.is_empty() {
            true => self.root.clone(),
            false => self.root.join(name),
        }
    }

    /// The absolute path of a name, for a system call.
    pub fn c_path(&self, name: &str) -> CString {
        CString::new(self.path(name).into_os_string().into_encoded_bytes())
            .expect("no path of a case contains a NUL")
    }

    /// Performs an operation and records its result.
    pub fn step<T: Show>(
        &self,
        op: impl AsRef<str>,
        perform: impl FnOnce() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        self.trace
            .step(format!("{}{}", self.prefix, op.as_ref()), perform)
    }

    /// Performs an operation and records success or the error, but not the value: for values that
    /// differ between directories, such as descriptors.
    pub fn step_opaque<R>(
        &self,
        op: impl AsRef<str>,
        perform: impl FnOnce() -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        let mut value = None;
        self.step(op, || {
            value = Some(perform()?);
            Ok(())
        })?;
        Ok(value.expect("the step succeeded"))
    }

    /// Observes and records something that becomes true with a delay: see [`Trace::eventually`].
    pub fn eventually<T: Show>(
        &self,
        op: impl AsRef<str>,
        observe: impl Fn() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        self.trace
            .eventually(format!("{}{}", self.prefix, op.as_ref()), observe)
    }

    /// Records a value.
    pub fn record(&self, op: impl AsRef<str>, result: &impl Show) {
        self.trace
            .record(format!("{}{}", self.prefix, op.as_ref()), result);
    }

    /// A path as the kernel reports it, with the test directory's own path replaced, so that two
    /// directories can be compared.
    pub fn relative(&self, reported: &[u8]) -> String {
        let root = self.root.to_string_lossy();
        String::from_utf8_lossy(reported).replace(root.as_ref(), "<root>")
    }

    /// Runs `operations` with the credentials of `user`, in a thread of its own: in Linux
    /// credentials belong to the thread.
    pub fn as_user<R: Send>(
        &self,
        user: User,
        operations: impl FnOnce() -> Result<R, Errno> + Send,
    ) -> Result<R, Errno> {
        let become_user = || {
            let groups: Vec<Gid> = user.groups.iter().map(|gid| Gid::from_raw(*gid)).collect();
            let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
            set_thread_groups(&groups)?;
            set_thread_res_gid(gid, gid, gid)?;
            set_thread_res_uid(uid, uid, uid)
        };
        self.record(
            format!("as user {}:{} groups {:?}", user.uid, user.gid, user.groups),
            &(),
        );
        let result = thread::scope(|scope| {
            let thread = scope.spawn(|| become_user().and_then(|()| operations()));
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        self.record("as root again", &());
        result
    }
}

/// Waits until a file that changes gets a later timestamp than every file that changed before the
/// call.
///
/// This takes at most one tick of the coarse clock, from which the kernel takes timestamps. If
/// `timestamp` has no nanoseconds, its filesystem may keep whole seconds only: then it takes the
/// rest of the second.
pub fn wait_for_clock_tick(timestamp: (i64, u64)) {
    const TIMEOUT: Duration = Duration::from_secs(3);
    let whole_seconds = timestamp.1 == 0;
    let reading = |clock| {
        let (seconds, nanoseconds) = clock::reading(clock);
        (seconds, if whole_seconds { 0 } else { nanoseconds })
    };
    let (now, started) = (reading(libc::CLOCK_REALTIME), Instant::now());
    // The timeout is for a clock that is set back during the wait.
    while reading(libc::CLOCK_REALTIME_COARSE) <= now && started.elapsed() < TIMEOUT {
        thread::sleep(Duration::from_millis(1));
    }
}
