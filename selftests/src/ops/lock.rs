// SPDX-License-Identifier: GPL-2.0

//! Locks and leases of open files, and threads that wait for them.

use std::mem::zeroed;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fd::{AsFd, AsRawFd};
use rustix::fs::FlockOperation;
use rustix::io::Errno;
use rustix::thread::Pid;

use super::{last_errno, File, CHILD_TIMEOUT};

/// The commands of fcntl(2) that the C library's bindings lack.
const F_SETSIG: i32 = 10;
const F_SETOWN_EX: i32 = 15;

/// The type of a record lock, a lease or a delegation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Shared (`F_RDLCK`).
    Read,
    /// Exclusive (`F_WRLCK`).
    Write,
    /// None (`F_UNLCK`).
    Unlock,
}

impl Kind {
    /// The number in a system call.
    pub fn raw(self) -> i32 {
        match self {
            Kind::Read => libc::F_RDLCK,
            Kind::Write => libc::F_WRLCK,
            Kind::Unlock => libc::F_UNLCK,
        }
    }

    fn of(raw: i32) -> Self {
        match raw {
            libc::F_RDLCK => Kind::Read,
            libc::F_WRLCK => Kind::Write,
            _ => Kind::Unlock,
        }
    }
}

/// Who owns a record lock.
#[derive(Clone, Copy, Debug)]
pub enum Owner {
    /// The process, or a thread with descriptors of its own (POSIX).
    Process,
    /// The open file (OFD).
    File,
}

/// The signal by which the cases learn that a lease is broken: one that nothing else uses.
pub fn lease_signal() -> i32 {
    libc::SIGRTMIN() + 5
}

/// fcntl(2) with a record lock of `length` bytes from `start`. Returns the lock that it reports.
pub fn record_lock(
    file: &impl AsFd,
    command: i32,
    kind: Kind,
    (start, length): (i64, i64),
) -> Result<libc::flock, Errno> {
    // SAFETY: The structure is plain data, for which zero is valid.
    let mut lock: libc::flock = unsafe { zeroed() };
    lock.l_type = kind.raw() as i16;
    lock.l_whence = libc::SEEK_SET as i16;
    (lock.l_start, lock.l_len) = (start, length);
    // SAFETY: The commands for record locks read and write the structure.
    match unsafe { libc::fcntl(file.as_fd().as_raw_fd(), command, &raw mut lock) } {
        0 => Ok(lock),
        _ => Err(last_errno()),
    }
}

/// fcntl(2) with an integer.
pub fn control(file: &impl AsFd, command: i32, argument: i32) -> Result<i32, Errno> {
    // SAFETY: The command takes an integer.
    match unsafe { libc::fcntl(file.as_fd().as_raw_fd(), command, argument) } {
        -1 => Err(last_errno()),
        value => Ok(value),
    }
}

impl File<'_, '_> {
    /// flock(2)
    pub fn flock(&self, operation: FlockOperation) -> Result<(), Errno> {
        let op = format!("flock {} {operation:?}", self.name());
        self.dir()
            .step(op, || rustix::fs::flock(self.as_fd(), operation))
    }

    /// F_SETLK or F_OFD_SETLK of fcntl(2), for `range`: the first byte and the length.
    pub fn lock(&self, owner: Owner, kind: Kind, range: (i64, i64)) -> Result<(), Errno> {
        let command = match owner {
            Owner::Process => libc::F_SETLK,
            Owner::File => libc::F_OFD_SETLK,
        };
        let op = format!("{owner:?} lock {} {kind:?} {range:?}", self.name());
        self.dir()
            .step(op, || record_lock(self, command, kind, range).map(drop))
    }

    /// F_GETLK or F_OFD_GETLK of fcntl(2): the lock that is in the way.
    pub fn test_lock(
        &self,
        owner: Owner,
        kind: Kind,
        range: (i64, i64),
    ) -> Result<Vec<String>, Errno> {
        let command = match owner {
            Owner::Process => libc::F_GETLK,
            Owner::File => libc::F_OFD_GETLK,
        };
        let op = format!("test {owner:?} lock {} {kind:?} {range:?}", self.name());
        self.dir().step(op, || {
            let lock = record_lock(self, command, kind, range)?;
            let holder = match lock.l_pid {
                -1 => "a file",
                pid if pid == std::process::id() as i32 => "this process",
                _ => "nobody",
            };
            Ok(vec![format!(
                "{:?} {} {} of {holder}",
                Kind::of(lock.l_type.into()),
                lock.l_start,
                lock.l_len
            )])
        })
    }

