// SPDX-License-Identifier: GPL-2.0

//! Runs the rounds of a pair, and checks after each what has to hold.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::{statvfs, StatVfsMountFlags};
use rustix::io::Errno;

use super::duel::{Duel, Timing, HISTORIES};
use super::meeting::Delay;
use super::pair::{draw, Pair};
use super::racer::Order;
use super::racers::{Racer, Racers, Silence};
use super::tally::Tally;
use super::view::{self, Kept, Standing};
use crate::explore::actors::{self, Actor};
use crate::explore::coverage::{class, SUCCESS};
use crate::explore::stage::{Side, Sides, Stage};
use crate::explore::variation::Variation;
use crate::interrupt;
use crate::layer::Layer;
use crate::scratch;
use crate::suite::compare_views;
use crate::tree::{self, Detail, Snapshot};

/// Why a pair has not been raced to its end.
#[derive(Debug)]
pub enum Stop {
    /// Something does not hold.
    Wrong {
        /// What, in one or more lines.
        what: String,
        /// Whether a task hangs.
        hangs: bool,
    },
    /// The race could not be run.
    Broken(String),
}

impl From<String> for Stop {
    fn from(complaint: String) -> Self {
        Self::Broken(complaint)
    }
}

/// Where pairs race.
pub struct Course<'a> {
    layer: &'a dyn Layer,
    variation: Variation,
    scratch: PathBuf,
    sides: Sides,
    racers: Racers,
}

/// The directories and mounts of some rounds.
struct Ground {
    /// None only while a new one is made.
    stage: Option<Stage>,
    /// The empty directories, the plain one and the lower one, as they are when they are new.
    new: [Snapshot; 2],
}

/// The answers of two tasks that ran one after the other, and what they have left.
struct Serial {
    answers: [String; 2],
    durations: [u64; 2],
    standing: Standing,
}

/// For how many rounds the operations of a pair have the same arguments.
const ROUNDS_OF_A_DUEL: usize = 8;

/// How many duels are drawn until there is one in which both operations succeed.
const TRIES: usize = 4;

impl<'a> Course<'a> {
    /// A course in the directory `scratch`. `program` is `base0fs-selftest`.
    pub fn new(
        layer: &'a dyn Layer,
        variation: Variation,
        scratch: &Path,
        program: PathBuf,
    ) -> Result<Self, String> {
        let sides = Sides::new(scratch)?;
        Ok(Self {
            layer,
            variation,
            scratch: scratch.to_owned(),
            racers: Racers::new(program, sides.clone())?,
            sides,
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
        let mut ground = self.ground()?;
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
                self.clear(Side::Mount, ground)?;
                left -= 1;
            }
        }
        self.end(ground)
    }

    /// New directories with mounts.
    fn ground(&self) -> Result<Ground, Stop> {
        let stage = Stage::new(&self.scratch, &self.sides, self.layer, self.variation)?;
        let new = |side| tree::snapshot(&self.sides.top(side, true), Detail::TwoTrees);
        let [plain, lower] = Side::BOTH.map(new);
        Ok(Ground {
            stage: Some(stage),
            new: [plain?, lower?],
        })
    }

