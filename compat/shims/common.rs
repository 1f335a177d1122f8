// SPDX-License-Identifier: GPL-2.0

//! Question: is everything else as compat uses it?
//!
//! The other questions are about points where kernels differ. This one is about all that has been
//! the same from 6.12 on: the functions that compat calls, and the members that it reads and
//! writes. A kernel on which one of them differs, or is not exported, has no answer to this
//! question. The message names the file of the part that needs it.
//!
//! A difference that kernels then turn out to have becomes a question of its own.
//!
//! C headers: those of the named files

answers! { common:
    "known" => known,
}

/// Says that the types are known. Nothing calls it.
#[allow(dead_code)]
pub(crate) trait Common {}
