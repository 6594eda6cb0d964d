//! Tools that work on files alone. Texts are those of GNU coreutils.

use crate::files::{Errno, FileTree, Node, Stat, absolute};
use crate::sh::date::Civil;
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

    fn ls(&mut self, words: &[String]) {
        let (mut args, _) = Args::new(words, "");
        if self.refuse(
            &args,
            "laA1hdrtSRFhs",
            &["all", "almost-all", "color", "human-readable", "recursive", "reverse"],
        ) {
            return;
        }
        if self.name == "ll" {
            args.letters.push('l');
        }
        let targets = if args.rest.is_empty() { vec![".".to_owned()] } else { args.rest.clone() };
        let (mut files, mut dirs) = (Vec::new(), Vec::new());
        for target in targets {
            match self.stat_of(&target) {
                Ok(stat) if stat.dir && !args.has('d', "directory") => dirs.push(target),
                Ok(stat) => files.push((target, stat)),
                Err(error) => {
                    self.error(format!("cannot access '{target}': {error}"));
                    self.status = 2;
                }
            }
        }
        let headed = dirs.len() + usize::from(!files.is_empty()) > 1 || args.has('R', "recursive");
        let mut first = files.is_empty();
        self.ls_entries(files, &args, false);
        let mut dirs: std::collections::VecDeque<String> = dirs.into();
        while let Some(dir) = dirs.pop_front() {
            if !first {
                self.out.push('\n');
            }
            first = false;
            if headed {
                self.out.push_str(&format!("{dir}:\n"));
            }
            let entries = self.entries(&dir, &args);
            if args.has('R', "recursive") {
                let inner = entries.iter().filter(|(n, s)| s.dir && n != "." && n != "..");
                let inner: Vec<String> =
                    inner.map(|(n, _)| format!("{}/{n}", dir.trim_end_matches('/'))).collect();
                for path in inner.into_iter().rev() {
                    dirs.push_front(path);
                }
            }
            self.ls_entries(entries, &args, true);
        }
    }

    fn stat_of(&self, path: &str) -> Result<Stat, Errno> {
        let whole = self.path(path);
        let stat = self.tree.stat(&whole)?;
        if path.ends_with('/') && !stat.dir { Err(Errno::NotDir) } else { Ok(stat) }
    }

    fn entries(&self, dir: &str, args: &Args) -> Vec<(String, Stat)> {
        let whole = self.path(dir);
        let mut names = self.tree.list(&whole).unwrap_or_default();
        if args.has('a', "all") {
            names.extend([".".into(), "..".into()]);
        } else if !args.has('A', "almost-all") {
            names.retain(|name| !name.starts_with('.'));
        }
        names.sort_by_key(|name| (name.trim_start_matches('.').to_lowercase(), name.clone()));
        let mut out: Vec<(String, Stat)> = names
            .into_iter()
            .filter_map(|name| {
                let stat = self.tree.stat(&format!("{whole}/{name}")).ok()?;
                Some((name, stat))
            })
            .collect();
        if args.has('t', "") {
            out.sort_by_key(|(_, stat)| std::cmp::Reverse(stat.modified));
        }
        if args.has('S', "") {
            out.sort_by_key(|(_, stat)| std::cmp::Reverse(stat.size));
        }
        if args.has('r', "reverse") {
            out.reverse();
        }
        out
    }

    fn ls_entries(&mut self, entries: Vec<(String, Stat)>, args: &Args, total: bool) {
        let names: Vec<String> = entries
            .iter()
            .map(|(name, stat)| {
                let mark = if args.has('F', "classify") && stat.dir { "/" } else { "" };
                format!("{}{mark}", quoted(name, self.columns.is_some()))
            })
            .collect();
        if args.has('l', "") {
            if total {
                let blocks: u64 = entries.iter().map(|(_, s)| s.size.div_ceil(4096) * 4).sum();
                let blocks = if args.has('h', "human-readable") {
                    human(blocks * 1024)
                } else {
                    blocks.to_string()
                };
                self.out.push_str(&format!("total {blocks}\n"));
            }
            self.ls_long(&entries, &names, args.has('h', "human-readable"));
        } else if let (Some(columns), false) = (self.columns, args.has('1', "")) {
            self.out.push_str(&grid(&names, columns as usize));
        } else {
            for name in names {
                self.out.push_str(&format!("{name}\n"));
            }
        }
    }

    fn ls_long(&mut self, entries: &[(String, Stat)], names: &[String], in_units: bool) {
        let owner = |id: u32| if id == 0 { "root".to_owned() } else { id.to_string() };
        let rows: Vec<[String; 6]> = entries
            .iter()
            .map(|(_, stat)| {
                let size = if in_units { human(stat.size) } else { stat.size.to_string() };
                let links = if stat.dir { 2 } else { 1 };
                [
                    permissions(stat),
                    links.to_string(),
                    owner(stat.owner.0),
                    owner(stat.owner.1),
                    size,
                    Civil::at(stat.modified).listing(),
                ]
            })
            .collect();
        let width =
            |k: usize| rows.iter().filter_map(|r| r.get(k)).map(String::len).max().unwrap_or(0);
        let (links, user, group, size) = (width(1), width(2), width(3), width(4));
        for ([mode, n, u, g, s, date], name) in rows.iter().zip(names) {
            self.out.push_str(&format!(
                "{mode} {n:>links$} {u:<user$} {g:<group$} {s:>size$} {date} {name}\n"
            ));
        }
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

    fn find(&mut self, words: &[String]) {
        let mut starts: Vec<String> = Vec::new();
        let mut words = words.iter().peekable();
        while let Some(word) = words.next_if(|w| !w.starts_with('-')) {
            starts.push(word.clone());
        }
        if starts.is_empty() {
            starts.push(".".into());
        }
        let (mut name, mut kind, mut depth, mut delete) = (None, None, usize::MAX, false);
        while let Some(word) = words.next() {
            match word.as_str() {
                "-name" | "-iname" => name = words.next().cloned(),
                "-type" => kind = words.next().cloned(),
                "-maxdepth" => {
                    depth = words.next().and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
                }
                "-delete" => delete = true,
                "-print" => {}
                other => {
                    self.error(format!("unknown predicate `{other}'"));
                    return;
                }
            }
        }
        for start in starts {
            let whole = self.path(&start);
            if let Err(error) = self.tree.stat(&whole) {
                self.err.push_str(&format!("find: ‘{start}’: {error}\n"));
                self.status = 1;
                continue;
            }
            for (below, stat) in self.tree.walk(&whole) {
                let path = format!("{}{below}", start.trim_end_matches('/'));
                let last = path.rsplit('/').next().unwrap_or("");
                let fits = name.as_ref().is_none_or(|n| crate::files::matches(n, last))
                    && kind.as_ref().is_none_or(|k| (k == "d") == stat.dir)
                    && below.matches('/').count() <= depth;
                if fits && delete {
                    self.changed |= self.tree.remove_all(&self.path(&path), self.now).is_ok();
                } else if fits {
                    let shown = if path.is_empty() { "/" } else { &path };
                    self.out.push_str(&format!("{shown}\n"));
                }
            }
        }
    }

    fn du(&mut self, words: &[String]) {
        let (args, _) = Args::new(words, "d");
        let starts = if args.rest.is_empty() { vec![".".into()] } else { args.rest.clone() };
        for start in starts {
            let whole = self.path(&start);
            if let Err(error) = self.tree.stat(&whole) {
                self.error(format!("cannot access '{start}': {error}"));
                continue;
            }
            let all = self.tree.walk(&whole);
            let size = |prefix: &str| -> u64 {
                let inside = all.iter().filter(|(p, _)| {
                    p == prefix || p.starts_with(&format!("{prefix}/")) || prefix.is_empty()
                });
                inside.map(|(_, s)| s.size.div_ceil(4096) * 4).sum()
            };
            for (below, stat) in all.iter().rev() {
                if below.is_empty() || (stat.dir && !args.has('s', "summarize")) {
                    let kib = size(below);
                    let shown = if args.has('h', "human-readable") {
                        human(kib * 1024)
                    } else {
                        kib.to_string()
                    };
                    self.out
                        .push_str(&format!("{shown}\t{}{below}\n", start.trim_end_matches('/')));
                }
            }
        }
    }

    fn df(&mut self, words: &[String]) {
        let (args, _) = Args::new(words, "");
        let used: u64 = self.tree.walk("/").iter().map(|(_, s)| s.size.div_ceil(4096) * 4).sum();
        let all = 10_u64 << 20;
        let used = used + (2_u64 << 20);
        let free = all.saturating_sub(used);
        let percent = (used * 100).div_ceil(all);
        if args.has('h', "human-readable") {
            self.out.push_str("Filesystem      Size  Used Avail Use% Mounted on\n");
            self.out.push_str(&format!(
                "overlay        {:>5} {:>5} {:>5} {percent:>3}% /\n",
                human(all * 1024),
                human(used * 1024),
                human(free * 1024)
            ));
        } else {
            self.out.push_str("Filesystem     1K-blocks    Used Available Use% Mounted on\n");
            self.out.push_str(&format!(
                "overlay         {all:>8} {used:>7}  {free:>8} {percent:>3}% /\n"
            ));
        }
    }

    fn stat(&mut self, words: &[String]) {
        let (args, values) = Args::new(words, "c");
        for path in &args.rest {
            let stat = match self.stat_of(path) {
                Ok(stat) => stat,
                Err(error) => {
                    self.error(format!("cannot statx '{path}': {error}"));
                    continue;
                }
            };
            let kind = match (stat.dir, stat.size) {
                (true, _) => "directory",
                (false, 0) => "regular empty file",
                (false, _) => "regular file",
            };
            if let Some((_, format)) = values.first() {
                let text = format
                    .replace("%n", path)
                    .replace("%s", &stat.size.to_string())
                    .replace("%a", &format!("{:o}", stat.mode))
                    .replace("%A", &permissions(&stat))
                    .replace("%F", kind)
                    .replace("%Y", &Civil::at(stat.modified).unix.to_string())
                    .replace(['%'], "%");
                self.out.push_str(&format!("{text}\n"));
                continue;
            }
            let date = Civil::at(stat.modified).format("%F %T.%N %z");
            self.out.push_str(&format!(
                "  File: {path}\n  Size: {:<10}\tBlocks: {:<10} IO Block: 4096   {kind}\n\
                 Access: ({:04o}/{})  Uid: ({:>5}/    root)   Gid: ({:>5}/    root)\n\
                 Modify: {date}\n",
                stat.size,
                stat.size.div_ceil(4096) * 8,
                stat.mode,
                permissions(&stat),
                stat.owner.0,
                stat.owner.1
            ));
        }
    }

    fn tree_(&mut self, words: &[String]) {
        let (args, _) = Args::new(words, "L");
        let start = args.rest.first().cloned().unwrap_or_else(|| ".".into());
        let whole = self.path(&start);
        if !self.tree.is_dir(&whole) {
            self.out.push_str(&format!("{start}  [error opening dir]\n\n0 directories, 0 files\n"));
            return;
        }
        self.out.push_str(&format!("{start}\n"));
        let (mut dirs, mut files) = (0, 0);
        let mut open = vec![(whole, String::new())];
        let mut rows: Vec<(String, String)> = Vec::new();
        while let Some((path, indent)) = open.pop() {
            if let Some((line, _)) =
                rows.iter().position(|(p, _)| *p == path).map(|k| rows.remove(k))
            {
                self.out.push_str(&line);
            }
            let names: Vec<String> = self.tree.list(&path).unwrap_or_default();
            let names: Vec<String> =
                names.into_iter().filter(|n| args.has('a', "") || !n.starts_with('.')).collect();
            let last = names.len();
            for (k, name) in names.into_iter().enumerate().rev() {
                let below = absolute(&path, &name);
                let (mark, next) =
                    if k + 1 == last { ("└── ", "    ") } else { ("├── ", "│   ") };
                let is_dir = self.tree.is_dir(&below);
                if is_dir {
                    dirs += 1;
                } else {
                    files += 1;
                }
                rows.push((below.clone(), format!("{indent}{mark}{name}\n")));
                open.push((below, format!("{indent}{next}")));
            }
        }
        let plural =
            |n: u32, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        self.out.push_str(&format!(
            "\n{}, {}\n",
            plural(dirs, "directory", "directories"),
            plural(files, "file", "files")
        ));
    }

    fn mktemp(&mut self, words: &[String]) {
        let (args, _) = Args::new(words, "p");
        let mut n = self.now.0;
        let path = loop {
            let path = format!("/tmp/tmp.{:010}", n % 10_000_000_000);
            if !self.tree.exists(&path) {
                break path;
            }
            n += 1;
        };
        let made = self.tree.mkdir_all("/tmp", self.now).and_then(|()| {
            if args.has('d', "directory") {
                self.tree.mkdir(&path, self.now)
            } else {
                self.tree.write(&path, Vec::new(), self.now)
            }
        });
        match made {
            Ok(()) => {
                self.changed = true;
                self.out.push_str(&format!("{path}\n"));
            }
            Err(error) => self.error(format!("failed to create file via template: {error}")),
        }
    }

    fn realpath(&mut self, words: &[String]) {
        let (args, _) = Args::new(words, "");
        for path in &args.rest {
            let whole = self.path(path);
            if self.tree.exists(&whole) && (self.name == "realpath" || args.has('f', "")) {
                self.out.push_str(&format!("{whole}\n"));
            } else if self.name == "realpath" {
                self.error(format!("{path}: No such file or directory"));
            } else {
                self.status = 1;
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

fn permissions(stat: &Stat) -> String {
    let mut out = String::from(if stat.dir { "d" } else { "-" });
    for shift in [6, 3, 0] {
        for (bit, c) in [(4, 'r'), (2, 'w'), (1, 'x')] {
            out.push(if stat.mode >> shift & bit != 0 { c } else { '-' });
        }
    }
    out
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

/// `4.0K`, `1.2M` as `ls -h` rounds: up.
fn human(bytes: u64) -> String {
    if bytes < 1024 {
        return bytes.to_string();
    }
    let mut unit = 1024_u64;
    for letter in ["K", "M", "G", "T"] {
        if bytes < unit * 1024 || letter == "T" {
            let tenths = (bytes * 10).div_ceil(unit);
            return if tenths < 100 {
                format!("{}.{}{letter}", tenths / 10, tenths % 10)
            } else {
                format!("{}{letter}", bytes.div_ceil(unit))
            };
        }
        unit *= 1024;
    }
    bytes.to_string()
}

/// GNU ls quotes odd names on a terminal.
fn quoted(name: &str, tty: bool) -> String {
    if tty && name.contains([' ', '$', '*', '"', '(', ')', '&', ';']) {
        format!("'{name}'")
    } else {
        name.to_owned()
    }
}

/// Names in as few rows as fit the width, filled column by column.
pub(crate) fn grid(names: &[String], width: usize) -> String {
    let lengths: Vec<usize> = names.iter().map(|n| n.chars().count()).collect();
    for rows in 1..=names.len() {
        let columns: Vec<usize> =
            lengths.chunks(rows).map(|chunk| chunk.iter().copied().max().unwrap_or(0)).collect();
        let total = columns.iter().sum::<usize>() + 2 * (columns.len() - 1);
        if total > width && rows < names.len() {
            continue;
        }
        let mut out = String::new();
        for row in 0..rows {
            let mut line = String::new();
            let cells: Vec<usize> = (row..names.len()).step_by(rows).collect();
            for (column, k) in cells.iter().enumerate() {
                let name = names.get(*k).map_or("", String::as_str);
                line.push_str(name);
                if column + 1 < cells.len() {
                    let pad = columns.get(column).copied().unwrap_or(0) + 2 - name.chars().count();
                    line.extend(std::iter::repeat_n(' ', pad));
                }
            }
            out.push_str(&line);
            out.push('\n');
        }
        return out;
    }
    String::new()
}
