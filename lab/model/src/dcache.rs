// SPDX-License-Identifier: GPL-2.0

//! Changes to dentries, as the VFS makes them. Stores are steps, in the kernel's order.

use crate::{
    executor::Executor,
    state::{Fields, Inode, Layer, Lock, Path, SharedState},
};

/// A change to one dentry, or to two together. Their `d_lock` is held.
///
/// A step changes the same member of both. No reader can tell the difference: only lookups by name
/// read two dentries of one layer, and they take locks.
#[derive(Clone, Copy)]
struct Change<'a, 'w> {
    exec: &'a Executor<'w>,
    layer: Layer,
    index: usize,
    other: Option<usize>,
}

impl<'a, 'w> Change<'a, 'w> {
    /// Takes `d_lock`, and makes `d_seq` odd.
    fn begin(exec: &'a Executor<'w>, layer: Layer, index: usize, other: Option<usize>) -> Self {
        let change = Self {
            exec,
            layer,
            index,
            other,
        };
        exec.step_or_wait("d_seq becomes odd", |state| {
            let indices = || [Some(index), other].into_iter().flatten();
            if indices().any(|at| state.dentry(layer, at).locked) {
                return None;
            }
            for at in indices() {
                state.change(layer, at, |dentry| {
                    dentry.locked = true;
                    dentry.seq += 1;
                });
            }
            Some(0)
        });
        change
    }

    fn set(
        &self,
        label: &'static str,
        set: impl FnOnce(&mut Fields),
        set_other: impl FnOnce(&mut Fields),
    ) {
        self.exec.change(label, |state| {
            state.change(self.layer, self.index, |dentry| set(&mut dentry.now));
            if let Some(other) = self.other {
                state.change(self.layer, other, |other| set_other(&mut other.now));
            }
        });
    }

    /// Makes `d_seq` even, and releases `d_lock`. At this moment the change takes effect.
    fn end(&self) {
        self.exec.change("d_seq becomes even", |state| {
            for at in [Some(self.index), self.other].into_iter().flatten() {
                state.change(self.layer, at, |dentry| {
                    dentry.seq += 1;
                    dentry.stable = dentry.now;
                    dentry.locked = false;
                });
            }
        });
    }
}

/// Moves a dentry from `from` to `to`, the path of `target` (`__d_move()`). The target leaves the
/// cache, or gets the path `from` if the two are exchanged. There is no target if only this task
/// knows it.
///
/// The caller holds locks that keep both from moving.
pub fn move_to(
    exec: &Executor<'_>,
    layer: Layer,
    (index, from): (usize, Path),
    (target, to): (Option<usize>, Path),
    exchange: bool,
) {
    let change = Change::begin(exec, layer, index, target);
    if from.0 != to.0 {
        change.set(
            "d_parent",
            |dentry| dentry.parent = to.0,
            |target| {
                if exchange {
                    target.parent = from.0;
                }
            },
        );
    }
    change.set(
        "d_name and d_hash",
        |dentry| {
            dentry.name = to.1;
            dentry.hashed = true;
        },
        |target| {
            if exchange {
                target.name = from.1;
            } else {
                target.hashed = false;
            }
        },
    );
    change.end();
}

/// Removes a dentry from the cache (`d_drop()`). This needs no lock of a directory.
pub fn drop_from_cache(exec: &Executor<'_>, layer: Layer, index: usize) {
    exec.step_or_wait("the dentry is unhashed", |state| {
        if state.dentry(layer, index).locked {
            return None;
        }
        state.change(layer, index, |dentry| {
            dentry.locked = true;
            dentry.now.hashed = false;
        });
        Some(0)
    });
    exec.change("d_seq is invalidated", |state| {
        state.change(layer, index, |dentry| {
            dentry.seq += 2;
            dentry.stable = dentry.now;
            dentry.locked = false;
        });
    });
}

/// Gives a dentry an inode (`d_instantiate()`), and hashes it if it is unhashed (`d_add()`).
pub fn make_positive(exec: &Executor<'_>, layer: Layer, index: usize, inode: Inode) {
    let change = Change::begin(exec, layer, index, None);
    change.set("d_inode", |dentry| dentry.inode = inode, |_| {});
    change.end();
    exec.change("the dentry is hashed", |state| {
        state.change(layer, index, |dentry| {
            dentry.now.hashed = true;
            dentry.stable.hashed = true;
        });
    });
}

/// The index of a dentry that was looked up, and its file.
pub type Found = (usize, Inode);

/// Looks up `paths` in the layer's cache. The caller holds locks that keep the result true.
pub fn find(exec: &Executor<'_>, layer: Layer, paths: &[Path]) -> Vec<Option<Found>> {
    unpack(
        exec.step("names are looked up", |state| pack(state, layer, paths)),
        paths,
    )
}

/// Locks the directories of `paths` exclusively, runs `and`, and looks up `paths`.
pub fn lock_and_find(
    exec: &Executor<'_>,
    layer: Layer,
    paths: &[Path],
    and: impl FnOnce(&mut SharedState),
) -> Vec<Option<Found>> {
    // All in one step: the VFS orders the locks of one layer.
    let found = exec.step_or_wait("directories are locked", |state| {
        let is_free = |lock: &mut Lock| !lock.writer && lock.readers == 0;
        if !paths.iter().all(|path| is_free(state.dir(layer, path.0))) {
            return None;
        }
        for path in paths {
            state.dir(layer, path.0).writer = true;
        }
        and(state);
        Some(pack(state, layer, paths))
    });
    unpack(found, paths)
}

/// Looks up `paths`, and encodes the results for a step to return, in 16 bits each.
fn pack(state: &mut SharedState, layer: Layer, paths: &[Path]) -> u64 {
    paths.iter().fold(0, |packed, &path| {
        let found = state.find(layer, path).map_or(0, |index| {
            ((index as u64 + 1) << 8) | u64::from(state.dentry(layer, index).stable.inode)
        });
        (packed << 16) | found
    })
}

/// Decodes what [`pack`] returned.
fn unpack(packed: u64, paths: &[Path]) -> Vec<Option<Found>> {
    let shifts = (0..paths.len()).rev().map(|at| at * 16);
    shifts
        .map(|shift| {
            let index = ((packed >> (shift + 8)) & 0xff).checked_sub(1)?;
            Some((index as usize, (packed >> shift) as Inode))
        })
        .collect()
}

/// Runs `and`, and unlocks the directories of `paths`.
pub fn unlock(
    exec: &Executor<'_>,
    layer: Layer,
    paths: &[Path],
    and: impl FnOnce(&mut SharedState),
) {
    exec.change("directories are unlocked", |state| {
        for path in paths {
            state.dir(layer, path.0).writer = false;
        }
        and(state);
    });
}

/// Locks a directory shared.
pub fn lock_shared(exec: &Executor<'_>, layer: Layer, dir: u8) {
    exec.step_or_wait("a directory is locked shared", |state| {
        let lock = state.dir(layer, dir);
        if lock.writer {
            return None;
        }
        lock.readers += 1;
        Some(0)
    });
}

/// Unlocks a directory that is locked shared.
pub fn unlock_shared(exec: &Executor<'_>, layer: Layer, dir: u8) {
    exec.change("a directory is unlocked", |state| {
        state.dir(layer, dir).readers -= 1;
    });
}
