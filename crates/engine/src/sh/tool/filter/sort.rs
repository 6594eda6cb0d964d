//! `sort` and what `uniq` prints.

use super::super::Ctx;
use super::super::files::Args;
use super::Kind;

pub(super) fn sort_settings(words: &[String]) -> (Kind, Vec<String>) {
    let (args, values) = Args::new(words, "kt");
    let mut flags: String =
        ['n', 'r', 'u', 'f', 'h', 'V'].into_iter().filter(|c| args.has(*c, "")).collect();
    for (long, c) in [("reverse", 'r'), ("numeric-sort", 'n'), ("unique", 'u')] {
        if args.has('\0', long) {
            flags.push(c);
        }
    }
    let mut key = None;
    let mut separator = None;
    for (letter, value) in values {
        if letter == 't' {
            separator = value.chars().next();
            continue;
        }
        let number = |text: &str| -> Option<u32> {
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        };
        flags.extend(value.chars().filter(|c| "nrfhV".contains(*c)));
        let (first, last) = value.split_once(',').unwrap_or((&value, ""));
        key = number(first).map(|n| (n, number(last).unwrap_or(u32::MAX)));
    }
    (Kind::Sort { flags, key, separator, lines: Vec::new() }, args.rest)
}

pub(super) fn sorted(
    flags: &str,
    key: Option<(u32, u32)>,
    separator: Option<char>,
    mut lines: Vec<String>,
) -> Vec<String> {
    let part = |line: &String| -> String {
        let Some((from, to)) = key else { return line.clone() };
        let pieces: Vec<&str> = match separator {
            Some(c) => line.split(c).collect(),
            None => line.split_whitespace().collect(),
        };
        let (from, to) = (from.max(1) as usize - 1, (to as usize).min(pieces.len()));
        pieces.get(from..to).unwrap_or_default().join(" ")
    };
    let number = |text: &str| -> i128 {
        let text = text.trim_start();
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let whole: String = digits.chars().take_while(char::is_ascii_digit).collect();
        let rest = digits.get(whole.len()..).unwrap_or("");
        let fraction: String =
            rest.strip_prefix('.').unwrap_or("").chars().take_while(char::is_ascii_digit).collect();
        let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
        let value =
            whole.parse::<i128>().unwrap_or(0) * 1_000_000 + micros.parse::<i128>().unwrap_or(0);
        let unit = if flags.contains('h') {
            match rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()).chars().next() {
                Some('K' | 'k') => 1024,
                Some('M') => 1 << 20,
                Some('G') => 1 << 30,
                _ => 1,
            }
        } else {
            1
        };
        sign * value * unit
    };
    let numeric = flags.contains('n') || flags.contains('h');
    let fold = |text: String| if flags.contains('f') { text.to_lowercase() } else { text };
    lines.sort_by(|a, b| {
        let (ka, kb) = (fold(part(a)), fold(part(b)));
        let order = if numeric { number(&ka).cmp(&number(&kb)) } else { natural(flags, &ka, &kb) };
        let order = if flags.contains('r') { order.reverse() } else { order };
        if flags.contains('u') { order } else { order.then_with(|| a.cmp(b)) }
    });
    if flags.contains('u') {
        let same = |a: &String, b: &String| {
            if numeric {
                number(&part(a)) == number(&part(b))
            } else {
                fold(part(a)) == fold(part(b))
            }
        };
        lines.dedup_by(|a, b| same(a, b));
    }
    lines
}

/// `-V`: runs of digits compare as numbers.
fn natural(flags: &str, a: &str, b: &str) -> std::cmp::Ordering {
    if !flags.contains('V') {
        return a.cmp(b);
    }
    let key = |text: &str| -> Vec<(String, u64)> {
        let mut out = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let head: String = rest.chars().take_while(|c| !c.is_ascii_digit()).collect();
            rest = rest.get(head.len()..).unwrap_or("");
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            rest = rest.get(digits.len()..).unwrap_or("");
            out.push((head, digits.parse().unwrap_or(0)));
        }
        out
    };
    key(a).cmp(&key(b))
}

pub(super) fn uniq_out(ctx: &mut Ctx<'_>, flags: &str, line: &str, count: u64) {
    if (flags.contains('d') && count < 2) || (flags.contains('u') && count > 1) {
        return;
    }
    if flags.contains('c') {
        ctx.print(format!("{count:>7} {line}\n"));
    } else {
        ctx.print(format!("{line}\n"));
    }
}
