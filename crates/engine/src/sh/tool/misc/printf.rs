//! `printf`, and the escapes and conversions that others share with it.

use super::super::{Ctx, Flow};

/// Backslash sequences; true when `\c` ended the text.
pub(crate) fn unescape(text: &str) -> (String, bool) {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('a') => out.push('\x07'),
            Some('b') => out.push('\x08'),
            Some('e') => out.push('\x1b'),
            Some('\\') => out.push('\\'),
            Some('"') => out.push('"'),
            Some('c') => return (out, true),
            Some(first @ ('0'..='7' | 'x')) => {
                let (radix, most) = if first == 'x' { (16, 2) } else { (8, 3) };
                let mut digits = String::new();
                if first != 'x' && first != '0' {
                    digits.push(first);
                }
                while digits.len() < most
                    && let Some(d) = chars.next_if(|c| c.is_digit(radix))
                {
                    digits.push(d);
                }
                let code = u32::from_str_radix(&digits, radix).unwrap_or(0);
                out.extend(char::from_u32(code));
            }
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    (out, false)
}

/// Fills in a format once; `value(kind, places)` gives what the next conversion shows.
pub(crate) fn printf(
    format: &str,
    value: &mut dyn FnMut(char, Option<usize>) -> Option<String>,
) -> String {
    let (format, _) = unescape(format);
    let mut out = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut flags = String::new();
        while let Some(c) = chars.next_if(|c| "-+ 0#".contains(*c)) {
            flags.push(c);
        }
        let mut number = || {
            let mut digits = String::new();
            while let Some(c) = chars.next_if(char::is_ascii_digit) {
                digits.push(c);
            }
            digits.parse::<usize>().ok()
        };
        let width = number();
        let dot = chars.next_if_eq(&'.').is_some();
        let mut digits = String::new();
        while let Some(c) = chars.next_if(char::is_ascii_digit) {
            digits.push(c);
        }
        let places = if dot { Some(digits.parse().unwrap_or(0)) } else { None };
        let Some(kind) = chars.next() else {
            out.push('%');
            break;
        };
        if kind == '%' {
            out.push('%');
            continue;
        }
        let text = value(kind, places).unwrap_or_default();
        let text = convert(kind, &flags, places, text);
        let width = width.unwrap_or(0).min(10_000);
        let pad = width.saturating_sub(text.chars().count());
        if flags.contains('-') {
            out.push_str(&text);
            out.extend(std::iter::repeat_n(' ', pad));
        } else if flags.contains('0') && kind != 's' {
            let (sign, digits) =
                if text.starts_with('-') { text.split_at(1) } else { ("", text.as_str()) };
            out.push_str(sign);
            out.extend(std::iter::repeat_n('0', pad));
            out.push_str(digits);
        } else {
            out.extend(std::iter::repeat_n(' ', pad));
            out.push_str(&text);
        }
    }
    out
}

fn convert(kind: char, flags: &str, places: Option<usize>, text: String) -> String {
    let number = || text.trim().parse::<i64>().unwrap_or(0);
    match kind {
        'd' | 'i' | 'u' if flags.contains('+') && number() >= 0 => format!("+{}", number()),
        'd' | 'i' | 'u' => number().to_string(),
        'x' => format!("{:x}", number()),
        'X' => format!("{:X}", number()),
        'o' => format!("{:o}", number()),
        'c' => text.chars().take(1).collect(),
        's' => match places {
            Some(n) => text.chars().take(n).collect(),
            None => text,
        },
        'b' => unescape(&text).0,
        'q' => quote(&text),
        _ => text,
    }
}

/// As the shell would need it typed.
pub(crate) fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

pub(super) fn printf_tool(ctx: &mut Ctx<'_>, words: &[String]) -> Flow {
    let Some((format, args)) = words.split_first() else {
        let prefix = ctx.env.prefix();
        ctx.complain(format!("{prefix}printf: usage: printf [-v var] format [arguments]"));
        return Flow::Exit(2);
    };
    let mut args = args.iter().peekable();
    let mut bad = None;
    for _ in 0..10_000 {
        let before = args.len();
        let text = printf(format, &mut |kind, places| {
            let arg = args.next()?;
            if "diuxXo".contains(kind) && arg.trim().parse::<i64>().is_err() && !arg.is_empty() {
                bad = Some(arg.clone());
            }
            if kind == 'f' {
                let places = places.unwrap_or(6);
                let (whole, fraction) = arg.split_once('.').unwrap_or((arg, ""));
                let fraction: String =
                    fraction.chars().chain("000000".chars()).take(places).collect();
                return Some(if places == 0 {
                    whole.to_owned()
                } else {
                    format!("{whole}.{fraction}")
                });
            }
            Some(arg.clone())
        });
        ctx.print(text);
        if args.peek().is_none() || args.len() == before {
            break;
        }
    }
    if let Some(arg) = bad {
        let prefix = ctx.env.prefix();
        ctx.complain(format!("{prefix}printf: {arg}: invalid number"));
        return Flow::Exit(1);
    }
    Flow::Exit(0)
}
