// SPDX-License-Identifier: GPL-2.0

//! What was removed above gives its space back.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::statvfs;

use crate::race::{Race, Rounds};

pub const RACE: Race = Race {
    name: "space",
    about: "directories and files that were removed above free their inodes below",
    rounds: 500,
    special: false,
    run,
};

/// How long the last put of a file may be put off.
const LATER: Duration = Duration::from_secs(10);

/// Fewer than this may stay for other reasons.
const FEW: u64 = 10;

fn run(rounds: &mut Rounds<'_>) {
    let place = rounds.place.make("space");
    let free = || {
        statvfs(&place.below)
            .expect("the filesystem has figures")
            .f_ffree
    };
    let before = free();
    let (d, f) = (place.above.join("d"), place.above.join("f"));
    while rounds.next() {
        let done = fs::create_dir(&d)
            .map(|()| fs::symlink_metadata(d.join("none")))
            .and_then(|_| fs::remove_dir(&d))
            .and_then(|()| fs::write(&f, ""))
            .and_then(|()| fs::remove_file(&f));
        rounds.note(done.err().map(|error| error.to_string()));
    }
    let begin = Instant::now();
    while before.saturating_sub(free()) >= FEW && begin.elapsed() < LATER {
        thread::sleep(Duration::from_millis(100));
    }
    let kept = before.saturating_sub(free());
    rounds.expect(kept < FEW, || {
        format!("{kept} inodes of what was removed are in use still")
    });
}
