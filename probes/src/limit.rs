// SPDX-License-Identifier: GPL-2.0

//! Running a program for a limited time.

use std::fs;
use std::io::{self, Read};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// How long one run of the compiler may take. A run takes a second, and on a machine that is busy or
/// emulated minutes.
pub(crate) const USUAL: Duration = Duration::from_secs(600);

/// Runs `command` to its end, and returns what it printed; `None` if it has not ended within
/// `limit`. Then it was killed, with everything that it had started.
pub(crate) fn output(command: &mut Command, limit: Duration) -> io::Result<Option<Output>> {
    let end = Instant::now() + limit;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (stdout, stderr) = (reader(child.stdout.take()), reader(child.stderr.take()));
    let left = || end.saturating_duration_since(Instant::now());
    let printed = stdout.recv_timeout(left()).and_then(|stdout| {
        let stderr = stderr.recv_timeout(left())?;
        Ok((stdout, stderr))
    });
    let Ok((stdout, stderr)) = printed else {
        kill(&mut child);
        return Ok(None);
    };
    // It has closed its output, so it is about to end.
    while child.try_wait()?.is_none() {
        if left().is_zero() {
            kill(&mut child);
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(Some(Output {
        status: child.wait()?,
        stdout: stdout?,
        stderr: stderr?,
    }))
}

/// Reads everything from `source` in another thread.
fn reader(source: Option<impl Read + Send + 'static>) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut read = Vec::new();
        let result = source.map_or(Ok(0), |mut source| source.read_to_end(&mut read));
        // Nobody receives it after the time has passed.
        _ = sender.send(result.map(|_| read));
    });
    receiver
}

/// Kills the process and its descendants. A wrapper that is a script does not pass a signal on.
fn kill(child: &mut Child) {
    let mut killed = vec![child.id()];
    let parents: Vec<(u32, u32)> = processes();
    let mut at = 0;
    while let Some(parent) = killed.get(at).copied() {
        let children = parents.iter().filter(|(_, of)| *of == parent);
        killed.extend(children.map(|(id, _)| *id));
        at += 1;
    }
    let ids = killed.iter().map(u32::to_string);
    // What has ended meanwhile cannot be killed, and need not be.
    _ = Command::new("sh")
        .args(["-c", "kill -9 \"$@\"", "sh"])
        .args(ids)
        .stderr(Stdio::null())
        .status();
    _ = child.kill();
    _ = child.wait();
}

/// Each process, and its parent.
fn processes() -> Vec<(u32, u32)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let found = entries.filter_map(|entry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // The name in parentheses may contain blanks. The state and the parent follow.
        let parent = stat.rsplit(") ").next()?.split(' ').nth(1)?;
        Some((id, parent.parse().ok()?))
    });
    found.collect()
}
