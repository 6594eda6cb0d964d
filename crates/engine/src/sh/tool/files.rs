//! Tools that work on files alone. Texts are those of GNU coreutils.

mod look;
mod ls;

use crate::files::{Errno, FileTree, Node, Stat, absolute};
use crate::sh::place::FileAnswer;
use api::Timestamp;

/// The tools of this module.
pub(crate) const NAMES: &[&str] = &[
    "ls", "ll", "cp", "mv", "rm", "rmdir", "mkdir", "touch", "chmod", "chown", "find", "du", "df",
    "stat", "tree", "readlink", "realpath", "mktemp", "ln",
];

/// One run of a tool.
struct Job<'a> {
    tree: &'a mut FileTree,
    cwd: &'a str,
    now: Timestamp,
    name: &'a str,
    columns: Option<u32>,
    out: String,
    err: String,
    status: i32,
    changed: bool,
}

/// Options by letter, long ones by word, and the rest.
pub(crate) struct Args {
    letters: Vec<char>,
    long: Vec<String>,
    pub(crate) rest: Vec<String>,
}

impl Args {
    /// Splits words; letters in `valued` take a value (glued or the next word).
    pub(crate) fn new(words: &[String], valued: &str) -> (Self, Vec<(char, String)>) {
        let mut args = Self { letters: Vec::new(), long: Vec::new(), rest: Vec::new() };
        let mut values = Vec::new();
        let mut words = words.iter();
        let mut plain = false;
        while let Some(word) = words.next() {
            if plain || !word.starts_with('-') || word == "-" {
                args.rest.push(word.clone());
            } else if word == "--" {
                plain = true;
            } else if let Some(long) = word.strip_prefix("--") {
                args.long.push(long.to_owned());
            } else {
                let mut letters = word.chars().skip(1);
                while let Some(c) = letters.next() {
                    if valued.contains(c) {
                        let glued: String = letters.by_ref().collect();
                        let value =
                            if glued.is_empty() { words.next().cloned() } else { Some(glued) };
                        values.push((c, value.unwrap_or_default()));
                    } else {
                        args.letters.push(c);
                    }
                }
            }
        }
        (args, values)
    }

    pub(crate) fn has(&self, letter: char, long: &str) -> bool {
        self.letters.contains(&letter) || self.long.iter().any(|l| l == long)
    }

    pub(crate) fn long_value(&self, name: &str) -> Option<&str> {
        self.long.iter().find_map(|l| l.strip_prefix(name)?.strip_prefix('='))
    }

    /// The first option that is not among these.
    pub(crate) fn unknown(&self, letters: &str, long: &[&str]) -> Option<String> {
        let bad = self.letters.iter().find(|c| !letters.contains(**c));
        let long_bad =
            self.long.iter().find(|l| !long.contains(&l.split('=').next().unwrap_or("")));
        bad.map(|c| format!("invalid option -- '{c}'"))
            .or_else(|| long_bad.map(|l| format!("unrecognized option '--{l}'")))
    }
}

/// Runs one of [`NAMES`].
pub(crate) fn run(
    tree: &mut FileTree,
    argv: &[String],
    cwd: &str,
    columns: Option<u32>,
    now: Timestamp,
) -> FileAnswer {
    let name = argv.first().map_or("", String::as_str);
    let words = argv.get(1..).unwrap_or_default();
    let mut job = Job {
        tree,
        cwd,
        now,
        name,
        columns,
        out: String::new(),
        err: String::new(),
        status: 0,
        changed: false,
    };
    match name {
        "ls" | "ll" => job.ls(words),
        "cp" => job.cp(words),
        "mv" => job.mv(words),
        "rm" => job.rm(words),
        "rmdir" => job.rmdir(words),
        "mkdir" => job.mkdir(words),
        "touch" => job.touch(words),
        "chmod" => job.chmod(words),
        "chown" => job.chown(words),
        "find" => job.find(words),
        "du" => job.du(words),
        "df" => job.df(words),
        "stat" => job.stat(words),
        "tree" => job.tree_(words),
        "mktemp" => job.mktemp(words),
        "ln" => job.error("links are not modelled in this lab"),
        _ => job.realpath(words),
    }
    FileAnswer::Tool {
        out: job.out.into_bytes(),
        err: job.err.into_bytes(),
        status: job.status,
        changed: job.changed,
    }
}

