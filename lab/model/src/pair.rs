// SPDX-License-Identifier: GPL-2.0

//! The driver's trait [`DentryPair`] for the model's dentries. Each load, store and lock is a step.

use std::cell::Cell;

use crate::{
    dcache::{lock_shared, unlock_shared},
    executor::Executor,
    mutant::Mutant,
    state::{Dentry, Field, Layer, SharedState, Variable},
    sync::{DentryPair, UNVERIFIED},
};

/// An upper dentry and its lower one, in one call of the protocol.
pub struct ModelPair<'a, 'w> {
    exec: &'a Executor<'w>,
    upper: usize,
    /// The `d_seq` that were read last, of the lower and the upper dentry; for mutants.
    last_seqs: Cell<(u32, u32)>,
    /// The `d_seq` of the upper dentry that a mutant read too late.
    late_upper_seq: Cell<Option<u32>>,
}

/// Holds a lower directory locked, shared.
pub struct LowerDirGuard<'a, 'w> {
    exec: &'a Executor<'w>,
    dir: Option<u8>,
}

impl Drop for LowerDirGuard<'_, '_> {
    fn drop(&mut self) {
        if let Some(dir) = self.dir {
            unlock_shared(self.exec, Layer::Lower, dir);
        }
    }
}

impl<'a, 'w> ModelPair<'a, 'w> {
    /// The pair of the upper dentry with this index.
    pub fn new(exec: &'a Executor<'w>, upper: usize) -> Self {
        Self {
            exec,
            upper,
            last_seqs: Cell::new((0, 0)),
            late_upper_seq: Cell::new(None),
        }
    }

    fn is(&self, mutant: Mutant) -> bool {
        self.exec.mutant == mutant
    }

    fn index(&self, layer: Layer) -> usize {
        match layer {
            Layer::Upper => self.upper,
            Layer::Lower => {
                let variable = Variable(Layer::Upper, self.upper, Field::Lower);
                let lower = |state: &SharedState| state.upper[self.upper].lower as u64;
                self.exec.read("d_fsdata", variable, lower) as usize
            }
        }
    }

    fn read(&self, at: (Layer, Field), label: &'static str, read: fn(&Dentry) -> u64) -> u64 {
        let (layer, field) = at;
        let index = self.index(layer);
        let variable = Variable(layer, index, field);
        self.exec.read(label, variable, |state| match layer {
            Layer::Upper => read(&state.upper[index].dentry),
            Layer::Lower => read(&state.lower[index]),
        })
    }

    fn read_seq(&self, layer: Layer, label: &'static str) -> u32 {
        self.read((layer, Field::Seq), label, |dentry| dentry.seq.into()) as u32
    }

    /// The even `d_seq`. During a change this is the number before the change; a mutant takes the
    /// number after it.
    fn even(&self, seq: u32) -> u32 {
        if self.is(Mutant::OddSeqAccepted) {
            seq.next_multiple_of(2)
        } else {
            seq & !1
        }
    }

    fn has_changed(&self, layer: Layer, label: &'static str, seq: u32) -> bool {
        let now = self.read_seq(layer, label);
        if self.exec.has_ended() {
            // All steps return zero now. A comparison that was retried would be retried forever.
            return false;
        }
        if self.is(Mutant::OddSeqAccepted) {
            return self.even(now) != seq;
        }
        now != seq
    }
}

impl<'a, 'w> DentryPair for ModelPair<'a, 'w> {
    type Guard = LowerDirGuard<'a, 'w>;

    fn lower_seq(&self) -> u32 {
        let seq = self.even(self.read_seq(Layer::Lower, "lower d_seq is read"));
        self.last_seqs.set((seq, self.last_seqs.get().1));
        seq
    }

    fn lower_changed(&self, seq: u32) -> bool {
        !self.is(Mutant::LowerChangeMissed)
            && !self.is(Mutant::LowerSeqReadLast)
            && self.has_changed(Layer::Lower, "lower d_seq is read again", seq)
    }

    fn upper_seq(&self) -> u32 {
        let seq = self.even(self.read_seq(Layer::Upper, "upper d_seq is read"));
        self.last_seqs.set((self.last_seqs.get().0, seq));
        seq
    }

    fn upper_changed(&self, seq: u32) -> bool {
        let seq = self.late_upper_seq.get().unwrap_or(seq);
        !self.is(Mutant::UpperChangeMissed)
            && self.has_changed(Layer::Upper, "upper d_seq is read again", seq)
    }

    fn matches_lower(&self) -> bool {
        let both = |field, upper, lower, read| {
            self.read((Layer::Upper, field), upper, read)
                == self.read((Layer::Lower, field), lower, read)
        };
        let is_hashed = |dentry: &Dentry| dentry.now.hashed.into();
        let matches = both(Field::Inode, "upper d_inode", "lower d_inode", |dentry| {
            dentry.now.inode.into()
        }) && both(
            Field::Parent,
            "upper d_parent",
            "lower d_parent",
            |dentry| dentry.now.parent.into(),
        ) && self.read((Layer::Lower, Field::Hash), "lower d_hash", is_hashed) != 0
            && (self.is(Mutant::NamesNotCompared)
                || both(Field::Name, "upper d_name", "lower d_name", |dentry| {
                    dentry.now.name.into()
                }));
        if matches && self.is(Mutant::VerifierStoredFirst) {
            let (lower, upper) = self.last_seqs.get();
            self.set_verifier((u64::from(lower) << 32) | u64::from(upper));
        }
        matches
    }

    fn verifier(&self) -> u64 {
        self.exec.step("d_time is read", |state| {
            let upper = &state.upper[self.upper];
            if self.is(Mutant::LowerSeqOnly) && upper.verifier != UNVERIFIED {
                return ((upper.verifier >> 32) << 32) | u64::from(upper.dentry.seq & !1);
            }
            upper.verifier
        })
    }

    fn set_verifier(&self, verifier: u64) {
        self.exec.change("d_time is written", |state| {
            let mut verifier = verifier;
            if self.is(Mutant::LowerSeqReadLast) {
                let upper_seq = verifier & u64::from(u32::MAX);
                verifier = ((state.present_verifier(self.upper) >> 32) << 32) | upper_seq;
            }
            state.upper[self.upper].verifier = verifier;
        });
    }

    fn wait_for_changes(&self) {
        if self.is(Mutant::NoWait) {
            return;
        }
        let lower = self.index(Layer::Lower);
        self.exec.step_or_wait("changes are over", |state| {
            let is_even = |dentry: &Dentry| dentry.seq % 2 == 0;
            (is_even(&state.upper[self.upper].dentry) && is_even(&state.lower[lower])).then_some(0)
        });
    }

    fn lock_lower_parent(&self) -> LowerDirGuard<'a, 'w> {
        let parent = self.read((Layer::Upper, Field::Parent), "upper d_parent", |dentry| {
            dentry.now.parent.into()
        }) as u8;
        let dir = (!self.is(Mutant::NoLock)).then_some(parent);
        if let Some(dir) = dir {
            lock_shared(self.exec, Layer::Lower, dir);
        }
        if self.is(Mutant::ParentReadFirst) {
            let seq = self.read_seq(Layer::Upper, "upper d_seq is read late");
            self.late_upper_seq.set(Some(self.even(seq)));
        }
        LowerDirGuard {
            exec: self.exec,
            dir,
        }
    }
}
