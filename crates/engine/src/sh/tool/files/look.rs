//! Tools that look at a tree: `find`, `du`, `df`, `stat`, `tree` and small ones.

use super::ls::{human, permissions};
use super::{Args, Job};
use crate::files::absolute;
use crate::sh::date::Civil;

impl Job<'_> {
    pub(super) fn find(&mut self, words: &[String]) {
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

    pub(super) fn du(&mut self, words: &[String]) {
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

    pub(super) fn df(&mut self, words: &[String]) {
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

    pub(super) fn stat(&mut self, words: &[String]) {
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

    pub(super) fn tree_(&mut self, words: &[String]) {
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

    pub(super) fn mktemp(&mut self, words: &[String]) {
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

    pub(super) fn realpath(&mut self, words: &[String]) {
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
