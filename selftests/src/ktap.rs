// SPDX-License-Identifier: GPL-2.0

//! The report, in the kernel's test protocol (KTAP version 1).
//!
//! Documentation: <https://docs.kernel.org/dev-tools/ktap.html>

use std::io::{self, Write};

/// Writes one report.
#[derive(Debug)]
pub struct Report<W: Write> {
    out: W,
    passed: usize,
    failed: usize,
}

impl<W: Write> Report<W> {
    /// Opens a report of `cases` results.
    pub fn new(mut out: W, cases: usize) -> io::Result<Self> {
        writeln!(out, "KTAP version 1\n1..{cases}")?;
        Ok(Self {
            out,
            passed: 0,
            failed: 0,
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
    pub fn result(&mut self, name: &str, wrong: &[String]) -> io::Result<()> {
        for complaint in wrong {
            self.diagnostic(&format!("{name}: {complaint}"))?;
        }
        let number = self.passed + self.failed + 1;
        match wrong.is_empty() {
            true => {
                self.passed += 1;
                writeln!(self.out, "ok {number} {name}")?;
            }
            false => {
                self.failed += 1;
                writeln!(self.out, "not ok {number} {name}")?;
            }
        }
        self.out.flush()
    }

    /// Closes the report with its totals and tells whether every case passed.
    pub fn finish(mut self) -> io::Result<bool> {
        let (passed, failed) = (self.passed, self.failed);
        self.diagnostic(&format!(
            "Totals: pass:{passed} fail:{failed} xfail:0 xpass:0 skip:0 error:0"
        ))?;
        Ok(failed == 0 && passed > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(results: &[(&str, &[&str])]) -> (String, bool) {
        let mut out = Vec::new();
        let mut report = Report::new(&mut out, results.len()).unwrap();
        for (name, wrong) in results {
            let wrong: Vec<String> = wrong.iter().map(|line| (*line).to_owned()).collect();
            report.result(name, &wrong).unwrap();
        }
        let passed = report.finish().unwrap();
        (String::from_utf8(out).unwrap(), passed)
    }

    #[test]
    fn a_report_numbers_its_results_and_counts_them() {
        let (text, passed) = report(&[("one", &[]), ("two", &["it differs\nhere"])]);
        let expected = "KTAP version 1\n1..2\nok 1 one\n# two: it differs\n# here\nnot ok 2 two\n\
                        # Totals: pass:1 fail:1 xfail:0 xpass:0 skip:0 error:0\n";
        assert_eq!((text.as_str(), passed), (expected, false));
    }

    #[test]
    fn a_report_without_results_is_no_success() {
        assert!(!report(&[]).1);
        assert!(report(&[("one", &[])]).1);
    }
}
