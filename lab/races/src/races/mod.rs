// SPDX-License-Identifier: GPL-2.0

//! The table of races; each race is a module.

mod deleted;
mod freeze;
mod hammer;
mod long_names;
mod lost_create;
mod mounted;
mod pairs;
mod reclaim;
pub mod set_id;
mod space;
mod worker;

use crate::race::Race;

/// Every race.
pub const RACES: &[Race] = &[
    pairs::REMOVALS,
    pairs::PAIRS,
    pairs::WATCHED,
    lost_create::RACE,
    mounted::RACE,
    deleted::RACE,
    set_id::RACE,
    space::RACE,
    hammer::CONSERVED,
    hammer::RACE,
    long_names::RACE,
    freeze::RACE,
    worker::RACE,
    reclaim::RACE,
];
