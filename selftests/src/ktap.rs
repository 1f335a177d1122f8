// SPDX-License-Identifier: GPL-2.0

//! The report, in the kernel's test protocol (KTAP version 1).
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
    /// Opens a report of `cases` results.
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

    /// Writes the result of the next case, what is wrong with it before it as KTAP asks; nothing
    /// wrong is a success.
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

    /// Closes the report with its totals, names what failed and what that means, and tells whether
    /// every case passed.
    pub fn finish(mut self) -> io::Result<bool> {
        let (passed, failed) = (self.passed, self.failed.len());
        self.diagnostic(&format!(
            "Totals: pass:{passed} fail:{failed} xfail:0 xpass:0 skip:0 error:0"
        ))?;
        self.failures()?;
        Ok(failed == 0 && passed > 0)
    }

    /// Closes a report that was interrupted, and names what failed until then.
    pub fn break_off(mut self) -> io::Result<()> {
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

    fn begun<'a>(
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
    fn a_report_numbers_its_results_counts_them_and_says_what_failures_mean() {
        let mut out = Vec::new();
        let differs: &[&str] = &["it differs\nhere"];
        let report = begun(&mut out, &[("one", &[]), ("two", differs), ("three", &[])]);
        assert!(!report.finish().unwrap());
        let expected =
            "KTAP version 1\n1..3\nok 1 one\n# two: it differs\n# here\nnot ok 2 two\nok 3 three\n\
                        # Totals: pass:2 fail:1 xfail:0 xpass:0 skip:0 error:0\n\
                        # FAILED: two: data may be lost\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_report_that_breaks_off_names_what_had_failed() {
        let mut out = Vec::new();
        let report = begun(&mut out, &[("one", &["it differs"])]);
        report.break_off().unwrap();
        let expected = "KTAP version 1\n1..1\n# one: it differs\nnot ok 1 one\n\
                        # interrupted\n# FAILED: one: data may be lost\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_report_without_results_is_no_success() {
        assert!(!begun(&mut Vec::new(), &[]).finish().unwrap());
        assert!(begun(&mut Vec::new(), &[("one", &[])]).finish().unwrap());
    }
}
