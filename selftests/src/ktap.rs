// SPDX-License-Identifier: GPL-2.0

//! The report in the kernel's test protocol, KTAP version 1.
//!
//! Documentation: <https://docs.kernel.org/dev-tools/ktap.html>

use std::io::{self, Write};

use crate::report::{CaseResult, Heading, Report, Verdict};

/// Writes one report.
#[derive(Debug)]
pub struct Ktap<W: Write> {
    out: W,
    results: usize,
}

impl<W: Write> Ktap<W> {
    /// A report that is written to `out`, line by line.
    pub fn new(out: W) -> Self {
        Self { out, results: 0 }
    }

    fn diagnostic(&mut self, text: &str) -> io::Result<()> {
        for line in text.lines() {
            writeln!(self.out, "# {line}")?;
        }
        self.out.flush()
    }
}

impl<W: Write> Report for Ktap<W> {
    fn begin(&mut self, heading: &Heading<'_>) -> io::Result<()> {
        let Heading {
            layer, directory, ..
        } = heading;
        writeln!(self.out, "KTAP version 1\n1..{}", heading.cases)?;
        self.diagnostic(&format!("{layer} over {directory}, {}", heading.identity))?;
        for case in heading.unsuitable {
            self.diagnostic(&format!(
                "left out: {}, which needs a filesystem type, and {layer} is not one",
                case.name
            ))?;
        }
        Ok(())
    }

    /// Writes the lines that say what is wrong before the result itself.
    fn result(&mut self, result: &CaseResult) -> io::Result<()> {
        let name = result.case.name;
        for part in &result.skipped {
            self.diagnostic(&format!("left out: {part}"))?;
        }
        for complaint in &result.wrong {
            self.diagnostic(&format!("{name}: {complaint}"))?;
        }
        self.results += 1;
        let (word, directive) = match (&result.not_supported, result.failed()) {
            (Some(why), _) => {
                let why = why.replace(['\n', '#'], " ");
                ("ok", format!(" # SKIP not supported below: {why}"))
            }
            (None, false) => ("ok", String::new()),
            (None, true) => ("not ok", String::new()),
        };
        writeln!(self.out, "{word} {} {name}{directive}", self.results)?;
        self.out.flush()
    }

    /// Writes the totals, and the risk of each failed case.
    fn finish(&mut self, verdict: Verdict, results: &[CaseResult]) -> io::Result<()> {
        let passed = results.iter().filter(|result| result.passed()).count();
        let failed = results.iter().filter(|result| result.failed()).count();
        let skipped = results.len() - passed - failed;
        match verdict {
            Verdict::Interrupted { .. } => self.diagnostic("interrupted")?,
            _ => self.diagnostic(&format!(
                "Totals: pass:{passed} fail:{failed} xfail:0 xpass:0 skip:{skipped} error:0"
            ))?,
        }
        for result in results.iter().filter(|result| result.failed()) {
            self.diagnostic(&format!("FAILED: {}", result.failure()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Case, Run};
    use crate::identity::Identity;

    fn result(name: &'static str, wrong: &[&str]) -> CaseResult {
        CaseResult {
            case: Case {
                name,
                about: "",
                risk: "data may be lost",
                run: Run::Compared(|_| Ok(())),
            },
            wrong: wrong.iter().map(|line| (*line).to_owned()).collect(),
            not_supported: None,
            skipped: Vec::new(),
        }
    }

    fn report(results: &[CaseResult], verdict: Verdict) -> String {
        let mut out = Vec::new();
        let mut report = Ktap::new(&mut out);
        let identity = Identity {
            release: "7.3.4".into(),
            version: "#1".into(),
            build_id: Some("abc".into()),
        };
        let heading = Heading {
            layer: "base0fs",
            directory: "/scratch",
            identity: &identity,
            cases: results.len(),
            unsuitable: &[],
        };
        report.begin(&heading).unwrap();
        for result in results {
            report.result(result).unwrap();
        }
        report.finish(verdict, results).unwrap();
        String::from_utf8(out).unwrap()
    }

    const HEADING: &str = "# base0fs over /scratch, on the kernel 7.3.4 with the module abc\n";

    #[test]
    fn numbers_and_counts_results_and_names_the_risk_of_failures() {
        let mut results = vec![
            result("one", &[]),
            result("two", &["it differs\nhere"]),
            result("three", &[]),
        ];
        results[2].skipped.push("a part: no room".into());
        let verdict = Verdict::of(&results);
        assert_eq!(verdict, Verdict::Failed);
        let expected = format!(
            "KTAP version 1\n1..3\n{HEADING}ok 1 one\n# two: it differs\n# here\nnot ok 2 two\n\
             # left out: a part: no room\nok 3 three\n\
             # Totals: pass:2 fail:1 xfail:0 xpass:0 skip:0 error:0\n\
             # FAILED: two: data may be lost\n"
        );
        assert_eq!(report(&results, verdict), expected);
    }

    #[test]
    fn a_case_that_cannot_run_counts_as_neither() {
        let mut results = vec![result("one", &[]), result("two", &[])];
        results[1].not_supported = Some("EINVAL #1".into());
        let verdict = Verdict::of(&results);
        assert_eq!(verdict, Verdict::Passed);
        let expected = format!(
            "KTAP version 1\n1..2\n{HEADING}ok 1 one\nok 2 two # SKIP not supported below: EINVAL  1\n\
             # Totals: pass:1 fail:0 xfail:0 xpass:0 skip:1 error:0\n"
        );
        assert_eq!(report(&results, verdict), expected);
        results.remove(0);
        assert_eq!(Verdict::of(&results), Verdict::Failed);
    }

    #[test]
    fn an_interrupted_report_names_the_cases_that_failed() {
        let results = [result("one", &["it differs"])];
        let expected = format!(
            "KTAP version 1\n1..1\n{HEADING}# one: it differs\nnot ok 1 one\n\
             # interrupted\n# FAILED: one: data may be lost\n"
        );
        let verdict = Verdict::Interrupted { signal: 2 };
        assert_eq!(report(&results, verdict), expected);
    }

    #[test]
    fn a_run_without_results_has_not_passed() {
        assert_eq!(Verdict::of(&[]), Verdict::Failed);
        assert_eq!(Verdict::of(&[result("one", &[])]), Verdict::Passed);
    }
}