    /// Compares without caches, and unmounts.
    fn end(&mut self, ground: &mut Ground) -> Result<(), Stop> {
        // Where this is refused, the comparison has the caches.
        let _ = fs::write("/proc/sys/vm/drop_caches", "2");
        self.compare_trees("without caches")?;
        match ground.stage.take() {
            Some(stage) => stage.strike().map_err(wrong),
            None => Ok(()),
        }
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
            let successes = successes(&first.answers);
            let is_better = (best.as_ref()).is_none_or(|(_, serial): &(_, Serial)| {
                successes > self::successes(&serial.answers)
            });
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
        self.clear(side, ground)?;
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
        let (above, below) = (self.sides.top(side, false), self.sides.top(side, true));
        let kept = Kept::new(&below);
        let answers = self.start_and_wait(duel, timing)?;
        tally.count(pair, &answers);
        // One that was killed, or was in the way of the other, may have left a mount.
        self.unmount_inside(side)?;
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
        self.compare_trees("as its caches have it")?;
        if timing.killed.is_some() {
            tally.killed += 1;
            return self.end_tasks(side, duel);
        }
        if !has_to_stand(&answers, serial) {
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
        let mounts = self.sides.mounts(side, false)?;
        Ok(Standing::new(&self.sides.top(side, true), locks, mounts)?)
    }

    /// The locks that the two tasks hold. They close everything, and then there is none.
    fn locks_and_end(&mut self, side: Side, duel: &Duel) -> Result<Vec<String>, Stop> {
        let [above, below] = [false, true].map(|below| self.sides.top(side, below));
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

    /// Removes what the tasks have made, directly in the directory. Makes new directories if their own
    /// attributes have changed.
    fn clear(&self, side: Side, ground: &mut Ground) -> Result<(), Stop> {
        if self.unmount_inside(side)? {
            return self.renew(ground);
        }
        let top = self.sides.top(side, true);
        let entries = tree::entries(&top)
            .map_err(|errno| format!("{} cannot be read: {errno}.", top.display()))?;
        for entry in entries {
            let path = top.join(entry.name);
            match rustix::fs::unlink(&path) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(_) => scratch::remove(&path)?,
            }
        }
        let new = match side {
            Side::Plain => &ground.new[0],
            Side::Mount => &ground.new[1],
        };
        if tree::snapshot(&top, Detail::TwoTrees)? != *new {
            self.renew(ground)?;
        }
        Ok(())
    }

    /// Unmounts what the tasks have mounted and not unmounted. Returns whether they have made one of the
    /// directories read-only.
    fn unmount_inside(&self, side: Side) -> Result<bool, Stop> {
        let mut is_read_only = false;
        for below in [false, true] {
            self.sides.unmount_inside(side, below)?;
            let found = statvfs(self.sides.top(side, below));
            is_read_only |=
                found.is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::RDONLY));
        }
        Ok(is_read_only)
    }

    /// Makes new directories with mounts.
    fn renew(&self, ground: &mut Ground) -> Result<(), Stop> {
        if let Some(stage) = ground.stage.take() {
            stage.strike().map_err(wrong)?;
        }
        *ground = self.ground()?;
        Ok(())
    }

    /// The task with this number.
    fn task(&mut self, side: Side, duel: &Duel, task: usize) -> Result<&mut Racer, Stop> {
        let actor: &'static Actor = duel.acts[task].actor;
        self.racers.get(side, actor, task).map_err(silent)
    }

    /// Compares the lower directory with the mount.
    fn compare_trees(&self, how: &str) -> Result<(), Stop> {
        let [above, below] = [false, true].map(|below| self.sides.top(Side::Mount, below));
        let differences = compare_views(&above, &below)?;
        match differences.is_empty() {
            true => Ok(()),
            false => Err(wrong(format!(
                "{how}, the mount differs: {}",
                differences.join("\n")
            ))),
        }
    }
}

/// The number of the task that makes the tree, and of the one that looks up names.
const MAKER: usize = 2;
const WATCHER: usize = 3;

/// Splits the answer of a task into the nanoseconds and the result.
fn taken(answer: &str) -> Result<(u64, String), Stop> {
    let words = answer.split_once(' ');
    let parsed = words.and_then(|(taken, result)| Some((taken.parse().ok()?, result.to_owned())));
    parsed.ok_or_else(|| Stop::Broken(format!("a racer answers {answer:?}.")))
}

fn is_success(answer: &str) -> bool {
    class(answer) == SUCCESS
}

fn successes(answers: &[String; 2]) -> usize {
    answers.iter().filter(|answer| is_success(answer)).count()
}

/// Whether what the tasks leave has to be what they leave one after the other: both orders leave the
/// same, and the same operations succeed in both orders and in the race.
fn has_to_stand(answers: &[Option<String>; 2], serial: &[Serial; 2]) -> bool {
    let [one, other] = serial;
    let same_success = answers.iter().enumerate().all(|(task, answer)| {
        let succeeds = answer.as_deref().map(is_success);
        let serial = [one, other].map(|serial| is_success(&serial.answers[task]));
        serial == [true; 2] && succeeds == Some(true)
    });
    same_success && one.standing == other.standing
}

fn wrong(what: String) -> Stop {
    Stop::Wrong { what, hangs: false }
}

fn silent(silence: Silence) -> Stop {
    match silence {
        Silence::Hangs(place) => Stop::Wrong {
            what: format!("a task hangs:\n{place}"),
            hangs: true,
        },
        Silence::Ended(how) => wrong(format!("a task has ended: {how}")),
    }
}

fn wrong_if(things: Vec<String>, answers: &[Option<String>; 2]) -> Result<(), Stop> {
    let [first, second] = answers
        .each_ref()
        .map(|answer| answer.as_deref().unwrap_or("killed"));
    match things.is_empty() {
        true => Ok(()),
        false => Err(wrong(format!(
            "{first} and {second}:\n{}",
            things.join("\n")
        ))),
    }
}

/// Adds to a finding what raced, and how.
fn explain(stop: Stop, duel: &Duel, timing: Timing) -> Stop {
    match stop {
        Stop::Wrong { what, hangs } => {
            let what = format!("{duel}\n{timing:?}\n{what}");
            Stop::Wrong { what, hangs }
        }
        broken => broken,
    }
}
