// SPDX-License-Identifier: GPL-2.0

//! A race can hang in the kernel, where no signal ends it. Each race therefore runs in a child
//! process. If it does not end in time, the watchdog prints the kernel stacks of its tasks.

use std::env;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use base0fs_selftest::tasks;

use crate::race::{Limits, Race};

/// The environment variable that passes the name of the race to the child.
pub const RACE_VARIABLE: &str = "BASE0FS_RACE";

/// The time beyond its limit that a race gets for its last round and final checks.
const GRACE: Duration = Duration::from_secs(600);

/// The time that a killed process gets to end.
const KILL_LIMIT: Duration = Duration::from_secs(120);

/// Runs the race in a child process with the arguments of this program. Returns whether it passed.
pub fn run(race: &Race, limits: &Limits) -> bool {
    let program = env::current_exe().expect("the path of this program is known");
    let mut child = Command::new(program)
        .args(env::args_os().skip(1))
        .env(RACE_VARIABLE, race.name)
        .process_group(0)
        .spawn()
        .expect("this program can be executed");
    if let Some(status) = wait(&mut child, limits.time + GRACE) {
        // With these codes the race has printed its result itself.
        if !matches!(status.code(), Some(0 | 1)) {
            println!("not ok - {}: its process ended with {status}", race.name);
        }
        return status.success();
    }
    println!("# {} does not end; the stacks of its tasks:", race.name);
    print_stacks(child.id());
    let _ = child.kill();
    let killed = match wait(&mut child, KILL_LIMIT) {
        Some(_) => "SIGKILL ended it",
        None => "SIGKILL does not end it",
    };
    println!(
        "not ok - {}: it did not end in {} s; {killed}",
        race.name,
        (limits.time + GRACE).as_secs()
    );
    false
}

/// Waits for the child for at most `limit`.
pub fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return Some(status);
        }
        if begin.elapsed() > limit {
            return None;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Prints the kernel stack of each task in the process and in others of its process group, if
/// `process` leads one.
pub fn print_stacks(process: u32) {
    let group = |process: u32| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let (_, rest) = stat.rsplit_once(')')?;
        rest.split_whitespace().nth(2)?.parse::<u32>().ok()
    };
    let own = group(process);
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    for id in ids.filter(|id| *id == process || (own == Some(process) && group(*id) == own)) {
        for line in tasks::stacks(id) {
            println!("# {line}");
        }
    }
}
