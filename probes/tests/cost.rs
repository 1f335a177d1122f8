// SPDX-License-Identifier: GPL-2.0

//! What it costs to ask.

mod world;

use world::{World, ONE, TWO};

#[test]
fn forty_nine_answers_are_asked_in_two_passes() {
    let world = World::new();
    for number in 0..23 {
        world.question(
            &format!("question_{number}"),
            &[("takes_one", ONE), ("takes_two", TWO)],
        );
    }
    world.question("last", &[("takes_one", ONE)]);
    let ran = world.ask();
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert!(
        ran.out
            .starts_with("  PROBE   25 questions, 49 answers, 1 wrong twin in 2 passes: "),
        "{}",
        ran.out
    );
    let json = world.read("gen/compat.json");
    let seconds = json
        .split("\"cpu_seconds\": ")
        .nth(1)
        .and_then(|rest| rest.split(',').next());
    let seconds: f64 = seconds.unwrap().parse().unwrap();
    assert!((0.01..1.0).contains(&seconds), "{seconds} s of CPU time");
}
