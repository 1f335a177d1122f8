// SPDX-License-Identifier: GPL-2.0

//! `base0fs-selftest --racer`: a task that races. It does what each line says that it reads, and
//! answers with a line.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::time::Instant;

use rustix::fs::{fstat, lstat};
use rustix::process::chdir;
use rustix::thread::{sched_getaffinity, sched_setaffinity, CpuSet};

use super::duel::TREE;
use super::meeting::{Delay, Meeting};
use super::view;
use crate::explore::actors::{self, Actor};
use crate::explore::draw::POSSESSIONS;
use crate::explore::hand::Hand;
use crate::explore::operation::Operation;
use crate::explore::performer;
use crate::explore::place::{SLOTS, TOP};

/// What the driver of a race says to a task.
#[derive(Clone, Debug)]
pub enum Order<'a> {
    /// Make the tree.
    Tree,
    /// Perform a step alone.
    Step(&'a str),
    /// Have these things, a bit for each of [`POSSESSIONS`].
    Have(u32),
    /// Perform the operation when `all` tasks have arrived.
    Perform {
        /// How many tasks arrive.
        all: u32,
        /// How much later than the arrival of the last one this task begins.
        delay: Delay,
        /// Whether it uses one processor only, the same as the other task.
        together: bool,
        /// What it performs.
        operation: &'a Operation,
    },
    /// Look up all names until both racing tasks have ended.
    Watch {
        /// How many tasks arrive.
        all: u32,
    },
    /// Tell the attributes of what is open.
    Tell,
    /// Close everything.
    End,
}

/// What the process says when it is ready.
pub const READY: &str = "ready";

impl Order<'_> {
    /// The line that says it.
    pub fn line(&self) -> String {
        match self {
            Self::Tree => "tree".to_owned(),
            Self::Step(step) => format!("step {step}"),
            Self::Have(possessions) => format!("have {possessions}"),
            Self::Perform {
                all,
                delay:
                    Delay {
                        nanoseconds,
                        yields,
                    },
                together,
                operation,
            } => format!("perform {all} {nanoseconds} {yields} {together} {operation}"),
            Self::Watch { all } => format!("watch {all}"),
            Self::Tell => "tell".to_owned(),
            Self::End => "end".to_owned(),
        }
    }
}

/// Runs the process. `words` are the actor's name, the directory that it is confined to, and the
/// path of the [`Meeting`].
pub fn run(words: &[String]) -> Result<(), String> {
    let [name, root, meeting] = words else {
        return Err("a racer needs an actor, a directory and a meeting.".into());
    };
    let actor = actors::find(name).ok_or_else(|| format!("there is no actor {name}."))?;
    let complain = |errno| format!("{name} cannot race in {root}: {errno}.");
    let mut racer = Racer {
        actor,
        hand: Hand::new(actor),
        meeting: Meeting::open(Path::new(meeting)).map_err(complain)?,
        processors: sched_getaffinity(None).map_err(complain)?,
    };
    performer::confine(actor, Path::new(root), &[]).map_err(complain)?;
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut answer = READY.to_owned();
    let mut line = String::new();
    loop {
        answer.push('\n');
        output
            .write_all(answer.as_bytes())
            .and_then(|()| output.flush())
            .map_err(|error| format!("a racer cannot answer: {error}."))?;
        line.clear();
        match input.read_line(&mut line) {
            Ok(0) | Err(_) => return Ok(()),
            Ok(_) => {}
        }
        answer = racer.obey(line.trim_end())?;
    }
}

struct Racer {
    actor: &'static Actor,
    hand: Hand,
    meeting: Meeting,
    /// All processors that it may use.
    processors: CpuSet,
}

impl Racer {
    fn obey(&mut self, line: &str) -> Result<String, String> {
        let unknown = || format!("a racer does not understand {line:?}.");
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let number = |text: &str| text.parse::<u32>().map_err(|_| unknown());
        match word {
            "tree" => {
                self.begin();
                for step in TREE {
                    self.perform(step)?;
                }
                self.end();
            }
            "step" => {
                self.begin();
                self.perform(rest)?;
                self.end();
            }
            "have" => {
                self.begin();
                let possessions = number(rest)?;
                for (at, possession) in POSSESSIONS.iter().enumerate() {
                    if possessions & (1 << at) != 0 {
                        self.perform(possession)?;
                    }
                }
            }
            "perform" => {
                let words: Vec<&str> = rest.splitn(5, ' ').collect();
                let [all, nanoseconds, yields, together, operation] = words[..] else {
                    return Err(unknown());
                };
                let delay = Delay {
                    nanoseconds: nanoseconds.parse().map_err(|_| unknown())?,
                    yields: number(yields)?,
                };
                let operation = Operation::parse(operation)?;
                return Ok(self.race(number(all)?, delay, together == "true", &operation));
            }
            "watch" => self.watch(number(rest)?),
            "tell" => return Ok(self.tell()),
            "end" => self.end(),
            _ => return Err(unknown()),
        }
        Ok("done".to_owned())
    }

    fn begin(&mut self) {
        self.actor.set_defaults();
        let _ = chdir(TOP);
    }

    fn end(&mut self) {
        self.hand = Hand::new(self.actor);
        let _ = chdir("/");
    }

    /// Performs a step that may fail: a user may not do everything, and a lower filesystem cannot.
    fn perform(&mut self, step: &str) -> Result<(), String> {
        let _ = Operation::parse(step)?.perform(&mut self.hand);
        Ok(())
    }

    /// Performs the operation at the same moment as another task does. Answers how many nanoseconds
    /// it has taken, and its result.
    fn race(&mut self, all: u32, delay: Delay, together: bool, operation: &Operation) -> String {
        if together {
            let mut first = CpuSet::new();
            let found = (0..CpuSet::MAX_CPU).find(|cpu| self.processors.is_set(*cpu));
            first.set(found.unwrap_or(0));
            // Where this is refused, the tasks race on any processors.
            let _ = sched_setaffinity(None, &first);
        }
        self.meeting.arrive(all, delay);
        let begin = Instant::now();
        let answer = operation.perform(&mut self.hand);
        let taken = begin.elapsed().as_nanos();
        self.meeting.end();
        if together {
            let _ = sched_setaffinity(None, &self.processors);
        }
        format!("{taken} {}", performer::show(&answer))
    }

    /// Looks up all names, again and again, while the others race.
    fn watch(&mut self, all: u32) {
        self.meeting.arrive(all, Delay::default());
        let paths: Vec<String> = view::names().map(|name| format!("{TOP}/{name}")).collect();
        loop {
            for path in &paths {
                let _ = lstat(path);
                if self.meeting.is_over() {
                    return;
                }
            }
        }
    }

    /// The attributes of the open files, each with its inode number.
    fn tell(&self) -> String {
        let files = (0..SLOTS).filter_map(|slot| self.hand.open_file(slot));
        let told = files.filter_map(|file| fstat(file).ok());
        let told: Vec<String> = told
            .map(|stat| format!("{}={}", stat.st_ino, view::attributes(&stat)))
            .collect();
        told.join("|")
    }
}
