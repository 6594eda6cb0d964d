//! `ls`.

use super::{Args, Job};
use crate::files::Stat;
use crate::sh::date::Civil;

impl Job<'_> {
    pub(super) fn ls(&mut self, words: &[String]) {
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
            // busybox's columns are all as wide as the widest
            let even = self.tree.exists("/bin/ash");
            self.out.push_str(&grid(&names, columns as usize, even));
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
}

pub(super) fn permissions(stat: &Stat) -> String {
    let mut out = String::from(if stat.dir { "d" } else { "-" });
    for shift in [6, 3, 0] {
        for (bit, c) in [(4, 'r'), (2, 'w'), (1, 'x')] {
            out.push(if stat.mode >> shift & bit != 0 { c } else { '-' });
        }
    }
    out
}

/// `4.0K`, `1.2M` as `ls -h` rounds: up.
pub(super) fn human(bytes: u64) -> String {
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
pub(crate) fn grid(names: &[String], width: usize, even: bool) -> String {
    let mut lengths: Vec<usize> = names.iter().map(|n| n.chars().count()).collect();
    if even {
        let widest = lengths.iter().copied().max().unwrap_or(0);
        lengths.fill(widest);
    }
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
