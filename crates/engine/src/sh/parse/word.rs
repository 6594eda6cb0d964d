//! Words: quotes, parameters, substitutions.

use super::{
    ParamOp, ParseError, Parsed, Parser, Part, Word, is_meta, is_name, is_name_start, parse,
};
use share::Rc;
use std::collections::BTreeMap;

impl Parser {
    /// One word, or `None` where no word starts.
    pub(super) fn word(&mut self) -> Parsed<Option<Word>> {
        let mut parts = Vec::new();
        if self.peek() == Some('~') && self.peek_at(1).is_none_or(|c| is_meta(c) || c == '/') {
            self.at += 1;
            parts.push(Part::Home);
        }
        while let Some(c) = self.peek() {
            if is_meta(c) {
                break;
            }
            self.part(c, &mut parts)?;
        }
        Ok((!parts.is_empty()).then_some(Word(parts)))
    }

    /// One unquoted character or construct.
    fn part(&mut self, c: char, parts: &mut Vec<Part>) -> Parsed<()> {
        match c {
            '\\' => {
                let next = self.peek_at(1);
                self.at += 2;
                match next {
                    Some('\n') => {}
                    Some(c) => parts.push(Part::Quoted(c.to_string())),
                    None => return Err(ParseError::Incomplete),
                }
            }
            '\'' => {
                self.at += 1;
                let text = self.until('\'')?;
                parts.push(Part::Quoted(text));
            }
            '"' => {
                self.at += 1;
                parts.push(Part::Quoted(String::new()));
                self.double_quoted(Some('"'), parts)?;
            }
            '$' if self.peek_at(1) == Some('\'') => {
                self.at += 2;
                let text = self.ansi_quoted()?;
                parts.push(Part::Quoted(text));
            }
            '$' => self.dollar(false, parts)?,
            '`' => self.backticks(false, parts)?,
            c => {
                self.at += 1;
                push_text(parts, c, false);
            }
        }
        Ok(())
    }

    fn until(&mut self, end: char) -> Parsed<String> {
        let text: String = self.text.iter().skip(self.at).take_while(|c| **c != end).collect();
        self.at += text.chars().count() + 1;
        if self.at > self.text.len() { Err(ParseError::Incomplete) } else { Ok(text) }
    }

    /// `$'…'`: C's escapes.
    fn ansi_quoted(&mut self) -> Parsed<String> {
        let mut out = String::new();
        loop {
            let c = self.peek().ok_or(ParseError::Incomplete)?;
            self.at += 1;
            match c {
                '\'' => return Ok(out),
                '\\' => {
                    let c = self.peek().ok_or(ParseError::Incomplete)?;
                    self.at += 1;
                    out.push(match c {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        'e' => '\x1b',
                        other => other,
                    });
                }
                c => out.push(c),
            }
        }
    }

    /// Up to the closing quote, or to the text's end for here-documents.
    fn double_quoted(&mut self, end: Option<char>, parts: &mut Vec<Part>) -> Parsed<()> {
        loop {
            let Some(c) = self.peek() else {
                return if end.is_none() { Ok(()) } else { Err(ParseError::Incomplete) };
            };
            match c {
                c if Some(c) == end => {
                    self.at += 1;
                    return Ok(());
                }
                '\\' => {
                    let next = self.peek_at(1);
                    self.at += 2;
                    match next {
                        Some('\n') => {}
                        Some(c @ ('$' | '`' | '\\')) => push_text(parts, c, true),
                        Some('"') if end.is_some() => push_text(parts, '"', true),
                        Some(c) => {
                            push_text(parts, '\\', true);
                            push_text(parts, c, true);
                        }
                        None if end.is_none() => push_text(parts, '\\', true),
                        None => return Err(ParseError::Incomplete),
                    }
                }
                '$' => self.dollar(true, parts)?,
                '`' => self.backticks(true, parts)?,
                c => {
                    self.at += 1;
                    push_text(parts, c, true);
                }
            }
        }
    }

    fn dollar(&mut self, quoted: bool, parts: &mut Vec<Part>) -> Parsed<()> {
        self.at += 1;
        match self.peek() {
            Some('(') if self.peek_at(1) == Some('(') => {
                self.at += 2;
                let word = self.arithmetic()?;
                parts.push(Part::Arith { word, quoted });
            }
            Some('(') => {
                self.at += 1;
                let list = self.list(&[])?;
                if self.peek() != Some(')') {
                    return Err(self.unexpected());
                }
                self.at += 1;
                parts.push(Part::Command { list: Rc::new(list), quoted });
            }
            Some('{') => {
                self.at += 1;
                let part = self.braced(quoted)?;
                parts.push(part);
            }
            Some(c) if is_name_start(c) => {
                let name: String =
                    self.text.iter().skip(self.at).take_while(|c| is_name(**c)).collect();
                self.at += name.chars().count();
                parts.push(Part::Param { name, op: ParamOp::Plain, quoted });
            }
            Some(c @ ('?' | '$' | '!' | '#' | '@' | '*' | '-' | '0'..='9')) => {
                self.at += 1;
                parts.push(Part::Param { name: c.to_string(), op: ParamOp::Plain, quoted });
            }
            Some(_) | None => push_text(parts, '$', quoted),
        }
        Ok(())
    }