impl Job<'_> {
    fn path(&self, path: &str) -> String {
        absolute(self.cwd, path)
    }

    fn error(&mut self, text: impl AsRef<str>) {
        self.err.push_str(&format!("{}: {}\n", self.name, text.as_ref()));
        self.status = self.status.max(1);
    }

    /// An option that the tool does not have. True if so.
    fn refuse(&mut self, args: &Args, letters: &str, long: &[&str]) -> bool {
        let Some(text) = args.unknown(letters, long) else { return false };
        self.error(text);
        self.err.push_str(&format!("Try '{} --help' for more information.\n", self.name));
        self.status = if self.name == "ls" { 2 } else { 1 };
        true
    }

    fn missing(&mut self, what: &str) {
        self.error(what);
        self.err.push_str(&format!("Try '{} --help' for more information.\n", self.name));
    }

    fn stat_of(&self, path: &str) -> Result<Stat, Errno> {
        let whole = self.path(path);
        let stat = self.tree.stat(&whole)?;
        if path.ends_with('/') && !stat.dir { Err(Errno::NotDir) } else { Ok(stat) }
    }

    /// Where something goes when it is put at `to`: into it, if it is a directory.
    fn destination(&self, from: &str, to: &str) -> String {
        let whole = self.path(to);
        match (self.tree.is_dir(&whole), crate::files::parts(&self.path(from)).last()) {
            (true, Some(name)) => absolute(&whole, name),
            _ => whole,
        }
    }

    fn sources_and_target(&mut self, args: &Args) -> Option<(Vec<String>, String)> {
        match args.rest.as_slice() {
            [] => self.missing("missing file operand"),
            [one] => {
                self.missing(&format!("missing destination file operand after '{one}'"));
            }
            [sources @ .., target] => {
                if sources.len() > 1 && !self.tree.is_dir(&self.path(target)) {
                    self.error(format!("target '{target}' is not a directory"));
                    return None;
                }
                return Some((sources.to_vec(), target.clone()));
            }
        }
        None
    }

    fn cp(&mut self, words: &[String]) {
        let (args, _) = Args::new(words, "");
        if self.refuse(&args, "rRapfvnid", &["recursive", "archive", "force", "verbose"]) {
            return;
        }
        let recursive = args.has('r', "recursive") || args.has('R', "") || args.has('a', "archive");
        let Some((sources, target)) = self.sources_and_target(&args) else { return };
        for source in sources {
            // `cp -r dir/. to` copies what is in dir
            let contents = source.ends_with("/.") && self.tree.is_dir(&self.path(&target));
            let from = self.path(&source);
            let to = if contents { self.path(&target) } else { self.destination(&source, &target) };
            let entry = match self.tree.get(&from) {
                Ok(entry) => entry,
                Err(error) => {
                    self.error(format!("cannot stat '{source}': {error}"));
                    continue;
                }
            };
            let is_dir = matches!(entry.node, Node::Dir(_));
            if is_dir && !recursive {
                self.error(format!("-r not specified; omitting directory '{source}'"));
                continue;
            }
            if is_dir && (to == from || to.starts_with(&format!("{from}/"))) {
                self.error(format!(
                    "cannot copy a directory, '{source}', into itself, '{}'",
                    target
                ));
                continue;
            }
            if from == to {
                self.error(format!("'{source}' and '{target}' are the same file"));
                continue;
            }
            if let Err(error) = merge(self.tree, entry, &to, self.now) {
                let shown = if target.ends_with('/') { to } else { target.clone() };
                self.error(format!(
                    "cannot create {} '{shown}': {error}",
                    if is_dir { "directory" } else { "regular file" }
                ));
                continue;
            }
            self.changed = true;
            if args.has('v', "verbose") {
                self.out.push_str(&format!("'{source}' -> '{to}'\n"));
            }
        }
    }

    fn mv(&mut self, words: &[String]) {
        let (args, _) = Args::new(words, "");
        if self.refuse(&args, "fvni", &["force", "verbose"]) {
            return;
        }
        let Some((sources, target)) = self.sources_and_target(&args) else { return };
        for source in sources {
            let from = self.path(&source);
            if let Err(error) = self.tree.stat(&from) {
                self.error(format!("cannot stat '{source}': {error}"));
                continue;
            }
            let to = self.destination(&source, &target);
            match self.tree.rename(&from, &to, self.now) {
                Ok(()) => self.changed = true,
                Err(Errno::Inval) => self.error(format!(
                    "cannot move '{source}' to a subdirectory of itself, '{target}'"
                )),
                Err(error) => self.error(format!("cannot move '{source}' to '{target}': {error}")),
            }
        }
    }

    fn rm(&mut self, words: &[String]) {
        let (args, _) = Args::new(words, "");
        if self.refuse(&args, "rRfvid", &["recursive", "force", "verbose", "dir"]) {
            return;
        }
        let recursive = args.has('r', "recursive") || args.has('R', "");
        let force = args.has('f', "force");
        if args.rest.is_empty() && !force {
            self.missing("missing operand");
        }
        for path in args.rest {
            let whole = self.path(&path);
            if path.trim_end_matches('/').ends_with("..")
                || matches!(path.trim_end_matches('/'), ".")
            {
                self.error(format!("refusing to remove '.' or '..' directory: skipping '{path}'"));
                continue;
            }
            if whole == "/" {
                self.error("it is dangerous to operate recursively on '/'");
                self.error("use --no-preserve-root to override this failsafe");
                continue;
            }
            let done = if recursive {
                self.tree.remove_all(&whole, self.now)
            } else {
                self.tree.remove_file(&whole, self.now)
            };
            match done {
                Ok(()) => self.changed = true,
                Err(Errno::NoEnt | Errno::NotDir) if force => {}
                Err(error) => self.error(format!("cannot remove '{path}': {error}")),
            }
        }
    }

    fn rmdir(&mut self, words: &[String]) {
        let (args, _) = Args::new(words, "");
        if args.rest.is_empty() {
            self.missing("missing operand");
        }
        for path in args.rest {
            match self.tree.remove_dir(&self.path(&path), self.now) {
                Ok(()) => self.changed = true,
                Err(error) => self.error(format!("failed to remove '{path}': {error}")),
            }
        }
    }

    fn mkdir(&mut self, words: &[String]) {
        let (args, _) = Args::new(words, "m");
        if self.refuse(&args, "pv", &["parents", "verbose", "mode"]) {
            return;
        }
        if args.rest.is_empty() {
            self.missing("missing operand");
        }
        for path in &args.rest {
            let whole = self.path(path);
            let parents = args.has('p', "parents");
            let done = if parents {
                self.tree.mkdir_all(&whole, self.now)
            } else {
                self.tree.mkdir(&whole, self.now)
            };
            match done {
                Ok(()) => self.changed = true,
                Err(error) => self.error(format!("cannot create directory '{path}': {error}")),
            }
        }
    }

    fn touch(&mut self, words: &[String]) {
        let (args, _) = Args::new(words, "dtr");
        if args.rest.is_empty() {
            self.missing("missing file operand");
        }
        for path in &args.rest {
            let whole = self.path(path);
            if args.has('c', "no-create") && !self.tree.exists(&whole) {
                continue;
            }
            match self.tree.touch(&whole, self.now) {
                Ok(()) => self.changed = true,
                Err(error) => self.error(format!("cannot touch '{path}': {error}")),
            }
        }
    }

    fn chmod(&mut self, words: &[String]) {
        // `-x` is a mode here, not an option
        let mut words: Vec<&String> =
            words.iter().filter(|w| !matches!(w.as_str(), "-R" | "-v" | "-f")).collect();
        if words.len() < 2 {
            let text = words.first().map_or("missing operand".to_owned(), |mode| {
                format!("missing operand after '{mode}'")
            });
            self.missing(&text);
            return;
        }
        let mode = words.remove(0).clone();
        for path in words {
            let whole = self.path(path);
            let stat = match self.tree.stat(&whole) {
                Ok(stat) => stat,
                Err(error) => {
                    self.error(format!("cannot access '{path}': {error}"));
                    continue;
                }
            };
            match new_mode(stat.mode, &mode) {
                Some(mode) => {
                    self.changed |= self.tree.set_mode(&whole, mode, self.now).is_ok();
                }
                None => {
                    self.error(format!("invalid mode: '{mode}'"));
                    return;
                }
            }
        }
    }

    fn chown(&mut self, words: &[String]) {
        let (args, _) = Args::new(words, "");
        for path in args.rest.iter().skip(1) {
            if let Err(error) = self.tree.stat(&self.path(path)) {
                self.error(format!("cannot access '{path}': {error}"));
            }
        }
    }
}

