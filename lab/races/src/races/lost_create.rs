// SPDX-License-Identifier: GPL-2.0

//! A name that a rename above made and that was removed below is written again above, while another
//! task changes the directory.

use std::fs;
use std::io;

use crate::race::{Race, Rounds};
use crate::threads;

pub const RACE: Race = Race {
    name: "lost-create",
    description: "`mv x y` above, `rm y` below, then y written above: the content is there",
    rounds: 1500,
    explicit: false,
    body: run,
};

fn run(rounds: &mut Rounds<'_>) {
    let layers = rounds.layers.make("lost-create");
    let (above, below) = (&layers.above, &layers.below);
    let work = || {
        let _ = fs::write(above.join("t"), "");
        let _ = fs::remove_file(above.join("t"));
    };
    threads::with_background(work, 1, || {
        while rounds.next() {
            let wrote = fs::write(below.join("x"), "old")
                .and_then(|()| fs::rename(above.join("x"), above.join("y")))
                .and_then(|()| fs::remove_file(below.join("y")))
                .and_then(|()| fs::write(above.join("y"), "new"));
            rounds.record(wrote.err().map(|error| format!("operation: {error}")));
            let show = |content: io::Result<String>| match content {
                Ok(content) => format!("`{content}`"),
                Err(error) => error.to_string(),
            };
            let found = show(fs::read_to_string(below.join("y")));
            rounds.expect(found == "`new`", || {
                format!("reading y below, after the write above: {found}")
            });
            let found = show(fs::read_to_string(above.join("y")));
            rounds.expect(found == "`new`", || {
                format!("reading y above, after the write above: {found}")
            });
            let _ = fs::remove_file(below.join("y"));
            let _ = fs::remove_file(below.join("x"));
        }
    });
}
