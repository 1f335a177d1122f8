// SPDX-License-Identifier: GPL-2.0

//! Runs the rounds of a pair, and checks after each what has to hold.

use std::path::PathBuf;

use super::duel::{Duel, Timing, HISTORIES};
use super::ground::{self, Ground};
use super::meeting::Delay;
use super::pair::{draw, Pair};
use super::racer::Order;
use super::racers::{Racer, Racers};
use super::serial::{self, Serial};
use super::stop::{explain, silent, taken, wrong, wrong_if, Stop};
use super::tally::Tally;
use super::view::{self, Kept, Standing};
use crate::explore::actors::{self, Actor};
use crate::explore::stage::{Side, Site};
use crate::interrupt;

/// Where pairs race.
pub struct Course<'a> {
    site: Site<'a>,
    racers: Racers,
}

/// For how many rounds the operations of a pair have the same arguments.
const ROUNDS_OF_A_DUEL: usize = 8;

/// How many duels are drawn until there is one in which both operations succeed.
const TRIES: usize = 4;

impl<'a> Course<'a> {
    /// A course at this site. `program` is `base0fs-selftest`.
    pub fn new(site: Site<'a>, program: PathBuf) -> Result<Self, String> {
        Ok(Self {
            racers: Racers::new(program, site.sides.clone())?,
            site,
        })
    }

    /// Races a pair for so many rounds, and then looks at what the mount shows without its caches, and
    /// whether it can be unmounted.
    pub fn race(
        &mut self,
        pair: Pair,
        seed: u64,
        rounds: usize,
        tally: &mut Tally,
    ) -> Result<(), Stop> {
        let mut ground = Ground::new(&self.site)?;
        let outcome = self.race_on(&mut ground, pair, seed, rounds, tally);
        if outcome.is_err() {
            // They still have open what they raced for.
            self.racers.dismiss();
        }
        outcome
    }

    fn race_on(
        &mut self,
        ground: &mut Ground,
        pair: Pair,
        seed: u64,
        rounds: usize,
        tally: &mut Tally,
    ) -> Result<(), Stop> {
        let mut runner = pair.runner(seed);
        let mut left = rounds;
        while left > 0 && !interrupt::requested() {
            let (duel, serial) = self.draw(pair, &mut runner, ground)?;
            let durations =
                [0, 1].map(|task| serial[0].durations[task].min(serial[1].durations[task]));
            let timings = Timing::strategy(durations);
            for _ in 0..left.min(ROUNDS_OF_A_DUEL) {
                let timing = draw(&mut runner, &timings);
                let outcome = self.round(pair, &duel, timing, &serial, tally);
                outcome.map_err(|stop| explain(stop, &duel, timing))?;
                ground.clear(&self.site, Side::Mount)?;
                left -= 1;
            }
        }
        ground.end(&self.site)
    }

    /// Draws a duel and runs it in both orders on the plain directory. One in which both operations
    /// succeed is preferred.
    fn draw(
        &mut self,
        pair: Pair,
        runner: &mut proptest::test_runner::TestRunner,
        ground: &mut Ground,
    ) -> Result<(Duel, [Serial; 2]), Stop> {
        let duels = Duel::strategy(pair);
        let mut best = None;
        for _ in 0..TRIES {
            let duel = draw(runner, &duels);
            let first = self.serial(&duel, [0, 1], ground)?;
            let successes = first.successes();
            let is_better = (best.as_ref())
                .is_none_or(|(_, serial): &(_, Serial)| successes > serial.successes());
            if is_better {
                best = Some((duel, first));
            }
            if successes == 2 {
                break;
            }
        }
        let Some((duel, first)) = best else {
            unreachable!("a duel was drawn")
        };
        let second = self.serial(&duel, [1, 0], ground)?;
        Ok((duel, [first, second]))
    }

    /// Runs the two operations in this order on the plain directory.
    fn serial(
        &mut self,
        duel: &Duel,
        order: [usize; 2],
        ground: &mut Ground,
    ) -> Result<Serial, Stop> {
        let side = Side::Plain;
        self.prepare(side, duel, true, &[])?;
        let mut answers = [const { String::new() }; 2];
        let mut durations = [0; 2];
        for task in order {
            self.racers.meeting.begin();
            let order = Order::Perform {
                all: 1,
                delay: Delay::default(),
                together: false,
                operation: &duel.acts[task].operation,
            };
            let answer = self.task(side, duel, task)?.ask(&order).map_err(silent)?;
            (durations[task], answers[task]) = taken(&answer)?;
        }
        let standing = self.standing(side, duel)?;
        ground.clear(&self.site, side)?;
        Ok(Serial {
            answers,
            durations,
            standing,
        })
    }

    /// Makes the tree, gives it a history, and gives the two tasks what they have before.
    fn prepare(
        &mut self,
        side: Side,
        duel: &Duel,
        made_below: bool,
        history: &[Option<usize>],
    ) -> Result<(), Stop> {
        self.maker(side, made_below)?
            .ask(&Order::Tree)
            .map_err(silent)?;
        for (below, step) in history.iter().flatten().flat_map(|at| HISTORIES[*at]) {
            self.maker(side, *below)?
                .ask(&Order::Step(step))
                .map_err(silent)?;
        }
        for task in 0..2 {
            let possessions = Order::Have(duel.possessions);
            self.task(side, duel, task)?
                .ask(&possessions)
                .map_err(silent)?;
        }
        Ok(())
    }

