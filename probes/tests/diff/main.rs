// SPDX-License-Identifier: GPL-2.0

//! `compat-probe diff` on two small kernels.

mod differences;
#[path = "../fixture/mod.rs"]
mod fixture;
mod kernels;
mod reports;
