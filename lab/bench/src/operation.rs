// SPDX-License-Identifier: GPL-2.0

//! One operation, and the directory in which it is measured.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::process::chdir;

use crate::Meter;

/// Where operations are measured.
#[derive(Debug)]
pub struct Place {
    /// A directory on the filesystem that is measured.
    pub dir: PathBuf,
    /// The same directory, as those see it who do not go through that filesystem.
    pub below: PathBuf,
}

/// An operation.
#[derive(Debug)]
pub struct Operation {
    /// The name, in the table.
    pub name: &'static str,
    /// Measures it. The working directory is empty, and is the first argument.
    pub run: fn(&Place, &mut Meter) -> io::Result<()>,
}

impl Operation {
    /// Measures the operation in a directory of its own, and removes that.
    pub fn measure(&self, place: &Place) -> io::Result<u64> {
        let own = Place {
            dir: place.dir.join(self.name),
            below: place.below.join(self.name),
        };
        fs::create_dir(&own.dir)?;
        chdir(&own.dir)?;
        let mut meter = Meter::default();
        let outcome = (self.run)(&own, &mut meter);
        chdir("/")?;
        fs::remove_dir_all(&own.dir)?;
        outcome?;
        meter
            .result()
            .ok_or_else(|| io::Error::other("nothing was measured"))
    }
}

/// Makes a file with this much data.
pub fn file(path: impl AsRef<Path>, size: usize) -> io::Result<()> {
    fs::write(path, vec![7; size])
}
