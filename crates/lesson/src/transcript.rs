//! Executable transcripts: `console`, `setup`, `solution` and `wrong` blocks as lists of entries.

use crate::diagnostic::{Findings, Place};
use crate::grammar::{Lines, parse_duration_ms};
use serde::{Deserialize, Serialize};

/// A transcript.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    /// Its entries in order.
    pub entries: Vec<Entry>,
}

/// One thing done, with the output expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where it stands.
    pub place: Place,
    /// What is done.
    pub action: Action,
    /// Expected output lines; empty: not compared. `[..]` and `...` stand for anything.
    pub expected: Vec<String>,
    /// A `# …` line before it: a hint offered when the learner stands at this point.
    pub hint: String,
}

/// What a transcript can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// A command line typed on a machine (several lines for here-documents).
    Command {
        /// The machine.
        machine: String,
        /// The text typed.
        text: String,
    },
    /// A question answered.
    Answer {
        /// Which question.
        id: String,
        /// The answer as written; references are filled in.
        value: String,
    },
    /// A fault, a wait or a key.
    Verb(Verb),
}

/// The `@verb`s of transcripts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the lesson format's words")]
pub enum Verb {
    Wait { ms: u64 },
    Settle,
    PowerOff(String),
    PowerOn(String),
    Freeze(String),
    Thaw(String),
    Cut(String),
    Heal(String),
    Slow { machine: String, ms: u64 },
    Split(Vec<Vec<String>>),
    Kill { service: String, slot: u64 },
    PullFail(String),
    Fill(String),
    CtrlC,
    CtrlD,
}

/// Reads a transcript block.
pub(crate) fn transcript(lines: &Lines<'_>, found: &mut Findings) -> Transcript {
    let mut entries: Vec<Entry> = Vec::new();
    let mut hint = String::new();
    for (text, number) in lines.text.lines().zip(lines.first_line..) {
        let place = Place { line: number, column: lines.column + 1 };
        if let Some(more) = text.strip_prefix("> ")
            && let Some(Action::Command { text: typed, .. }) =
                entries.last_mut().filter(|e| e.expected.is_empty()).map(|e| &mut e.action)
        {
            typed.push('\n');
            typed.push_str(more);
            continue;
        }
        if let Some(note) = text.strip_prefix("# ") {
            hint = note.trim().to_owned();
            continue;
        }
        let action = match action(text) {
            Some(Ok(action)) => action,
            Some(Err(message)) => {
                found.error(place, "E110", message, "");
                continue;
            }
            None => {
                match entries.last_mut() {
                    Some(entry) => entry.expected.push(text.to_owned()),
                    None if text.trim().is_empty() => {}
                    None => found.error(
                        place,
                        "E111",
                        "saída sem um comando acima",
                        "um comando começa com «root@node1 $ »",
                    ),
                }
                continue;
            }
        };
        entries.push(Entry {
            place,
            action,
            expected: Vec::new(),
            hint: std::mem::take(&mut hint),
        });
    }
    for entry in &mut entries {
        while entry.expected.last().is_some_and(|l| l.trim().is_empty()) {
            entry.expected.pop();
        }
    }
    Transcript { entries }
}

/// `None`: the line is output.
fn action(text: &str) -> Option<Result<Action, String>> {
    if let Some(rest) = text.strip_prefix("root@") {
        let (machine, command) = rest.split_once(" $ ")?;
        return Some(Ok(Action::Command { machine: machine.into(), text: command.into() }));
    }
    if let Some(verb) = text.strip_prefix('@') {
        return Some(parse_verb(verb).map(Action::Verb));
    }
    let rest = text.strip_prefix("answer ")?;
    let (id, value) = rest.split_once('=')?;
    Some(Ok(Action::Answer { id: id.trim().into(), value: value.trim().into() }))
}

