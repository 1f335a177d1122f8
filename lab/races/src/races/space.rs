// SPDX-License-Identifier: GPL-2.0

//! Files and directories that were removed above free their space.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::statvfs;

use crate::race::{Race, Rounds};

pub const RACE: Race = Race {
    name: "space",
    description: "directories and files that were removed above free their lower inodes",
    rounds: 500,
    explicit: false,
    body: run,
};

/// After this time the inodes of removed files count as never freed.
const LIMIT: Duration = Duration::from_secs(600);

/// Fewer inodes than this may stay in use for other reasons.
const TOLERATED: u64 = 10;

fn run(rounds: &mut Rounds<'_>) {
    let layers = rounds.layers.make("space");
    let free = || {
        statvfs(&layers.below)
            .expect("statvfs below succeeds")
            .f_ffree
    };
    let before = free();
    let (d, f) = (layers.above.join("d"), layers.above.join("f"));
    while rounds.next() {
        let done = fs::create_dir(&d)
            .map(|()| fs::symlink_metadata(d.join("none")))
            .and_then(|_| fs::remove_dir(&d))
            .and_then(|()| fs::write(&f, ""))
            .and_then(|()| fs::remove_file(&f));
        rounds.record(done.err().map(|error| error.to_string()));
    }
    let begin = Instant::now();
    while before.saturating_sub(free()) >= TOLERATED && begin.elapsed() < LIMIT {
        thread::sleep(Duration::from_millis(100));
    }
    let kept = before.saturating_sub(free());
    rounds.expect(kept < TOLERATED, || {
        format!("{kept} inodes are still in use after the removal")
    });
}