/// Puts a copy at `to`; directories are merged into existing ones.
fn merge(
    tree: &mut FileTree,
    mut entry: crate::files::Entry,
    to: &str,
    now: Timestamp,
) -> Result<(), Errno> {
    entry.modified = now;
    match &entry.node {
        Node::Dir(children) if tree.is_dir(to) => {
            for (name, child) in children.iter() {
                merge(tree, child.clone(), &absolute(to, name), now)?;
            }
            Ok(())
        }
        Node::Dir(_) if tree.exists(to) => Err(Errno::Exist),
        Node::File(_) if tree.is_dir(to) => Err(Errno::IsDir),
        Node::Dir(_) | Node::File(_) => tree.put(to, entry, now),
    }
}

/// By octal digits or `u+x,go-w`.
fn new_mode(old: u32, text: &str) -> Option<u32> {
    if text.chars().all(|c| c.is_digit(8)) {
        return u32::from_str_radix(text, 8).ok().filter(|m| *m <= 0o7777);
    }
    let mut mode = old;
    for clause in text.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (who, what) = clause.split_at(at);
        let mut mask = 0;
        for c in if who.is_empty() { "a" } else { who }.chars() {
            mask |= match c {
                'u' => 0o700,
                'g' => 0o070,
                'o' => 0o007,
                'a' => 0o777,
                _ => return None,
            };
        }
        let mut bits = 0;
        for c in what.chars().skip(1) {
            bits |= match c {
                'r' => 0o444,
                'w' => 0o222,
                'x' | 'X' => 0o111,
                's' | 't' => 0,
                _ => return None,
            };
        }
        match what.chars().next() {
            Some('+') => mode |= bits & mask,
            Some('-') => mode &= !(bits & mask),
            _ => mode = mode & !mask | bits & mask,
        }
    }
    Some(mode)
}
