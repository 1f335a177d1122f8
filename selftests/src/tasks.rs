// SPDX-License-Identifier: GPL-2.0

//! What the tasks of a process are doing in the kernel, as /proc shows it.

use std::fs;
use std::path::{Path, PathBuf};

/// How many times in a row a process has to be seen asleep, without a moment of running in between,
/// before it counts as hanging. [`Observer::look`] is called every few seconds.
const ASLEEP: u32 = 30;

/// How many times it can be looked at before it hangs even if it runs: it may run forever.
const RUNNING: u32 = 720;

/// Observes a process that does not answer.
///
/// A clock alone does not tell a process that hangs from one that is slow, on a machine that is slow
/// itself. A process that hangs makes no progress while others do.
#[derive(Debug)]
pub struct Observer {
    process: u32,
    progress: Option<Vec<String>>,
    unchanged: u32,
    looks: u32,
}

impl Observer {
    /// Observes this process.
    pub fn new(process: u32) -> Self {
        Self {
            process,
            progress: None,
            unchanged: 0,
            looks: 0,
        }
    }

    /// Looks once. Returns where the tasks are if the process hangs.
    pub fn look(&mut self) -> Option<String> {
        let progress = Some(progress(self.process));
        self.unchanged = match self.progress == progress {
            true => self.unchanged + 1,
            false => 0,
        };
        (self.progress, self.looks) = (progress, self.looks + 1);
        let hangs = self.unchanged >= ASLEEP || self.looks >= RUNNING;
        hangs.then(|| stacks(self.process).join("\n"))
    }
}

/// What changes when a task of the process runs.
fn progress(process: u32) -> Vec<String> {
    let tasks = tasks(process);
    tasks.iter().map(|task| progress_of(task)).collect()
}

/// What changes when a task runs: the time for which it has run, and how often it has begun to.
fn progress_of(task: &Path) -> String {
    let read = |name: &str| fs::read_to_string(task.join(name)).unwrap_or_default();
    let status = read("status");
    let switches = status.lines().filter(|line| line.contains("ctxt_switches"));
    format!("{} {}", read("schedstat"), switches.collect::<String>())
}

/// The directories of the tasks of a process.
fn tasks(process: u32) -> Vec<PathBuf> {
    let entries = fs::read_dir(format!("/proc/{process}/task"));
    let entries = entries.into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// Where each task of the process is: its name, its state, and its kernel stack, or what it waits for
/// if this kernel shows no stacks.
pub fn stacks(process: u32) -> Vec<String> {
    let describe = |task: &PathBuf| {
        let read = |name: &str| fs::read_to_string(task.join(name)).unwrap_or_default();
        let (stack, status) = (read("stack"), read("status"));
        let frames = stack
            .lines()
            .filter_map(|line| line.split_whitespace().nth(1)?.split('+').next());
        let frames: Vec<&str> = frames.take(FRAMES).collect();
        let place = match frames.is_empty() {
            true => read("wchan"),
            false => frames.join(" < "),
        };
        let state = status.lines().find_map(|line| line.strip_prefix("State:"));
        format!(
            "task {} of {process}, {}: {place}",
            read("comm").trim(),
            state.unwrap_or("without a state").trim()
        )
    };
    tasks(process).iter().map(describe).collect()
}

/// How many functions of a stack are shown.
const FRAMES: usize = 14;

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// How often a process is looked at until it counts as hanging, at most `limit` times.
    fn looks(child: &Child, limit: u32) -> u32 {
        let mut observer = Observer::new(child.id());
        (1..limit)
            .find(|_| observer.look().is_some())
            .unwrap_or(limit)
    }

    #[test]
    fn only_a_process_that_does_not_run_hangs_soon() {
        // `cat` sleeps in read(2) when it has come so far.
        let mut asleep = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        while !stacks(asleep.id()).join("").contains("S (sleeping)") {
            std::thread::yield_now();
        }
        assert!(looks(&asleep, 10_000) < RUNNING);
        let mut running = Command::new("sh")
            .args(["-c", "while :; do :; done"])
            .spawn()
            .unwrap();
        let begin = Observer::new(running.id()).look();
        assert_eq!(begin, None);
        let mut observer = Observer::new(running.id());
        for _ in 0..2 * ASLEEP {
            let before = progress(running.id());
            while progress(running.id()) == before {
                std::thread::yield_now();
            }
            assert_eq!(observer.look(), None);
        }
        for child in [&mut asleep, &mut running] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}
