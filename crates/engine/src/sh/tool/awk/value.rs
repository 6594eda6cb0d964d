//! `awk`'s values: numbers in millionths, texts, and what came from input.

use super::super::regex::Regex;
use serde::{Deserialize, Serialize};

/// Millionths.
pub(super) type Number = i128;
pub(super) const ONE: Number = 1_000_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Value {
    Number(Number),
    Text(String),
    /// From input: compares as a number if it looks like one.
    Input(String),
}

pub(super) fn parse_number(text: &str) -> Option<(Number, usize)> {
    let start = text.len() - text.trim_start().len();
    let rest = text.get(start..)?;
    let sign_len = usize::from(rest.starts_with(['-', '+']));
    let digits = rest.get(sign_len..)?;
    let whole: String = digits.chars().take_while(char::is_ascii_digit).collect();
    let after = digits.get(whole.len()..)?;
    let fraction: String = match after.strip_prefix('.') {
        Some(rest) => rest.chars().take_while(char::is_ascii_digit).collect(),
        None => String::new(),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let value = whole.parse::<Number>().unwrap_or(0) * ONE + micros.parse::<Number>().unwrap_or(0);
    let point = usize::from(after.starts_with('.'));
    let used = start + sign_len + whole.len() + point + fraction.len();
    Some((if rest.starts_with('-') { -value } else { value }, used))
}

pub(super) fn show(value: Number) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let (whole, micros) = (value.abs() / ONE, value.abs() % ONE);
    if micros == 0 {
        return format!("{sign}{whole}");
    }
    // %.6g: six digits that count
    let places = 6_usize.saturating_sub(if whole == 0 { 0 } else { whole.to_string().len() });
    let text = decimal(value.abs(), places);
    format!("{sign}{}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// With so many places after the point, rounded.
pub(super) fn decimal(value: Number, places: usize) -> String {
    let places = places.min(6);
    let factor = 10_i128.pow(u32::try_from(6 - places).unwrap_or(0));
    let sign = if value < 0 { "-" } else { "" };
    let units = (value.abs() + factor / 2) / factor;
    if places == 0 {
        return format!("{sign}{units}");
    }
    let per_one = 10_i128.pow(u32::try_from(places).unwrap_or(0));
    format!("{sign}{}.{:0places$}", units / per_one, units % per_one)
}

impl Value {
    pub(super) fn number(&self) -> Number {
        match self {
            Self::Number(n) => *n,
            Self::Text(text) | Self::Input(text) => parse_number(text).map_or(0, |(n, _)| n),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Number(n) => show(*n),
            Self::Text(text) | Self::Input(text) => text.clone(),
        }
    }

    pub(super) fn numeric(&self) -> Option<Number> {
        match self {
            Self::Number(n) => Some(*n),
            Self::Text(_) => None,
            Self::Input(text) => {
                let (n, used) = parse_number(text)?;
                text.get(used..).is_some_and(|t| t.trim().is_empty()).then_some(n)
            }
        }
    }

    pub(super) fn truth(&self) -> bool {
        match self.numeric() {
            Some(n) => n != 0,
            None => !self.text().is_empty(),
        }
    }
}

pub(super) fn boolean(value: bool) -> Value {
    Value::Number(if value { ONE } else { 0 })
}

pub(super) fn split_regex(line: &str, separator: &str) -> Vec<String> {
    let Ok(regex) = Regex::new(separator, true, false) else { return vec![line.to_owned()] };
    let chars: Vec<char> = line.chars().collect();
    let (mut out, mut from, mut at) = (Vec::new(), 0, 0);
    while let Some(Some((start, end))) = regex.find_at(&chars, at).and_then(|s| s.first().copied())
    {
        if start == end {
            at = end + 1;
            if at > chars.len() {
                break;
            }
            continue;
        }
        out.push(chars.get(from..start).unwrap_or_default().iter().collect());
        from = end;
        at = end;
    }
    out.push(chars.get(from..).unwrap_or_default().iter().collect());
    out
}

pub(super) fn arithmetic(operator: &str, left: Number, right: Number) -> Number {
    match operator {
        "+" => left.saturating_add(right),
        "-" => left.saturating_sub(right),
        "*" => left.saturating_mul(right) / ONE,
        "/" if right != 0 => left.saturating_mul(ONE) / right,
        "%" if right != 0 => left % right,
        "^" => {
            let mut out = ONE;
            for _ in 0..(right / ONE).clamp(0, 127) {
                out = out.saturating_mul(left) / ONE;
            }
            out
        }
        _ => 0,
    }
}
