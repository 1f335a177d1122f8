// SPDX-License-Identifier: GPL-2.0

//! `base0fs-selftest race`: each pair of operations at the same moment, both through the mount, or one
//! of them directly in the lower directory. docs/testing.md describes it.
//!
//! - A [`pair`] names two kinds of operations, which are those of [`crate::explore`]. A [`duel`] is a
//!   pair with arguments, actors, and what these have open.
//! - [`course`] runs rounds of a duel, in the directories of its [`ground`]. The tasks are processes, which
//!   [`racers`] start and observe. Each is a [`racer`], and they come together in a [`meeting`].
//! - [`view`] is what stands afterwards, [`serial`] what has to stand, and [`stop`] why a pair is not raced
//!   to its end. [`tally`] counts what was reached.

pub mod course;
pub mod duel;
mod ground;
pub mod meeting;
pub mod pair;
pub mod racer;
pub mod racers;
mod serial;
pub mod stop;
pub mod tally;
pub mod view;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process;
use std::time::{Duration, Instant};

use course::Course;
use pair::Pair;
use stop::Stop;
use tally::Tally;

use crate::explore::stage::Site;
use crate::explore::variation::Variation;
use crate::interrupt;
use crate::report::Verdict;
use crate::start::{self, Start};

/// The options of a run of races.
#[derive(Clone, Debug)]
pub struct Options {
    /// What everything is drawn from; none for a new one.
    pub seed: Option<u64>,
    /// When to end, in rounds.
    pub rounds: Option<usize>,
    /// When to end, in seconds.
    pub seconds: Option<u64>,
    /// How many rounds each pair gets, of each of the layers in which it can race.
    pub repeat: usize,
    /// The pair to run; none for all of them.
    pub pair: Option<Pair>,
    /// Where the scratch directory is created.
    pub dir: PathBuf,
    /// The name of the filesystem under test.
    pub layer: String,
    /// How the layer is mounted.
    pub variation: Variation,
}

/// How many rounds each pair gets unless the options say so.
pub const REPEAT: usize = 24;

/// How many findings end a run.
const ENOUGH: usize = 20;

/// Runs races. Returns the verdict, or why there is none.
pub fn run(options: &Options) -> Result<Verdict, String> {
    let layer = start::layer(&options.layer)?;
    let start = Start::new(&options.dir, false, false)?;
    let scratch = start.scratch.path();
    interrupt::watch(scratch.to_owned(), false, |_| {})
        .map_err(|error| format!("signals cannot be watched: {error}."))?;
    let seed = options.seed.unwrap_or_else(|| u64::from(process::id()));
    let site = Site::new(layer.as_ref(), options.variation, scratch)?;
    let mut course = Course::new(site, start.program.clone())?;
    let passed = race_all(&mut course, options, seed)?;
    Ok(match (interrupt::signal(), passed) {
        (Some(signal), _) => Verdict::Interrupted { signal },
        (None, true) => Verdict::Passed,
        (None, false) => Verdict::Failed,
    })
}

/// Races the pairs, again and again, until a limit is reached. Without a limit, each of them once.
fn race_all(course: &mut Course, options: &Options, seed: u64) -> Result<bool, String> {
    let pairs = match options.pair {
        Some(pair) => vec![pair],
        None => Pair::shuffled(seed),
    };
    let begin = Instant::now();
    let time = options.seconds.map(Duration::from_secs);
    let is_over = |tally: &Tally, passes: usize| {
        interrupt::requested()
            || options.rounds.is_some_and(|rounds| tally.rounds >= rounds)
            || time.is_some_and(|time| begin.elapsed() >= time)
            || (options.rounds.is_none() && time.is_none() && passes > 0)
    };
    say(&format!("# seed {seed}"));
    let mut tally = Tally::new(pairs.len());
    let mut found = 0;
    // A pair gets other arguments in each pass.
    for pass in 0.. {
        for pair in &pairs {
            if is_over(&tally, pass) || found >= ENOUGH {
                say(tally.to_string().trim_end());
                say(&format!("# {found} findings"));
                return Ok(found == 0);
            }
            let pass_seed = seed.wrapping_add(pass as u64);
            match course.race(*pair, pass_seed, options.repeat, &mut tally) {
                Ok(()) => {}
                Err(Stop::Broken(complaint)) => return Err(complaint),
                Err(Stop::Wrong { what, hangs }) => {
                    found += 1;
                    say(&describe(options, *pair, pass_seed, &what));
                    if hangs {
                        // Nothing that the stuck task needs can be removed or unmounted.
                        say(&format!("# {found} findings; the run ends here"));
                        return Ok(false);
                    }
                }
            }
        }
    }
    unreachable!("the range has no end")
}

/// A finding, with the command that races this pair alone.
fn describe(options: &Options, pair: Pair, seed: u64, what: &str) -> String {
    let variation = match options.variation == Variation::default() {
        true => String::new(),
        false => format!(" --variation {}", options.variation.name()),
    };
    format!(
        "# {pair}, seed {seed}: {}\n# alone: base0fs-selftest race --pair {pair} --seed {seed} --rounds 1000{variation} \
         --dir {}",
        what.replace('\n', "\n#   "),
        options.dir.display()
    )
}

/// Prints. Nobody may be there to read it.
fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}
