// SPDX-License-Identifier: GPL-2.0

//! `base0fs-selftest explore`: scripts of steps that are drawn at random, run on a plain directory
//! and through the mount, and compared step by step. docs/testing.md describes it.
//!
//! - A [`script`] is a list of steps: an actor of [`actors`] performs an [`operation`], one of the
//!   [`kinds`], on a [`place`];
//! - [`draw`] draws scripts, and [`search`] looks for one that finds a difference, and shrinks it;
//! - [`engine`] runs a script in the directories and mounts of a [`stage`], in a [`variation`], by the processes of a
//!   [`crew`], each of which is a [`performer`] with what it has in its [`hand`];
//! - [`known`] are the differences that are no finding, and [`coverage`] is what was reached.

pub mod actors;
mod calls;
pub mod coverage;
pub mod crew;
pub mod draw;
pub mod engine;
pub mod hand;
pub mod kinds;
pub mod known;
pub mod member;
pub mod operation;
pub mod orders;
pub mod performer;
pub mod place;
pub mod script;
pub mod search;
pub mod stage;
pub mod turns;
pub mod variation;
pub mod word;

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process;
use std::time::Duration;

use engine::{Engine, Stop};
use search::{Finding, Limits, Search};
use stage::Site;
use variation::Variation;

use crate::interrupt;
use crate::report::Verdict;
use crate::start::{self, Start};

/// The options of an exploration.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the scripts are drawn from; none for a new one.
    pub seed: Option<u64>,
    /// When to end.
    pub steps: Option<usize>,
    /// When to end, in minutes.
    pub minutes: Option<u64>,
    /// Where the scratch directory is created.
    pub dir: PathBuf,
    /// The name of the filesystem under test.
    pub layer: String,
    /// How the layer is mounted.
    pub variation: Variation,
    /// A script to run, instead of drawing some.
    pub replay: Option<PathBuf>,
    /// A directory for the scripts that found something. With it, the search goes on.
    pub findings: Option<PathBuf>,
}

/// How many steps are run unless the options say when to end.
const STEPS: usize = 10_000;

/// Explores. Returns the verdict, or why it could not.
pub fn run(options: &Options) -> Result<Verdict, String> {
    let layer = start::layer(&options.layer)?;
    let script = options.replay.as_ref().map(|file| {
        let text = fs::read_to_string(file)
            .map_err(|error| format!("{} cannot be read: {error}.", file.display()))?;
        script::parse(&text).map_err(|complaint| format!("{}, {complaint}", file.display()))
    });
    let script = script.transpose()?;
    let start = Start::new(&options.dir, false, false)?;
    let scratch = start.scratch.path();
    interrupt::watch(scratch.to_owned(), false, |_| {})
        .map_err(|error| format!("signals cannot be watched: {error}."))?;
    let site = Site::new(layer.as_ref(), options.variation, scratch)?;
    let mut engine = Engine::new(site, start.program.clone());
    let passed = match script {
        Some(script) => replay(&mut engine, &script)?,
        None => explore(&mut engine, options)?,
    };
    Ok(match (interrupt::signal(), passed) {
        (Some(signal), _) => Verdict::Interrupted { signal },
        (None, true) => Verdict::Passed,
        (None, false) => Verdict::Failed,
    })
}

/// Runs a script once, and prints every answer.
fn replay(engine: &mut Engine, steps: &[script::Step]) -> Result<bool, String> {
    let outcome = engine.run_slowly(steps, |step, [plain, mount]| {
        match plain == mount {
            true => say(&format!("{step}: {plain}")),
            false => say(&format!("{step}: {plain}; through the mount: {mount}")),
        };
    });
    match outcome {
        Ok(()) => Ok(true),
        Err(Stop::Broken(complaint)) => Err(complaint),
        Err(Stop::Differs(difference)) => {
            say(&format!(
                "# after step {}: {}",
                difference.steps, difference.what
            ));
            Ok(false)
        }
    }
}

fn explore(engine: &mut Engine, options: &Options) -> Result<bool, String> {
    let seed = options.seed.unwrap_or_else(|| u64::from(process::id()));
    let time = options
        .minutes
        .map(|minutes| Duration::from_secs(60 * minutes));
    let limits = Limits {
        steps: options.steps.or(time.is_none().then_some(STEPS)),
        time,
    };
    say(&format!("# seed {seed}"));
    let (mut search, mut found) = (Search::new(seed), 0);
    while let Some(finding) = search.next(engine, limits)? {
        found += 1;
        let text = describe(seed, &finding);
        say(&text);
        let Some(directory) = &options.findings else {
            break;
        };
        let file = directory.join(format!("{seed}-{}", finding.number));
        fs::create_dir_all(directory)
            .and_then(|()| fs::write(&file, &text))
            .map_err(|error| format!("{} cannot be written: {error}.", file.display()))?;
    }
    say(engine.coverage.to_string().trim_end());
    say(&format!("# {found} findings"));
    Ok(found == 0)
}

/// A finding as a script, which `--replay` can run.
fn describe(seed: u64, finding: &Finding) -> String {
    let what = finding.difference.what.replace('\n', "\n# ");
    let script = script::text(&finding.steps);
    format!("# seed {seed}, script {}: {what}\n{script}", finding.number)
}

/// Prints. Nobody may be there to read it.
fn say(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}
