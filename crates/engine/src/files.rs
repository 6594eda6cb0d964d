//! A tree of files: of a machine or of a container.
//!
//! Directories and contents are shared behind `Rc`: a copy of a tree costs one pointer until one
//! of the two changes, so a container starts from its image's tree for free.
//!
//! Paths are absolute or taken from `/`; `.` and `..` are resolved by text, as a shell's `cd`
//! does it. Errors carry the operating system's words ([`Errno`]).
//!
//! **Left out:** links, owners other than a number, permissions as a barrier (everything runs as
//! root), devices.

use api::Timestamp;
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::BTreeMap;
use std::fmt;

/// Why a file operation did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Errno {
    /// Nothing of that name.
    NoEnt,
    /// A part of the path is no directory.
    NotDir,
    /// It is a directory.
    IsDir,
    /// It exists already.
    Exist,
    /// The directory is not empty.
    NotEmpty,
    /// Not allowed.
    Access,
    /// The tree or this part of it cannot be written.
    ReadOnly,
    /// The disk is full.
    NoSpace,
    /// The argument makes no sense here.
    Inval,
    /// It is in use (a mount point).
    Busy,
}

impl Errno {
    /// The C library's text.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::NoEnt => "No such file or directory",
            Self::NotDir => "Not a directory",
            Self::IsDir => "Is a directory",
            Self::Exist => "File exists",
            Self::NotEmpty => "Directory not empty",
            Self::Access => "Permission denied",
            Self::ReadOnly => "Read-only file system",
            Self::NoSpace => "No space left on device",
            Self::Inval => "Invalid argument",
            Self::Busy => "Device or resource busy",
        }
    }

    /// Go's text for the same (`syscall.Errno.Error`): lower case.
    #[must_use]
    pub fn go_text(self) -> String {
        self.text().to_lowercase()
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Node {
    /// Contents.
    File(Rc<Vec<u8>>),
    /// Entries by name.
    Dir(Rc<BTreeMap<String, Entry>>),
}

/// A file or directory with its attributes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The thing itself.
    pub node: Node,
    /// Permission bits (`0o644`).
    pub mode: u32,
    /// Owner and group.
    pub owner: (u32, u32),
    /// When it last changed.
    pub modified: Timestamp,
}

/// What `stat` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stat {
    /// A directory.
    pub dir: bool,
    /// Bytes; 4096 for a directory.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// Owner and group.
    pub owner: (u32, u32),
    /// When it last changed.
    pub modified: Timestamp,
    /// Names in it, for a directory.
    pub entries: u64,
}

/// A tree of files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileTree {
    root: Entry,
    read_only: bool,
    /// No block is free, while a program is served: what needs one is refused with
    /// [`Errno::NoSpace`]. Who removes something may.
    #[serde(skip)]
    pub(crate) full: bool,
}

impl Default for FileTree {
    fn default() -> Self {
        Self::new()
    }
}

impl Entry {
    /// An empty directory.
    #[must_use]
    pub fn dir(at: Timestamp) -> Self {
        let node = Node::Dir(Rc::default());
        Self { node, mode: 0o755, owner: (0, 0), modified: at }
    }

    /// A file.
    #[must_use]
    pub fn file(bytes: Vec<u8>, at: Timestamp) -> Self {
        Self { node: Node::File(Rc::new(bytes)), mode: 0o644, owner: (0, 0), modified: at }
    }

    const fn stat(&self, size: u64, entries: u64) -> Stat {
        Stat {
            dir: matches!(self.node, Node::Dir(_)),
            size,
            mode: self.mode,
            owner: self.owner,
            modified: self.modified,
            entries,
        }
    }
}

/// The parts of a path from `/`, with `.` and `..` resolved.
#[must_use]
pub fn parts(path: &str) -> Vec<&str> {
    let mut out = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                out.pop();
            }
            name => out.push(name),
        }
    }
    out
}

/// An absolute path without `.`, `..` and doubled slashes; relative ones start at `cwd`.
#[must_use]
pub fn absolute(cwd: &str, path: &str) -> String {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{cwd}/{path}") };
    format!("/{}", parts(&whole).join("/"))
}

