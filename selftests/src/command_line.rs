// SPDX-License-Identifier: GPL-2.0

//! The command line of `base0fs-selftest`. base0fs-selftest(8) describes the options.

use std::path::PathBuf;

use lexopt::prelude::{Long, Short, Value, ValueExt};

use crate::explore::variation::Variation;
use crate::race::pair::Pair;
use crate::{explore, race, record};

const HELP: &str = "\
Usage: base0fs-selftest [OPTION]...
       base0fs-selftest explore [OPTION]...
       base0fs-selftest race [OPTION]...
Runs each case on a plain directory and through a base0fs mount over a directory of the same filesystem. Compares
the results and the files that are left, and reports in KTAP. Needs root.

  --list         list the cases
  --case NAME    run only this case; can be given several times
  --dir DIR      create the scratch directory in DIR, whose filesystem is the lower one (default: /var/tmp)
  --type TYPE    the filesystem under test (default: base0fs); `bind` is a bind mount, the suite's control
  --keep         do not remove the files of the run
  --module FILE  run only if the loaded module is the one in FILE, an uncompressed base0fs.ko
  --verify       run only if this module has not passed on this kernel yet; remember it when all cases pass
  --record FILE  where --verify remembers (default: /var/lib/base0fs/verified)
  --json         report as one JSON object
  --log FILE     write the report to FILE, and only the verdict to standard output
  --progress     show on standard error how far the run is
  -h, --help     show this text
  -V, --version  show the version

`explore` draws scripts of operations at random instead, runs them step by step in the same two places, and
shrinks a script that finds a difference. It knows --dir and --type, and

  --seed N       draw the scripts of this number again (default: a new number, which is printed)
  --steps N      end after N steps (default: 10000)
  --minutes N    end after N minutes
  --findings DIR go on after a finding, and write each one to a file in DIR
  --variation V  how base0fs is mounted: single, stacked on another one, over a mount with flags, over one that
                 is idmapped, as two mounts of one directory, or over a small filesystem that gets full
  --replay FILE  run the script in FILE, and print every result

`race` performs two operations at the same moment instead, both through the mount or one of them directly in the
lower directory, and then checks what has to hold. It knows --dir, --type, --variation and --seed, and

  --rounds N     end after N rounds (default: all pairs of operations once)
  --seconds N    end after N seconds
  --repeat N     run N rounds of a pair before the next one (default: 24)
  --pair PAIR    run this pair only, such as open+rename, or open+rename:below

Exit status: 0 all cases passed; 1 a case failed; 2 the cases could not run; 128 + N: signal N interrupted the run.
";

/// The command that draws scripts, instead of running cases.
const EXPLORE: &str = "explore";

/// The command that races operations.
const RACE: &str = "race";

/// Where the scratch directory is created unless the options say where.
const DIR: &str = "/var/tmp";

/// The filesystem under test unless the options name one.
const LAYER: &str = "base0fs";

const VERSION: &str = concat!("base0fs-selftest ", env!("CARGO_PKG_VERSION"), "\n");

/// What the command line asks for.
#[derive(Debug)]
pub enum Request {
    /// Run cases.
    Run(Options),
    /// List the cases.
    List,
    /// Print this text.
    Print(&'static str),
    /// `--pause`, for cases only: print the effective user id, and wait for the end of the input.
    Pause,
    /// `--child`, for cases only: perform these operations.
    Child(Vec<String>),
    /// Draw scripts and run them.
    Explore(explore::Options),
    /// `--actor`, for scripts only: perform the operations of one actor.
    Actor(Vec<String>),
    /// Race operations.
    Race(race::Options),
    /// `--racer`, for races only: perform the operations of one task.
    Racer(Vec<String>),
    /// `--janitor`, for runs only: remove the scratch directory when the run has ended.
    Janitor,
}

/// The options of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The names of the cases to run; empty for all.
    pub cases: Vec<String>,
    /// Where the scratch directory is created.
    pub dir: PathBuf,
    /// The name of the filesystem under test.
    pub layer: String,
    /// Whether the files of the run stay.
    pub keep: bool,
    /// The file that the loaded module has to be from.
    pub module: Option<PathBuf>,
    /// The file that remembers what has passed; none without `--verify`.
    pub record: Option<PathBuf>,
    /// Whether the report is JSON.
    pub json: bool,
    /// The file for the report; none for standard output.
    pub log: Option<PathBuf>,
    /// Whether to show how far the run is.
    pub progress: bool,
}

