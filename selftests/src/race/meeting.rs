// SPDX-License-Identifier: GPL-2.0

//! Where the tasks of a round meet: a page of memory that all of them share. Each one arrives, waits
//! until all are there, and then goes on at once or a little later.

use std::fs::File;
use std::hint;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fd::{AsRawFd, OwnedFd};
use rustix::fs::{ftruncate, memfd_create, MemfdFlags};
use rustix::io::Errno;
use rustix::mm::{mmap, MapFlags, ProtFlags};

/// How much memory is shared.
const PAGE: usize = 4_096;

/// The shared memory. A new page is zero, which all members allow.
#[repr(C)]
struct Board {
    /// How many tasks have arrived in this round.
    arrived: AtomicU32,
    /// How many of the two that race have ended.
    ended: AtomicU32,
}

/// A process's view of the shared memory.
pub struct Meeting(&'static Board);

/// When a task goes on after all have arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delay {
    /// For how long it spins.
    pub nanoseconds: u64,
    /// How often it gives up its processor.
    pub yields: u32,
}

impl Meeting {
    /// Makes the shared memory. The descriptor is for [`Self::path`].
    pub fn new() -> Result<(Self, OwnedFd), Errno> {
        let memory = memfd_create(c"meeting", MemfdFlags::CLOEXEC)?;
        ftruncate(&memory, PAGE as u64)?;
        Ok((Self::of(&memory)?, memory))
    }

    /// The path by which other processes find the memory of this one.
    pub fn path(memory: &OwnedFd) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), memory.as_raw_fd())
    }

    /// The memory at `path`, which another process has made.
    pub fn open(path: &Path) -> Result<Self, Errno> {
        let file = File::options().read(true).write(true).open(path);
        let file = file.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        Self::of(&file.into())
    }

    fn of(memory: &OwnedFd) -> Result<Self, Errno> {
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
        // SAFETY: With a null address and no MAP_FIXED, the kernel picks an unused range.
        let address = unsafe { mmap(ptr::null_mut(), PAGE, protection, flags, memory, 0) }?;
        // SAFETY: The mapping is a whole page of an ordinary file in memory, so it is aligned, large
        // enough, and never ends: nobody unmaps it, and nobody makes the file shorter. Every value
        // is a valid `Board`. All processes access it by these atomics only.
        Ok(Self(unsafe { &*address.cast::<Board>() }))
    }

    /// Begins a round: nobody has arrived.
    pub fn begin(&self) {
        self.0.ended.store(0, Ordering::Release);
        self.0.arrived.store(0, Ordering::Release);
    }

    /// Arrives, waits until `all` have, and then for the delay.
    pub fn arrive(&self, all: u32, delay: Delay) {
        self.0.arrived.fetch_add(1, Ordering::AcqRel);
        let mut turns = 0_u32;
        while self.0.arrived.load(Ordering::Acquire) < all {
            turns = turns.wrapping_add(1);
            // Another task may need this processor.
            if turns % 1_024 == 0 {
                thread::yield_now();
            }
            hint::spin_loop();
        }
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_nanos(delay.nanoseconds) {
            hint::spin_loop();
        }
        for _ in 0..delay.yields {
            thread::yield_now();
        }
    }

    /// Says that a racing task has ended.
    pub fn end(&self) {
        self.0.ended.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether both racing tasks have ended.
    pub fn is_over(&self) -> bool {
        self.0.ended.load(Ordering::Acquire) >= 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_go_on_after_the_last_one_has_arrived() {
        let (meeting, memory) = Meeting::new().unwrap();
        let other = Meeting::open(Path::new(&Meeting::path(&memory))).unwrap();
        for _ in 0..3 {
            meeting.begin();
            assert!(!meeting.is_over());
            let order = AtomicU32::new(0);
            thread::scope(|scope| {
                scope.spawn(|| {
                    other.arrive(2, Delay::default());
                    assert_eq!(order.load(Ordering::Acquire), 1);
                    other.end();
                });
                order.store(1, Ordering::Release);
                let delay = Delay {
                    nanoseconds: 1_000,
                    yields: 2,
                };
                meeting.arrive(2, delay);
                meeting.end();
            });
            assert!(meeting.is_over());
        }
    }
}
