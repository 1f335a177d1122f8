// SPDX-License-Identifier: GPL-2.0

//! The state that all tasks share: two directories in two layers, their locks and their dentries.

/// The first directory; it has the same number in both layers.
pub const P: u8 = 0;
/// The second directory.
pub const Q: u8 = 1;

/// What a name stands for; [`NONE`] of a negative dentry.
pub type Inode = u8;
/// No inode.
pub const NONE: Inode = 0;

/// A directory and a name in it.
pub type Place = (u8, char);

/// What a dentry says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Members {
    /// `d_parent`.
    pub parent: u8,
    /// `d_name`.
    pub name: char,
    /// `d_inode`.
    pub inode: Inode,
    /// Whether walks can find it.
    pub hashed: bool,
}

impl Members {
    /// Where the dentry is.
    pub fn place(&self) -> Place {
        (self.parent, self.name)
    }

    /// Whether a lookup of `place` finds it.
    pub fn is_at(&self, place: Place) -> bool {
        self.hashed && self.place() == place
    }
}

/// A dentry of either layer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Dentry {
    /// What a reader finds there now, in the middle of a change too.
    pub now: Members,
    /// What it said when it was last not changing: the truth.
    pub settled: Members,
    /// `d_seq`.
    pub seq: u32,
    /// `d_lock`, which all who change a dentry hold.
    pub locked: bool,
}

impl Dentry {
    fn new((parent, name): Place, inode: Inode) -> Self {
        let now = Members {
            parent,
            name,
            inode,
            hashed: true,
        };
        Self {
            now,
            settled: now,
            seq: 0,
            locked: false,
        }
    }
}

/// A dentry of the upper layer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Upper {
    /// The dentry.
    pub dentry: Dentry,
    /// The number of the lower dentry behind it.
    pub lower: usize,
    /// `d_time`.
    pub time: u64,
    /// How many operations from above hold lower locks and have not let this dentry follow yet.
    pub half_done: u8,
}

/// A part of a dentry that is read by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Member {
    /// `d_parent`.
    Parent,
    /// `d_name`.
    Name,
    /// `d_inode`.
    Inode,
    /// Whether it is hashed.
    Hash,
    /// `d_seq`.
    Seq,
    /// `d_fsdata`.
    Lower,
}

/// A part of the state that is read by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part(pub Layer, pub usize, pub Member);

impl Part {
    fn bit(self) -> u64 {
        let Self(layer, number, member) = self;
        1 << ((layer as usize * 4 + number) * 8 + member as usize)
    }
}

/// A read-write semaphore.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Lock {
    /// Whether it is held exclusively.
    pub writer: bool,
    /// How many hold it shared.
    pub readers: u8,
}

/// A layer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Layer {
    /// What base0fs shows.
    Upper,
    /// What lies below.
    Lower,
}

/// A call of the protocol that goes on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Call {
    /// The task that calls.
    pub task: usize,
    /// The upper dentry that it asks about.
    pub upper: usize,
    /// Whether the two were in sync at a moment since the call began.
    pub was_in_sync: bool,
    /// Whether they were out of sync at a moment at which no operation from above was half done.
    pub was_out_of_sync: bool,
}

/// The state that all tasks share.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct World {
    /// The lower dentries.
    pub lower: Vec<Dentry>,
    /// The upper dentries.
    pub upper: Vec<Upper>,
    /// `i_rwsem` of the lower directories.
    pub lower_dirs: [Lock; 2],
    /// `i_rwsem` of the upper directories.
    pub upper_dirs: [Lock; 2],
    /// The upper `s_vfs_rename_mutex`.
    pub upper_rename: bool,
    /// The calls that go on.
    pub calls: Vec<Call>,
    /// The parts that some task writes in some interleaving, as bits.
    pub written: u64,
    /// The parts that were written so far and are not among those.
    pub unexpected: u64,
}

impl World {
    /// Adds a name that both layers know, in sync and remembered. Returns its number.
    pub fn add(&mut self, place: Place, inode: Inode) -> usize {
        let lower = self.add_lower(place, inode);
        self.upper.push(Upper {
            dentry: Dentry::new(place, inode),
            lower,
            time: 0,
            half_done: 0,
        });
        self.upper.len() - 1
    }

