// SPDX-License-Identifier: GPL-2.0

//! Snapshots of directory trees, and their comparison.

mod contents;

use std::collections::BTreeMap;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fd::AsFd;
use rustix::fs::{lstat, open, readlink, FileType, Mode, OFlags, RawDir, RawDirEntry, Stat};
use rustix::io::Errno;

use contents::{xattrs, Contents};

use crate::show::{errno_name, kind_name, Show};

/// Which properties of each file a snapshot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Those that are equal in two trees on which the same operations were performed.
    TwoTrees,
    /// Those that are equal in two views of one tree: also inode numbers, all times, blocks, and
    /// the sizes of directories.
    TwoViews,
}

/// Only a case sets times before this second, in 2017. They are equal in two trees.
pub const SET_BY_A_CASE: i64 = 1_500_000_000;

/// The properties of one file: names and values.
type Properties = Vec<(&'static str, String)>;

/// The properties of each file, by path. The root has the empty path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<PathBuf, Properties>);

impl Snapshot {
    /// Leaves the access times out.
    pub fn forget_access_times(&mut self) {
        for properties in self.0.values_mut() {
            properties.retain(|(property, _)| *property != "atime");
        }
    }

    /// Whether there is a hidden name, which a client of a file server gives an open file that was
    /// removed, and removes itself after the file was closed.
    pub fn has_hidden_names(&self) -> bool {
        const OF_NFS: &[u8] = b".nfs";
        const OF_FUSE: &[u8] = b".fuse_hidden";
        let is_hidden = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().as_bytes();
            name.starts_with(OF_NFS) || name.starts_with(OF_FUSE)
        };
        self.0.keys().any(is_hidden)
    }
}

/// Takes a snapshot of the tree at `root`. Changes no time in it except a symlink's access time.
pub fn snapshot(root: &Path, detail: Detail) -> Result<Snapshot, String> {
    snapshots(root, [detail]).map(|[tree]| tree)
}

/// Takes a snapshot with each of these properties, and reads the tree once.
pub fn snapshots<const N: usize>(
    root: &Path,
    details: [Detail; N],
) -> Result<[Snapshot; N], String> {
    let mut reader = TreeReader {
        root,
        trees: details.map(|detail| (detail, Snapshot::default())),
        links: BTreeMap::new(),
        device: None,
        contents: Contents::new(),
    };
    reader.visit(Path::new("")).map_err(|(path, errno)| {
        format!(
            "{} cannot be read: {}",
            root.join(path).display(),
            errno_name(errno)
        )
    })?;
    Ok(reader.trees.map(|(_, tree)| tree))
}

struct TreeReader<'a, const N: usize> {
    root: &'a Path,
    trees: [(Detail, Snapshot); N],
    links: BTreeMap<(u64, u64), PathBuf>,
    device: Option<u64>,
    contents: Contents,
}

impl<const N: usize> TreeReader<'_, N> {
    fn visit(&mut self, path: &Path) -> Result<(), (PathBuf, Errno)> {
        let absolute = match path.as_os_str().is_empty() {
            true => self.root.to_owned(),
            false => self.root.join(path),
        };
        let with_path = |errno| (path.to_owned(), errno);
        let stat = lstat(&absolute).map_err(with_path)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        let mut common = self.common_attributes(path, &stat);
        common.push(("xattrs", xattrs(&absolute).map_err(with_path)?.show()));
        let mut children = None;
        match kind {
            FileType::RegularFile => {
                let content = match self.contents.data(&absolute) {
                    Err(Errno::AGAIN) => "behind a lease".to_owned(),
                    content => content.map_err(with_path)?,
                };
                common.push(("content", content));
            }
            FileType::Symlink => {
                let target = readlink(&absolute, Vec::new()).map_err(with_path)?;
                common.push(("target", target.into_bytes().show()));
            }
            FileType::Directory => children = Some(entries(&absolute).map_err(with_path)?),
            _ => {}
        }
        for (detail, tree) in &mut self.trees {
            let mut properties = common.clone();
            properties.extend(detail.attributes(&stat, kind));
            if let Some(children) = &children {
                properties.push(("entries", detail.entries(children)));
            }
            tree.0.insert(path.to_owned(), properties);
        }
        for child in children.into_iter().flatten() {
            self.visit(&path.join(&child.name))?;
        }
        Ok(())
    }

    /// The attributes that every snapshot holds.
    fn common_attributes(&mut self, path: &Path, stat: &Stat) -> Properties {
        let first_name = self
            .links
            .entry((stat.st_dev, stat.st_ino))
            .or_insert_with(|| path.to_owned());
        let device = *self.device.get_or_insert(stat.st_dev);
        vec![
            ("attributes", stat.show()),
            ("first name", first_name.display().to_string()),
            ("on the root's device", (stat.st_dev == device).show()),
        ]
    }
}

