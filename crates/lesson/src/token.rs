//! Cuts a line of a `check` block into tokens, each with its column.

use crate::check::{Cmp, Reference};

/// A token of a line with the column it starts at (0-based, in characters).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Word(String),
    Text(String),
    Ref(Reference),
    Cmp(Cmp),
    Equals,
    Open,
    Close,
    Comma,
}

pub(crate) type Tokens = Vec<(u32, Token)>;

/// An error inside one line: column, code, message, help.
pub(crate) type Slip = (u32, &'static str, String, String);

const SPECIAL: &str = "\"[]{}=<>~!,";

pub(crate) fn tokens(text: &str) -> Result<Tokens, Slip> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let column = u32::try_from(at).unwrap_or(u32::MAX);
        let next = chars.get(at + 1).copied();
        let (token, used) = match (c, next) {
            (c, _) if c.is_whitespace() => {
                at += 1;
                continue;
            }
            ('"', _) => quoted(&chars, at)?,
            ('{', _) => reference(&chars, at)?,
            ('[', _) => (Token::Open, 1),
            (']', _) => (Token::Close, 1),
            (',', _) => (Token::Comma, 1),
            ('=', Some('=')) => (Token::Cmp(Cmp::Eq), 2),
            ('!', Some('=')) => (Token::Cmp(Cmp::Ne), 2),
            ('<', Some('=')) => (Token::Cmp(Cmp::Le), 2),
            ('>', Some('=')) => (Token::Cmp(Cmp::Ge), 2),
            ('<', _) => (Token::Cmp(Cmp::Lt), 1),
            ('>', _) => (Token::Cmp(Cmp::Gt), 1),
            ('~', _) => (Token::Cmp(Cmp::Glob), 1),
            ('=', _) => (Token::Equals, 1),
            (c, _) if SPECIAL.contains(c) => {
                return Err((column, "E103", format!("«{c}» não cabe aqui"), String::new()));
            }
            _ => {
                let word: String = chars
                    .iter()
                    .skip(at)
                    .take_while(|c| !c.is_whitespace() && !SPECIAL.contains(**c))
                    .collect();
                let used = word.chars().count();
                (Token::Word(word), used)
            }
        };
        out.push((column, token));
        at += used;
    }
    Ok(out)
}

fn quoted(chars: &[char], start: usize) -> Result<(Token, usize), Slip> {
    let mut text = String::new();
    let mut at = start + 1;
    while let Some(&c) = chars.get(at) {
        match (c, chars.get(at + 1)) {
            ('\\', Some(&n @ ('"' | '\\'))) => {
                text.push(n);
                at += 2;
            }
            ('"', _) => return Ok((Token::Text(text), at + 1 - start)),
            _ => {
                text.push(c);
                at += 1;
            }
        }
    }
    let column = u32::try_from(start).unwrap_or(u32::MAX);
    Err((column, "E103", "faltam aspas no fim".into(), "feche o texto com \"".into()))
}

fn reference(chars: &[char], start: usize) -> Result<(Token, usize), Slip> {
    let inner: String = chars.iter().skip(start + 1).take_while(|c| **c != '}').collect();
    let used = inner.chars().count() + 2;
    let closed = chars.get(start + used - 1) == Some(&'}');
    match parse_reference(&inner).filter(|_| closed) {
        Some(reference) => Ok((Token::Ref(reference), used)),
        None => {
            let column = u32::try_from(start).unwrap_or(u32::MAX);
            let help = "escreva {variavel}, {variavel.campo} ou {variavel.campo:4}";
            Err((column, "E103", "referência malformada".into(), help.into()))
        }
    }
}

/// `var`, `var.field`, `var.field:4`, without the braces.
pub(crate) fn parse_reference(inner: &str) -> Option<Reference> {
    let (path, take) = match inner.rsplit_once(':') {
        Some((path, number)) => (path, Some(number.parse().ok()?)),
        None => (inner, None),
    };
    let (var, field) = match path.split_once('.') {
        Some((var, field)) if !field.is_empty() => (var, Some(field.to_owned())),
        Some(_) => return None,
        None => (path, None),
    };
    let mut chars = var.chars();
    let first = chars.next()?;
    let good = (first.is_alphabetic() || first == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    good.then(|| Reference { var: var.to_owned(), field, take })
}
