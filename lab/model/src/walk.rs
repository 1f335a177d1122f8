// SPDX-License-Identifier: GPL-2.0

//! Calls of the protocol by path walks, and the properties of their answers.

use crate::{
    executor::Executor,
    pair::ModelPair,
    state::{Call, SharedState},
    sync,
};

/// After the answer `true`, the pair must have been in sync at some moment of the call.
fn check_in_sync(call: &Call) -> Result<(), String> {
    if call.was_in_sync {
        return Ok(());
    }
    Err(format!(
        "a call returned true, but upper dentry {} was never in sync during it",
        call.upper
    ))
}

/// The check of a walk in RCU mode. `false` is always allowed: the walk leaves RCU mode.
pub fn is_unchanged(exec: &Executor<'_>, upper: usize) -> bool {
    let pair = ModelPair::new(exec, upper);
    exec.call(
        upper,
        || sync::is_unchanged(&pair),
        |answer, call| if answer { check_in_sync(call) } else { Ok(()) },
    )
}

/// The comparison after a lookup. `false` is always allowed: the next walk compares again.
pub fn try_verify(exec: &Executor<'_>, upper: usize) -> bool {
    let pair = ModelPair::new(exec, upper);
    exec.call(
        upper,
        || sync::try_verify(&pair),
        |answer, call| if answer { check_in_sync(call) } else { Ok(()) },
    )
}

/// The check of a walk that may sleep.
///
/// After `false` the VFS drops the name from the cache, and with it the mounts below it. So the
/// pair must have been out of sync at some moment of the call, and not only because an operation
/// from above had an update pending.
pub fn is_in_sync(exec: &Executor<'_>, upper: usize) -> bool {
    let pair = ModelPair::new(exec, upper);
    exec.call(
        upper,
        || sync::is_in_sync(&pair),
        |answer, call| {
            if answer {
                check_in_sync(call)
            } else if call.was_out_of_sync {
                Ok(())
            } else {
                Err(format!(
                    "a call returned false, but upper dentry {upper} was never out of sync during it"
                ))
            }
        },
    )
}

/// Whether the verifier of an upper dentry is false: neither dentry is changing, the verifier has
/// the `d_seq` of both, and they are not in sync.
pub fn verifier_is_false(state: &SharedState, upper: usize) -> bool {
    let pair = &state.upper[upper];
    let lower = &state.lower[pair.lower];
    let is_stable = lower.seq % 2 == 0 && pair.dentry.seq % 2 == 0;
    is_stable && pair.verifier == state.present_verifier(upper) && !state.is_in_sync(upper)
}