impl Detail {
    /// The other attributes.
    fn attributes(self, stat: &Stat, kind: FileType) -> Properties {
        let mut properties = Properties::new();
        let times = [
            ("atime", stat.st_atime, stat.st_atime_nsec),
            ("mtime", stat.st_mtime, stat.st_mtime_nsec),
        ];
        for (name, seconds, nanoseconds) in times {
            // readlink(2) has no O_NOATIME: taking the snapshot changes a symlink's access time.
            let comparable = seconds < SET_BY_A_CASE || self == Self::TwoViews;
            let value = match comparable && !(name == "atime" && kind == FileType::Symlink) {
                true => format!("{seconds}.{nanoseconds:09}"),
                false => "recent".to_owned(),
            };
            properties.push((name, value));
        }
        if self == Self::TwoViews {
            properties.push((
                "ctime",
                format!("{}.{:09}", stat.st_ctime, stat.st_ctime_nsec),
            ));
            properties.push(("inode", stat.st_ino.show()));
            properties.push(("size", stat.st_size.show()));
            properties.push((BLOCKS, stat.st_blocks.show()));
        }
        properties
    }

    fn entries(self, entries: &[Entry]) -> String {
        let describe = |entry: &Entry| match self {
            Self::TwoTrees => entry.name_and_kind(),
            Self::TwoViews => format!("{}({} {})", entry.name, kind_name(entry.kind), entry.ino),
        };
        entries.iter().map(describe).collect::<Vec<_>>().show()
    }
}

impl Snapshot {
    /// The same without what a filesystem changes by itself: the blocks of files.
    pub fn without_blocks(&self) -> Self {
        let mut rest = self.clone();
        let all = rest.0.values_mut();
        all.for_each(|properties| properties.retain(|(name, _)| *name != BLOCKS));
        rest
    }
}

/// The property that a filesystem changes when it allocates delayed blocks.
const BLOCKS: &str = "blocks";

/// The differences between two snapshots, one sentence each. Each snapshot comes with its name.
pub fn differences(
    (ours, one): (&str, &Snapshot),
    (theirs, other): (&str, &Snapshot),
) -> Vec<String> {
    let mut differences = Vec::new();
    let name = |path: &Path| match path.as_os_str().is_empty() {
        true => "the top directory".to_owned(),
        false => path.display().to_string(),
    };
    for (path, properties) in &one.0 {
        let Some(others) = other.0.get(path) else {
            differences.push(format!("{} is in {ours} and not in {theirs}", name(path)));
            continue;
        };
        for (property, value) in properties {
            let found = others
                .iter()
                .find(|(name, _)| name == property)
                .map_or("nothing", |(_, value)| value);
            if found != value {
                differences.push(format!(
                    "{}: {property}: {ours} has {value}, {theirs} {found}",
                    name(path)
                ));
            }
        }
    }
    for path in other.0.keys().filter(|path| !one.0.contains_key(*path)) {
        differences.push(format!("{} is in {theirs} and not in {ours}", name(path)));
    }
    differences
}

/// A directory entry, from getdents64(2).
#[derive(Debug)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// `d_type`.
    pub kind: FileType,
    /// `d_ino`.
    pub ino: u64,
    /// `d_off`: the position of the next entry.
    pub next: u64,
}

impl Entry {
    /// The name, and the type in parentheses.
    pub fn name_and_kind(&self) -> String {
        format!("{}({})", self.name, kind_name(self.kind))
    }
}

impl From<&RawDirEntry<'_>> for Entry {
    fn from(entry: &RawDirEntry) -> Self {
        Self {
            name: entry.file_name().to_string_lossy().into_owned(),
            kind: entry.file_type(),
            ino: entry.ino(),
            next: entry.next_entry_cookie(),
        }
    }
}

