//! Regular expressions of `grep`, `sed` and `awk`: POSIX basic and extended syntax.
//!
//! **Left out:** back-references within a pattern, equivalence classes, leftmost-longest among
//! alternatives (the first that fits wins).

use serde::{Deserialize, Serialize};

/// A compiled expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Regex {
    alternatives: Vec<Vec<Node>>,
    groups: u32,
    ignore_case: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Node {
    Char(char),
    Any,
    Class {
        ranges: Vec<(char, char)>,
        negated: bool,
    },
    Start,
    End,
    /// `\b`, or `\B` when false.
    Boundary(bool),
    Group(u32, Vec<Vec<Node>>),
    Repeat {
        node: Box<Node>,
        min: u32,
        max: u32,
    },
}

/// Where the whole and each group matched, in characters.
pub(crate) type Spans = Vec<Option<(usize, usize)>>;

impl Regex {
    /// Compiles; errors are grep's texts.
    pub(crate) fn new(text: &str, extended: bool, ignore_case: bool) -> Result<Self, String> {
        let chars: Vec<char> = text.chars().collect();
        let mut parser = Parser { chars, at: 0, extended, groups: 0, depth: 0 };
        let alternatives = parser.alternatives()?;
        if parser.at < parser.chars.len() {
            return Err("Unmatched ) or \\)".into());
        }
        Ok(Self { alternatives, groups: parser.groups, ignore_case })
    }

    /// A plain text to look for.
    pub(crate) fn literal(text: &str, ignore_case: bool) -> Self {
        let nodes = text.chars().map(Node::Char).collect();
        Self { alternatives: vec![nodes], groups: 0, ignore_case }
    }

    /// One expression out of several, any of which may match.
    pub(crate) fn any(list: Vec<Self>) -> Self {
        let ignore_case = list.iter().any(|r| r.ignore_case);
        let groups = list.iter().map(|r| r.groups).max().unwrap_or(0);
        Self {
            alternatives: list.into_iter().flat_map(|r| r.alternatives).collect(),
            groups,
            ignore_case,
        }
    }

    /// The first match from character `from` on.
    pub(crate) fn find_at(&self, text: &[char], from: usize) -> Option<Spans> {
        (from..=text.len()).find_map(|start| {
            let mut spans: Spans = vec![None; self.groups as usize + 1];
            let matcher = Matcher { text, ignore_case: self.ignore_case };
            let mut end = None;
            let found = self.alternatives.iter().any(|nodes| {
                matcher.run(nodes, start, &mut spans, &mut |at, _| {
                    end = Some(at);
                    true
                })
            });
            if found && let (Some(end), Some(whole)) = (end, spans.first_mut()) {
                *whole = Some((start, end));
                return Some(spans);
            }
            None
        })
    }

    pub(crate) fn find(&self, text: &str) -> Option<Spans> {
        self.find_at(&text.chars().collect::<Vec<_>>(), 0)
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.find(text).is_some()
    }

    /// Replaces the `nth` match (from 1), or all from it on; `with` knows `&` and `\1`.
    pub(crate) fn replace(&self, text: &str, with: &str, nth: usize, all: bool) -> (String, usize) {
        let chars: Vec<char> = text.chars().collect();
        let piece = |span: Option<(usize, usize)>| -> String {
            let (a, b) = span.unwrap_or((0, 0));
            chars.get(a..b).unwrap_or_default().iter().collect()
        };
        let (mut out, mut at, mut seen, mut done) = (String::new(), 0, 0, 0);
        while at <= chars.len() {
            let Some(spans) = self.find_at(&chars, at) else { break };
            let Some(Some((start, end))) = spans.first().copied() else { break };
            out.extend(chars.get(at..start).unwrap_or_default());
            seen += 1;
            if seen == nth || (seen > nth && all) {
                done += 1;
                let mut template = with.chars();
                while let Some(c) = template.next() {
                    match c {
                        '&' => out.push_str(&piece(Some((start, end)))),
                        '\\' => match template.next() {
                            Some(d) if d.is_ascii_digit() => {
                                let k = d.to_digit(10).unwrap_or(0) as usize;
                                out.push_str(&piece(spans.get(k).copied().flatten()));
                            }
                            Some('n') => out.push('\n'),
                            Some('t') => out.push('\t'),
                            Some(c) => out.push(c),
                            None => out.push('\\'),
                        },
                        c => out.push(c),
                    }
                }
            } else {
                out.extend(chars.get(start..end).unwrap_or_default());
            }
            at = end;
            if start == end {
                out.extend(chars.get(end));
                at += 1;
            }
            if done > 0 && !all {
                break;
            }
        }
        out.extend(chars.get(at.min(chars.len())..).unwrap_or_default());
        (out, done)
    }
}

struct Matcher<'a> {
    text: &'a [char],
    ignore_case: bool,
}

