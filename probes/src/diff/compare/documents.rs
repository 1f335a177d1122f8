// SPDX-License-Identifier: GPL-2.0

//! The kernel's documents.

use super::super::change::{Change, Part};
use super::super::lines::unified;
use super::{Comparison, Findings};

/// The documents that say what callers and filesystems have to do.
pub(super) const DOCUMENTS: [&str; 3] = [
    "Documentation/filesystems/porting.rst",
    "Documentation/filesystems/vfs.rst",
    "Documentation/filesystems/locking.rst",
];

impl Comparison<'_> {
    /// Compares the documents.
    pub(super) fn documents(&self, findings: &mut Findings) {
        for document in DOCUMENTS {
            let (Some(old), Some(new)) = (self.old.text(document), self.new.text(document)) else {
                let without = [self.old, self.new]
                    .into_iter()
                    .filter(|tree| tree.text(document).is_none());
                for tree in without {
                    let tree = tree.named.display();
                    findings
                        .omitted
                        .push(format!("{document}: {tree} does not have it"));
                }
                continue;
            };
            let lines = unified((&old, 1), (&new, 1));
            if !lines.is_empty() {
                let what = match document.ends_with("porting.rst") {
                    true => "entries",
                    false => "text",
                };
                let mut change = Change::new(Part::Document, document, what).at(document, document);
                change.lines = lines;
                findings.changes.push(change);
            }
        }
    }
}
