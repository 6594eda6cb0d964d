//! Brace expansion: `a{b,c}d` and `{1..5}`, done on words before anything else.

use super::syntax::{Part, Word};

/// A character of unquoted text, or a part that braces do not look into.
#[derive(Clone, PartialEq)]
enum Unit {
    Char(char),
    Part(Part),
}

/// The words that one word stands for, in order; mostly itself.
pub(crate) fn expand(word: Word) -> Vec<Word> {
    let has_brace =
        word.0.iter().any(|part| matches!(part, Part::Text(text) if text.contains('{')));
    if !has_brace {
        return vec![word];
    }
    let units: Vec<Unit> = word
        .0
        .into_iter()
        .flat_map(|part| match part {
            Part::Text(text) => text.chars().map(Unit::Char).collect(),
            other @ (Part::Quoted(_)
            | Part::Home
            | Part::Param { .. }
            | Part::Command { .. }
            | Part::Arith { .. }) => vec![Unit::Part(other)],
        })
        .collect();
    alternatives(&units).into_iter().map(join).collect()
}

fn join(units: Vec<Unit>) -> Word {
    let mut parts: Vec<Part> = Vec::new();
    for unit in units {
        match (unit, parts.last_mut()) {
            (Unit::Char(c), Some(Part::Text(text))) => text.push(c),
            (Unit::Char(c), _) => parts.push(Part::Text(c.to_string())),
            (Unit::Part(part), _) => parts.push(part),
        }
    }
    Word(parts)
}

fn alternatives(units: &[Unit]) -> Vec<Vec<Unit>> {
    for (open, unit) in units.iter().enumerate() {
        if *unit != Unit::Char('{') {
            continue;
        }
        let Some((close, commas)) = matching(units, open) else { continue };
        let inner = units.get(open + 1..close).unwrap_or_default();
        let choices = if commas.is_empty() {
            match range(inner) {
                Some(values) => values,
                None => continue,
            }
        } else {
            let mut choices = Vec::new();
            let mut from = open + 1;
            for to in commas.into_iter().chain([close]) {
                choices.extend(alternatives(units.get(from..to).unwrap_or_default()));
                from = to + 1;
            }
            choices
        };
        let head = units.get(..open).unwrap_or_default();
        let tails = alternatives(units.get(close + 1..).unwrap_or_default());
        let mut out = Vec::new();
        for choice in &choices {
            for tail in &tails {
                out.push([head, choice, tail].concat());
            }
        }
        return out;
    }
    vec![units.to_vec()]
}

/// The brace that closes the one at `open`, and the commas between them at its level.
fn matching(units: &[Unit], open: usize) -> Option<(usize, Vec<usize>)> {
    let mut depth = 0_u32;
    let mut commas = Vec::new();
    for (at, unit) in units.iter().enumerate().skip(open + 1) {
        match unit {
            Unit::Char('{') => depth += 1,
            Unit::Char('}') if depth == 0 => return Some((at, commas)),
            Unit::Char('}') => depth -= 1,
            Unit::Char(',') if depth == 0 => commas.push(at),
            Unit::Char(_) | Unit::Part(_) => {}
        }
    }
    None
}

/// `1..5`, `5..1`, `01..10`, `a..e`, each with an optional `..step`.
fn range(inner: &[Unit]) -> Option<Vec<Vec<Unit>>> {
    let text = inner
        .iter()
        .map(|unit| match unit {
            Unit::Char(c) => Some(*c),
            Unit::Part(_) => None,
        })
        .collect::<Option<String>>()?;
    let mut ends = text.split("..");
    let (first, last, step) = (ends.next()?, ends.next()?, ends.next());
    let step: i64 = step.map_or(Ok(1), str::parse).ok()?;
    let step = step.abs().max(1);
    let chars = |text: &str| text.chars().map(Unit::Char).collect::<Vec<_>>();
    let (low, high, width) = match (first.parse::<i64>(), last.parse::<i64>()) {
        (Ok(low), Ok(high)) => {
            let padded = [first, last]
                .iter()
                .any(|t| t.trim_start_matches('-').starts_with('0') && t.len() > 1);
            (low, high, if padded { first.len().max(last.len()) } else { 0 })
        }
        _ => {
            let (a, b) = (single(first)?, single(last)?);
            let values = count(i64::from(u32::from(a)), i64::from(u32::from(b)), step);
            let values = values.into_iter().filter_map(|v| char::from_u32(u32::try_from(v).ok()?));
            return Some(values.map(|c| vec![Unit::Char(c)]).collect());
        }
    };
    let values = count(low, high, step);
    Some(values.into_iter().map(|v| chars(&format!("{v:0width$}"))).collect())
}

fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    let c = chars.next().filter(char::is_ascii_alphabetic)?;
    chars.next().is_none().then_some(c)
}

/// At most 10 000 values: a typing error must not fill the memory.
fn count(low: i64, high: i64, step: i64) -> Vec<i64> {
    let n = (low.abs_diff(high) / step.unsigned_abs()).min(9_999);
    let n = i64::try_from(n).unwrap_or(0);
    (0..=n).map(|k| if low <= high { low + k * step } else { low - k * step }).collect()
}