    fn backticks(&mut self, quoted: bool, parts: &mut Vec<Part>) -> Parsed<()> {
        self.at += 1;
        let mut inner = String::new();
        loop {
            let c = self.peek().ok_or(ParseError::Incomplete)?;
            self.at += 1;
            match c {
                '`' => break,
                '\\' if matches!(self.peek(), Some('`' | '\\' | '$')) => {
                    inner.extend(self.peek());
                    self.at += 1;
                }
                c => inner.push(c),
            }
        }
        parts.push(Part::Command { list: Rc::new(parse(&inner)?), quoted });
        Ok(())
    }

    /// Behind `((`, up to and with `))`.
    pub(super) fn arithmetic(&mut self) -> Parsed<Word> {
        let mut depth = 0_u32;
        let mut parts = vec![Part::Quoted(String::new())];
        loop {
            let c = self.peek().ok_or(ParseError::Incomplete)?;
            match c {
                ')' if depth == 0 && self.peek_at(1) == Some(')') => {
                    self.at += 2;
                    return Ok(Word(parts));
                }
                ')' if depth == 0 => return Err(self.unexpected()),
                '$' => self.dollar(true, &mut parts)?,
                '`' => self.backticks(true, &mut parts)?,
                c => {
                    depth = match c {
                        '(' => depth + 1,
                        ')' => depth - 1,
                        _ => depth,
                    };
                    self.at += 1;
                    push_text(&mut parts, c, true);
                }
            }
        }
    }

    /// Behind `${`.
    fn braced(&mut self, quoted: bool) -> Parsed<Part> {
        let length = self.peek() == Some('#') && self.peek_at(1).is_some_and(|c| c != '}');
        if length {
            self.at += 1;
        }
        let mut name: String =
            self.text.iter().skip(self.at).take_while(|c| is_name(**c)).collect();
        if name.is_empty() {
            name = self.peek().ok_or(ParseError::Incomplete)?.to_string();
        }
        self.at += name.chars().count();
        if length {
            self.closing_brace()?;
            return Ok(Part::Param { name, op: ParamOp::Length, quoted });
        }
        let colon =
            self.peek() == Some(':') && matches!(self.peek_at(1), Some('-' | '=' | '+' | '?'));
        if colon {
            self.at += 1;
        }
        let sign = self.peek().ok_or(ParseError::Incomplete)?;
        self.at += 1;
        let op = match sign {
            '}' => return Ok(Part::Param { name, op: ParamOp::Plain, quoted }),
            '-' => ParamOp::Default { colon, word: self.brace_word(quoted, &['}'])? },
            '=' => ParamOp::Assign { colon, word: self.brace_word(quoted, &['}'])? },
            '+' => ParamOp::Alternative { colon, word: self.brace_word(quoted, &['}'])? },
            '?' => ParamOp::Error { colon, word: self.brace_word(quoted, &['}'])? },
            '#' => {
                let longest = self.eat("#");
                ParamOp::Prefix { longest, word: self.brace_word(false, &['}'])? }
            }
            '%' => {
                let longest = self.eat("%");
                ParamOp::Suffix { longest, word: self.brace_word(false, &['}'])? }
            }
            '/' => {
                let all = self.eat("/");
                let pattern = self.brace_word(false, &['/', '}'])?;
                let with =
                    if self.eat("/") { self.brace_word(false, &['}'])? } else { Word::default() };
                ParamOp::Replace { all, pattern, with }
            }
            ':' => {
                let offset = self.brace_word(quoted, &[':', '}'])?;
                let length =
                    if self.eat(":") { Some(self.brace_word(quoted, &['}'])?) } else { None };
                ParamOp::Slice { offset, length }
            }
            _ => return Err(ParseError::Unexpected(format!("${{{name}{sign}"))),
        };
        self.closing_brace()?;
        Ok(Part::Param { name, op, quoted })
    }

    fn closing_brace(&mut self) -> Parsed<()> {
        if self.eat("}") { Ok(()) } else { Err(ParseError::Incomplete) }
    }

    fn brace_word(&mut self, quoted: bool, ends: &[char]) -> Parsed<Word> {
        let mut parts = Vec::new();
        loop {
            let c = self.peek().ok_or(ParseError::Incomplete)?;
            if ends.contains(&c) {
                return Ok(Word(parts));
            }
            match c {
                '\'' | '"' | '\\' | '$' | '`' if !quoted => self.part(c, &mut parts)?,
                '$' => self.dollar(true, &mut parts)?,
                c => {
                    self.at += 1;
                    push_text(&mut parts, c, quoted);
                }
            }
        }
    }
}

/// A here-document's body in which `$` and backticks still work.
pub(super) fn document(body: &str) -> Parsed<Word> {
    let mut parser = Parser { text: body.chars().collect(), at: 0, skips: BTreeMap::new() };
    let mut parts = vec![Part::Quoted(String::new())];
    parser.double_quoted(None, &mut parts)?;
    Ok(Word(parts))
}

fn push_text(parts: &mut Vec<Part>, c: char, quoted: bool) {
    match (parts.last_mut(), quoted) {
        (Some(Part::Text(text)), false) | (Some(Part::Quoted(text)), true) => text.push(c),
        (_, false) => parts.push(Part::Text(c.to_string())),
        (_, true) => parts.push(Part::Quoted(c.to_string())),
    }
}
