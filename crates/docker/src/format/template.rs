//! The part of Go's `text/template` that `--format` is used with: parsing.
//!
//! Fields, variables, literals, pipelines, `if`, `range`, `with`, `else`, comments and trimming.
//! **Left out:** `define`, `template`, `block`, complex numbers.

use super::template_eval as eval;
use serde_json::Value;

/// What a template is executed on.
pub(crate) struct Data<'a> {
    pub(crate) root: &'a Value,
    pub(crate) kind: Kind,
}

/// How missing fields are spoken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The headings of a table: functions leave them alone.
    Headers,
    /// A row of a list, of this Go type.
    Row(&'static str),
    /// A Go struct of this type.
    Struct(&'static str),
    /// Raw JSON: maps.
    Raw,
}

/// A parsed template.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Template {
    pub(crate) nodes: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Text(String),
    Print(Pipe),
    If(Pipe, Vec<Node>, Vec<Node>),
    With(Pipe, Vec<Node>, Vec<Node>),
    Range(Pipe, Vec<Node>, Vec<Node>),
}

/// `$a, $b := x | f y`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pipe {
    pub(crate) vars: Vec<String>,
    pub(crate) assign: bool,
    pub(crate) commands: Vec<Vec<Operand>>,
}

/// One word of a command, with where it stands (line, column) for error texts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Operand {
    pub(crate) at: (usize, usize),
    pub(crate) text: String,
    pub(crate) term: Term,
    /// `.A.B` behind a variable, a parenthesis or the dot itself.
    pub(crate) fields: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Term {
    Dot,
    Nil,
    Var(String),
    Str(String),
    Int(i64),
    Bool(bool),
    Func(String),
    Paren(Box<Pipe>),
}

impl Template {
    /// Parses; the error is Go's, `template: :1: unclosed action`.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        let mut parser = Parser { pieces: lex(source)?, at: 0 };
        let (nodes, end) = parser.list()?;
        match end {
            End::Eof => Ok(Self { nodes }),
            End::Else(line, _) => Err(format!("template: :{line}: unexpected {{{{else}}}}")),
            End::Closed(line) => Err(format!("template: :{line}: unexpected {{{{end}}}}")),
        }
    }

    /// Executes; the error is Go's.
    pub(crate) fn execute(&self, data: &Data<'_>) -> Result<String, String> {
        eval::execute(self, data)
    }
}

/// Text or an action's tokens.
#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Action(usize, Vec<Token>),
}

#[derive(Clone, Debug, PartialEq)]
struct Token {
    at: (usize, usize),
    text: String,
    /// Blank before it: `a .B` is two operands, `a.B` one.
    spaced: bool,
}

fn lex(source: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = source;
    let mut offset = 0;
    while let Some(open) = rest.find("{{") {
        let (text, tail) = rest.split_at(open);
        let inner_at = offset + open + 2;
        let inner = tail.get(2..).unwrap_or("");
        let close = find_close(inner)
            .ok_or_else(|| format!("template: :{}: unclosed action", line_of(source, inner_at)))?;
        let mut action = inner.get(..close).unwrap_or("");
        let mut text = text.to_owned();
        let mut start = inner_at;
        if let Some(trimmed) = action.strip_prefix("- ") {
            text.truncate(text.trim_end().len());
            action = trimmed;
            start += 2;
        }
        let mut after = inner.get(close + 2..).unwrap_or("");
        let mut skipped = 0;
        if let Some(trimmed) = action.strip_suffix(" -") {
            action = trimmed;
            skipped = after.len() - after.trim_start().len();
            after = after.trim_start();
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        if !action.trim_start().starts_with("/*") {
            let line = line_of(source, inner_at);
            pieces.push(Piece::Action(line, tokens(source, start, action)?));
        }
        offset = inner_at + close + 2 + skipped;
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

/// Where `}}` closes an action, not looking inside strings.
fn find_close(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '`') => quote = Some(c),
            None if text.get(at..).is_some_and(|t| t.starts_with("}}")) => return Some(at),
            None => {}
        }
    }
    None
}

fn line_of(source: &str, offset: usize) -> usize {
    1 + source.get(..offset).unwrap_or("").matches('\n').count()
}

