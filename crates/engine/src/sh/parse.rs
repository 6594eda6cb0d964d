//! From text to [`super::syntax`].
//!
//! One pass over the characters; here-documents are cut out of the text when their `<<` is met,
//! so that everything behind can be read as if they were not there.

mod word;

use super::braces;
use super::syntax::{
    Command, Compound, Connector, Item, List, ParamOp, Part, Pipeline, Redirect, RedirectKind,
    Simple, Word,
};
use share::Rc;
use std::collections::BTreeMap;
use word::document;

/// Why a text is no list of commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// More lines may complete it.
    Incomplete,
    /// A token that cannot stand there; `newline` for a line's end.
    Unexpected(String),
}

type Parsed<T> = Result<T, ParseError>;

/// Reads a whole text.
///
/// # Errors
/// When it is incomplete or no shell text.
pub fn parse(text: &str) -> Parsed<List> {
    let mut parser = Parser { text: text.chars().collect(), at: 0, skips: BTreeMap::new() };
    let list = parser.list(&[])?;
    match parser.peek() {
        None => Ok(list),
        Some(_) => Err(parser.unexpected()),
    }
}

struct Parser {
    text: Vec<char>,
    at: usize,
    /// Where a here-document starts (right behind a line's end) → where the text goes on.
    skips: BTreeMap<usize, usize>,
}

const CLOSING: &[&str] = &["then", "else", "elif", "fi", "do", "done", "esac", "}"];

const fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

const fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Characters that end an unquoted word.
const fn is_meta(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '|' | '&' | ';' | '(' | ')' | '<' | '>')
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    fn starts(&self, what: &str) -> bool {
        what.chars().enumerate().all(|(k, c)| self.peek_at(k) == Some(c))
    }

    fn eat(&mut self, what: &str) -> bool {
        let found = self.starts(what);
        if found {
            self.at += what.chars().count();
        }
        found
    }

    /// Blanks, joined lines and comments.
    fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t') => self.at += 1,
                Some('\\') if self.peek_at(1) == Some('\n') => self.at += 2,
                Some('#')
                    if self.at == 0 || self.text.get(self.at - 1).is_some_and(|c| is_meta(*c)) =>
                {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    /// Takes a line's end, and the here-documents behind it.
    fn newline(&mut self) -> bool {
        if self.peek() != Some('\n') {
            return false;
        }
        self.at += 1;
        if let Some(to) = self.skips.remove(&self.at) {
            self.at = to;
        }
        true
    }

    fn lines(&mut self) {
        loop {
            self.blanks();
            if !self.newline() {
                return;
            }
        }
    }

    fn unexpected(&self) -> ParseError {
        let token = match self.peek() {
            None => return ParseError::Incomplete,
            Some('\n') => "newline".to_owned(),
            Some(c @ ('|' | '&' | ';')) if self.peek_at(1) == Some(c) => format!("{c}{c}"),
            Some(c) if is_meta(c) => c.to_string(),
            Some(_) => self.text.iter().skip(self.at).take_while(|c| !is_meta(**c)).collect(),
        };
        ParseError::Unexpected(token)
    }

    /// The unquoted word that comes next, left where it is.
    fn next_word(&self) -> String {
        self.text.iter().skip(self.at).take_while(|c| !is_meta(**c)).collect()
    }

    fn expect_word(&mut self, word: &str) -> Parsed<()> {
        self.lines();
        if self.peek().is_none() {
            return Err(ParseError::Incomplete);
        }
        if self.next_word() != word {
            return Err(self.unexpected());
        }
        self.at += word.chars().count();
        Ok(())
    }

    /// Commands up to a closing parenthesis, `;;`, the end, or one of `stop` in command position.
    fn list(&mut self, stop: &[&str]) -> Parsed<List> {
        let mut out = Vec::new();
        loop {
            self.lines();
            match self.peek() {
                None | Some(')') => return Ok(out),
                Some(';') if self.starts(";;") => return Ok(out),
                Some(_) => {}
            }
            let word = self.next_word();
            if CLOSING.contains(&word.as_str()) {
                return if stop.contains(&word.as_str()) {
                    Ok(out)
                } else {
                    Err(self.unexpected())
                };
            }
            out.push(self.item()?);
            self.blanks();
            match self.peek() {
                Some(';') if !self.starts(";;") => self.at += 1,
                Some(';' | '\n' | ')') | None => {}
                Some('&') => {}
                Some(_) => return Err(self.unexpected()),
            }
        }
    }

    /// A list that must not be empty, up to one of `stop`.
    fn body(&mut self, stop: &[&str]) -> Parsed<Rc<List>> {
        let list = self.list(stop)?;
        if list.is_empty() {
            return Err(self.unexpected());
        }
        if self.peek().is_none() {
            return Err(ParseError::Incomplete);
        }
        Ok(Rc::new(list))
    }

    fn item(&mut self) -> Parsed<Item> {
        let start = self.at;
        let mut pipelines = vec![(Connector::Always, self.pipeline()?)];
        loop {
            self.blanks();
            let connector = if self.eat("&&") {
                Connector::And
            } else if self.eat("||") {
                Connector::Or
            } else {
                break;
            };
            self.lines();
            pipelines.push((connector, self.pipeline()?));
        }
        let text: String = self.text.get(start..self.at).unwrap_or_default().iter().collect();
        let background = self.peek() == Some('&');
        if background {
            self.at += 1;
        }
        Ok(Item { pipelines, background, text: text.trim().to_owned() })
    }

    fn pipeline(&mut self) -> Parsed<Pipeline> {
        self.blanks();
        let mut negate = false;
        while self.next_word() == "!" {
            self.at += 1;
            negate = !negate;
            self.blanks();
        }
        let mut commands = Vec::new();
        loop {
            commands.push(Rc::new(self.command()?));
            self.blanks();
            if self.peek() != Some('|') || self.starts("||") {
                return Ok(Pipeline { negate, commands });
            }
            self.at += 1;
            if self.eat("&") {
                self.pipe_errors(&mut commands);
            }
            self.lines();
        }
    }

    /// `|&`: the last command's errors go into the pipe too.
    fn pipe_errors(&self, commands: &mut [Rc<Command>]) {
        let both = Redirect {
            fd: Some(2),
            kind: RedirectKind::Duplicate,
            target: Word(vec![Part::Text("1".into())]),
        };
        if let Some(last) = commands.last_mut() {
            match Rc::make_mut(last) {
                Command::Simple(simple) => simple.redirects.push(both),
                Command::Compound { redirects, .. } => redirects.push(both),
                Command::Function { .. } => {}
            }
        }
    }

    fn command(&mut self) -> Parsed<Command> {
        self.blanks();
        if self.starts("((") {
            self.at += 2;
            let word = self.arithmetic()?;
            return self.compound(Compound::Arith(word));
        }
        if self.eat("(") {
            let list = self.list(&[])?;
            if list.is_empty() || self.peek() != Some(')') {
                return Err(self.unexpected());
            }
            self.at += 1;
            return self.compound(Compound::Subshell(Rc::new(list)));
        }
        let word = self.next_word();
        let len = word.chars().count();
        match word.as_str() {
            "{" => {
                self.at += len;
                let list = self.body(&["}"])?;
                self.expect_word("}")?;
                self.compound(Compound::Group(list))
            }
            "if" => {
                self.at += len;
                let kind = self.if_()?;
                self.compound(kind)
            }
            "while" | "until" => {
                self.at += len;
                let condition = self.body(&["do"])?;
                let body = self.do_done()?;
                self.compound(Compound::While { until: word == "until", condition, body })
            }
            "for" => {
                self.at += len;
                let kind = self.for_()?;
                self.compound(kind)
            }
            "case" => {
                self.at += len;
                let kind = self.case()?;
                self.compound(kind)
            }
            "[[" => {
                self.at += len;
                let kind = self.double_bracket()?;
                self.compound(kind)
            }
            "function" => {
                self.at += len;
                self.blanks();
                let name = self.next_word();
                self.at += name.chars().count();
                self.blanks();
                self.eat("()");
                self.function(name)
            }
            closing if CLOSING.contains(&closing) => Err(self.unexpected()),
            _ => self.simple(),
        }
    }

    fn function(&mut self, name: String) -> Parsed<Command> {
        self.lines();
        match self.command()? {
            body @ Command::Compound { .. } => Ok(Command::Function { name, body: Rc::new(body) }),
            Command::Simple(_) | Command::Function { .. } => Err(self.unexpected()),
        }
    }

    fn compound(&mut self, kind: Compound) -> Parsed<Command> {
        let mut redirects = Vec::new();
        loop {
            self.blanks();
            match self.redirect()? {
                Some(redirect) => redirects.push(redirect),
                None => break,
            }
        }
        Ok(Command::Compound { kind, redirects })
    }

    fn do_done(&mut self) -> Parsed<Rc<List>> {
        self.expect_word("do")?;
        let body = self.body(&["done"])?;
        self.expect_word("done")?;
        Ok(body)
    }

    fn if_(&mut self) -> Parsed<Compound> {
        let mut arms = Vec::new();
        let mut otherwise = None;
        loop {
            let condition = self.body(&["then"])?;
            self.expect_word("then")?;
            let body = self.body(&["elif", "else", "fi"])?;
            arms.push((condition, body));
            let word = self.next_word();
            self.at += word.chars().count();
            match word.as_str() {
                "elif" => continue,
                "else" => {
                    otherwise = Some(self.body(&["fi"])?);
                    self.expect_word("fi")?;
                }
                _ => {}
            }
            return Ok(Compound::If { arms, otherwise });
        }
    }

    fn for_(&mut self) -> Parsed<Compound> {
        self.blanks();
        let name = self.next_word();
        if name.is_empty() || !name.chars().all(is_name) {
            return Err(self.unexpected());
        }
        self.at += name.chars().count();
        self.lines();
        let mut words = None;
        if self.next_word() == "in" {
            self.at += 2;
            let mut list = Vec::new();
            loop {
                self.blanks();
                match self.word()? {
                    Some(word) => list.extend(braces::expand(word)),
                    None => break,
                }
            }
            words = Some(list);
        }
        self.blanks();
        match self.peek() {
            Some(';') => self.at += 1,
            Some('\n') => {}
            None => return Err(ParseError::Incomplete),
            Some(_) if words.is_none() => {}
            Some(_) => return Err(self.unexpected()),
        }
        let body = self.do_done()?;
        Ok(Compound::For { name, words, body })
    }

    fn case(&mut self) -> Parsed<Compound> {
        self.blanks();
        let word = self.word()?.ok_or_else(|| self.unexpected())?;
        self.expect_word("in")?;
        let mut arms = Vec::new();
        loop {
            self.lines();
            if self.peek().is_none() {
                return Err(ParseError::Incomplete);
            }
            if self.next_word() == "esac" {
                self.at += 4;
                return Ok(Compound::Case { word, arms });
            }
            self.eat("(");
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                patterns.push(self.word()?.ok_or_else(|| self.unexpected())?);
                self.blanks();
                if !self.eat("|") {
                    break;
                }
            }
            if !self.eat(")") {
                return Err(self.unexpected());
            }
            let list = self.list(&["esac"])?;
            self.eat(";;");
            arms.push((patterns, Rc::new(list)));
        }
    }

    /// `[[ … ]]`: the words are those of `test`, with `&&`, `||`, `<`, `>` and parentheses.
    fn double_bracket(&mut self) -> Parsed<Compound> {
        let mut words = Vec::new();
        loop {
            self.lines();
            if let Some(operator) =
                ["&&", "||", "(", ")", "<", ">"].into_iter().find(|operator| self.starts(operator))
            {
                self.at += operator.len();
                words.push(Word(vec![Part::Text(operator.to_owned())]));
                continue;
            }
            let word = self.word()?.ok_or_else(|| self.unexpected())?;
            if word.plain() == Some("]]") {
                return Ok(Compound::Test(words));
            }
            words.push(word);
        }
    }

    fn simple(&mut self) -> Parsed<Command> {
        let mut simple = Simple::default();
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect()? {
                simple.redirects.push(redirect);
                continue;
            }
            if simple.words.is_empty()
                && let Some(assign) = self.assignment()?
            {
                simple.assigns.push(assign);
                continue;
            }
            let Some(word) = self.word()? else { break };
            if self.peek() == Some('(') && simple.words.is_empty() && simple.assigns.is_empty() {
                let name = word.plain().map(str::to_owned);
                self.at += 1;
                self.blanks();
                return match name {
                    Some(name) if self.eat(")") => self.function(name),
                    _ => Err(self.unexpected()),
                };
            }
            simple.words.extend(braces::expand(word));
        }
        if simple == Simple::default() || self.peek() == Some('(') {
            return Err(self.unexpected());
        }
        Ok(Command::Simple(simple))
    }

    /// `NAME=` and its value.
    fn assignment(&mut self) -> Parsed<Option<(String, Word)>> {
        let name: String = self.text.iter().skip(self.at).take_while(|c| is_name(**c)).collect();
        let len = name.chars().count();
        if !name.starts_with(is_name_start) || self.peek_at(len) != Some('=') {
            return Ok(None);
        }
        self.at += len + 1;
        Ok(Some((name, self.word()?.unwrap_or_default())))
    }

    fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        let digit = self.peek().and_then(|c| c.to_digit(10));
        let skip = usize::from(digit.is_some());
        let both = self.starts("&>");
        if !both && !matches!(self.peek_at(skip), Some('<' | '>')) {
            return Ok(None);
        }
        self.at += skip;
        let (kind, standard) = if self.eat("&>>") {
            (RedirectKind::Append, None)
        } else if self.eat("&>") {
            (RedirectKind::Write, None)
        } else if self.starts("<<<") {
            self.at += 3;
            self.blanks();
            let mut target = self.word()?.ok_or_else(|| self.unexpected())?;
            target.0.push(Part::Quoted("\n".into()));
            return Ok(Some(Redirect { fd: Some(0), kind: RedirectKind::Text, target }));
        } else if self.eat("<<") {
            return self.here_document().map(Some);
        } else if self.eat(">>") {
            (RedirectKind::Append, Some(1))
        } else if self.eat(">&") {
            (RedirectKind::Duplicate, Some(1))
        } else if self.eat("<&") {
            (RedirectKind::Duplicate, Some(0))
        } else if self.eat("<") {
            (RedirectKind::Read, Some(0))
        } else {
            self.at += 1;
            self.eat("|");
            (RedirectKind::Write, Some(1))
        };
        let fd = digit.and_then(|d| u8::try_from(d).ok()).or(standard);
        let fd = if standard.is_none() { None } else { fd };
        self.blanks();
        if self.peek().is_none() {
            return Err(ParseError::Unexpected("newline".into()));
        }
        let target = self.word()?.ok_or_else(|| self.unexpected())?;
        // `>& file` is bash's older spelling of `&> file`
        let number =
            target.plain().is_some_and(|t| t == "-" || t.chars().all(|c| c.is_ascii_digit()));
        if kind == RedirectKind::Duplicate && standard == Some(1) && !number {
            return Ok(Some(Redirect { fd: None, kind: RedirectKind::Write, target }));
        }
        Ok(Some(Redirect { fd, kind, target }))
    }

    fn here_document(&mut self) -> Parsed<Redirect> {
        let strip = self.eat("-");
        self.blanks();
        let word = self.word()?.ok_or_else(|| self.unexpected())?;
        let literal = word.0.iter().any(|part| matches!(part, Part::Quoted(_)));
        let delimiter: String = word
            .0
            .iter()
            .map(|part| match part {
                Part::Text(t) | Part::Quoted(t) => t.as_str(),
                Part::Home => "~",
                Part::Param { .. } | Part::Command { .. } | Part::Arith { .. } => "",
            })
            .collect();
        let start = self.line_end().ok_or(ParseError::Incomplete)?;
        let mut at = self.skips.get(&start).copied().unwrap_or(start);
        let mut body = String::new();
        loop {
            if at >= self.text.len() {
                return Err(ParseError::Incomplete);
            }
            let line: String = self.text.iter().skip(at).take_while(|c| **c != '\n').collect();
            at += line.chars().count() + 1;
            let line = if strip { line.trim_start_matches('\t') } else { &line };
            if line == delimiter {
                break;
            }
            body.push_str(line);
            body.push('\n');
        }
        self.skips.insert(start, at.min(self.text.len()));
        let target = if literal { Word::quoted(body) } else { document(&body)? };
        Ok(Redirect { fd: Some(0), kind: RedirectKind::Text, target })
    }

    /// Behind the end of this line, quotes respected.
    fn line_end(&self) -> Option<usize> {
        let mut quote = None;
        let mut at = self.at;
        while let Some(c) = self.text.get(at) {
            match (quote, c) {
                (None, '\n') => return Some(at + 1),
                (None, '\'' | '"') => quote = Some(*c),
                (None | Some('"'), '\\') => at += 1,
                (Some(open), c) if open == *c => quote = None,
                _ => {}
            }
            at += 1;
        }
        None
    }
}