/// The entries of a directory without `.` and `..`, sorted by name. Does not change its access
/// time.
pub fn entries(path: &Path) -> Result<Vec<Entry>, Errno> {
    let directory = open(
        path,
        OFlags::DIRECTORY | OFlags::NOATIME | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    let mut entries = rest_of_directory(&directory, 8192)?;
    entries.retain(|entry| entry.name != "." && entry.name != "..");
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}

/// The entries from the position of an open directory to its end, read into a buffer of `buffer`
/// bytes.
pub fn rest_of_directory(directory: impl AsFd, buffer: usize) -> Result<Vec<Entry>, Errno> {
    read_directory(directory, buffer, |_| false)
}

/// The entries that one getdents64(2) into a buffer of `buffer` bytes returns.
pub fn next_of_directory(directory: impl AsFd, buffer: usize) -> Result<Vec<Entry>, Errno> {
    read_directory(directory, buffer, |stream| stream.is_buffer_empty())
}

/// More entries than any directory of the suite has.
const MAX_ENTRIES: usize = 1 << 20;

/// Reads entries until the end, or until `is_enough` says so after one.
fn read_directory<D: AsFd>(
    directory: D,
    buffer: usize,
    is_enough: impl Fn(&RawDir<D>) -> bool,
) -> Result<Vec<Entry>, Errno> {
    let mut space = vec![MaybeUninit::uninit(); buffer];
    let mut stream = RawDir::new(directory, &mut space);
    let mut entries = Vec::new();
    while let Some(entry) = stream.next() {
        entries.push(Entry::from(&entry?));
        // A layer that loses the position would be read for ever.
        if entries.len() > MAX_ENTRIES {
            return Err(Errno::OVERFLOW);
        }
        if is_enough(&stream) {
            break;
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{symlink, PermissionsExt};

    use super::*;
    use crate::scratch::Scratch;

    fn two_equal_trees(scratch: &Scratch) -> (PathBuf, PathBuf) {
        let roots = (scratch.path().join("one"), scratch.path().join("other"));
        for root in [&roots.0, &roots.1] {
            fs::create_dir_all(root.join("directory")).unwrap();
            fs::write(root.join("directory/file"), "content").unwrap();
            fs::write(root.join("separate"), "content").unwrap();
            fs::hard_link(root.join("directory/file"), root.join("linked")).unwrap();
            symlink("target", root.join("symlink")).unwrap();
        }
        roots
    }

    fn compare(one: &Path, other: &Path, detail: Detail) -> String {
        let trees = (
            snapshot(one, detail).unwrap(),
            snapshot(other, detail).unwrap(),
        );
        differences(("one", &trees.0), ("other", &trees.1)).join("\n")
    }

    #[test]
    fn equal_trees_differ_only_in_the_properties_of_two_views() {
        let scratch = Scratch::new(&std::env::temp_dir()).unwrap();
        let (one, other) = two_equal_trees(&scratch);
        assert_eq!(compare(&one, &other, Detail::TwoTrees), "");
        assert!(compare(&one, &other, Detail::TwoViews).contains("inode"));
        assert_eq!(compare(&one, &one, Detail::TwoViews), "");
    }

    #[test]
    fn reports_each_change_of_a_tree() {
        type Change = fn(&Path);
        let changes: [(&str, Change); 7] = [
            ("content", |root| {
                fs::write(root.join("separate"), "Content").unwrap()
            }),
            ("0600", |root| {
                fs::set_permissions(root.join("separate"), fs::Permissions::from_mode(0o600))
                    .unwrap();
            }),
            ("is in other and not in one", |root| {
                fs::write(root.join("more"), "").unwrap()
            }),
            ("is in one and not in other", |root| {
                fs::remove_file(root.join("symlink")).unwrap()
            }),
            ("target", |root| {
                fs::remove_file(root.join("symlink")).unwrap();
                symlink("elsewhere", root.join("symlink")).unwrap();
            }),
            ("first name", |root| {
                fs::remove_file(root.join("linked")).unwrap();
                fs::hard_link(root.join("separate"), root.join("linked")).unwrap();
            }),
            ("mtime", |root| {
                let past = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
                fs::File::options()
                    .write(true)
                    .open(root.join("separate"))
                    .unwrap()
                    .set_modified(past)
                    .unwrap();
            }),
        ];
        for (word, change) in changes {
            let scratch = Scratch::new(&std::env::temp_dir()).unwrap();
            let (one, other) = two_equal_trees(&scratch);
            change(&other);
            let differences = compare(&one, &other, Detail::TwoTrees);
            assert!(differences.contains(word), "{word}: {differences}");
        }
    }
}