/// Parses the arguments of this process.
pub fn parse() -> Result<Request, lexopt::Error> {
    let mut options = Options {
        cases: Vec::new(),
        dir: DIR.into(),
        layer: LAYER.to_owned(),
        keep: false,
        module: None,
        record: None,
        json: false,
        log: None,
        progress: false,
    };
    let (mut verify, mut record) = (false, None);
    let mut parser = lexopt::Parser::from_env();
    let first = parser
        .try_raw_args()
        .and_then(|words| words.peek().map(|word| word.to_owned()));
    match first {
        Some(word) if word == EXPLORE => return parse_explore(parser),
        Some(word) if word == RACE => return parse_race(parser),
        _ => {}
    }
    while let Some(argument) = parser.next()? {
        match argument {
            Long("list") => return Ok(Request::List),
            Long("case") => options.cases.push(parser.value()?.string()?),
            Long("dir") => options.dir = parser.value()?.into(),
            Long("type") => options.layer = parser.value()?.string()?,
            Long("keep") => options.keep = true,
            Long("module") => options.module = Some(parser.value()?.into()),
            Long("verify") => verify = true,
            Long("record") => record = Some(parser.value()?.into()),
            Long("json") => options.json = true,
            Long("log") => options.log = Some(parser.value()?.into()),
            Long("progress") => options.progress = true,
            Long("pause") => return Ok(Request::Pause),
            Long("child") => return Ok(Request::Child(rest(&mut parser)?)),
            Long("actor") => return Ok(Request::Actor(rest(&mut parser)?)),
            Long("racer") => return Ok(Request::Racer(rest(&mut parser)?)),
            Long("janitor") => return Ok(Request::Janitor),
            Long("help") | Short('h') => return Ok(Request::Print(HELP)),
            Long("version") | Short('V') => return Ok(Request::Print(VERSION)),
            other => return Err(other.unexpected()),
        }
    }
    if verify && !options.cases.is_empty() {
        return Err(
            "--verify is about all cases, and --case chooses some: leave out one of them".into(),
        );
    }
    if record.is_some() && !verify {
        return Err("--record says where --verify remembers, and there is no --verify".into());
    }
    options.record = verify.then(|| record.unwrap_or_else(|| record::DEFAULT.into()));
    Ok(Request::Run(options))
}

/// All arguments that follow.
fn rest(parser: &mut lexopt::Parser) -> Result<Vec<String>, lexopt::Error> {
    parser.raw_args()?.map(|word| word.string()).collect()
}

/// Parses the arguments from `explore` on.
fn parse_explore(mut parser: lexopt::Parser) -> Result<Request, lexopt::Error> {
    let mut options = explore::Options {
        seed: None,
        steps: None,
        minutes: None,
        dir: DIR.into(),
        layer: LAYER.to_owned(),
        variation: Variation::default(),
        replay: None,
        findings: None,
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Value(word) if word == EXPLORE => {}
            Long("seed") => options.seed = Some(parser.value()?.parse()?),
            Long("steps") => options.steps = Some(parser.value()?.parse()?),
            Long("minutes") => options.minutes = Some(parser.value()?.parse()?),
            Long("dir") => options.dir = parser.value()?.into(),
            Long("type") => options.layer = parser.value()?.string()?,
            Long("findings") => options.findings = Some(parser.value()?.into()),
            Long("variation") => options.variation = variation(&mut parser)?,
            Long("replay") => options.replay = Some(parser.value()?.into()),
            Long("help") | Short('h') => return Ok(Request::Print(HELP)),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Request::Explore(options))
}

/// The value of `--variation`.
fn variation(parser: &mut lexopt::Parser) -> Result<Variation, lexopt::Error> {
    let name = parser.value()?.string()?;
    let found = Variation::find(&name);
    Ok(found.ok_or_else(|| {
        format!(
            "there is no variation {name}; there are {}",
            Variation::names()
        )
    })?)
}

/// Parses the arguments from `race` on.
fn parse_race(mut parser: lexopt::Parser) -> Result<Request, lexopt::Error> {
    let mut options = race::Options {
        seed: None,
        rounds: None,
        seconds: None,
        repeat: race::REPEAT,
        pair: None,
        dir: DIR.into(),
        layer: LAYER.to_owned(),
        variation: Variation::default(),
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Value(word) if word == RACE => {}
            Long("seed") => options.seed = Some(parser.value()?.parse()?),
            Long("rounds") => options.rounds = Some(parser.value()?.parse()?),
            Long("seconds") => options.seconds = Some(parser.value()?.parse()?),
            Long("repeat") => options.repeat = parser.value()?.parse()?,
            Long("pair") => options.pair = Some(Pair::parse(&parser.value()?.string()?)?),
            Long("dir") => options.dir = parser.value()?.into(),
            Long("type") => options.layer = parser.value()?.string()?,
            Long("variation") => options.variation = variation(&mut parser)?,
            Long("help") | Short('h') => return Ok(Request::Print(HELP)),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Request::Race(options))
}