    /// The locks of the open file in /proc, without the numbers of process, device and inode.
    pub fn lock_lines(&self) -> Result<Vec<String>, Errno> {
        let op = format!("locks of {} in /proc", self.name());
        self.dir().step(op, || {
            let path = format!("/proc/thread-self/fdinfo/{}", self.as_fd().as_raw_fd());
            let text = std::fs::read_to_string(path).map_err(|_| Errno::IO)?;
            let lines = text.lines().filter(|line| line.starts_with("lock:"));
            let without_numbers = |line: &str| {
                let words: Vec<&str> = line.split_whitespace().collect();
                format!("{} of {}", words[2..5].join(" "), words[7..].join(" "))
            };
            Ok(lines.map(without_numbers).collect())
        })
    }

    /// F_SETLEASE of fcntl(2).
    pub fn set_lease(&self, kind: Kind) -> Result<(), Errno> {
        let op = format!("lease {} {kind:?}", self.name());
        self.dir()
            .step(op, || control(self, libc::F_SETLEASE, kind.raw()).map(drop))
    }

    /// F_GETLEASE of fcntl(2).
    pub fn lease(&self) -> Result<Vec<String>, Errno> {
        let op = format!("lease of {}", self.name());
        self.dir().step(op, || {
            Ok(vec![format!(
                "{:?}",
                Kind::of(control(self, libc::F_GETLEASE, 0)?)
            )])
        })
    }

    /// F_SETDELEG of fcntl(2), which kernels have since 6.19.
    pub fn set_delegation(&self, kind: Kind) -> Result<(), Errno> {
        const F_SETDELEG: i32 = 1024 + 16;

        let op = format!("delegation {} {kind:?}", self.name());
        self.dir().step(op, || {
            // `struct delegation`: flags, type, padding.
            let delegation: (u32, u16, u16) = (0, kind.raw() as u16, 0);
            let words = [delegation.0, u32::from(delegation.1)];
            let fd = self.as_fd().as_raw_fd();
            // SAFETY: The command reads 8 bytes.
            match unsafe { libc::fcntl(fd, F_SETDELEG, words.as_ptr()) } {
                0 => Ok(()),
                _ => Err(last_errno()),
            }
        })
    }

    /// Sends the signals of the file's lease to this thread, where they are blocked.
    pub fn send_signals_here(&self, signal: Option<i32>) -> Result<(), Errno> {
        let op = format!("signals of {}", self.name());
        self.dir().step(op, || {
            block(signal.unwrap_or(libc::SIGIO))?;
            if let Some(signal) = signal {
                control(self, F_SETSIG, signal)?;
            }
            // `struct f_owner_ex` with `F_OWNER_TID`.
            let owner = [0, rustix::thread::gettid().as_raw_nonzero().get()];
            // SAFETY: The command reads the two integers.
            match unsafe { libc::fcntl(self.as_fd().as_raw_fd(), F_SETOWN_EX, owner.as_ptr()) } {
                0 => Ok(()),
                _ => Err(last_errno()),
            }
        })
    }

    /// Waits for a signal of the file's lease. Records whether it came, and with the file's
    /// descriptor.
    pub fn await_signal(&self, signal: Option<i32>) -> Result<Vec<String>, Errno> {
        let op = format!("signal of {}", self.name());
        self.dir().step(op, || {
            // SAFETY: The structures are plain data, for which zero is valid; the calls get
            // pointers to them.
            unsafe {
                let mut set: libc::sigset_t = zeroed();
                let mut info: libc::siginfo_t = zeroed();
                libc::sigaddset(&raw mut set, signal.unwrap_or(libc::SIGIO));
                let limit = libc::timespec {
                    tv_sec: CHILD_TIMEOUT.as_secs() as i64,
                    tv_nsec: 0,
                };
                if libc::sigtimedwait(&set, &raw mut info, &limit) < 0 {
                    return Err(last_errno());
                }
                // `si_fd` follows the three integers of the head, their padding, and `si_band`.
                let fd = (&raw const info).cast::<i32>().add(6).read();
                let is_ours = fd == self.as_fd().as_raw_fd();
                Ok(vec![match signal {
                    Some(_) => format!("with its descriptor: {is_ours}"),
                    None => "SIGIO".to_owned(),
                }])
            }
        })
    }
}

