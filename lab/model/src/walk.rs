// SPDX-License-Identifier: GPL-2.0

//! Walks: calls of the protocol, and what is promised of their answers.

use crate::{
    cpu::Cpu,
    pair::Seen,
    sync,
    world::{Call, World},
};

/// `true` has to have been so while the call went on.
fn judge_true(call: &Call) -> Result<(), String> {
    if call.was_in_sync {
        return Ok(());
    }
    Err(format!(
        "upper dentry {} was never in sync while a call went on that says so",
        call.upper
    ))
}

/// The comparison of an RCU walk. `false` is always allowed: the walk leaves RCU mode.
pub fn is_unchanged(cpu: &Cpu<'_>, upper: usize) -> bool {
    let pair = Seen::new(cpu, upper);
    cpu.call(
        upper,
        || sync::is_unchanged(&pair),
        |answer, call| if answer { judge_true(call) } else { Ok(()) },
    )
}

/// The comparison after a lookup. `false` is always allowed: the next walk compares again.
pub fn try_sync(cpu: &Cpu<'_>, upper: usize) -> bool {
    let pair = Seen::new(cpu, upper);
    cpu.call(
        upper,
        || sync::try_sync(&pair),
        |answer, call| if answer { judge_true(call) } else { Ok(()) },
    )
}

/// The comparison of a walk that may sleep. On `false` the VFS takes the name out of the cache, and
/// with it the mounts below it. So the two have to have been out of sync while the call went on, and
/// not only because an operation from above was half done.
pub fn sync(cpu: &Cpu<'_>, upper: usize) -> bool {
    let pair = Seen::new(cpu, upper);
    cpu.call(
        upper,
        || sync::sync(&pair),
        |answer, call| {
            if answer {
                judge_true(call)
            } else if call.was_out_of_sync {
                Ok(())
            } else {
                Err(format!(
                    "upper dentry {upper} was never out of sync while a call went on that says so"
                ))
            }
        },
    )
}

/// Whether what is remembered of an upper dentry is a lie: it names both numbers that the dentries
/// have, none of them is changing, and they are not in sync.
pub fn lies(world: &World, upper: usize) -> bool {
    let pair = &world.upper[upper];
    let lower = &world.lower[pair.lower];
    let settled = lower.seq % 2 == 0 && pair.dentry.seq % 2 == 0;
    settled && pair.time == world.number(upper) && !world.is_in_sync(upper)
}
