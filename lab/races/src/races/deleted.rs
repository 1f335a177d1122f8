// SPDX-License-Identifier: GPL-2.0

//! An open file and a working directory under a directory that is renamed are never said to be deleted.

use std::env;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::sync::Mutex;

use crate::meeting;
use crate::race::{Race, Rounds};

pub const RACE: Race = Race {
    name: "deleted",
    about:
        "an open file and the working directory keep a name while their directory is renamed above",
    rounds: 4000,
    special: false,
    run,
};

fn run(rounds: &mut Rounds<'_>) {
    let place = rounds.place.make("deleted");
    let [d, e] = ["d", "e"].map(|name| place.above.join(name));
    fs::create_dir(&d).expect("a directory can be made above");
    let file = File::create(d.join("f")).expect("a file can be made above");
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    env::set_current_dir(&d).expect("the directory can be the working one");
    let names = [d.join("x"), e.join("x"), d.join("f"), e.join("f")];
    let right = [d.clone(), e.clone(), d.join("f"), e.join("f")];
    let wrong = Mutex::new(Vec::new());
    let look = || {
        for name in &names {
            let _ = fs::symlink_metadata(name);
        }
        for (what, answer) in [
            ("the file", fs::read_link(&link)),
            ("getcwd", env::current_dir()),
        ] {
            let answer = match answer {
                Ok(path) if right.contains(&path) => continue,
                Ok(path) => path.display().to_string(),
                Err(error) => error.to_string(),
            };
            wrong.lock().unwrap().push(format!("{what}: {answer}"));
        }
    };
    meeting::beside(look, 2, || {
        while rounds.next() {
            let renamed = fs::rename(&d, &e).and_then(|()| fs::rename(&e, &d));
            rounds.note(renamed.err().map(|error| format!("a rename: {error}")));
            for found in wrong.lock().unwrap().drain(..) {
                rounds.note(Some(found));
            }
        }
    });
    env::set_current_dir("/").expect("the root can be the working directory");
}