    /// The task that makes the tree.
    fn maker(&mut self, side: Side, below: bool) -> Result<&mut Racer, Stop> {
        let maker = actors::find(if below { "below" } else { "root" });
        let maker = maker.expect("the actors are in their table");
        self.racers.get(side, maker, MAKER).map_err(silent)
    }

    /// Runs a round through the mount.
    fn round(
        &mut self,
        pair: Pair,
        duel: &Duel,
        timing: Timing,
        serial: &[Serial; 2],
        tally: &mut Tally,
    ) -> Result<(), Stop> {
        let side = Side::Mount;
        self.prepare(side, duel, timing.made_below, &timing.history)?;
        let (above, below) = (
            self.site.sides.top(side, false),
            self.site.sides.top(side, true),
        );
        let kept = Kept::new(&below);
        let answers = self.start_and_wait(duel, timing)?;
        tally.count(pair, &answers);
        // One that was killed, or was in the way of the other, may have left a mount.
        ground::unmount_inside(&self.site.sides, side)?;
        let mut wrong_things = view::compare_names(&above, &below);
        for (task, name) in ["the first task", "the second task"].iter().enumerate() {
            if answers[task].is_some() {
                let told = self
                    .task(side, duel, task)?
                    .ask(&Order::Tell)
                    .map_err(silent)?;
                wrong_things.extend(kept.compare(name, &told));
            }
        }
        wrong_if(wrong_things, &answers)?;
        ground::compare_trees(&self.site.sides, "as its caches have it")?;
        if timing.killed.is_some() {
            tally.killed += 1;
            return self.end_tasks(side, duel);
        }
        if !serial::has_to_stand(&answers, serial) {
            return self.locks_and_end(side, duel).map(drop);
        }
        tally.judged += 1;
        let standing = self.standing(side, duel)?;
        wrong_if(standing.differences(&serial[0].standing), &answers)
    }

    /// Has the two tasks perform their operations at the same moment, and maybe a third one look up
    /// all names. Returns their answers; one that is killed has none.
    fn start_and_wait(&mut self, duel: &Duel, timing: Timing) -> Result<[Option<String>; 2], Stop> {
        let side = Side::Mount;
        let root = actors::find("root").expect("the actors are in their table");
        let all = 2 + u32::from(timing.watched) + u32::from(timing.killed.is_some());
        self.racers.meeting.begin();
        if timing.watched {
            let watcher = self.racers.get(side, root, WATCHER).map_err(silent)?;
            watcher.send(&Order::Watch { all });
        }
        for (task, delay) in timing.delays.into_iter().enumerate() {
            let operation = &duel.acts[task].operation;
            self.task(side, duel, task)?.send(&Order::Perform {
                all,
                delay,
                together: timing.together,
                operation,
            });
        }
        if let Some((task, delay)) = timing.killed {
            self.racers.meeting.arrive(all, delay);
            let killed = self.racers.kill(side, duel.acts[task].actor, task);
            // It may have ended before.
            self.racers.meeting.end();
            killed.map_err(silent)?;
        }
        let mut answers = [None, None];
        for (task, answer) in answers.iter_mut().enumerate() {
            if timing.killed.is_none_or(|(killed, _)| killed != task) {
                let line = self.task(side, duel, task)?.receive().map_err(silent)?;
                *answer = Some(taken(&line)?.1);
            }
        }
        if timing.watched {
            let watcher = self.racers.get(side, root, WATCHER).map_err(silent)?;
            watcher.receive().map_err(silent)?;
        }
        Ok(answers)
    }

    /// What the two tasks have left. They close everything.
    fn standing(&mut self, side: Side, duel: &Duel) -> Result<Standing, Stop> {
        let locks = self.locks_and_end(side, duel)?;
        let mounts = self.site.sides.mounts(side, false)?;
        Ok(Standing::new(
            &self.site.sides.top(side, true),
            locks,
            mounts,
        )?)
    }

    /// The locks that the two tasks hold. They close everything, and then there is none.
    fn locks_and_end(&mut self, side: Side, duel: &Duel) -> Result<Vec<String>, Stop> {
        let [above, below] = [false, true].map(|below| self.site.sides.top(side, below));
        let mut processes = Vec::new();
        for task in 0..2 {
            processes.push(self.task(side, duel, task)?.process());
        }
        let locks = view::locks(&above, &below, &processes)?;
        self.end_tasks(side, duel)?;
        let left = view::locks(&above, &below, &processes)?;
        match left.is_empty() {
            true => Ok(locks),
            false => Err(wrong(format!(
                "locks are left after everything was closed: {}",
                left.join("; ")
            ))),
        }
    }

    fn end_tasks(&mut self, side: Side, duel: &Duel) -> Result<(), Stop> {
        for task in 0..2 {
            self.task(side, duel, task)?
                .ask(&Order::End)
                .map_err(silent)?;
        }
        Ok(())
    }

    /// The task with this number.
    fn task(&mut self, side: Side, duel: &Duel, task: usize) -> Result<&mut Racer, Stop> {
        let actor: &'static Actor = duel.acts[task].actor;
        self.racers.get(side, actor, task).map_err(silent)
    }
}

/// The number of the task that makes the tree, and of the one that looks up names.
const MAKER: usize = 2;
const WATCHER: usize = 3;
