// SPDX-License-Identifier: GPL-2.0

//! Lookups from above, as `lookup` of `compat/ops/directory.rs` does them: they hold no lower lock
//! when they give the upper dentry its location.

use crate::{
    above::try_verify,
    dcache::{find, lock_shared, make_positive, move_to, unlock_shared, Found},
    executor::Executor,
    mutant::Mutant,
    state::{
        Field,
        Layer::{Lower, Upper},
        Path, NONE,
    },
};

/// Looks up the name of a directory that is not in the upper cache. `spare` is the new upper
/// dentry.
pub fn directory(exec: &Executor<'_>, path: Path, spare: usize) {
    lock_shared(exec, Upper, path.0);
    if find(exec, Upper, &[path])[0].is_none() {
        if let Some(lower) = find(exec, Lower, &[path])[0] {
            splice(exec, path, lower, spare);
        }
    }
    unlock_shared(exec, Upper, path.0);
}

/// The alias is in the directory of the lookup, so no more locks are needed.
const SAME_DIR: u64 = 2;
/// The locks for a move between directories are not free.
const LOCKS_BUSY: u64 = 3;

fn splice(exec: &Executor<'_>, path: Path, (lower, file): Found, spare: usize) {
    if file == NONE {
        return;
    }
    let alias = exec.step("an alias of the directory is looked for", |state| {
        let found = state
            .upper
            .iter()
            .position(|upper| upper.dentry.stable.inode == file);
        found.map_or(0, |alias| alias as u64 + 1)
    });
    let Some(alias) = alias.checked_sub(1) else {
        exec.change("d_fsdata of the new dentry is written", |state| {
            let entry = &mut state.upper[spare];
            entry.lower = lower;
            entry.verifier = crate::sync::UNVERIFIED;
            state.writes(Upper, spare, Field::Lower);
            state.change(Upper, spare, |dentry| {
                (dentry.now.parent, dentry.now.name) = path;
                dentry.stable = dentry.now;
            });
        });
        make_positive(exec, Upper, spare, file);
        try_verify(exec, spare, Mutant::LookupSkipsComparison);
        return;
    };
    let alias = alias as usize;
    // A move between directories tries its locks, and does not wait for them.
    let from = exec.step("locks are tried", |state| {
        let parent = state.upper[alias].dentry.now.parent;
        if parent == path.0 {
            return SAME_DIR;
        }
        let lock = &mut state.upper_dirs[usize::from(parent)];
        if state.upper_rename || lock.writer {
            return LOCKS_BUSY;
        }
        lock.readers += 1;
        state.upper_rename = true;
        parent.into()
    });
    if from == LOCKS_BUSY {
        return;
    }
    // With these locks held the alias stays where it is.
    move_to(exec, Upper, (alias, path), (None, path), false);
    if exec.mutant == Mutant::LookupSkipsComparison {
        try_verify(exec, alias, Mutant::LookupSkipsComparison);
    }
    if from != SAME_DIR {
        exec.change("locks are released", |state| {
            state.upper_dirs[from as usize].readers -= 1;
            state.upper_rename = false;
        });
    }
}
