//! Ids of what the recorder set up without showing it.
//!
//! An id is drawn at random. Commands of a later step name such objects by prefixes, and the
//! answers tell how many of them had it: "service 0 is ambiguous (2 matches found)". The draws of
//! the set-up's own objects are steered so that as many have it here; what a prefix that fits
//! several is answered with stays the engine's business.

use crate::recording::{Recording, Step};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What is known of one kind of objects (`service`, `container`, …).
#[derive(Clone, Debug, Default)]
struct Kind {
    /// The id, or its beginning, by the object's name.
    named: BTreeMap<String, String>,
    /// Ids shown whose object's name is not known.
    loose: VecDeque<String>,
    /// How many objects had an id that begins so.
    counts: BTreeMap<String, usize>,
    /// Beginnings that were typed: nobody else's id begins so.
    typed: BTreeSet<String>,
}

/// An id does not by chance begin with a longer name.
const NAME: usize = 5;

/// Ids to be drawn.
pub struct Ids {
    kinds: BTreeMap<String, Kind>,
    made: u64,
}

impl Ids {
    /// Reads ahead.
    ///
    /// # Errors
    /// Only if a rule is no expression.
    pub fn new(recording: &Recording) -> Result<Self, regex::Error> {
        let counted = [
            Regex::new(concat!(
                r"(?P<kind>service|secret|config|network) (?P<id>[0-9a-z]+) ",
                r"is ambiguous \((?P<n>\d+) matches found",
            ))?,
            Regex::new(concat!(
                r"(?P<n>\d+) matches found based on ID prefix: ",
                r"(?P<kind>network) (?P<id>[0-9a-z]+) is ambiguous",
            ))?,
        ];
        let several = Regex::new(r"Multiple IDs found with provided prefix: ([0-9a-f]+)")?;
        let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
        for (_, step) in recording.commands() {
            for found in counted.iter().flat_map(|r| r.captures_iter(&step.screen)) {
                let part = |name: &str| found.name(name).map_or("", |m| m.as_str()).to_owned();
                let kind = kinds.entry(part("kind")).or_default();
                kind.counts.insert(part("id"), part("n").parse().unwrap_or(2));
                kind.typed.insert(part("id"));
            }
            for found in several.captures_iter(&step.screen) {
                let id = found.get(1).map_or("", |m| m.as_str()).to_owned();
                let kind = kinds.entry("container".to_owned()).or_default();
                kind.typed.insert(id.clone());
                kind.counts.insert(id, 2);
            }
            shown(&mut kinds, step);
        }
        // a name tells more than an id alone; nothing is steered where no prefix was typed
        for kind in kinds.values_mut() {
            let named: Vec<String> = kind.named.values().cloned().collect();
            kind.loose.retain(|id| !named.iter().any(|known| id.starts_with(known)));
        }
        kinds.retain(|_, kind| !kind.typed.is_empty());
        Ok(Self { kinds, made: 0 })
    }

    /// The kind of object that a command of a set-up makes, if its ids are to be steered.
    #[must_use]
    pub fn kind_of(&self, command: &str) -> Option<&str> {
        let (kind, _) = made(command)?;
        self.kinds.get_key_value(kind).map(|(kind, _)| kind.as_str())
    }

    /// Objects of that kind are there before the set-up: (kind, their ids).
    pub fn there_are(&mut self, kind: &str, ids: &[&str]) {
        let Some(kind) = self.kinds.get_mut(kind) else { return };
        for (prefix, n) in std::mem::take(&mut kind.counts) {
            let known = kind.named.values().chain(&kind.loose).filter(|id| id.starts_with(&prefix));
            let there = ids.iter().filter(|id| id.starts_with(&prefix));
            let left = n.saturating_sub(known.count() + there.count());
            kind.loose.extend(std::iter::repeat_n(prefix, left));
        }
    }

    /// Draws of a swarm's ids as they come. The yardstick knows an id by a digit among the twelve
    /// characters of a table: one without is not drawn, nor one that begins with a name that
    /// somebody chose and may type.
    pub fn any(&mut self, count: usize, names: &BTreeSet<String>) -> Vec<u64> {
        let unlucky = |id: &str| {
            !id.bytes().take(12).any(|b| b.is_ascii_digit())
                || (2..=NAME).any(|k| id.get(..k).is_some_and(|start| names.contains(start)))
        };
        let mut draws = Vec::new();
        for _ in 0..count {
            let mut id = filled("", false, &mut self.made);
            while unlucky(&id) {
                id = filled("", false, &mut self.made);
            }
            draws.extend(swarm_draws(&id));
        }
        draws
    }

    /// The draws that give the object made by a command its id.
    pub fn draws_for(&mut self, command: &str) -> Vec<u64> {
        let Some((word, name)) = made(command) else { return Vec::new() };
        let Some(kind) = self.kinds.get_mut(word) else { return Vec::new() };
        let hex = word == "container";
        let wish = kind.named.remove(&name).or_else(|| kind.loose.pop_front());
        let id = match wish {
            Some(wish) => filled(&wish, hex, &mut self.made),
            None => loop {
                let id = filled("", hex, &mut self.made);
                if !kind.typed.iter().any(|prefix| id.starts_with(prefix)) {
                    break id;
                }
            },
        };
        if hex { hex_draws(&id) } else { swarm_draws(&id) }
    }
}