type Then<'c> = &'c mut dyn FnMut(usize, &mut Spans) -> bool;

impl Matcher<'_> {
    fn run(&self, nodes: &[Node], at: usize, spans: &mut Spans, then: Then<'_>) -> bool {
        let Some((node, rest)) = nodes.split_first() else { return then(at, spans) };
        match node {
            Node::Start => at == 0 && self.run(rest, at, spans, then),
            Node::End => at == self.text.len() && self.run(rest, at, spans, then),
            Node::Boundary(wanted) => {
                self.boundary(at) == *wanted && self.run(rest, at, spans, then)
            }
            Node::Char(_) | Node::Any | Node::Class { .. } => {
                self.one(node, at) && self.run(rest, at + 1, spans, then)
            }
            Node::Group(number, alternatives) => alternatives.iter().any(|inner| {
                let kept = spans.clone();
                let hit = self.run(inner, at, spans, &mut |end, spans| {
                    let old = spans.get(*number as usize).copied().flatten();
                    if let Some(span) = spans.get_mut(*number as usize) {
                        *span = Some((at, end));
                    }
                    let hit = self.run(rest, end, spans, then);
                    if !hit && let Some(span) = spans.get_mut(*number as usize) {
                        *span = old;
                    }
                    hit
                });
                if !hit {
                    *spans = kept;
                }
                hit
            }),
            Node::Repeat { node, min, max } => {
                if matches!(**node, Node::Char(_) | Node::Any | Node::Class { .. }) {
                    self.repeat_one(node, (*min, *max), rest, at, spans, then)
                } else {
                    self.repeat(node, (*min, *max), rest, at, spans, then)
                }
            }
        }
    }

    /// Single characters: counted first, so that long lines need no deep recursion.
    fn repeat_one(
        &self,
        node: &Node,
        (min, max): (u32, u32),
        rest: &[Node],
        at: usize,
        spans: &mut Spans,
        then: Then<'_>,
    ) -> bool {
        let mut count = 0;
        while count < max && self.one(node, at + count as usize) {
            count += 1;
        }
        loop {
            if count < min {
                return false;
            }
            if self.run(rest, at + count as usize, spans, then) {
                return true;
            }
            if count == 0 {
                return false;
            }
            count -= 1;
        }
    }

    fn repeat(
        &self,
        node: &Node,
        (min, max): (u32, u32),
        rest: &[Node],
        at: usize,
        spans: &mut Spans,
        then: Then<'_>,
    ) -> bool {
        if max > 0 {
            let left = (min.saturating_sub(1), if max == u32::MAX { max } else { max - 1 });
            let hit = self.run(std::slice::from_ref(node), at, spans, &mut |end, spans| {
                end > at && self.repeat(node, left, rest, end, spans, then)
            });
            if hit {
                return true;
            }
        }
        min == 0 && self.run(rest, at, spans, then)
    }

    fn one(&self, node: &Node, at: usize) -> bool {
        let Some(c) = self.text.get(at).copied() else { return false };
        let fold = |c: char| if self.ignore_case { c.to_ascii_lowercase() } else { c };
        match node {
            Node::Char(wanted) => fold(c) == fold(*wanted),
            Node::Any => true,
            Node::Class { ranges, negated } => {
                let inside = |c: char| ranges.iter().any(|(a, b)| (*a..=*b).contains(&c));
                let hit = inside(c)
                    || (self.ignore_case
                        && (inside(c.to_ascii_lowercase()) || inside(c.to_ascii_uppercase())));
                hit != *negated
            }
            _ => false,
        }
    }

    fn boundary(&self, at: usize) -> bool {
        let word = |k: Option<usize>| {
            k.and_then(|k| self.text.get(k)).is_some_and(|c| c.is_alphanumeric() || *c == '_')
        };
        word(at.checked_sub(1)) != word(Some(at))
    }
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    extended: bool,
    groups: u32,
    depth: u32,
}

impl Parser {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    /// An operator: bare in extended syntax, behind a backslash in basic.
    fn operator(&mut self, c: char) -> bool {
        let found = if self.extended {
            self.peek(0) == Some(c)
        } else {
            self.peek(0) == Some('\\') && self.peek(1) == Some(c)
        };
        if found {
            self.at += if self.extended { 1 } else { 2 };
        }
        found
    }

    fn alternatives(&mut self) -> Result<Vec<Vec<Node>>, String> {
        let mut out = vec![self.sequence()?];
        while self.operator('|') {
            out.push(self.sequence()?);
        }
        Ok(out)
    }

    fn sequence(&mut self) -> Result<Vec<Node>, String> {
        let mut out: Vec<Node> = Vec::new();
        while self.at < self.chars.len() {
            let here = self.at;
            if self.operator('|') || (self.depth > 0 && self.operator(')')) {
                self.at = here;
                break;
            }
            let node = self.atom(out.is_empty())?;
            let node = self.repeated(node)?;
            out.push(node);
        }
        Ok(out)
    }

