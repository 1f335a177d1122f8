// SPDX-License-Identifier: GPL-2.0

//! A name that was moved to above and removed below, written anew above while others work in the directory.

use std::fs;
use std::io;

use crate::meeting;
use crate::race::{Race, Rounds};

pub const RACE: Race = Race {
    name: "lost-create",
    about: "`mv x y` above, `rm y` below, y written anew above: what was written is there",
    rounds: 1500,
    special: false,
    run,
};

fn run(rounds: &mut Rounds<'_>) {
    let place = rounds.place.make("lost-create");
    let (above, below) = (&place.above, &place.below);
    let work = || {
        let _ = fs::write(above.join("t"), "");
        let _ = fs::remove_file(above.join("t"));
    };
    meeting::beside(work, 1, || {
        while rounds.next() {
            let wrote = fs::write(below.join("x"), "old")
                .and_then(|()| fs::rename(above.join("x"), above.join("y")))
                .and_then(|()| fs::remove_file(below.join("y")))
                .and_then(|()| fs::write(above.join("y"), "new"));
            rounds.note(wrote.err().map(|error| format!("an operation: {error}")));
            let told = |content: io::Result<String>| match content {
                Ok(content) => format!("`{content}`"),
                Err(error) => error.to_string(),
            };
            let found = told(fs::read_to_string(below.join("y")));
            rounds.expect(found == "`new`", || {
                format!("what was written above is not below: {found}")
            });
            let found = told(fs::read_to_string(above.join("y")));
            rounds.expect(found == "`new`", || {
                format!("what was written above is not above: {found}")
            });
            let _ = fs::remove_file(below.join("y"));
            let _ = fs::remove_file(below.join("x"));
        }
    });
}