/// What a step shows of ids and names.
fn shown(kinds: &mut BTreeMap<String, Kind>, step: &Step) {
    let words: Vec<&str> = step.cmd.split_whitespace().collect();
    let Some(["docker", word @ ("service" | "secret" | "config" | "network"), verb]) =
        words.get(..3)
    else {
        return;
    };
    let kind = kinds.entry((*word).to_owned()).or_default();
    let id = step.screen.trim();
    let is_id = id.len() == 25 && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if let ("inspect", true, Some(typed)) = (*verb, is_id, words.last())
        && typed.len() < 25
        && id.starts_with(typed)
    {
        kind.typed.insert((*typed).to_owned());
        kind.loose.push_back(id.to_owned());
    }
    if *verb == "ls" {
        for row in step.screen.lines().skip(1) {
            let mut cells = row.split_whitespace();
            if let (Some(id), Some(name)) = (cells.next(), cells.next()) {
                kind.named.entry(name.to_owned()).or_insert_with(|| id.to_owned());
            }
        }
    }
}

/// Kind and name of what a command makes.
fn made(command: &str) -> Option<(&'static str, String)> {
    let start = command.find("docker ")?;
    let words: Vec<&str> = command.get(start..)?.split_whitespace().collect();
    let named = |flag: &str| {
        let after = words.iter().position(|w| *w == flag).and_then(|at| words.get(at + 1));
        after.map(|w| (*w).to_owned()).unwrap_or_default()
    };
    match *words.get(1..3)? {
        ["create" | "run", _] => Some(("container", named("--name"))),
        ["service", "create"] => Some(("service", named("--name"))),
        ["network", "create"] if words.contains(&"overlay") => {
            Some(("network", words.last().map(|w| (*w).to_owned()).unwrap_or_default()))
        }
        [kind @ ("secret" | "config"), "create"] => {
            let name = words.iter().skip(3).find(|w| !w.starts_with('-'));
            let kind = if kind == "secret" { "secret" } else { "config" };
            Some((kind, name.map(|w| (*w).to_owned()).unwrap_or_default()))
        }
        _ => None,
    }
}

/// A whole id that begins so.
fn filled(start: &str, hex: bool, made: &mut u64) -> String {
    let (length, base) = if hex { (64, 16) } else { (25, 36) };
    let mut id = start.to_owned();
    while id.len() < length {
        // any spreading of a counter will do
        *made =
            made.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let digit = u32::try_from((*made >> 33) % base).unwrap_or(0);
        id.push(char::from_digit(digit, 36).unwrap_or('0'));
    }
    id
}

/// The draws of an engine's id: 32 bytes.
fn hex_draws(id: &str) -> Vec<u64> {
    let words = (0..4).map(|k| u64::from_str_radix(id.get(16 * k..16 * k + 16).unwrap_or(""), 16));
    words.map(Result::unwrap_or_default).collect()
}

/// The draws of a swarm's id: 17 bytes whose number in base 36 has it behind its first digit
/// (SwarmKit `identity/randomid.go`).
fn swarm_draws(id: &str) -> Vec<u64> {
    let bytes = ["2", "1"].iter().find_map(|first| number(&format!("{first}{id}0")));
    let Some(bytes) = bytes else { return Vec::new() };
    let mut padded = [0; 24];
    for (to, from) in padded.iter_mut().zip(bytes) {
        *to = from;
    }
    padded.chunks_exact(8).map(|c| u64::from_be_bytes(c.try_into().unwrap_or([0; 8]))).collect()
}

/// A number in base 36 as 17 bytes with the highest bit set, if it is one.
fn number(digits: &str) -> Option<[u8; 17]> {
    let mut bytes = [0_u8; 17];
    for digit in digits.chars() {
        let mut carry = digit.to_digit(36)?;
        for byte in bytes.iter_mut().rev() {
            let value = u32::from(*byte) * 36 + carry;
            *byte = u8::try_from(value % 256).ok()?;
            carry = value / 256;
        }
        if carry != 0 {
            return None;
        }
    }
    bytes.first().is_some_and(|first| *first >= 0x80).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draws_give_the_id() {
        for id in
            ["lwdtdfma1hazlzukhjir8cn31", "0y6wc8re782n0000000000000", "zzzz00000000000000000000z"]
        {
            let bytes: Vec<u8> = swarm_draws(id).iter().flat_map(|w| w.to_be_bytes()).collect();
            let made = api::NodeId::from_random(bytes[..17].try_into().unwrap());
            assert_eq!(made.as_str(), id);
        }
    }

    #[test]
    fn what_a_command_makes() {
        let of = |command: &str| made(command).map(|(kind, name)| format!("{kind} {name}"));
        assert_eq!(of("echo 0 | docker secret create q0 -").as_deref(), Some("secret q0"));
        assert_eq!(of("docker create alpine true").as_deref(), Some("container "));
        let line = "docker service create -d --replicas 0 --name s0 nginx";
        assert_eq!(of(line).as_deref(), Some("service s0"));
        assert_eq!(of("docker network create -d overlay n0").as_deref(), Some("network n0"));
        assert_eq!(of("docker network create br"), None);
    }
}
