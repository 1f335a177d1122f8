// SPDX-License-Identifier: GPL-2.0

//! A race may hang in the kernel, where no signal ends it. Each runs in a child, and a watchdog tells of one that
//! does not end, with what its tasks wait for.

use std::env;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use crate::race::{Limits, Race};

/// The variable that names the race to a child.
pub const CHILD: &str = "BASE0FS_RACE";

/// How much longer than its limit a race may take for its last round and the looks at the end.
const GRACE: Duration = Duration::from_secs(60);

/// How long a killed process may take to end.
const LAST: Duration = Duration::from_secs(20);

/// Runs the race with this program's own arguments, and says if it passed.
pub fn run(race: &Race, limits: &Limits) -> bool {
    let program = env::current_exe().expect("this program can find itself");
    let mut child = Command::new(program)
        .args(env::args_os().skip(1))
        .env(CHILD, race.name)
        .process_group(0)
        .spawn()
        .expect("this program can be run again");
    if let Some(status) = wait(&mut child, limits.time + GRACE) {
        // A race prints its own result before it ends by these.
        if !matches!(status.code(), Some(0 | 1)) {
            println!("not ok - {}: its process ended with {status}", race.name);
        }
        return status.success();
    }
    println!("# {} does not end; its tasks:", race.name);
    tell(child.id());
    let _ = child.kill();
    let killed = match wait(&mut child, LAST) {
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

/// Waits for a child, but not longer than `limit`.
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

/// Prints the kernel's stack of each task of a process and of those that it started.
pub fn tell(process: u32) {
    let group = |process: u32| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let (_, rest) = stat.rsplit_once(')')?;
        rest.split_whitespace().nth(2)?.parse::<u32>().ok()
    };
    let own = group(process);
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    for id in ids.filter(|id| *id == process || (own == Some(process) && group(*id) == own)) {
        tell_tasks(id);
    }
}

fn tell_tasks(process: u32) {
    let Ok(tasks) = fs::read_dir(format!("/proc/{process}/task")) else {
        return;
    };
    for task in tasks.flatten() {
        let read = |name: &str| fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let frames = read("stack");
        let frames: Vec<_> = frames
            .lines()
            .filter_map(|line| line.split_whitespace().nth(1)?.split('+').next())
            .take(14)
            .collect();
        println!(
            "# task {} of {process}: {}",
            read("comm").trim(),
            frames.join(" < ")
        );
    }
}
