// SPDX-License-Identifier: GPL-2.0

//! Differences, and the report of them.

use super::compare::Findings;
use std::fmt::Write as _;

/// A part of the report, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Body,
    Inline,
    Value,
    Comment,
    Called,
    Caller,
    Document,
    Prototype,
    Member,
    Export,
    Gone,
    Come,
}

/// The sections of the report with their headings, and the headings of their parts.
const SECTIONS: [(&str, &[(Part, &str)]); 4] = [
    (
        "1. CHANGED WITHOUT A TYPE CHANGING: no compiler finds these",
        &[
            (Part::Body, "Functions"),
            (Part::Inline, "Inline functions"),
            (Part::Value, "Values"),
            (Part::Comment, "Comments and names of parameters"),
            (Part::Called, "Functions that these call"),
            (Part::Caller, "Functions that call the driver"),
            (Part::Document, "Documents"),
        ],
    ),
    (
        "2. TYPES",
        &[(Part::Prototype, "Prototypes"), (Part::Member, "Members")],
    ),
    (
        "3. EXPORTS, AND WHAT A NAME IS",
        &[(Part::Export, "Exports")],
    ),
    (
        "4. GONE AND COME",
        &[(Part::Gone, "Gone"), (Part::Come, "Come")],
    ),
];

/// A difference.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) part: Part,
    name: String,
    what: String,
    /// File and line in the old and in the new kernel; empty if it is not there.
    old: String,
    new: String,
    /// The places of what [`Change::take`] has added.
    others: Vec<String>,
    /// The driver's files that use the name.
    used_in: Vec<String>,
    /// Details, each with the mark of a difference in its first column.
    pub(crate) lines: Vec<String>,
}

impl Change {
    pub(crate) fn new(part: Part, name: &str, what: &str) -> Self {
        Self {
            part,
            name: name.to_string(),
            what: what.to_string(),
            old: String::new(),
            new: String::new(),
            others: Vec::new(),
            used_in: Vec::new(),
            lines: Vec::new(),
        }
    }

    pub(crate) fn used_in(mut self, files: &[&str]) -> Self {
        self.used_in = files.iter().map(|file| file.to_string()).collect();
        self
    }

    /// Sets the places that are not empty.
    pub(crate) fn at(mut self, old: &str, new: &str) -> Self {
        for (place, given) in [(&mut self.old, old), (&mut self.new, new)] {
            if !given.is_empty() {
                *place = given.to_string();
            }
        }
        self
    }

    /// Adds another difference of the same name.
    pub(crate) fn take(&mut self, other: Self) {
        self.what = format!("{}, {}", self.what, other.what);
        self.lines.push(format!("{} -> {}", other.old, other.new));
        self.lines.extend(other.lines);
        self.others.extend([other.old, other.new]);
    }

    /// Where the items are that it is about.
    pub(crate) fn places(&self) -> impl Iterator<Item = &str> {
        let places = [&self.old, &self.new].into_iter().chain(&self.others);
        places.map(String::as_str)
    }

    /// Writes it with at most `most` lines of details.
    fn write(&self, most: usize, text: &mut String) {
        _ = writeln!(text, "\n  {}: {}", self.name, self.what);
        let at = |place: &str| match place {
            "" => "-".to_string(),
            place => place.to_string(),
        };
        _ = writeln!(text, "    {} -> {}", at(&self.old), at(&self.new));
        if !self.used_in.is_empty() {
            const MOST: usize = 3;
            let first = self.used_in.iter().take(MOST);
            let first: Vec<&str> = first.map(String::as_str).collect();
            let more = match self.used_in.len().saturating_sub(MOST) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            _ = writeln!(text, "    used in {}{more}", first.join(", "));
        }
        for line in self.lines.iter().take(most) {
            _ = writeln!(text, "{}", format!("    {line}").trim_end());
        }
        if self.lines.len() > most {
            _ = writeln!(
                text,
                "    ... {} more lines (--lines all)",
                self.lines.len() - most
            );
        }
    }
}

impl Findings {
    /// The report, with at most `lines` lines of each difference.
    pub(crate) fn report(&self, heading: &str, lines: usize) -> String {
        let mut text = format!("{heading}\n");
        if !self.omitted.is_empty() {
            text.push_str("\n*** NOT COMPARED ***\n");
            for sentence in &self.omitted {
                _ = writeln!(text, "  - {sentence}.");
            }
        }
        for (title, parts) in SECTIONS {
            _ = writeln!(text, "\n{title}");
            let before = text.len();
            for (part, heading) in parts {
                let count = self.of(*part).count();
                if count > 0 {
                    _ = writeln!(text, "\n{heading} ({count})");
                }
                for change in self.of(*part) {
                    // A document is short, and says why the rest has changed.
                    let most = match part {
                        Part::Document => usize::MAX,
                        _ => lines,
                    };
                    change.write(most, &mut text);
                }
            }
            if text.len() == before {
                text.push_str("\n  nothing\n");
            }
        }
        if !self.unknown.is_empty() {
            _ = writeln!(
                text,
                "\nIn the headers of neither kernel, or in those of a processor: {}",
                self.unknown.join(" ")
            );
        }
        _ = writeln!(text, "\n{}", self.summary());
        text
    }

    /// The differences in a part of the report.
    fn of(&self, part: Part) -> impl Iterator<Item = &Change> {
        self.changes
            .iter()
            .filter(move |change| change.part == part)
    }

    /// How many differences there are of each kind.
    fn summary(&self) -> String {
        let parts = SECTIONS.iter().flat_map(|(_, parts)| parts.iter());
        let counts = parts.map(|(part, heading)| (heading, self.of(*part).count()));
        let counts = counts.filter(|(_, count)| *count > 0);
        let counts: Vec<String> = counts
            .map(|(heading, count)| format!("{} {count}", heading.to_lowercase()))
            .collect();
        let counts = match counts.is_empty() {
            true => "no difference".to_string(),
            false => counts.join(", "),
        };
        format!("{} names compared: {counts}", self.known)
    }
}