fn tokens(source: &str, start: usize, action: &str) -> Result<Vec<Token>, String> {
    let mut tokens: Vec<Token> = Vec::new();
    let place = |at: usize| {
        let head = source.get(..start + at).unwrap_or("");
        let column = head.len() - head.rfind('\n').map_or(0, |k| k + 1);
        (line_of(source, start + at), column)
    };
    let mut spaced = true;
    let mut at = 0;
    while let Some(c) = action.get(at..).and_then(|t| t.chars().next()) {
        if c.is_whitespace() {
            spaced = true;
            at += c.len_utf8();
            continue;
        }
        let rest = action.get(at..).unwrap_or("");
        let len = token_len(rest, c).ok_or_else(|| {
            let line = place(at).0;
            match c {
                '"' | '`' => format!("template: :{line}: unterminated quoted string"),
                c => format!("template: :{line}: unexpected {c:?} in command"),
            }
        })?;
        let text = rest.get(..len).unwrap_or("").to_owned();
        tokens.push(Token { at: place(at), text, spaced });
        spaced = false;
        at += len;
    }
    Ok(tokens)
}

fn token_len(rest: &str, first: char) -> Option<usize> {
    let word = |from: usize| {
        let tail = rest.get(from..).unwrap_or("");
        from + tail.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(tail.len())
    };
    match first {
        '.' | '$' => Some(word(1)),
        '|' | '(' | ')' | ',' => Some(1),
        '=' => Some(1),
        ':' if rest.starts_with(":=") => Some(2),
        '"' => {
            let mut escaped = false;
            for (at, c) in rest.char_indices().skip(1) {
                match c {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    '"' => return Some(at + 1),
                    _ => {}
                }
            }
            None
        }
        '`' => rest.get(1..)?.find('`').map(|at| at + 2),
        '-' | '+' if rest.len() > 1 => Some(word(1)),
        c if c.is_alphanumeric() || c == '_' => Some(word(0)),
        _ => None,
    }
}

struct Parser {
    pieces: Vec<Piece>,
    at: usize,
}

enum End {
    Eof,
    Else(usize, Vec<Token>),
    Closed(usize),
}

impl Parser {
    fn list(&mut self) -> Result<(Vec<Node>, End), String> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.get(self.at).cloned() {
            self.at += 1;
            let (line, tokens) = match piece {
                Piece::Text(text) => {
                    nodes.push(Node::Text(text));
                    continue;
                }
                Piece::Action(line, tokens) => (line, tokens),
            };
            let word = tokens.first().map_or("", |token| token.text.as_str());
            let rest = tokens.get(1..).unwrap_or(&[]);
            match word {
                "end" => return Ok((nodes, End::Closed(line))),
                "else" => return Ok((nodes, End::Else(line, rest.to_vec()))),
                "if" | "with" | "range" => nodes.push(self.control(word, line, rest)?),
                "" => return Err(format!("template: :{line}: missing value for command")),
                _ => nodes.push(Node::Print(pipe(&tokens, line, "command")?)),
            }
        }
        Ok((nodes, End::Eof))
    }

    fn control(&mut self, word: &str, line: usize, tokens: &[Token]) -> Result<Node, String> {
        let unexpected = || format!("template: :{line}: unexpected EOF");
        let pipe = pipe(tokens, line, word)?;
        let (body, end) = self.list()?;
        let mut other = Vec::new();
        match end {
            End::Closed(_) => {}
            End::Else(line, rest) => match rest.split_first() {
                // {{else if x}} … {{end}} is an if inside the else with the same end
                Some((token, rest)) if token.text == "if" => {
                    other.push(self.control("if", line, rest)?);
                }
                Some(_) | None => {
                    let (nodes, end) = self.list()?;
                    other = nodes;
                    if !matches!(end, End::Closed(_)) {
                        return Err(unexpected());
                    }
                }
            },
            End::Eof => return Err(unexpected()),
        }
        Ok(match word {
            "if" => Node::If(pipe, body, other),
            "with" => Node::With(pipe, body, other),
            _ => Node::Range(pipe, body, other),
        })
    }
}

