// SPDX-License-Identifier: GPL-2.0

//! Memory is reclaimed while the lower filesystem is frozen. No task may wait for the thaw while it
//! holds what the thaw needs.

use std::fs::{self, File};
use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::freeze::fsfreeze;
use crate::layers::Layers;
use crate::race::{Race, Rounds};
use crate::watchdog;

pub const RACE: Race = Race {
    name: "reclaim",
    description:
        "reclaim on a frozen lower filesystem does not prevent the thaw (ext4, on /dev/vda)",
    rounds: usize::MAX,
    explicit: true,
    body: run,
};

/// How many cached files or directories reclaim finds.
const COUNT: usize = 500;

/// Each way to make the kernel reclaim: name, shell text and time limit.
const RECLAIMS: &[(&str, &str, Duration)] = &[
    (
        "drop_caches",
        "echo 2 >/proc/sys/vm/drop_caches",
        Duration::from_secs(20),
    ),
    ("memory pressure", PRESSURE, Duration::from_secs(600)),
];

/// Fills memory with a tmpfs, which cannot be reclaimed, and then reads more than the rest. The OOM
/// killer does not run, because the pages that were read can be reclaimed.
const PRESSURE: &str = "
    if mkdir /tmp/full 2>/dev/null; then
        free=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
        mount -t tmpfs -o size=100% full /tmp/full && dd if=/dev/zero of=/tmp/full/it bs=1M count=$((free - 200)) || exit
    fi
    exec dd if=/dev/vda of=/dev/null bs=1M count=300";

/// Makes the leftover with that number.
type MakeLeftover = fn(&Layers, usize) -> io::Result<()>;

/// Removed files and directories that the mount still has cached.
const LEFTOVERS: &[(&str, MakeLeftover)] = &[
    (
        "directories removed above, with a negative dentry in them",
        |layers, _| {
            let d = layers.above.join("d");
            fs::create_dir(&d)?;
            let _ = fs::symlink_metadata(d.join("none"));
            fs::remove_dir(&d)
        },
    ),
    ("files removed below, cached above", |layers, number| {
        let name = format!("f{number}");
        fs::write(layers.below.join(&name), "content")?;
        File::open(layers.above.join(&name))?.read_exact(&mut [0])?;
        fs::remove_file(layers.below.join(&name))
    }),
    (
        "directories removed below, cached above",
        |layers, number| {
            let name = format!("d{number}");
            fs::create_dir(layers.below.join(&name))?;
            let _ = fs::symlink_metadata(layers.above.join(&name).join("none"));
            fs::remove_dir(layers.below.join(&name))
        },
    ),
];

fn run(rounds: &mut Rounds<'_>) {
    let lower = rounds.layers.below.clone();
    for (reclaim, text, limit) in RECLAIMS {
        for (leftover, make) in LEFTOVERS {
            if !rounds.next() {
                return rounds.record(Some(format!(
                    "the time limit ended the race before {reclaim} with {leftover}"
                )));
            }
            let layers = rounds.layers.make("reclaim");
            for number in 0..COUNT {
                make(&layers, number).expect("making the leftovers succeeds");
            }
            rustix::fs::sync();
            if let Err(error) = fsfreeze("--freeze", &lower) {
                return rounds.record(Some(error));
            }
            let mut child = Command::new("sh")
                .args(["-c", text])
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("sh can be executed");
            let ended = watchdog::wait(&mut child, *limit);
            if ended.is_none() {
                watchdog::print_stacks(child.id());
            }
            rounds.expect(ended.is_some_and(|status| status.success()), || {
                format!("{leftover}: {reclaim} on a frozen filesystem ended with {ended:?}")
            });
            if let Err(error) = fsfreeze("--unfreeze", &lower) {
                return rounds.record(Some(format!("{leftover}: after {reclaim} {error}")));
            }
            let _ = child.wait();
        }
    }
}