impl FileTree {
    /// Nothing but `/`.
    #[must_use]
    pub fn new() -> Self {
        Self { root: Entry::dir(Timestamp(0)), read_only: false, full: false }
    }

    /// Whether writes are refused with [`Errno::ReadOnly`].
    #[must_use]
    pub const fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Refuses writes from now on, or takes them again.
    pub const fn set_read_only(&mut self, on: bool) {
        self.read_only = on;
    }

    fn find(&self, path: &str) -> Result<&Entry, Errno> {
        let mut at = &self.root;
        for part in parts(path) {
            at = match &at.node {
                Node::Dir(entries) => entries.get(part).ok_or(Errno::NoEnt)?,
                Node::File(_) => return Err(Errno::NotDir),
            };
        }
        if path.len() > 1 && path.ends_with('/') && matches!(at.node, Node::File(_)) {
            return Err(Errno::NotDir);
        }
        Ok(at)
    }

    /// The directory that holds the last part of `path`, made its own before it is changed.
    fn parent_mut<'p>(
        &mut self,
        path: &'p str,
        at: Timestamp,
    ) -> Result<(&mut BTreeMap<String, Entry>, &'p str), Errno> {
        if self.read_only {
            return Err(Errno::ReadOnly);
        }
        let mut names = parts(path);
        let last = names.pop().ok_or(Errno::Exist)?;
        let mut entry = &mut self.root;
        for name in names {
            entry = match &mut entry.node {
                Node::Dir(entries) => Rc::make_mut(entries).get_mut(name).ok_or(Errno::NoEnt)?,
                Node::File(_) => return Err(Errno::NotDir),
            };
        }
        entry.modified = at;
        match &mut entry.node {
            Node::Dir(entries) => Ok((Rc::make_mut(entries), last)),
            Node::File(_) => Err(Errno::NotDir),
        }
    }

    /// Contents of a file.
    pub fn read(&self, path: &str) -> Result<Rc<Vec<u8>>, Errno> {
        match &self.find(path)?.node {
            Node::File(bytes) => Ok(Rc::clone(bytes)),
            Node::Dir(_) => Err(Errno::IsDir),
        }
    }

    /// New contents of a file, which is made if its directory exists.
    pub fn write(&mut self, path: &str, bytes: Vec<u8>, at: Timestamp) -> Result<(), Errno> {
        if path.ends_with('/') {
            return Err(self.find(path).map_or(Errno::NoEnt, |_| Errno::IsDir));
        }
        if parts(path).is_empty() {
            return Err(Errno::IsDir);
        }
        let full = self.full;
        let (entries, name) = self.parent_mut(path, at)?;
        if full && !bytes.is_empty() {
            return Err(Errno::NoSpace);
        }
        match entries.get_mut(name) {
            Some(entry) => match &mut entry.node {
                Node::File(old) => {
                    *old = Rc::new(bytes);
                    entry.modified = at;
                }
                Node::Dir(_) => return Err(Errno::IsDir),
            },
            None => {
                entries.insert(name.to_owned(), Entry::file(bytes, at));
            }
        }
        Ok(())
    }

    /// Adds to the end of a file, which is made if need be.
    pub fn append(&mut self, path: &str, bytes: &[u8], at: Timestamp) -> Result<(), Errno> {
        let mut all = match self.read(path) {
            Ok(old) => old.as_ref().clone(),
            Err(Errno::NoEnt) => Vec::new(),
            Err(other) => return Err(other),
        };
        all.extend_from_slice(bytes);
        self.write(path, all, at)
    }

    /// A new directory; its parent exists.
    pub fn mkdir(&mut self, path: &str, at: Timestamp) -> Result<(), Errno> {
        let full = self.full;
        let (entries, name) = self.parent_mut(path, at)?;
        if entries.contains_key(name) {
            return Err(Errno::Exist);
        }
        if full {
            return Err(Errno::NoSpace);
        }
        entries.insert(name.to_owned(), Entry::dir(at));
        Ok(())
    }

    /// A directory with all its parents; not an error if it exists.
    pub fn mkdir_all(&mut self, path: &str, at: Timestamp) -> Result<(), Errno> {
        let mut so_far = String::new();
        for part in parts(path) {
            so_far = format!("{so_far}/{part}");
            match self.mkdir(&so_far, at) {
                Ok(()) => {}
                Err(Errno::Exist) if self.is_dir(&so_far) => {}
                Err(Errno::Exist) => return Err(Errno::NotDir),
                Err(Errno::ReadOnly) if self.is_dir(&so_far) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Removes a file.
    pub fn remove_file(&mut self, path: &str, at: Timestamp) -> Result<(), Errno> {
        if matches!(self.find(path)?.node, Node::Dir(_)) {
            return Err(Errno::IsDir);
        }
        let (entries, name) = self.parent_mut(path, at)?;
        entries.remove(name).map(|_| ()).ok_or(Errno::NoEnt)
    }

    /// Removes an empty directory.
    pub fn remove_dir(&mut self, path: &str, at: Timestamp) -> Result<(), Errno> {
        match &self.find(path)?.node {
            Node::Dir(entries) if !entries.is_empty() => return Err(Errno::NotEmpty),
            Node::Dir(_) => {}
            Node::File(_) => return Err(Errno::NotDir),
        }
        let (entries, name) = self.parent_mut(path, at).map_err(root_is_busy)?;
        entries.remove(name).map(|_| ()).ok_or(Errno::NoEnt)
    }

    /// Removes a file or a whole directory.
    pub fn remove_all(&mut self, path: &str, at: Timestamp) -> Result<(), Errno> {
        self.find(path)?;
        let (entries, name) = self.parent_mut(path, at).map_err(root_is_busy)?;
        entries.remove(name).map(|_| ()).ok_or(Errno::NoEnt)
    }

    /// Names of a directory in order.
    pub fn list(&self, path: &str) -> Result<Vec<String>, Errno> {
        match &self.find(path)?.node {
            Node::Dir(entries) => Ok(entries.keys().cloned().collect()),
            Node::File(_) => Err(Errno::NotDir),
        }
    }

    /// Attributes.
    pub fn stat(&self, path: &str) -> Result<Stat, Errno> {
        let entry = self.find(path)?;
        Ok(match &entry.node {
            Node::File(bytes) => entry.stat(bytes.len() as u64, 0),
            Node::Dir(entries) => entry.stat(4096, entries.len() as u64),
        })
    }

    /// Whether something of that name is there.
    #[must_use]
    pub fn exists(&self, path: &str) -> bool {
        self.find(path).is_ok()
    }

    /// Whether it is a directory.
    #[must_use]
    pub fn is_dir(&self, path: &str) -> bool {
        self.find(path).is_ok_and(|entry| matches!(entry.node, Node::Dir(_)))
    }

    /// Sets the permission bits.
    pub fn set_mode(&mut self, path: &str, mode: u32, at: Timestamp) -> Result<(), Errno> {
        let mut entry = self.find(path)?.clone();
        entry.mode = mode;
        self.put(path, entry, at)
    }

    /// Marks it changed now; an empty file is made if need be (`touch`).
    pub fn touch(&mut self, path: &str, at: Timestamp) -> Result<(), Errno> {
        match self.find(path) {
            Ok(entry) => {
                let mut entry = entry.clone();
                entry.modified = at;
                if parts(path).is_empty() { Ok(()) } else { self.put(path, entry, at) }
            }
            Err(Errno::NoEnt) => self.write(path, Vec::new(), at),
            Err(other) => Err(other),
        }
    }

    /// The file or directory there, whole.
    pub fn get(&self, path: &str) -> Result<Entry, Errno> {
        self.find(path).cloned()
    }

    /// Puts a whole file or directory there; the parent exists.
    pub fn put(&mut self, path: &str, entry: Entry, at: Timestamp) -> Result<(), Errno> {
        if parts(path).is_empty() {
            self.root = entry;
            return Ok(());
        }
        let full = self.full;
        let (entries, name) = self.parent_mut(path, at)?;
        if full && !entries.contains_key(name) {
            return Err(Errno::NoSpace);
        }
        entries.insert(name.to_owned(), entry);
        Ok(())
    }

    /// Moves; an existing file at the target goes, a directory must be empty.
    pub fn rename(&mut self, from: &str, to: &str, at: Timestamp) -> Result<(), Errno> {
        let entry = self.get(from)?;
        let (source, target) = (absolute("/", from), absolute("/", to));
        if source == target {
            return Ok(());
        }
        if target.starts_with(&format!("{source}/")) {
            return Err(Errno::Inval);
        }
        if let Ok(old) = self.find(to) {
            match (&old.node, &entry.node) {
                (Node::Dir(entries), Node::Dir(_)) if !entries.is_empty() => {
                    return Err(Errno::NotEmpty);
                }
                (Node::Dir(_), Node::File(_)) => return Err(Errno::IsDir),
                (Node::File(_), Node::Dir(_)) => return Err(Errno::NotDir),
                (Node::Dir(_), Node::Dir(_)) | (Node::File(_), Node::File(_)) => {}
            }
        }
        let full = std::mem::take(&mut self.full); // what moves needs no new block
        let done = self.put(to, entry, at).and_then(|()| self.remove_all(from, at));
        self.full = full;
        done
    }

    /// Paths that match a pattern (`*`, `?`, `[a-z]`; a leading dot only literally), in order.
    #[must_use]
    pub fn glob(&self, cwd: &str, pattern: &str) -> Vec<String> {
        let mut found = vec![if pattern.starts_with('/') { "/".to_owned() } else { String::new() }];
        for part in pattern.split('/').filter(|part| !part.is_empty()) {
            let mut next = Vec::new();
            for base in &found {
                let names = if part.contains(['*', '?', '[']) {
                    let here = absolute(cwd, if base.is_empty() { "." } else { base });
                    let mut names = self.list(&here).unwrap_or_default();
                    names.retain(|name| {
                        (part.starts_with('.') || !name.starts_with('.')) && matches(part, name)
                    });
                    names
                } else {
                    vec![part.to_owned()]
                };
                for name in names {
                    let path = match base.as_str() {
                        "" => name,
                        "/" => format!("/{name}"),
                        base => format!("{base}/{name}"),
                    };
                    if self.exists(&absolute(cwd, &path)) {
                        next.push(path);
                    }
                }
            }
            found = next;
        }
        found.retain(|path| !path.is_empty());
        found
    }

    /// Every file and directory below `path`, parents first, with its path from `path` on.
    #[must_use]
    pub fn walk(&self, path: &str) -> Vec<(String, Stat)> {
        let mut out = Vec::new();
        let mut open = vec![String::new()];
        while let Some(below) = open.pop() {
            let here = format!("{path}{below}");
            if let Ok(stat) = self.stat(&here) {
                out.push((below.clone(), stat));
            }
            for name in self.list(&here).unwrap_or_default().into_iter().rev() {
                open.push(format!("{below}/{name}"));
            }
        }
        out
    }
}

/// `/` itself has no entry that could be removed.
fn root_is_busy(error: Errno) -> Errno {
    if error == Errno::Exist { Errno::Busy } else { error }
}

/// Whether `name` matches a shell pattern.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    matches_at(&pattern, &name)
}

fn matches_at(pattern: &[char], name: &[char]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some(('*', rest)) => {
            (0..=name.len()).any(|skip| name.get(skip..).is_some_and(|tail| matches_at(rest, tail)))
        }
        Some(('?', rest)) => name.split_first().is_some_and(|(_, tail)| matches_at(rest, tail)),
        Some(('[', rest)) => match (class(rest), name.split_first()) {
            (Some((set, after)), Some((first, tail))) => set(*first) && matches_at(after, tail),
            (Some(_), None) => false,
            (None, Some((first, tail))) => *first == '[' && matches_at(rest, tail),
            (None, None) => false,
        },
        Some((literal, rest)) => name
            .split_first()
            .is_some_and(|(first, tail)| first == literal && matches_at(rest, tail)),
    }
}