    /// Adds a name that only the lower layer knows. Returns its number.
    pub fn add_lower(&mut self, place: Place, inode: Inode) -> usize {
        self.lower.push(Dentry::new(place, inode));
        self.lower.len() - 1
    }

    /// A dentry of either layer.
    pub fn dentry(&mut self, layer: Layer, number: usize) -> &mut Dentry {
        match layer {
            Layer::Upper => &mut self.upper[number].dentry,
            Layer::Lower => &mut self.lower[number],
        }
    }

    /// Whether some task writes the part in some interleaving.
    pub fn is_written(&self, part: Part) -> bool {
        self.written & part.bit() != 0
    }

    /// Notes that a task writes it.
    pub fn writes(&mut self, layer: Layer, number: usize, member: Member) {
        self.unexpected |= Part(layer, number, member).bit() & !self.written;
    }

    /// Changes a dentry.
    pub fn change(&mut self, layer: Layer, number: usize, change: impl FnOnce(&mut Dentry)) {
        let dentry = self.dentry(layer, number);
        let before = *dentry;
        change(dentry);
        let after = *dentry;
        let changed = [
            (before.now.parent != after.now.parent, Member::Parent),
            (before.now.name != after.now.name, Member::Name),
            (before.now.inode != after.now.inode, Member::Inode),
            (before.now.hashed != after.now.hashed, Member::Hash),
            (before.seq != after.seq, Member::Seq),
        ];
        for (_, member) in changed.into_iter().filter(|(changed, _)| *changed) {
            self.writes(layer, number, member);
        }
    }

    /// The lock of a directory.
    pub fn dir(&mut self, layer: Layer, dir: u8) -> &mut Lock {
        match layer {
            Layer::Upper => &mut self.upper_dirs[usize::from(dir)],
            Layer::Lower => &mut self.lower_dirs[usize::from(dir)],
        }
    }

    /// What a lookup of `place` finds in the layer's cache.
    pub fn find(&self, layer: Layer, place: Place) -> Option<usize> {
        match layer {
            Layer::Upper => self
                .upper
                .iter()
                .position(|upper| upper.dentry.settled.is_at(place)),
            Layer::Lower => self
                .lower
                .iter()
                .position(|lower| lower.settled.is_at(place)),
        }
    }

    /// What is remembered of a pair that has been seen in sync with its present numbers, those before
    /// changes that go on.
    pub fn number(&self, upper: usize) -> u64 {
        let upper = &self.upper[upper];
        let lower = u64::from(self.lower[upper.lower].seq & !1);
        (lower << 32) | u64::from(upper.dentry.seq & !1)
    }

    /// The truth: whether an upper dentry and its lower one have one place and one file.
    pub fn is_in_sync(&self, upper: usize) -> bool {
        let upper = &self.upper[upper];
        let (above, below) = (upper.dentry.settled, self.lower[upper.lower].settled);
        below.is_at(above.place()) && above.inode == below.inode
    }

    /// Begins a call of the protocol.
    pub fn begin_call(&mut self, task: usize, upper: usize) {
        self.calls.push(Call {
            task,
            upper,
            was_in_sync: false,
            was_out_of_sync: false,
        });
        self.calls.sort_by_key(|call| call.task);
        self.observe();
    }

    /// Ends it. Returns what was true while it went on.
    pub fn end_call(&mut self, task: usize) -> Call {
        let at = self.calls.iter().position(|call| call.task == task);
        self.calls.remove(at.expect("the call goes on"))
    }

    /// Notes in each call that goes on what is true at this moment.
    pub fn observe(&mut self) {
        for at in 0..self.calls.len() {
            let upper = self.calls[at].upper;
            let in_sync = self.is_in_sync(upper);
            // Between the two stores of `d_drop()` a dentry passes for either.
            let out_of_sync = !in_sync || !self.lower[self.upper[upper].lower].now.hashed;
            self.calls[at].was_in_sync |= in_sync;
            self.calls[at].was_out_of_sync |= out_of_sync && self.upper[upper].half_done == 0;
        }
    }
}
