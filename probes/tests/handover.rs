// SPDX-License-Identifier: GPL-2.0

//! What a build script gets of the answers.

mod world;

use compat_probe::cargo::instructions;
use world::World;

#[test]
fn a_build_script_gets_the_answers_of_the_last_run() {
    let world = World::new();
    world.answered();
    let lines = instructions(&world.dir.join("gen")).unwrap();
    assert_eq!(
        lines[0],
        format!(
            "cargo::rerun-if-changed={}/gen/compat.cfg",
            world.dir.display()
        )
    );
    assert_eq!(lines[1], "cargo::rustc-cfg=mkdir=\"takes_one\"");
    // Which compiler runs the tests decides whether these are there.
    for line in &lines[2..] {
        assert!(
            [
                "cargo::rustc-check-cfg=cfg(any())",
                "cargo::rustc-check-cfg=cfg(mkdir, values(\"takes_one\", \"takes_two\"))"
            ]
            .contains(&line.as_str()),
            "{line}"
        );
    }
}

#[test]
fn a_build_script_without_answers_is_told_to_run_make() {
    let world = World::new();
    let sentence = instructions(&world.dir.join("gen")).unwrap_err();
    assert_eq!(
        sentence,
        format!("compat-probe: there are no answers in {}/gen/compat.cfg (No such file or directory (os error 2)): run `make` first, it asks the kernel.", world.dir.display())
    );
}

#[test]
fn a_file_that_holds_no_answers_is_not_passed_on() {
    let world = World::new();
    world.write(
        "gen/compat.cfg",
        "--cfg=mkdir=\"takes_one\"\n-Copt-level=3\n",
    );
    let sentence = instructions(&world.dir.join("gen")).unwrap_err();
    assert!(
        sentence.contains("holds `-Copt-level=3`, which is no answer"),
        "{sentence}"
    );
}