/// A character class behind `[`, and what follows its `]`.
#[expect(clippy::type_complexity, reason = "a test and a rest, used once")]
fn class(rest: &[char]) -> Option<(Box<dyn Fn(char) -> bool + '_>, &[char])> {
    let (negated, body) = match rest.split_first() {
        Some(('!' | '^', body)) => (true, body),
        _ => (false, rest),
    };
    let end = body.iter().skip(1).position(|c| *c == ']')? + 1;
    let (set, after) = (body.get(..end)?, body.get(end + 1..)?);
    let test = move |c: char| {
        let mut hit = false;
        let mut at = 0;
        while let Some(low) = set.get(at) {
            match (set.get(at + 1), set.get(at + 2)) {
                (Some('-'), Some(high)) => {
                    hit |= (*low..=*high).contains(&c);
                    at += 3;
                }
                _ => {
                    hit |= *low == c;
                    at += 1;
                }
            }
        }
        hit != negated
    };
    Some((Box::new(test), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Timestamp = Timestamp(5);

    #[test]
    fn files_are_shared_until_one_side_writes() {
        let mut one = FileTree::new();
        one.mkdir_all("/etc/conf.d", T).unwrap();
        one.write("/etc/hosts", b"a".to_vec(), T).unwrap();
        let mut two = one.clone();
        two.append("/etc/hosts", b"b", T).unwrap();
        assert_eq!(one.read("/etc/hosts").unwrap().as_slice(), b"a");
        assert_eq!(two.read("/etc/../etc/./hosts").unwrap().as_slice(), b"ab");
        assert_eq!(one.list("/etc").unwrap(), ["conf.d", "hosts"]);
    }

    #[test]
    fn errors_have_the_systems_words() {
        let mut tree = FileTree::new();
        tree.write("/f", Vec::new(), T).unwrap();
        tree.mkdir("/d", T).unwrap();
        tree.write("/d/x", Vec::new(), T).unwrap();
        assert_eq!(tree.read("/nope"), Err(Errno::NoEnt));
        assert_eq!(tree.read("/d"), Err(Errno::IsDir));
        assert_eq!(tree.read("/f/x"), Err(Errno::NotDir));
        assert_eq!(tree.write("/nope/x", Vec::new(), T), Err(Errno::NoEnt));
        assert_eq!(tree.mkdir("/d", T), Err(Errno::Exist));
        assert_eq!(tree.remove_dir("/d", T), Err(Errno::NotEmpty));
        assert_eq!(tree.remove_file("/d", T), Err(Errno::IsDir));
        assert_eq!(tree.rename("/d", "/d/e", T), Err(Errno::Inval));
        tree.set_read_only(true);
        assert_eq!(tree.touch("/x", T), Err(Errno::ReadOnly));
        assert_eq!(Errno::NoEnt.to_string(), "No such file or directory");
    }

    #[test]
    fn patterns_find_what_a_shell_finds() {
        let mut tree = FileTree::new();
        for name in ["/a1.txt", "/a2.txt", "/b.txt", "/.hidden"] {
            tree.write(name, Vec::new(), T).unwrap();
        }
        tree.mkdir("/sub", T).unwrap();
        tree.write("/sub/a3.txt", Vec::new(), T).unwrap();
        assert_eq!(tree.glob("/", "a*.txt"), ["a1.txt", "a2.txt"]);
        assert_eq!(tree.glob("/", "[!a]*.txt"), ["b.txt"]);
        assert_eq!(tree.glob("/", "a[2-9].txt"), ["a2.txt"]);
        assert_eq!(tree.glob("/sub", "*"), ["a3.txt"]);
        assert_eq!(tree.glob("/", "/*/a?.txt"), ["/sub/a3.txt"]);
        assert!(tree.glob("/", "z*").is_empty());
    }

    #[test]
    fn moving_replaces_a_file() {
        let mut tree = FileTree::new();
        tree.write("/a", b"1".to_vec(), T).unwrap();
        tree.write("/b", b"2".to_vec(), T).unwrap();
        tree.rename("/a", "/b", T).unwrap();
        assert!(!tree.exists("/a"));
        assert_eq!(tree.read("/b").unwrap().as_slice(), b"1");
    }
}
