// SPDX-License-Identifier: GPL-2.0

//! The questions of this driver.

pub(crate) mod timer_setup;
