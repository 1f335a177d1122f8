// SPDX-License-Identifier: GPL-2.0

//! The report, in the kernel's test protocol, KTAP version 1.
//!
//! Documentation: <https://docs.kernel.org/dev-tools/ktap.html>

use std::io::{self, Write};

use crate::case::Case;

/// Writes one report.
#[derive(Debug)]
pub struct Report<W: Write> {
    out: W,
    passed: usize,
    failed: Vec<Case>,
}

impl<W: Write> Report<W> {
    /// Begins a report of `cases` results.
    pub fn new(mut out: W, cases: usize) -> io::Result<Self> {
        writeln!(out, "KTAP version 1\n1..{cases}")?;
        Ok(Self {
            out,
            passed: 0,
            failed: Vec::new(),
        })
    }

    /// Writes a diagnostic line.
    pub fn diagnostic(&mut self, text: &str) -> io::Result<()> {
        for line in text.lines() {
            writeln!(self.out, "# {line}")?;
        }
        self.out.flush()
    }

    /// Writes the result of the next case, after the lines that say what is wrong. A case with
    /// nothing wrong has passed.
    pub fn result(&mut self, case: &Case, wrong: &[String]) -> io::Result<()> {
        let name = case.name;
        for complaint in wrong {
            self.diagnostic(&format!("{name}: {complaint}"))?;
        }
        let number = self.passed + self.failed.len() + 1;
        match wrong.is_empty() {
            true => {
                self.passed += 1;
                writeln!(self.out, "ok {number} {name}")?;
            }
            false => {
                self.failed.push(*case);
                writeln!(self.out, "not ok {number} {name}")?;
            }
        }
        self.out.flush()
    }

    /// Ends the report with the totals, and with the risk of each failed case. Returns whether
    /// every case passed; a report without results has not.
    pub fn finish(mut self) -> io::Result<bool> {
        let (passed, failed) = (self.passed, self.failed.len());
        self.diagnostic(&format!(
            "Totals: pass:{passed} fail:{failed} xfail:0 xpass:0 skip:0 error:0"
        ))?;
        self.failures()?;
        Ok(failed == 0 && passed > 0)
    }

    /// Ends the report of an interrupted run, with the risk of each case that had failed.
    pub fn finish_interrupted(mut self) -> io::Result<()> {
        self.diagnostic("interrupted")?;
        self.failures()
    }

    fn failures(&mut self) -> io::Result<()> {
        for Case { name, risk, .. } in std::mem::take(&mut self.failed) {
            self.diagnostic(&format!("FAILED: {name}: {risk}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Run;

    fn case(name: &'static str) -> Case {
        Case {
            name,
            about: "",
            risk: "data may be lost",
            run: Run::Compared(|_| Ok(())),
        }
    }

    fn report_of<'a>(
        out: &'a mut Vec<u8>,
        results: &[(&'static str, &[&str])],
    ) -> Report<&'a mut Vec<u8>> {
        let mut report = Report::new(out, results.len()).unwrap();
        for (name, wrong) in results {
            let wrong: Vec<String> = wrong.iter().map(|line| (*line).to_owned()).collect();
            report.result(&case(name), &wrong).unwrap();
        }
        report
    }

    #[test]
    fn numbers_and_counts_results_and_names_the_risk_of_failures() {
        let mut out = Vec::new();
        let differs: &[&str] = &["it differs\nhere"];
        let report = report_of(&mut out, &[("one", &[]), ("two", differs), ("three", &[])]);
        assert!(!report.finish().unwrap());
        let expected =
            "KTAP version 1\n1..3\nok 1 one\n# two: it differs\n# here\nnot ok 2 two\nok 3 three\n\
                        # Totals: pass:2 fail:1 xfail:0 xpass:0 skip:0 error:0\n\
                        # FAILED: two: data may be lost\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn an_interrupted_report_names_the_cases_that_failed() {
        let mut out = Vec::new();
        let report = report_of(&mut out, &[("one", &["it differs"])]);
        report.finish_interrupted().unwrap();
        let expected = "KTAP version 1\n1..1\n# one: it differs\nnot ok 1 one\n\
                        # interrupted\n# FAILED: one: data may be lost\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_report_without_results_is_a_failure() {
        assert!(!report_of(&mut Vec::new(), &[]).finish().unwrap());
        assert!(report_of(&mut Vec::new(), &[("one", &[])])
            .finish()
            .unwrap());
    }
}
