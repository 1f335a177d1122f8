// SPDX-License-Identifier: GPL-2.0

//! Time stamps, told by what an operation does to them, since no two worlds share a clock reading.

use std::cmp::Ordering;

use rustix::fs::{lstat, Stat};
use rustix::io::Errno;

use crate::world::{next_tick, World};

type Stamp = (i64, u64);

fn stamps(stat: &Stat) -> [(&'static str, Stamp); 3] {
    // The widths of these fields differ between architectures.
    #[allow(clippy::unnecessary_cast)]
    let stamps = [
        ("atime", (stat.st_atime as i64, stat.st_atime_nsec as u64)),
        ("mtime", (stat.st_mtime as i64, stat.st_mtime_nsec as u64)),
        ("ctime", (stat.st_ctime as i64, stat.st_ctime_nsec as u64)),
    ];
    stamps
}

impl World<'_> {
    /// Performs `act` and records which time stamps of `name` it advanced, set back or left.
    pub fn stamped<R>(
        &self,
        what: &str,
        name: &str,
        act: impl FnOnce() -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        let before = lstat(self.path(name))?;
        // The change time is the kernel's own, the others may have been set.
        next_tick(stamps(&before)[2].1);
        let result = act()?;
        let after = lstat(self.path(name))?;
        let moved =
            stamps(&before)
                .into_iter()
                .zip(stamps(&after))
                .map(|((stamp, old), (_, new))| {
                    let verb = match new.cmp(&old) {
                        Ordering::Greater => "advanced",
                        Ordering::Equal => "left",
                        Ordering::Less => "set back",
                    };
                    format!("{stamp} {verb}")
                });
        self.note(
            format!("{what}: the times of {name}"),
            &moved.collect::<Vec<_>>().join(", "),
        );
        Ok(result)
    }
}
