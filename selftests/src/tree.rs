// SPDX-License-Identifier: GPL-2.0

//! Everything that a directory tree holds, written down so that two trees can be compared.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};

use rustix::fs::{
    lgetxattr, llistxattr, lstat, open, readlink, FileType, Mode, OFlags, RawDir, Stat,
};
use rustix::io::Errno;

use crate::show::{errno_name, kind_name, Show};

/// How much of each file is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What two trees that were treated alike share.
    Shape,
    /// What two views of one tree share: also inode numbers, all times, the space used, the sizes
    /// of directories.
    Identity,
}

/// Times before this second (in 2017) were set by a case, and are equal in two trees that were
/// treated alike.
const LONG_AGO: i64 = 1_500_000_000;

/// What is known of one file: the aspect's name and its value.
type Aspects = Vec<(&'static str, String)>;

/// A tree by path, the root under the empty path.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<PathBuf, Aspects>);

/// Writes down the tree at `root` without changing the times of anything in it.
pub fn survey(root: &Path, detail: Detail) -> Result<Tree, String> {
    let mut surveyor = Surveyor {
        root,
        detail,
        tree: Tree::default(),
        links: BTreeMap::new(),
        device: None,
    };
    surveyor.visit(Path::new("")).map_err(|(path, errno)| {
        format!(
            "{} cannot be surveyed: {}",
            root.join(path).display(),
            errno_name(errno)
        )
    })?;
    Ok(surveyor.tree)
}

struct Surveyor<'a> {
    root: &'a Path,
    detail: Detail,
    tree: Tree,
    links: BTreeMap<u64, PathBuf>,
    device: Option<u64>,
}

impl Surveyor<'_> {
    fn visit(&mut self, path: &Path) -> Result<(), (PathBuf, Errno)> {
        let there = match path.as_os_str().is_empty() {
            true => self.root.to_owned(),
            false => self.root.join(path),
        };
        let blame = |errno| (path.to_owned(), errno);
        let stat = lstat(&there).map_err(blame)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        let mut aspects = self.attributes(path, &stat, kind);
        aspects.push(("xattrs", xattrs(&there).map_err(blame)?.show()));
        let mut children = Vec::new();
        match kind {
            FileType::RegularFile => {
                aspects.push(("content", content(&there).map_err(blame)?.show()))
            }
            FileType::Symlink => {
                aspects.push((
                    "target",
                    readlink(&there, Vec::new())
                        .map_err(blame)?
                        .into_bytes()
                        .show(),
                ));
            }
            FileType::Directory => {
                let entries = entries(&there).map_err(blame)?;
                let described = |entry: &Entry| match self.detail {
                    Detail::Shape => format!("{}({})", entry.name, kind_name(entry.kind)),
                    Detail::Identity => {
                        format!("{}({} {})", entry.name, kind_name(entry.kind), entry.ino)
                    }
                };
                aspects.push((
                    "entries",
                    entries.iter().map(described).collect::<Vec<_>>().show(),
                ));
                children = entries;
            }
            _ => {}
        }
        self.tree.0.insert(path.to_owned(), aspects);
        for child in children {
            self.visit(&path.join(&child.name))?;
        }
        Ok(())
    }

    fn attributes(&mut self, path: &Path, stat: &Stat, kind: FileType) -> Aspects {
        let link_of = self
            .links
            .entry(stat.st_ino)
            .or_insert_with(|| path.to_owned());
        let device = *self.device.get_or_insert(stat.st_dev);
        let mut aspects = vec![
            ("attributes", stat.show()),
            ("first name", link_of.display().to_string()),
            ("on the root's device", (stat.st_dev == device).show()),
        ];
        let times = [
            ("atime", stat.st_atime, stat.st_atime_nsec),
            ("mtime", stat.st_mtime, stat.st_mtime_nsec),
        ];
        for (name, seconds, nanoseconds) in times {
            // A symlink is read by readlink, which cannot be asked to leave the access time alone.
            let settled = seconds < LONG_AGO || self.detail == Detail::Identity;
            let value = match settled && !(name == "atime" && kind == FileType::Symlink) {
                true => format!("{seconds}.{nanoseconds:09}"),
                false => "recent".to_owned(),
            };
            aspects.push((name, value));
        }
        if self.detail == Detail::Identity {
            aspects.push((
                "ctime",
                format!("{}.{:09}", stat.st_ctime, stat.st_ctime_nsec),
            ));
            aspects.push(("inode", stat.st_ino.show()));
            aspects.push(("size", stat.st_size.show()));
            aspects.push(("blocks", stat.st_blocks.show()));
        }
        aspects
    }
}

