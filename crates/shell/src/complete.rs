//! Tab: commands, flags, names of the lab's objects, files.

use crate::desk::Desk;
use crate::host;
use crate::words;
use crate::world::{Machine, sh};

impl Desk {
    /// Completes the word before the cursor; a second Tab lists the choices.
    pub(crate) fn complete(&mut self, machine: Machine, again: bool) {
        let Some(terminal) = self.terminals.get(&machine) else { return };
        let line: String = {
            let cursor = terminal.editor.cursor() as usize;
            terminal.editor.line().chars().take(cursor).collect()
        };
        let words = split(&line);
        let current = words.last().cloned().unwrap_or_default();
        let mut choices = self.choices(machine, &words);
        choices.retain(|choice| choice.starts_with(&current));
        choices.sort();
        choices.dedup();
        let Some(terminal) = self.terminals.get_mut(&machine) else { return };
        terminal.tabbed = true;
        let common = common_prefix(&choices);
        let single = choices.len() == 1;
        if common.chars().count() > current.chars().count() || single {
            let from = terminal.editor.cursor().saturating_sub(length(&current));
            let open = common.ends_with(['/', '=']);
            let text = if single && !open { format!("{common} ") } else { common };
            terminal.editor.replace(from, &text);
        } else if again && choices.len() > 1 {
            terminal.view.choices = choices.iter().map(|c| shown(c)).collect();
            terminal.touch();
        }
    }

    fn choices(&self, machine: Machine, words: &[String]) -> Vec<String> {
        let place = self.terminals.get(&machine).map_or(machine, |t| t.place());
        let current = words.last().map_or("", String::as_str);
        let names =
            |list: &[&str]| -> Vec<String> { list.iter().map(|s| (*s).to_owned()).collect() };
        match words {
            [] | [_] if !current.contains('/') => {
                let mut all = names(&sh::names());
                all.extend(names(host::NAMES));
                all.extend(names(&words::names()));
                all.retain(|name| name.chars().next().is_some_and(|c| c.is_ascii_alphabetic()));
                all
            }
            [command, ..] if command == "docker" => self.docker_choices(place, words),
            [command, ..] if words::find(&[command.clone(), String::new()]).is_some() => {
                self.machine_names()
            }
            [command, ..] if command == "ssh" || command == "ping" => self.machine_names(),
            [command, ..] if command == "curl" => {
                let mut all = self.machine_names();
                all.extend(self.files(place, machine, current));
                all
            }
            [command, verb] if command == "systemctl" => {
                let _ = verb;
                names(&["restart", "start", "status", "stop", "is-active"])
            }
            [command, _, _] if command == "systemctl" => names(&["docker"]),
            _ => self.files(place, machine, current),
        }
    }

    pub(crate) fn machine_names(&self) -> Vec<String> {
        self.lab.machines().map(|(_, name)| name.to_owned()).collect()
    }

    /// Files whose path starts like this.
    pub(crate) fn files(&self, place: Machine, terminal: Machine, current: &str) -> Vec<String> {
        let session = self.terminals.get(&terminal).and_then(|t| t.top());
        let cwd = session.and_then(|(_, s)| s.shell.env()).map_or("/root", |env| env.cwd());
        let (dir, _) = match current.rfind('/') {
            Some(at) => current.split_at(at + 1),
            None => ("", current),
        };
        let real = dir.strip_prefix("~/").map_or(dir.to_owned(), |rest| format!("/root/{rest}"));
        let whole = sh::absolute(cwd, if real.is_empty() { "." } else { &real });
        let Some(tree) = self.lab.files(place) else { return Vec::new() };
        let hidden = current.rsplit('/').next().is_some_and(|last| last.starts_with('.'));
        tree.list(&whole)
            .unwrap_or_default()
            .into_iter()
            .filter(|name| hidden || !name.starts_with('.'))
            .map(|name| {
                let slash = if tree.is_dir(&format!("{whole}/{name}")) { "/" } else { "" };
                format!("{dir}{name}{slash}")
            })
            .collect()
    }
}

/// The words of the command before the cursor; the last one may be empty.
fn split(line: &str) -> Vec<String> {
    let start = line.rfind(['|', ';', '&', '(']).map_or(0, |at| at + 1);
    let mut words: Vec<String> =
        line.get(start..).unwrap_or("").split_whitespace().map(str::to_owned).collect();
    if line.ends_with([' ', '\t']) || words.is_empty() {
        words.push(String::new());
    }
    words
}

fn length(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(0)
}

fn common_prefix(choices: &[String]) -> String {
    let mut common: String = choices.first().cloned().unwrap_or_default();
    for choice in choices {
        while !choice.starts_with(&common) {
            common.pop();
        }
    }
    common
}

/// As listed: of a path only the last part.
fn shown(choice: &str) -> String {
    let plain = choice.trim_end_matches('/');
    let from = plain.rfind('/').map_or(0, |at| at + 1);
    choice.get(from..).unwrap_or(choice).to_owned()
}