/// Drops a signal that is pending for this thread or the process, and blocked in this thread.
pub fn drop_signal(signal: i32) {
    // SAFETY: The structures are plain data, for which zero is valid; the calls get pointers to
    // them.
    unsafe {
        let mut set: libc::sigset_t = zeroed();
        libc::sigaddset(&raw mut set, signal);
        let now: libc::timespec = zeroed();
        while libc::sigtimedwait(&set, ptr::null_mut(), &now) >= 0 {}
    }
}

/// Blocks a signal in this thread.
fn block(signal: i32) -> Result<(), Errno> {
    // SAFETY: The set is plain data, for which zero is valid; the calls get pointers to it.
    let status = unsafe {
        let mut set: libc::sigset_t = zeroed();
        libc::sigaddset(&raw mut set, signal);
        libc::pthread_sigmask(libc::SIG_BLOCK, &set, ptr::null_mut())
    };
    match status {
        0 => Ok(()),
        errno => Err(Errno::from_raw_os_error(errno)),
    }
}

/// Gives this thread descriptors of its own: it then owns other POSIX locks than the process.
pub fn own_descriptors() -> Result<(), Errno> {
    // SAFETY: The call has no memory arguments.
    match unsafe { libc::unshare(libc::CLONE_FILES) } {
        0 => Ok(()),
        _ => Err(last_errno()),
    }
}

/// Runs `waiting` in a thread, and `meanwhile` in this one. Returns the result of `waiting`, which
/// has to end once `meanwhile` has, and the thread with it.
pub fn while_waiting<R: Send>(
    waiting: impl FnOnce() -> Result<R, Errno> + Send,
    meanwhile: impl FnOnce() -> Result<(), Errno>,
) -> Result<R, Errno> {
    let result = thread::scope(|scope| {
        let thread = scope.spawn(|| (rustix::thread::gettid(), waiting()));
        let done = meanwhile();
        let (id, result) = thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (id, done.and(result))
    });
    await_end(result.0);
    result.1
}

/// Waits until the kernel has ended a thread, and closed its descriptors if it has own ones. That
/// may be after the thread was joined.
fn await_end(thread: Pid) {
    let directory = format!("/proc/self/task/{}", thread.as_raw_nonzero());
    let started = Instant::now();
    while Path::new(&directory).exists() && started.elapsed() < CHILD_TIMEOUT {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Makes a signal do nothing but interrupt system calls, or not even that.
pub fn handle(signal: i32, interrupts: bool) {
    extern "C" fn ignore(_signal: i32) {}

    // SAFETY: The structure is plain data, for which zero is valid. The handler does nothing.
    unsafe {
        let mut action: libc::sigaction = zeroed();
        action.sa_sigaction = ignore as *const () as usize;
        action.sa_flags = if interrupts { 0 } else { libc::SA_RESTART };
        libc::sigaction(signal, &action, ptr::null_mut());
    }
}

/// Runs `waiting` in a thread, and interrupts it with signals until it returns.
pub fn interrupted<R: Send>(waiting: impl FnOnce() -> Result<R, Errno> + Send) -> Result<R, Errno> {
    handle(libc::SIGUSR2, true);
    let ended = AtomicBool::new(false);
    let mut outcome = Err(Errno::IO);
    let (sender, receiver) = channel();
    let (result_sender, results) = channel();
    while_waiting(
        || {
            // SAFETY: The call has no arguments.
            let _ = sender.send(unsafe { libc::pthread_self() });
            let _ = result_sender.send(waiting());
            // The thread stays until it is no longer interrupted.
            while !ended.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        },
        || {
            let thread = receiver.recv().map_err(|_| Errno::IO)?;
            let result = loop {
                match results.recv_timeout(Duration::from_millis(10)) {
                    Ok(result) => break result,
                    Err(RecvTimeoutError::Disconnected) => break Err(Errno::IO),
                    // SAFETY: The thread stays until `ended`.
                    Err(RecvTimeoutError::Timeout) => unsafe {
                        libc::pthread_kill(thread, libc::SIGUSR2);
                    },
                }
            };
            ended.store(true, Ordering::SeqCst);
            outcome = result;
            Ok(())
        },
    )?;
    outcome
}