    fn repeated(&mut self, mut node: Node) -> Result<Node, String> {
        loop {
            let (min, max) = if self.peek(0) == Some('*') {
                self.at += 1;
                (0, u32::MAX)
            } else if self.operator('+') {
                (1, u32::MAX)
            } else if self.operator('?') {
                (0, 1)
            } else if self.operator('{') {
                self.bounds()?
            } else {
                return Ok(node);
            };
            node = Node::Repeat { node: Box::new(node), min, max };
        }
    }

    fn bounds(&mut self) -> Result<(u32, u32), String> {
        let mut text = String::new();
        while !self.operator('}') {
            text.push(self.peek(0).ok_or("Unmatched { or \\{")?);
            self.at += 1;
        }
        let bad = "Invalid content of \\{\\}";
        let number = |t: &str| t.parse::<u32>().map_err(|_| bad.to_owned());
        match text.split_once(',') {
            None => number(&text).map(|n| (n, n)),
            Some((low, "")) => Ok((number(low)?, u32::MAX)),
            Some(("", high)) => Ok((0, number(high)?)),
            Some((low, high)) => Ok((number(low)?, number(high)?)),
        }
    }

    fn atom(&mut self, first: bool) -> Result<Node, String> {
        if self.operator('(') {
            self.groups += 1;
            let number = self.groups;
            self.depth += 1;
            let inner = self.alternatives()?;
            self.depth -= 1;
            return if self.operator(')') {
                Ok(Node::Group(number, inner))
            } else {
                Err("Unmatched ( or \\(".into())
            };
        }
        let c = self.peek(0).unwrap_or('\0');
        self.at += 1;
        Ok(match c {
            '.' => Node::Any,
            '^' if self.extended || first => Node::Start,
            '$' if self.extended || self.ends_sequence() => Node::End,
            '*' if first && !self.extended => Node::Char('*'),
            '[' => self.class()?,
            '\\' => {
                let c = self.peek(0).ok_or("Trailing backslash")?;
                self.at += 1;
                escape(c)
            }
            c => Node::Char(c),
        })
    }

    fn ends_sequence(&self) -> bool {
        matches!((self.peek(0), self.peek(1)), (None, _) | (Some('\\'), Some(')' | '|')))
    }

    fn class(&mut self) -> Result<Node, String> {
        let open = "Unmatched [, [^, [:, [., or [=";
        let negated = self.peek(0) == Some('^');
        self.at += usize::from(negated);
        let mut ranges = Vec::new();
        let mut first = true;
        loop {
            let c = self.peek(0).ok_or(open)?;
            self.at += 1;
            if c == ']' && !first {
                return Ok(Node::Class { ranges, negated });
            }
            first = false;
            if c == '[' && self.peek(0) == Some(':') {
                let rest: String = self.chars.iter().skip(self.at + 1).collect();
                let name = rest.split(":]").next().unwrap_or("").to_owned();
                self.at += name.chars().count() + 3;
                ranges.extend(named(&name).ok_or("Invalid character class name")?);
            } else if self.peek(0) == Some('-') && self.peek(1).is_some_and(|c| c != ']') {
                let high = self.peek(1).unwrap_or(c);
                self.at += 2;
                if c > high {
                    return Err("Invalid range end".into());
                }
                ranges.push((c, high));
            } else {
                ranges.push((c, c));
            }
        }
    }
}

fn named(name: &str) -> Option<Vec<(char, char)>> {
    Some(match name {
        "alpha" => vec![('a', 'z'), ('A', 'Z')],
        "digit" => vec![('0', '9')],
        "alnum" => vec![('a', 'z'), ('A', 'Z'), ('0', '9')],
        "upper" => vec![('A', 'Z')],
        "lower" => vec![('a', 'z')],
        "space" => vec![(' ', ' '), ('\t', '\r')],
        "blank" => vec![(' ', ' '), ('\t', '\t')],
        "punct" => vec![('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "xdigit" => vec![('0', '9'), ('a', 'f'), ('A', 'F')],
        "print" => vec![(' ', '~')],
        "graph" => vec![('!', '~')],
        _ => return None,
    })
}

fn escape(c: char) -> Node {
    let word = vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')];
    let space = vec![(' ', ' '), ('\t', '\r')];
    match c {
        'w' => Node::Class { ranges: word, negated: false },
        'W' => Node::Class { ranges: word, negated: true },
        's' => Node::Class { ranges: space, negated: false },
        'S' => Node::Class { ranges: space, negated: true },
        'b' | '<' | '>' => Node::Boundary(true),
        'B' => Node::Boundary(false),
        'n' => Node::Char('\n'),
        't' => Node::Char('\t'),
        c => Node::Char(c),
    }
}
