// SPDX-License-Identifier: GPL-2.0

//! The report as one JSON object, for programs. base0fs-selftest(8) lists its members.

use std::io::{self, Write};
use std::time::Instant;

use serde_json::{json, Value};

use crate::identity::Identity;
use crate::report::{CaseResult, Heading, Report, Verdict};

/// Writes one report, when the run has ended.
#[derive(Debug)]
pub struct Json<W: Write> {
    out: W,
    report: Value,
    began: Instant,
}

impl<W: Write> Json<W> {
    /// A report that is written to `out`.
    pub fn new(out: W) -> Self {
        let report = json!({ "version": env!("CARGO_PKG_VERSION") });
        Self {
            out,
            report,
            began: Instant::now(),
        }
    }

    /// Writes the report on a module that has passed before, so that no case ran.
    pub fn passed_before(mut self, identity: &Identity) -> io::Result<()> {
        self.identify(identity);
        self.report["verdict"] = json!("passed before");
        self.write()
    }

    /// Writes the report on cases that could not run.
    pub fn could_not_run(mut self, reason: &str) -> io::Result<()> {
        self.report["verdict"] = json!("could not run");
        self.report["reason"] = json!(reason);
        self.write()
    }

    /// Writes the report on a run that `signal` ended within a case.
    pub fn ended_by(mut self, signal: i32, identity: &Identity) -> io::Result<()> {
        self.identify(identity);
        self.report["verdict"] = json!("interrupted");
        self.report["signal"] = json!(signal);
        self.write()
    }

    fn identify(&mut self, identity: &Identity) {
        self.report["kernel"] = json!({ "release": identity.release, "version": identity.version });
        self.report["build_id"] = json!(identity.build_id);
    }

    fn write(&mut self) -> io::Result<()> {
        writeln!(self.out, "{}", self.report)?;
        self.out.flush()
    }
}

impl<W: Write> Report for Json<W> {
    fn begin(&mut self, heading: &Heading<'_>) -> io::Result<()> {
        self.identify(heading.identity);
        self.report["filesystem"] = json!(heading.layer);
        self.report["directory"] = json!(heading.directory);
        let names = heading.unsuitable.iter().map(|case| case.name);
        self.report["left_out"] = names.collect();
        Ok(())
    }

    fn result(&mut self, _: &CaseResult) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, verdict: Verdict, results: &[CaseResult]) -> io::Result<()> {
        let (word, signal) = match verdict {
            Verdict::Passed => ("passed", None),
            Verdict::Failed => ("failed", None),
            Verdict::Interrupted { signal } => ("interrupted", Some(signal)),
        };
        self.report["verdict"] = json!(word);
        if let Some(signal) = signal {
            self.report["signal"] = json!(signal);
        }
        self.report["seconds"] = json!(self.began.elapsed().as_secs());
        self.report["cases"] = results.iter().map(describe).collect();
        self.write()
    }
}

fn describe(result: &CaseResult) -> Value {
    let mut case = json!({
        "name": result.case.name,
        "passed": result.passed(),
        "wrong": result.wrong,
        "left_out": result.skipped,
    });
    if let Some(why) = &result.not_supported {
        case["not_supported"] = json!(why);
    }
    if result.failed() {
        case["risk"] = json!(result.case.risk);
    }
    case
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Case, Run};

    fn identity() -> Identity {
        Identity {
            release: "7.3.4".into(),
            version: "#1".into(),
            build_id: Some("abc".into()),
        }
    }

    fn parsed(out: &[u8]) -> Value {
        assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 1);
        serde_json::from_slice(out).unwrap()
    }

    #[test]
    fn is_one_line_with_everything_that_the_run_found() {
        let mut out = Vec::new();
        let mut report = Json::new(&mut out);
        let results = [CaseResult {
            case: Case {
                name: "rename",
                about: "",
                risk: "data may be lost",
                run: Run::Compared(|_| Ok(())),
            },
            wrong: vec!["a \"name\"\nof two lines".into()],
            not_supported: None,
            skipped: Vec::new(),
        }];
        let heading = Heading {
            layer: "base0fs",
            directory: "/scratch",
            identity: &identity(),
            cases: 1,
            unsuitable: &[],
        };
        report.begin(&heading).unwrap();
        report.result(&results[0]).unwrap();
        report.finish(Verdict::of(&results), &results).unwrap();
        let report = parsed(&out);
        assert_eq!(report["verdict"], "failed");
        assert_eq!(report["build_id"], "abc");
        assert_eq!(report["kernel"]["release"], "7.3.4");
        assert_eq!(report["cases"][0]["risk"], "data may be lost");
        assert_eq!(report["cases"][0]["wrong"][0], "a \"name\"\nof two lines");
    }

    #[test]
    fn says_why_no_case_ran() {
        let (mut before, mut refused) = (Vec::new(), Vec::new());
        Json::new(&mut before).passed_before(&identity()).unwrap();
        Json::new(&mut refused).could_not_run("no room").unwrap();
        let mut ended = Vec::new();
        Json::new(&mut ended).ended_by(15, &identity()).unwrap();
        assert_eq!(parsed(&ended)["verdict"], "interrupted");
        assert_eq!(parsed(&ended)["signal"], 15);
        assert_eq!(parsed(&before)["verdict"], "passed before");
        assert_eq!(parsed(&refused)["verdict"], "could not run");
        assert_eq!(parsed(&refused)["reason"], "no room");
    }
}
