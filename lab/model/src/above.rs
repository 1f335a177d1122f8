// SPDX-License-Identifier: GPL-2.0

//! Operations from above, as `compat/dirop.rs` and `compat/upper/stable_dentry.rs` do them.

use crate::{
    below,
    dcache::{drop_from_cache, lock_and_find, make_positive, move_to, unlock, Found},
    executor::Executor,
    mutant::Mutant,
    state::{
        Field, Inode,
        Layer::{Lower, Upper},
        Path, SharedState, Variable, NONE,
    },
    walk,
};

/// Adds `by` to the number of pending updates of each entry.
fn count_pending(entries: &[Found], by: i8) -> impl FnOnce(&mut SharedState) + '_ {
    move |state| {
        for &(entry, _) in entries {
            let pending = &mut state.upper[entry].pending_updates;
            *pending = pending.wrapping_add_signed(by);
        }
    }
}

/// An operation. The VFS locks the upper directories, and finds an upper dentry for each path. With
/// `revalidates`, the VFS revalidates the first of them again under its lock. If `accepts` returns
/// true, the operation locks the lower directories, `change` changes what it finds there, and
/// `update` updates the upper dentries.
fn operate<T>(
    exec: &Executor<'_>,
    paths: &[Path],
    revalidates: bool,
    accepts: impl FnOnce(&[Found]) -> bool,
    change: impl FnOnce(&[Option<Found>]) -> Option<T>,
    update: impl FnOnce(&[Found], T),
) {
    let entries = lock_and_find(exec, Upper, paths, |_| {});
    let entries: Option<Vec<Found>> = entries.into_iter().collect();
    let entries = entries
        .filter(|entries| accepts(entries))
        .filter(|entries| !revalidates || walk::is_in_sync(exec, entries[0].0));
    if let Some(entries) = entries {
        let unlocks_early = exec.mutant == Mutant::UnlocksEarly;
        let found = lock_and_find(exec, Lower, paths, count_pending(&entries, 1));
        let changed = change(&found);
        if unlocks_early {
            unlock(exec, Lower, paths, |_| {});
        }
        if let Some(changed) = changed {
            update(&entries, changed);
        }
        if unlocks_early {
            exec.change("the operation is over", count_pending(&entries, -1));
        } else {
            unlock(exec, Lower, paths, count_pending(&entries, -1));
        }
    }
    unlock(exec, Upper, paths, |_| {});
}

fn lower_of(exec: &Executor<'_>, upper: usize) -> usize {
    let variable = Variable(Upper, upper, Field::Lower);
    exec.read("d_fsdata is read", variable, |state| {
        state.upper[upper].lower as u64
    }) as usize
}

/// `try_verify()`: compares. The mutant `mutant` stores the verifier without comparing.
pub(crate) fn try_verify(exec: &Executor<'_>, upper: usize, mutant: Mutant) {
    if exec.mutant != mutant {
        walk::try_verify(exec, upper);
        return;
    }
    exec.change("d_time is written", |state| {
        state.upper[upper].verifier = state.present_verifier(upper);
    });
}

/// Renames `from` to `to`, or exchanges the two.
pub fn rename(exec: &Executor<'_>, from: Path, to: Path, exchange: bool, revalidates: bool) {
    operate(
        exec,
        &[from, to],
        revalidates,
        |entries| entries[0].1 != NONE,
        |found| below::change(exec, found, from, to, exchange),
        |entries, lower| {
            let entries = (entries[0].0, entries[1].0);
            update_after_rename(exec, entries, lower, from, to, exchange);
        },
    );
}

fn update_after_rename(
    exec: &Executor<'_>,
    (old, new): (usize, usize),
    (lower_old, lower_new): (usize, Option<usize>),
    from: Path,
    to: Path,
    exchange: bool,
) {
    let is_own = lower_old == lower_of(exec, old);
    let has_moved = is_own
        && exec.step("the path of the lower dentry is read", |state| {
            state.lower[lower_old].now.is_at(to).into()
        }) != 0;
    let is_exchanged = exchange && lower_new == Some(lower_of(exec, new));
    if is_own && !has_moved {
        return;
    }
    if !has_moved || (exchange && !is_exchanged) {
        drop_from_cache(exec, Upper, old);
        drop_from_cache(exec, Upper, new);
        return;
    }
    if exchange {
        // Neither is unhashed at any moment. Meanwhile both have the same path.
        move_to(exec, Upper, (new, to), (None, from), false);
        move_to(exec, Upper, (old, from), (None, to), false);
    } else {
        move_to(exec, Upper, (old, from), (Some(new), to), false);
    }
    if exec.mutant == Mutant::OperationSkipsComparison {
        try_verify(exec, old, Mutant::OperationSkipsComparison);
    }
}

/// Removes a name.
pub fn unlink(exec: &Executor<'_>, path: Path, revalidates: bool) {
    operate(
        exec,
        &[path],
        revalidates,
        |entries| entries[0].1 != NONE,
        |found| below::remove(exec, found[0]),
        |entries, _| drop_from_cache(exec, Upper, entries[0].0),
    );
}

/// Creates a file, or a directory, by a free name.
pub fn create(exec: &Executor<'_>, path: Path, file: Inode, is_directory: bool, revalidates: bool) {
    operate(
        exec,
        &[path],
        revalidates,
        |entries| entries[0].1 == NONE,
        |found| below::make(exec, found[0], file),
        |entries, lower| update_after_create(exec, entries[0].0, lower, file, is_directory),
    );
}

fn update_after_create(
    exec: &Executor<'_>,
    entry: usize,
    lower: usize,
    file: Inode,
    is_directory: bool,
) {
    let is_made = lower == lower_of(exec, entry)
        && exec.step("the lower dentry is read", |state| {
            let now = &state.lower[lower].now;
            (now.hashed && now.inode != NONE).into()
        }) != 0;
    if !is_made || is_directory {
        drop_from_cache(exec, Upper, entry);
    }
    if is_made {
        make_positive(exec, Upper, entry, file);
        try_verify(exec, entry, Mutant::OperationSkipsComparison);
    }
}
