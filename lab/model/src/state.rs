// SPDX-License-Identifier: GPL-2.0

//! The state that all tasks share: two directories in two layers, their locks and their dentries.

/// The first directory. It has the same number in both layers.
pub const P: u8 = 0;
/// The second directory.
pub const Q: u8 = 1;

/// The file of a dentry; [`NONE`] for a negative one.
pub type Inode = u8;
/// No inode.
pub const NONE: Inode = 0;

/// A directory, and a name in it.
pub type Path = (u8, char);

/// The members of a dentry that changes write.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Fields {
    /// `d_parent`.
    pub parent: u8,
    /// `d_name`.
    pub name: char,
    /// `d_inode`.
    pub inode: Inode,
    /// Whether the dentry is in the hash table (`d_hash`).
    pub hashed: bool,
}

impl Fields {
    /// The path of the dentry.
    pub fn path(&self) -> Path {
        (self.parent, self.name)
    }

    /// Whether a lookup of `path` finds the dentry.
    pub fn is_at(&self, path: Path) -> bool {
        self.hashed && self.path() == path
    }
}

/// A dentry of either layer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Dentry {
    /// What a reader finds now, possibly in the middle of a change.
    pub now: Fields,
    /// The fields after the last finished change. The properties are about these.
    pub stable: Fields,
    /// `d_seq`.
    pub seq: u32,
    /// Whether `d_lock` is held. Every change holds it.
    pub locked: bool,
}

impl Dentry {
    fn new((parent, name): Path, inode: Inode) -> Self {
        let now = Fields {
            parent,
            name,
            inode,
            hashed: true,
        };
        Self {
            now,
            stable: now,
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
    /// The index of its lower dentry (`d_fsdata`).
    pub lower: usize,
    /// The verifier (`d_time`).
    pub verifier: u64,
    /// The number of operations from above that hold lower locks for this dentry, and may not have
    /// updated it yet.
    pub pending_updates: u8,
}

/// A member of a dentry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// `d_parent`.
    Parent,
    /// `d_name`.
    Name,
    /// `d_inode`.
    Inode,
    /// `d_hash`.
    Hash,
    /// `d_seq`.
    Seq,
    /// `d_fsdata`.
    Lower,
}

/// A member of one dentry, given by its layer and index: what one load reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Variable(pub Layer, pub usize, pub Field);

impl Variable {
    fn bit(self) -> u64 {
        let Self(layer, index, field) = self;
        1 << ((layer as usize * 4 + index) * 8 + field as usize)
    }
}

/// A read-write semaphore.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Lock {
    /// Whether it is held exclusively.
    pub writer: bool,
    /// How many tasks hold it shared.
    pub readers: u8,
}

/// A layer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Layer {
    /// base0fs.
    Upper,
    /// The filesystem under it.
    Lower,
}

/// A call of the protocol that is in progress.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Call {
    /// The task that calls.
    pub task: usize,
    /// The upper dentry of the call.
    pub upper: usize,
    /// Whether the pair was in sync at some moment since the call began.
    pub was_in_sync: bool,
    /// Whether the pair was out of sync at some moment at which no operation from above had an
    /// update of it pending.
    pub was_out_of_sync: bool,
}

/// The state that all tasks share.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct SharedState {
    /// The lower dentries.
    pub lower: Vec<Dentry>,
    /// The upper dentries.
    pub upper: Vec<Upper>,
    /// `i_rwsem` of the lower directories.
    pub lower_dirs: [Lock; 2],
    /// `i_rwsem` of the upper directories.
    pub upper_dirs: [Lock; 2],
    /// Whether the upper `s_vfs_rename_mutex` is held.
    pub upper_rename: bool,
    /// The calls of the protocol that are in progress.
    pub calls: Vec<Call>,
    /// The variables that some task writes in some interleaving, as bits.
    pub written: u64,
    /// The variables that were written and are not in `written`.
    pub unexpected: u64,
}

