// SPDX-License-Identifier: GPL-2.0

//! Timestamps. Two directories never have equal ones, so a trace holds how an operation moved them.

use std::cmp::Ordering;

use rustix::fs::{lstat, Stat, Timespec, Timestamps};
use rustix::io::Errno;

use crate::clock;
use crate::test_dir::{wait_for_clock_tick, TestDir};

/// Seconds and nanoseconds.
type Timestamp = (i64, u64);

fn timestamps(stat: &Stat) -> [(&'static str, Timestamp); 3] {
    // The widths of these fields differ between architectures.
    #[allow(clippy::unnecessary_cast)]
    let timestamps = [
        ("atime", (stat.st_atime as i64, stat.st_atime_nsec as u64)),
        ("mtime", (stat.st_mtime as i64, stat.st_mtime_nsec as u64)),
        ("ctime", (stat.st_ctime as i64, stat.st_ctime_nsec as u64)),
    ];
    timestamps
}

impl TestDir<'_> {
    /// Performs `operation` and records for each timestamp of `name` whether it advanced, was left,
    /// or was set back. `what` names the operation in the trace.
    pub fn record_times<R>(
        &self,
        what: &str,
        name: &str,
        operation: impl FnOnce() -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        let before = lstat(self.path(name))?;
        // A case may have set the other two. The change time is always the kernel's own, and shows
        // whether the filesystem keeps nanoseconds.
        wait_for_clock_tick(timestamps(&before)[2].1);
        let result = operation()?;
        let after = lstat(self.path(name))?;
        let pairs = timestamps(&before).into_iter().zip(timestamps(&after));
        let moves = pairs.skip(usize::from(!self.compares_access_times())).map(
            |((timestamp, old), (_, new))| {
                let verb = match new.cmp(&old) {
                    Ordering::Greater => "advanced",
                    Ordering::Equal => "left",
                    Ordering::Less => "set back",
                };
                format!("{timestamp} {verb}")
            },
        );
        self.record(
            format!("{what}: the times of {name}"),
            &moves.collect::<Vec<_>>().join(", "),
        );
        Ok(result)
    }
}

/// A time in whole seconds since 1970.
pub const fn seconds(seconds: i64) -> Timespec {
    Timespec {
        tv_sec: seconds,
        tv_nsec: 0,
    }
}

/// Times of 2001 after which reading sets the access time, also with relatime: the last access lies
/// before the last modification.
pub const ATIME_DUE: Timestamps = Timestamps {
    last_access: seconds(1_000_000_000),
    last_modification: seconds(1_000_000_001),
};

/// Times after which reading does not set the access time with relatime. The last access lies an
/// hour in the future. So it is later than each change, and less than a day old: after a day
/// relatime would set it again.
pub fn atime_not_due() -> Timestamps {
    let now = clock::reading(libc::CLOCK_REALTIME).0;
    Timestamps {
        last_access: seconds(now + 3_600),
        ..ATIME_DUE
    }
}