fn pipe(tokens: &[Token], line: usize, context: &str) -> Result<Pipe, String> {
    let mut cursor = Cursor { tokens, at: 0, line };
    let pipe = cursor.pipe(context)?;
    match cursor.peek() {
        None => Ok(pipe),
        Some(token) => Err(format!("template: :{line}: unexpected {:?} in {context}", token.text)),
    }
}

struct Cursor<'a> {
    tokens: &'a [Token],
    at: usize,
    line: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn pipe(&mut self, context: &str) -> Result<Pipe, String> {
        let mut pipe = Pipe { vars: Vec::new(), assign: false, commands: Vec::new() };
        let mark = self.at;
        while let Some(token) = self.peek().filter(|t| t.text.starts_with('$')) {
            pipe.vars.push(token.text.clone());
            self.at += 1;
            match self.peek().map(|t| t.text.as_str()) {
                Some(",") => self.at += 1,
                Some(":=") => {
                    self.at += 1;
                    break;
                }
                Some("=") => {
                    pipe.assign = true;
                    self.at += 1;
                    break;
                }
                Some(_) | None => {
                    pipe.vars.clear();
                    self.at = mark;
                    break;
                }
            }
        }
        loop {
            let command = self.command()?;
            if command.is_empty() {
                return Err(format!("template: :{}: missing value for {context}", self.line));
            }
            pipe.commands.push(command);
            match self.peek().map(|t| t.text.as_str()) {
                Some("|") => self.at += 1,
                Some(_) | None => return Ok(pipe),
            }
        }
    }

    fn command(&mut self) -> Result<Vec<Operand>, String> {
        let mut operands: Vec<Operand> = Vec::new();
        while let Some(token) = self.peek().cloned() {
            if matches!(token.text.as_str(), "|" | ")" | "," | ":=" | "=") {
                break;
            }
            self.at += 1;
            operands.push(self.operand(token)?);
        }
        Ok(operands)
    }

    fn operand(&mut self, token: Token) -> Result<Operand, String> {
        let mut operand =
            Operand { at: token.at, text: token.text.clone(), term: Term::Dot, fields: Vec::new() };
        let line = self.line;
        match token.text.chars().next() {
            Some('.') if token.text.len() > 1 => {
                operand.fields.push(token.text.get(1..).unwrap_or("").to_owned());
            }
            Some('.') => {}
            Some('$') => operand.term = Term::Var(token.text.clone()),
            Some('"') => operand.term = Term::Str(unquote(&token.text)),
            Some('`') => {
                operand.term = Term::Str(token.text.trim_matches('`').to_owned());
            }
            Some('(') => {
                let inner = self.pipe("parenthesized pipeline")?;
                match self.peek() {
                    Some(close) if close.text == ")" => self.at += 1,
                    Some(_) | None => {
                        return Err(format!("template: :{line}: unclosed left paren"));
                    }
                }
                operand.term = Term::Paren(Box::new(inner));
            }
            Some(c) if c.is_ascii_digit() || c == '-' || c == '+' => {
                operand.term = Term::Int(token.text.parse().map_err(|_| {
                    format!("template: :{line}: bad number syntax: {:?}", token.text)
                })?);
            }
            Some(_) => {
                operand.term = match token.text.as_str() {
                    "true" => Term::Bool(true),
                    "false" => Term::Bool(false),
                    "nil" => Term::Nil,
                    name if eval::is_function(name) => Term::Func(name.to_owned()),
                    name => {
                        return Err(format!("template: :{line}: function {name:?} not defined"));
                    }
                }
            }
            None => return Err(format!("template: :{line}: missing value for command")),
        }
        let mut first = true;
        while let Some(next) = self.peek().filter(|t| !t.spaced && t.text.len() > 1) {
            let Some(field) = next.text.strip_prefix('.') else { break };
            if first {
                operand.at = next.at;
                first = false;
            }
            operand.fields.push(field.to_owned());
            operand.text += &next.text.clone();
            self.at += 1;
        }
        Ok(operand)
    }
}

fn unquote(text: &str) -> String {
    let mut out = String::new();
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or("");
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some(other) => out.push(other),
                None => {}
            },
            c => out.push(c),
        }
    }
    out
}
