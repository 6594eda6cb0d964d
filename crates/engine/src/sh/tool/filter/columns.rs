//! `cut` and `tr`: their words, and what `cut` leaves of a line.

use super::super::Ctx;
use super::super::files::Args;
use super::{Kind, Settings, usage};

pub(super) fn cut_settings(ctx: &mut Ctx<'_>, words: &[String]) -> Settings {
    let (args, values) = Args::new(words, "dfcb");
    let value = |letter: char| values.iter().find(|(c, _)| *c == letter).map(|(_, v)| v.clone());
    let list = value('f').or_else(|| args.long_value("fields").map(str::to_owned));
    let chars = value('c').or_else(|| value('b'));
    let Some(spec) = list.clone().or_else(|| chars.clone()) else {
        return Err(usage(ctx, "you must specify a list of bytes, characters, or fields"));
    };
    let mut fields = Vec::new();
    for piece in spec.split(',') {
        let number = |text: &str, none: u32| {
            if text.is_empty() { Some(none) } else { text.parse::<u32>().ok().filter(|n| *n > 0) }
        };
        let range = match piece.split_once('-') {
            Some((low, high)) => number(low, 1).zip(number(high, u32::MAX)),
            None => number(piece, 0).map(|n| (n, n)),
        };
        match range {
            Some((low, high)) if low > 0 => fields.push((low, high)),
            _ => return Err(usage(ctx, &format!("invalid field value '{piece}'"))),
        }
    }
    let delimiter = value('d').or_else(|| args.long_value("delimiter").map(str::to_owned));
    let delimiter = match delimiter {
        Some(text) if text.chars().count() > 1 => {
            return Err(usage(ctx, "the delimiter must be a single character"));
        }
        Some(text) => text.chars().next().unwrap_or('\t'),
        None => '\t',
    };
    let out = args.long_value("output-delimiter").map(str::to_owned);
    let only = args.has('s', "only-delimited");
    Ok((Kind::Cut { fields, chars: list.is_none(), delimiter, only, out }, args.rest))
}

pub(super) fn cut(
    line: &str,
    fields: &[(u32, u32)],
    chars: bool,
    delimiter: char,
    only: bool,
    out: Option<&str>,
) -> Option<String> {
    let wanted = |k: usize| {
        let n = u32::try_from(k + 1).unwrap_or(u32::MAX);
        fields.iter().any(|(low, high)| (*low..=*high).contains(&n))
    };
    if chars {
        return Some(
            line.chars().enumerate().filter(|(k, _)| wanted(*k)).map(|(_, c)| c).collect(),
        );
    }
    if !line.contains(delimiter) {
        return (!only).then(|| line.to_owned());
    }
    let pieces = line.split(delimiter).enumerate().filter(|(k, _)| wanted(*k)).map(|(_, p)| p);
    let pieces: Vec<&str> = pieces.collect();
    Some(match out {
        Some(out) => pieces.join(out),
        None => pieces.join(&delimiter.to_string()),
    })
}

pub(super) fn tr_settings(ctx: &mut Ctx<'_>, words: &[String]) -> Result<Kind, i32> {
    let (args, _) = Args::new(words, "");
    let delete = args.has('d', "delete");
    let squeeze = args.has('s', "squeeze-repeats");
    let complement = args.has('c', "complement") || args.has('C', "");
    let mut sets = args.rest.iter();
    let Some(from) = sets.next() else { return Err(usage(ctx, "missing operand")) };
    let to = sets.next();
    if to.is_none() && !delete && !squeeze {
        let text = format!("missing operand after '{from}'");
        return Err(usage(ctx, &text));
    }
    let to = to.map(|t| set(t)).unwrap_or_default();
    Ok(Kind::Tr { from: set(from), to, delete, squeeze, complement, last: None })
}

/// A set of `tr`: escapes, ranges, classes.
fn set(text: &str) -> Vec<char> {
    let mut chars: Vec<char> = Vec::new();
    let mut rest = text;
    for (name, members) in [
        ("[:upper:]", ('A'..='Z').collect::<String>()),
        ("[:lower:]", ('a'..='z').collect()),
        ("[:digit:]", ('0'..='9').collect()),
        ("[:alpha:]", ('A'..='Z').chain('a'..='z').collect()),
        ("[:alnum:]", ('0'..='9').chain('A'..='Z').chain('a'..='z').collect()),
        ("[:space:]", " \t\n\r\x0b\x0c".to_owned()),
        ("[:blank:]", " \t".to_owned()),
        ("[:punct:]", ('!'..='/').chain(':'..='@').chain('['..='`').chain('{'..='~').collect()),
    ] {
        if rest == name {
            return members.chars().collect();
        }
    }
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or("");
        let c = if c == '\\' {
            let next = rest.chars().next().unwrap_or('\\');
            rest = rest.get(next.len_utf8()..).unwrap_or("");
            match next {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                '0' => '\0',
                other => other,
            }
        } else {
            c
        };
        let mut ahead = rest.chars();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(high)) if high >= c => {
                chars.extend(c..=high);
                rest = rest.get(1 + high.len_utf8()..).unwrap_or("");
            }
            _ => chars.push(c),
        }
    }
    chars
}
