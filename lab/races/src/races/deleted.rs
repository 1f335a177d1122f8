// SPDX-License-Identifier: GPL-2.0

//! The kernel never reports an open file or working directory as deleted because a directory above
//! it is renamed.

use std::env;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::sync::Mutex;

use crate::race::{Race, Rounds};
use crate::threads;

pub const RACE: Race = Race {
    name: "deleted",
    description:
        "an open file and the working directory have a valid path while their directory is renamed above",
    rounds: 4000,
    explicit: false,
    body: run,
};

fn run(rounds: &mut Rounds<'_>) {
    let layers = rounds.layers.make("deleted");
    let [d, e] = ["d", "e"].map(|name| layers.above.join(name));
    fs::create_dir(&d).expect("mkdir above succeeds");
    let file = File::create(d.join("f")).expect("creating a file above succeeds");
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    env::set_current_dir(&d).expect("chdir to the directory succeeds");
    let names = [d.join("x"), e.join("x"), d.join("f"), e.join("f")];
    let valid = [d.clone(), e.clone(), d.join("f"), e.join("f")];
    let failures = Mutex::new(Vec::new());
    let look_up = || {
        for name in &names {
            let _ = fs::symlink_metadata(name);
        }
        for (what, path) in [
            ("the file", fs::read_link(&link)),
            ("getcwd", env::current_dir()),
        ] {
            let path = match path {
                Ok(path) if valid.contains(&path) => continue,
                Ok(path) => path.display().to_string(),
                Err(error) => error.to_string(),
            };
            failures.lock().unwrap().push(format!("{what}: {path}"));
        }
    };
    threads::with_background(look_up, 2, || {
        while rounds.next() {
            let renamed = fs::rename(&d, &e).and_then(|()| fs::rename(&e, &d));
            rounds.record(renamed.err().map(|error| format!("rename: {error}")));
            for failure in failures.lock().unwrap().drain(..) {
                rounds.record(Some(failure));
            }
        }
    });
    env::set_current_dir("/").expect("chdir to the root succeeds");
}