/// The differences between two trees, one sentence each, with `ours` and `theirs` the names of the
/// trees.
pub fn differences((ours, one): (&str, &Tree), (theirs, other): (&str, &Tree)) -> Vec<String> {
    let mut differences = Vec::new();
    let name = |path: &Path| match path.as_os_str().is_empty() {
        true => "the top directory".to_owned(),
        false => path.display().to_string(),
    };
    for (path, aspects) in &one.0 {
        let Some(others) = other.0.get(path) else {
            differences.push(format!("{} is in {ours} and not in {theirs}", name(path)));
            continue;
        };
        for (aspect, value) in aspects {
            let found = others
                .iter()
                .find(|(name, _)| name == aspect)
                .map_or("nothing", |(_, value)| value);
            if found != value {
                differences.push(format!(
                    "{}: {aspect}: {ours} has {value}, {theirs} {found}",
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

/// A directory entry as getdents tells it.
#[derive(Debug)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// `d_type`.
    pub kind: FileType,
    /// `d_ino`.
    pub ino: u64,
    /// `d_off`: where to continue after this entry.
    pub next: u64,
}

/// What a directory holds, without `.` and `..`, by name.
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

/// The entries from the position of an open directory to its end, fetched `buffer` bytes at a time.
pub fn rest_of_directory(
    directory: impl rustix::fd::AsFd,
    buffer: usize,
) -> Result<Vec<Entry>, Errno> {
    let mut space = vec![MaybeUninit::uninit(); buffer];
    let mut stream = RawDir::new(directory, &mut space);
    let mut entries = Vec::new();
    while let Some(entry) = stream.next() {
        let entry = entry?;
        entries.push(Entry {
            name: entry.file_name().to_string_lossy().into_owned(),
            kind: entry.file_type(),
            ino: entry.ino(),
            next: entry.next_entry_cookie(),
        });
    }
    Ok(entries)
}

/// The beginning of a file: a case that ended early may leave a file that is one vast hole.
fn content(path: &Path) -> Result<Vec<u8>, Errno> {
    const ENOUGH: u64 = 16 << 20;
    let flags = OFlags::RDONLY | OFlags::NOATIME | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = File::from(open(path, flags, Mode::empty())?);
    let mut content = Vec::new();
    let length = file.take(ENOUGH).read_to_end(&mut content);
    length.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    Ok(content)
}

fn xattrs(path: &Path) -> Result<Vec<String>, Errno> {
    let mut list = vec![0; 64 << 10];
    let length = match llistxattr(path, &mut list) {
        Err(Errno::OPNOTSUPP) => 0,
        other => other?,
    };
    let mut shown = Vec::new();
    for name in list[..length]
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
    {
        let mut value = vec![0; 64 << 10];
        let length = lgetxattr(path, name, &mut value)?;
        value.truncate(length);
        shown.push(format!("{}={}", name.escape_ascii(), value.show()));
    }
    shown.sort();
    Ok(shown)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{symlink, PermissionsExt};

    use super::*;
    use crate::scratch::Scratch;

    fn two_alike(scratch: &Scratch) -> (PathBuf, PathBuf) {
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

    fn told(one: &Path, other: &Path, detail: Detail) -> String {
        let trees = (survey(one, detail).unwrap(), survey(other, detail).unwrap());
        differences(("one", &trees.0), ("other", &trees.1)).join("\n")
    }

    #[test]
    fn trees_treated_alike_have_one_shape_and_two_identities() {
        let scratch = Scratch::new(&std::env::temp_dir()).unwrap();
        let (one, other) = two_alike(&scratch);
        assert_eq!(told(&one, &other, Detail::Shape), "");
        assert!(told(&one, &other, Detail::Identity).contains("inode"));
        assert_eq!(told(&one, &one, Detail::Identity), "");
    }

    #[test]
    fn each_change_of_a_tree_is_told() {
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
            let (one, other) = two_alike(&scratch);
            change(&other);
            let told = told(&one, &other, Detail::Shape);
            assert!(told.contains(word), "{word}: {told}");
        }
    }
}
