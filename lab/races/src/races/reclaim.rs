// SPDX-License-Identifier: GPL-2.0

//! Memory runs short, or is asked for, while the lower filesystem is frozen: nothing may wait for the thaw with
//! something that the thaw needs.

use std::fs::{self, File};
use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::freeze::fsfreeze;
use crate::place::Place;
use crate::race::{Race, Rounds};
use crate::watchdog;

pub const RACE: Race = Race {
    name: "reclaim",
    about:
        "memory is reclaimed while the lower filesystem is frozen, and it thaws (ext4, on /dev/vda)",
    rounds: usize::MAX,
    special: true,
    run,
};

/// How many files or directories are left for reclaim to find.
const LEFT: usize = 500;

/// What makes the kernel reclaim, as shell text; and how long it may take.
const RECLAIMS: &[(&str, &str, Duration)] = &[
    (
        "drop_caches",
        "echo 2 >/proc/sys/vm/drop_caches",
        Duration::from_secs(20),
    ),
    ("memory pressure", PRESSURE, Duration::from_secs(600)),
];

/// Fills memory with what nothing takes back, and reads more than is left. Nobody is killed for it, as what was read
/// can go again.
const PRESSURE: &str = "
    if mkdir /tmp/full 2>/dev/null; then
        free=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
        mount -t tmpfs -o size=100% full /tmp/full && dd if=/dev/zero of=/tmp/full/it bs=1M count=$((free - 200)) || exit
    fi
    exec dd if=/dev/vda of=/dev/null bs=1M count=300";

type Leave = fn(&Place, usize) -> io::Result<()>;

const LEAVINGS: &[(&str, Leave)] = &[
    (
        "directories removed above, with a name that was not found in them",
        |place, _| {
            let d = place.above.join("d");
            fs::create_dir(&d)?;
            let _ = fs::symlink_metadata(d.join("none"));
            fs::remove_dir(&d)
        },
    ),
    ("files removed below, while known above", |place, number| {
        let name = format!("f{number}");
        fs::write(place.below.join(&name), "content")?;
        File::open(place.above.join(&name))?.read_exact(&mut [0])?;
        fs::remove_file(place.below.join(&name))
    }),
    (
        "directories removed below, while known above",
        |place, number| {
            let name = format!("d{number}");
            fs::create_dir(place.below.join(&name))?;
            let _ = fs::symlink_metadata(place.above.join(&name).join("none"));
            fs::remove_dir(place.below.join(&name))
        },
    ),
];

fn run(rounds: &mut Rounds<'_>) {
    let lower = rounds.place.below.clone();
    for (reclaim, text, limit) in RECLAIMS {
        for (leaving, leave) in LEAVINGS {
            if !rounds.next() {
                return rounds.note(Some(format!(
                    "there was no time for {reclaim} after {leaving}"
                )));
            }
            let place = rounds.place.make("reclaim");
            for number in 0..LEFT {
                leave(&place, number).expect("what is to be left can be made and removed");
            }
            rustix::fs::sync();
            if let Err(wrong) = fsfreeze("--freeze", &lower) {
                return rounds.note(Some(wrong));
            }
            let mut child = Command::new("sh")
                .args(["-c", text])
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("a shell can be run");
            let ended = watchdog::wait(&mut child, *limit);
            if ended.is_none() {
                watchdog::tell(child.id());
            }
            rounds.expect(ended.is_some_and(|status| status.success()), || {
                format!("{leaving}: {reclaim} on a frozen filesystem ended with {ended:?}")
            });
            if let Err(wrong) = fsfreeze("--unfreeze", &lower) {
                return rounds.note(Some(format!("{leaving}: after {reclaim} {wrong}")));
            }
            let _ = child.wait();
        }
    }
}