/// A verb without its `@`.
///
/// # Errors
/// What is wrong with it, in Portuguese.
pub fn parse_verb(text: &str) -> Result<Verb, String> {
    let mut words = text.split_whitespace();
    let name = words.next().unwrap_or("");
    let args: Vec<&str> = words.collect();
    let one = |make: fn(String) -> Verb| match args.as_slice() {
        [machine] => Ok(make((*machine).to_owned())),
        _ => Err(format!("@{name} pede uma coisa só depois dele")),
    };
    let ms = |text: &str| {
        parse_duration_ms(text).ok_or_else(|| format!("«{text}» não é uma duração (20s, 2m)"))
    };
    match (name, args.as_slice()) {
        ("wait", [duration]) => Ok(Verb::Wait { ms: ms(duration)? }),
        ("settle", []) => Ok(Verb::Settle),
        ("ctrl-c", []) => Ok(Verb::CtrlC),
        ("ctrl-d", []) => Ok(Verb::CtrlD),
        ("slow", [machine, duration]) => {
            Ok(Verb::Slow { machine: (*machine).to_owned(), ms: ms(duration)? })
        }
        ("split", [groups]) => Ok(Verb::Split(
            groups.split('|').map(|g| g.split(',').map(str::to_owned).collect()).collect(),
        )),
        ("kill", [task]) => match task.rsplit_once('.').map(|(s, n)| (s, n.parse())) {
            Some((service, Ok(slot))) => Ok(Verb::Kill { service: service.to_owned(), slot }),
            Some((_, Err(_))) | None => Err("@kill pede SERVIÇO.VAGA, como web.2".into()),
        },
        ("poweroff", _) => one(Verb::PowerOff),
        ("poweron", _) => one(Verb::PowerOn),
        ("freeze", _) => one(Verb::Freeze),
        ("thaw", _) => one(Verb::Thaw),
        ("cut", _) => one(Verb::Cut),
        ("heal", _) => one(Verb::Heal),
        ("pullfail", _) => one(Verb::PullFail),
        ("fill", _) => one(Verb::Fill),
        _ => Err(format!("verbo desconhecido «@{name}»")),
    }
}

/// Whether `actual` is what the transcript expects: `[..]` within a line, `...` for lines.
#[must_use]
pub fn matches(expected: &[String], actual: &str) -> bool {
    let lines: Vec<&str> = actual.lines().map(str::trim_end).collect();
    lines_match(expected, &lines)
}

fn lines_match(expected: &[String], actual: &[&str]) -> bool {
    match expected.split_first() {
        None => actual.iter().all(|l| l.is_empty()),
        Some((first, rest)) if first.trim() == "..." => {
            (0..=actual.len()).any(|k| actual.get(k..).is_some_and(|a| lines_match(rest, a)))
        }
        Some((first, rest)) => match actual.split_first() {
            Some((line, others)) => {
                line_matches(first.trim_end(), line) && lines_match(rest, others)
            }
            None => first.trim().is_empty() && lines_match(rest, actual),
        },
    }
}

fn line_matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split("[..]");
    let Some(first) = parts.next() else { return line.is_empty() };
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_verbs_answers_and_outputs() {
        let text = "root@node1 $ cat > f <<E\n> oi\n> E\nroot@node2 $ ls\nf\n\n@wait 20s\n\
                    # olhe a coluna\nanswer no = {t.node}\n@kill web.2\n@split a,b|c\n";
        let mut found = Findings::new("t.md");
        let t = transcript(&Lines { first_line: 1, column: 0, text }, &mut found);
        assert!(found.finish().is_empty());
        assert_eq!(t.entries.len(), 6);
        assert_eq!(
            t.entries[0].action,
            Action::Command { machine: "node1".into(), text: "cat > f <<E\noi\nE".into() }
        );
        assert_eq!(t.entries[1].expected, ["f"]);
        assert_eq!(t.entries[3].hint, "olhe a coluna");
    }

    #[test]
    fn wildcards_match_within_and_across_lines() {
        let expected: Vec<String> = ["a [..] c", "...", "z"].map(String::from).to_vec();
        assert!(matches(&expected, "a b c\nx\ny\nz\n"));
        assert!(!matches(&expected, "a b d\nz\n"));
        assert!(!matches(&expected, "a b c\nx\n"));
    }
}
