// SPDX-License-Identifier: GPL-2.0

//! The driver's [`Pair`], on the model's dentries: each load, store and lock a step.

use std::cell::Cell;

use crate::{
    cpu::Cpu,
    dcache::{lock_shared, unlock_shared},
    mutant::Mutant,
    sync::{Pair, NEVER},
    world::{Dentry, Layer, Member, Part, World},
};

/// An upper dentry, as a task sees it.
pub struct Seen<'a, 'w> {
    cpu: &'a Cpu<'w>,
    upper: usize,
    /// The numbers read last, for mutants: lower and upper.
    last: Cell<(u32, u32)>,
    /// The upper number that a mutant read at another time than it should.
    late: Cell<Option<u32>>,
}

/// A lower directory, locked shared.
pub struct Locked<'a, 'w> {
    cpu: &'a Cpu<'w>,
    dir: Option<u8>,
}

impl Drop for Locked<'_, '_> {
    fn drop(&mut self) {
        if let Some(dir) = self.dir {
            unlock_shared(self.cpu, Layer::Lower, dir);
        }
    }
}

impl<'a, 'w> Seen<'a, 'w> {
    /// The upper dentry with this number.
    pub fn new(cpu: &'a Cpu<'w>, upper: usize) -> Self {
        Self {
            cpu,
            upper,
            last: Cell::new((0, 0)),
            late: Cell::new(None),
        }
    }

    fn is(&self, mutant: Mutant) -> bool {
        self.cpu.mutant == mutant
    }

    fn number(&self, layer: Layer) -> usize {
        match layer {
            Layer::Upper => self.upper,
            Layer::Lower => {
                let part = Part(Layer::Upper, self.upper, Member::Lower);
                let lower = |world: &World| world.upper[self.upper].lower as u64;
                self.cpu.read("d_fsdata", part, lower) as usize
            }
        }
    }

    fn read(&self, at: (Layer, Member), label: &'static str, read: fn(&Dentry) -> u64) -> u64 {
        let (layer, member) = at;
        let number = self.number(layer);
        let part = Part(layer, number, member);
        self.cpu.read(label, part, |world| match layer {
            Layer::Upper => read(&world.upper[number].dentry),
            Layer::Lower => read(&world.lower[number]),
        })
    }

    fn read_seq(&self, layer: Layer, label: &'static str) -> u32 {
        self.read((layer, Member::Seq), label, |dentry| dentry.seq.into()) as u32
    }

    /// The count before a change that goes on; of a mutant, the count after it.
    fn even(&self, seq: u32) -> u32 {
        if self.is(Mutant::OddIsEven) {
            seq.next_multiple_of(2)
        } else {
            seq & !1
        }
    }

    fn has_changed(&self, layer: Layer, label: &'static str, seq: u32) -> bool {
        let now = self.read_seq(layer, label);
        if self.cpu.has_ended() {
            // Else a comparison that is not meant to go on would be begun again for ever.
            return false;
        }
        if self.is(Mutant::OddIsEven) {
            return self.even(now) != seq;
        }
        now != seq
    }
}

impl<'a, 'w> Pair for Seen<'a, 'w> {
    type Locked = Locked<'a, 'w>;

    fn lower_seq(&self) -> u32 {
        let seq = self.even(self.read_seq(Layer::Lower, "lower d_seq is read"));
        self.last.set((seq, self.last.get().1));
        seq
    }

    fn lower_changed(&self, seq: u32) -> bool {
        !self.is(Mutant::LowerChangeUnseen)
            && !self.is(Mutant::NumberLast)
            && self.has_changed(Layer::Lower, "lower d_seq is read again", seq)
    }

    fn upper_seq(&self) -> u32 {
        let seq = self.even(self.read_seq(Layer::Upper, "upper d_seq is read"));
        self.last.set((self.last.get().0, seq));
        seq
    }

    fn upper_changed(&self, seq: u32) -> bool {
        let seq = self.late.get().unwrap_or(seq);
        !self.is(Mutant::UpperChangeUnseen)
            && self.has_changed(Layer::Upper, "upper d_seq is read again", seq)
    }

    fn matches_lower(&self) -> bool {
        let both = |member, upper, lower, read| {
            self.read((Layer::Upper, member), upper, read)
                == self.read((Layer::Lower, member), lower, read)
        };
        let is_hashed = |dentry: &Dentry| dentry.now.hashed.into();
        let alike = both(Member::Inode, "upper d_inode", "lower d_inode", |dentry| {
            dentry.now.inode.into()
        }) && both(
            Member::Parent,
            "upper d_parent",
            "lower d_parent",
            |dentry| dentry.now.parent.into(),
        ) && self.read((Layer::Lower, Member::Hash), "lower d_hash", is_hashed) != 0
            && (self.is(Mutant::NamesUnseen)
                || both(Member::Name, "upper d_name", "lower d_name", |dentry| {
                    dentry.now.name.into()
                }));
        if alike && self.is(Mutant::RemembersFirst) {
            let (lower, upper) = self.last.get();
            self.remember((u64::from(lower) << 32) | u64::from(upper));
        }
        alike
    }

    fn remembered(&self) -> u64 {
        self.cpu.step("d_time is read", |world| {
            let upper = &world.upper[self.upper];
            if self.is(Mutant::LowerNumberAlone) && upper.time != NEVER {
                return ((upper.time >> 32) << 32) | u64::from(upper.dentry.seq & !1);
            }
            upper.time
        })
    }

    fn remember(&self, number: u64) {
        self.cpu.change("d_time is written", |world| {
            let mut number = number;
            if self.is(Mutant::NumberLast) {
                let upper = number & u64::from(u32::MAX);
                number = ((world.number(self.upper) >> 32) << 32) | upper;
            }
            world.upper[self.upper].time = number;
        });
    }

    fn wait(&self) {
        if self.is(Mutant::NoWait) {
            return;
        }
        let lower = self.number(Layer::Lower);
        self.cpu.step_or_wait("changes are over", |world| {
            let is_even = |dentry: &Dentry| dentry.seq % 2 == 0;
            (is_even(&world.upper[self.upper].dentry) && is_even(&world.lower[lower])).then_some(0)
        });
    }

    fn lock_lower_parent(&self) -> Locked<'a, 'w> {
        let parent = self.read((Layer::Upper, Member::Parent), "upper d_parent", |dentry| {
            dentry.now.parent.into()
        }) as u8;
        let dir = (!self.is(Mutant::NoLock)).then_some(parent);
        if let Some(dir) = dir {
            lock_shared(self.cpu, Layer::Lower, dir);
        }
        if self.is(Mutant::ParentFirst) {
            let seq = self.read_seq(Layer::Upper, "upper d_seq is read late");
            self.late.set(Some(self.even(seq)));
        }
        Locked { cpu: self.cpu, dir }
    }
}
