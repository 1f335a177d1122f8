// SPDX-License-Identifier: GPL-2.0

//! The program `base0fs-selftest`: tests whether the driver that was just built works on this
//! machine.

use std::env;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use base0fs_selftest::case::{Case, Run};
use base0fs_selftest::cases::CASES;
use base0fs_selftest::ktap::Report;
use base0fs_selftest::layer::{Bind, Layer, Registered};
use base0fs_selftest::scratch::Scratch;
use base0fs_selftest::show::errno_name;
use base0fs_selftest::suite::Suite;
use base0fs_selftest::{child, interrupt, namespace, skipped};
use lexopt::prelude::{Long, Short, ValueExt};

const HELP: &str = "\
Usage: base0fs-selftest [OPTION]...
Runs each case on a plain directory and through a base0fs mount over a directory of the same filesystem. Compares
the results and the files that are left, and reports in KTAP. Exits with 0 only if every case passed. Needs root.

  --list        list the cases
  --case NAME   run only this case; can be given several times
  --dir DIR     create the scratch directory in DIR, whose filesystem is the lower one (default: /var/tmp)
  --type TYPE   the filesystem under test (default: base0fs); `bind` is a bind mount, the suite's control
  --keep        do not remove the files of the run
  -h, --help    show this text
  -V, --version show the version
";

/// What the command line asks for.
enum Request {
    Run {
        cases: Vec<String>,
        dir: PathBuf,
        layer: String,
        keep: bool,
    },
    List,
    Print(&'static str),
    /// `--pause`, for cases only: print the effective user id, and wait for the end of the input.
    Pause,
    /// `--child`, for cases only: perform these operations.
    Child(Vec<String>),
}

fn main() -> ExitCode {
    let request = match parse() {
        Ok(request) => request,
        Err(error) => return refuse(&format!("{error}. Try --help.")),
    };
    let done = match request {
        Request::Print(text) => print(text),
        Request::List => CASES.iter().try_fold(true, |_, case| {
            print(&format!("{:<18}{}\n", case.name, case.about))
        }),
        Request::Pause => pause(),
        Request::Child(words) => {
            child::run(&words).and_then(|results| print(&format!("{results}\n")))
        }
        Request::Run {
            cases,
            dir,
            layer,
            keep,
        } => run(&cases, dir, &layer, keep),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(complaint) => refuse(&complaint),
    }
}

fn refuse(complaint: &str) -> ExitCode {
    eprintln!("base0fs-selftest: {complaint}");
    ExitCode::from(2)
}

/// Prints. A closed pipe is not a failure: the reader may be `head`.
fn print(text: &str) -> Result<bool, String> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write: {error}."))
        }
        _ => Ok(true),
    }
}

fn pause() -> Result<bool, String> {
    print(&format!("{}\n", rustix::process::geteuid()))?;
    io::stdin()
        .read_to_end(&mut Vec::new())
        .map(|_| true)
        .map_err(|error| format!("cannot read: {error}."))
}

fn parse() -> Result<Request, lexopt::Error> {
    let (mut cases, mut dir, mut layer, mut keep) =
        (Vec::new(), "/var/tmp".into(), "base0fs".to_owned(), false);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("list") => return Ok(Request::List),
            Long("case") => cases.push(parser.value()?.string()?),
            Long("dir") => dir = parser.value()?.into(),
            Long("type") => layer = parser.value()?.string()?,
            Long("keep") => keep = true,
            Long("pause") => return Ok(Request::Pause),
            Long("child") => {
                let words = parser.raw_args()?.map(|word| word.string());
                return Ok(Request::Child(words.collect::<Result<_, _>>()?));
            }
            Long("help") | Short('h') => return Ok(Request::Print(HELP)),
            Long("version") | Short('V') => {
                return Ok(Request::Print(concat!(
                    "base0fs-selftest ",
                    env!("CARGO_PKG_VERSION"),
                    "\n"
                )))
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Request::Run {
        cases,
        dir,
        layer,
        keep,
    })
}

fn run(names: &[String], dir: PathBuf, layer: &str, keep: bool) -> Result<bool, String> {
    let (cases, unsuitable) = choose(names, layer)?;
    if !rustix::process::geteuid().is_root() {
        return Err("only root may mount filesystems: run base0fs-selftest with sudo.".into());
    }
    let layer: Box<dyn Layer> = match layer {
        "bind" => Box::new(Bind),
        name => Box::new(Registered::find(name)?),
    };
    namespace::enter().map_err(|errno| {
        format!(
            "cannot make a mount namespace ({}): run base0fs-selftest where root may call unshare(2).",
            errno_name(errno)
        )
    })?;
    let mut scratch = Scratch::new(&dir)?;
    interrupt::watch(scratch.path().to_owned())
        .map_err(|error| format!("signals cannot be watched: {error}."))?;
    if keep {
        scratch.keep();
    }
    let program =
        env::current_exe().map_err(|error| format!("this program cannot find itself: {error}."))?;
    let suite = Suite {
        layer: layer.as_ref(),
        directory: scratch.path(),
        program: &program,
    };
    report(&cases, &unsuitable, &suite)
        .map_err(|error| format!("the report cannot be written: {error}."))
}

/// The cases to run, and those that need a filesystem type while `layer` is none.
fn choose(names: &[String], layer: &str) -> Result<(Vec<Case>, Vec<Case>), String> {
    if let Some(unknown) = names
        .iter()
        .find(|name| CASES.iter().all(|case| case.name != **name))
    {
        return Err(format!("there is no case named {unknown}: see --list."));
    }
    let chosen = CASES
        .iter()
        .filter(|case| names.is_empty() || names.iter().any(|name| name == case.name));
    let (cases, unsuitable): (Vec<Case>, Vec<Case>) =
        chosen.partition(|case| layer != "bind" || !matches!(case.run, Run::Configuring(_)));
    match unsuitable.first() {
        Some(case) if !names.is_empty() => Err(format!(
            "{} needs a filesystem type, and a bind mount has none.",
            case.name
        )),
        _ => Ok((cases, unsuitable)),
    }
}

fn report(cases: &[Case], unsuitable: &[Case], suite: &Suite) -> io::Result<bool> {
    let mut report = Report::new(io::stdout().lock(), cases.len())?;
    let layer = suite.layer.name();
    report.diagnostic(&format!("{layer} over {}", suite.directory.display()))?;
    for case in unsuitable {
        report.diagnostic(&format!(
            "left out: {}, which needs a filesystem type, and {layer} is not one",
            case.name
        ))?;
    }
    for case in cases {
        let wrong = suite.run(case);
        if interrupt::requested() {
            return report.finish_interrupted().map(|()| false);
        }
        for line in skipped::take() {
            report.diagnostic(&line)?;
        }
        report.result(case, &wrong)?;
    }
    report.finish()
}
