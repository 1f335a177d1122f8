// SPDX-License-Identifier: GPL-2.0

//! The description of a case: its name, its purpose, and the function to run.

use crate::fixture::{Fixture, Scenario};
use crate::outcome::Outcome;

/// One case of the suite.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The name in the report and for `--case`.
    pub name: &'static str,
    /// One line for `--list`.
    pub about: &'static str,
    /// What a failure means to a user of the filesystem: what can happen to data or access rights.
    pub risk: &'static str,
    /// The function to run.
    pub run: Run,
}

/// How a case is run.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// The suite mounts. The function runs once on a plain directory and once through the mount;
    /// its records and the directory trees it leaves have to be equal.
    Compared(Scenario),
    /// The function runs once and mounts the layer itself.
    Mounting(fn(&Fixture) -> Outcome),
    /// As `Mounting`, but only for layers that are a registered filesystem type. The second
    /// argument is the name of that type.
    Configuring(fn(&Fixture, &str) -> Outcome),
}