impl SharedState {
    /// Adds a name that both layers have cached, in sync and verified. Returns the index of its
    /// upper dentry.
    pub fn add(&mut self, path: Path, inode: Inode) -> usize {
        let lower = self.add_lower(path, inode);
        self.upper.push(Upper {
            dentry: Dentry::new(path, inode),
            lower,
            verifier: 0,
            pending_updates: 0,
        });
        self.upper.len() - 1
    }

    /// Adds a name that only the lower layer has cached. Returns the index of its dentry.
    pub fn add_lower(&mut self, path: Path, inode: Inode) -> usize {
        self.lower.push(Dentry::new(path, inode));
        self.lower.len() - 1
    }

    /// A dentry of either layer.
    pub fn dentry(&mut self, layer: Layer, index: usize) -> &mut Dentry {
        match layer {
            Layer::Upper => &mut self.upper[index].dentry,
            Layer::Lower => &mut self.lower[index],
        }
    }

    /// Whether some task writes the variable in some interleaving.
    pub fn is_written(&self, variable: Variable) -> bool {
        self.written & variable.bit() != 0
    }

    /// Records that a task writes a variable.
    pub fn writes(&mut self, layer: Layer, index: usize, field: Field) {
        self.unexpected |= Variable(layer, index, field).bit() & !self.written;
    }

    /// Changes a dentry, and records what that writes.
    pub fn change(&mut self, layer: Layer, index: usize, change: impl FnOnce(&mut Dentry)) {
        let dentry = self.dentry(layer, index);
        let before = *dentry;
        change(dentry);
        let after = *dentry;
        let changed = [
            (before.now.parent != after.now.parent, Field::Parent),
            (before.now.name != after.now.name, Field::Name),
            (before.now.inode != after.now.inode, Field::Inode),
            (before.now.hashed != after.now.hashed, Field::Hash),
            (before.seq != after.seq, Field::Seq),
        ];
        for (_, field) in changed.into_iter().filter(|(changed, _)| *changed) {
            self.writes(layer, index, field);
        }
    }

    /// The lock of a directory.
    pub fn dir(&mut self, layer: Layer, dir: u8) -> &mut Lock {
        match layer {
            Layer::Upper => &mut self.upper_dirs[usize::from(dir)],
            Layer::Lower => &mut self.lower_dirs[usize::from(dir)],
        }
    }

    /// The dentry that a lookup of `path` finds in the layer's cache.
    pub fn find(&self, layer: Layer, path: Path) -> Option<usize> {
        match layer {
            Layer::Upper => self
                .upper
                .iter()
                .position(|upper| upper.dentry.stable.is_at(path)),
            Layer::Lower => self.lower.iter().position(|lower| lower.stable.is_at(path)),
        }
    }

    /// The verifier of a pair that is seen in sync now, or was before a change that is in progress.
    pub fn present_verifier(&self, upper: usize) -> u64 {
        let upper = &self.upper[upper];
        let lower_seq = u64::from(self.lower[upper.lower].seq & !1);
        (lower_seq << 32) | u64::from(upper.dentry.seq & !1)
    }

    /// Whether an upper dentry and its lower one are really in sync: same path, same file.
    pub fn is_in_sync(&self, upper: usize) -> bool {
        let upper = &self.upper[upper];
        let (above, below) = (upper.dentry.stable, self.lower[upper.lower].stable);
        below.is_at(above.path()) && above.inode == below.inode
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

    /// Ends the task's call. Returns what was true during it.
    pub fn end_call(&mut self, task: usize) -> Call {
        let at = self.calls.iter().position(|call| call.task == task);
        self.calls.remove(at.expect("the call is in progress"))
    }

    /// Records in each call in progress what is true at this moment.
    pub fn observe(&mut self) {
        for at in 0..self.calls.len() {
            let upper = self.calls[at].upper;
            let in_sync = self.is_in_sync(upper);
            // Between the two stores of `d_drop()` either answer is right.
            let out_of_sync = !in_sync || !self.lower[self.upper[upper].lower].now.hashed;
            self.calls[at].was_in_sync |= in_sync;
            self.calls[at].was_out_of_sync |= out_of_sync && self.upper[upper].pending_updates == 0;
        }
    }
}
