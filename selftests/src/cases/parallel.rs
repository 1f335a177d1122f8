// SPDX-License-Identifier: GPL-2.0

//! Several threads at once, above and below. The result does not depend on their order.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::thread;

use crate::case::{Case, Run};
use crate::outcome::{expect, Outcome};
use crate::test_dir::TestDir;

pub(super) const CASE: Case = Case {
    name: "parallel",
    about: "threads that append, create, rename, link and remove at once, above and below",
    risk: "data may be lost when several programs work at once",
    run: Run::Compared(run),
};

const THREADS: usize = 4;
const ROUNDS: usize = 15;

fn run(dir: &TestDir) -> Outcome {
    dir.mkdir("shared", 0o755)?;
    dir.write_file("log", b"")?;
    let (above, below) = (dir.path(""), dir.below().path(""));
    let hides_removed = !dir.removes_open_files();
    let results = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                // The last thread works in the lower directory.
                let root = if number + 1 == THREADS {
                    &below
                } else {
                    &above
                };
                scope.spawn(move || work(root, number, hides_removed))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread does not panic"))
            .collect::<Vec<_>>()
    });
    for result in results {
        result?;
    }

    let log = fs::read_to_string(dir.path("log"))?;
    let mut lines: Vec<String> = log.lines().map(str::to_owned).collect();
    lines.sort();
    expect("whole lines in the log", lines.len(), THREADS * ROUNDS)?;
    dir.record("the lines of all threads", &lines);
    dir.write_file("log", b"")?;
    for name in [".", "shared", "of-0", "of-1", "of-2", "of-3"] {
        dir.list(name)?;
    }
    dir.lstat("shared")?;
    Ok(())
}

/// The operations of one thread: on names of its own, where each has to succeed, and on shared
/// names, where another thread may have been faster. `hides_removed`: a file that another thread has
/// open gets a hidden name when it is removed, which cannot be removed.
fn work(root: &Path, number: usize, hides_removed: bool) -> io::Result<()> {
    let own = root.join(format!("of-{number}"));
    let shared = root.join("shared");
    fs::create_dir(&own)?;
    let mut log = OpenOptions::new().append(true).open(root.join("log"))?;
    for round in 0..ROUNDS {
        // One write for each line: only a single write appends atomically.
        log.write_all(format!("thread {number} round {round:04}\n").as_bytes())?;
        let (one, other) = (
            own.join(format!("{round}")),
            own.join(format!("{round}-renamed")),
        );
        fs::write(&one, format!("{number} {round}"))?;
        fs::rename(&one, &other)?;
        fs::hard_link(&other, &one)?;
        if fs::read_to_string(&one)? != format!("{number} {round}") {
            return Err(io::Error::other(
                "a file of this thread holds another thread's content",
            ));
        }
        fs::remove_file(if round % 2 == 0 { &one } else { &other })?;

        let (place, next) = (shared.join("contended"), shared.join("contended-next"));
        allow(fs::create_dir(&place), &[ErrorKind::AlreadyExists])?;
        allow(
            fs::write(place.join("inside"), "inside"),
            &[ErrorKind::NotFound, ErrorKind::StaleNetworkFileHandle],
        )?;
        let rename_errors = [
            ErrorKind::NotFound,
            ErrorKind::DirectoryNotEmpty,
            ErrorKind::AlreadyExists,
            // docs/behaviour.md: names that change below twice during a lookup.
            ErrorKind::StaleNetworkFileHandle,
        ];
        allow(fs::rename(&place, &next), &rename_errors)?;
        allow(fs::remove_file(next.join("inside")), &[ErrorKind::NotFound])?;
        allow(
            fs::remove_dir(&next),
            &[ErrorKind::NotFound, ErrorKind::DirectoryNotEmpty],
        )?;
        fs::metadata(&shared)?;
        fs::read_dir(&shared)?.try_for_each(|entry| entry.map(drop))?;
    }
    // Each thread removes what it finds, so that the last one leaves the shared directory empty.
    let mut errors = vec![ErrorKind::NotFound, ErrorKind::DirectoryNotEmpty];
    if hides_removed {
        errors.push(ErrorKind::ResourceBusy);
    }
    for name in ["contended", "contended-next"] {
        allow(fs::remove_dir_all(shared.join(name)), &errors)?;
    }
    Ok(())
}

/// Ignores errors of these kinds.
fn allow(result: io::Result<()>, kinds: &[ErrorKind]) -> io::Result<()> {
    match result {
        Err(error) if !kinds.contains(&error.kind()) => Err(error),
        _ => Ok(()),
    }
}
