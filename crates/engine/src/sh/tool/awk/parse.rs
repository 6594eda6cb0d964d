//! `awk`'s language, read from text.

use super::super::regex::Regex;
use super::value::parse_number;
use super::{Expr, ONE, Pattern, Statement};

pub(super) struct Parser {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
    /// Within `for (x in a)` heads, `in` is not an operator.
    pub(super) no_in: bool,
    /// Within `print`, `>` would be a redirection.
    pub(super) no_greater: bool,
}

type Read<T> = Result<T, String>;

impl Parser {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn blanks(&mut self, lines: bool) {
        loop {
            match self.peek(0) {
                Some(' ' | '\t') => self.at += 1,
                Some('\n') if lines => self.at += 1,
                Some('\\') if self.peek(1) == Some('\n') => self.at += 2,
                Some('#') => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn starts(&self, what: &str) -> bool {
        what.chars().enumerate().all(|(k, c)| self.peek(k) == Some(c))
    }

    fn eat(&mut self, what: &str) -> bool {
        self.blanks(false);
        let found = self.starts(what);
        if found {
            self.at += what.chars().count();
        }
        found
    }

    fn word(&mut self, what: &str) -> bool {
        self.blanks(false);
        let ends = self.peek(what.len()).is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_');
        ends && self.eat(what)
    }

    fn expect(&mut self, what: &str) -> Read<()> {
        if self.eat(what) { Ok(()) } else { Err("syntax error".into()) }
    }

    pub(super) fn program(&mut self) -> Read<Vec<(Pattern, Vec<Statement>)>> {
        let mut out = Vec::new();
        loop {
            self.blanks(true);
            while self.eat(";") {
                self.blanks(true);
            }
            if self.peek(0).is_none() {
                return Ok(out);
            }
            let pattern = if self.word("BEGIN") {
                Pattern::Begin
            } else if self.word("END") {
                Pattern::End
            } else if self.peek(0) == Some('{') {
                Pattern::Always
            } else {
                let from = self.expr()?;
                if self.eat(",") {
                    Pattern::Range(from, self.expr()?, false)
                } else {
                    Pattern::When(from)
                }
            };
            self.blanks(false);
            let body = if self.peek(0) == Some('{') {
                self.body()?
            } else {
                vec![Statement::Print(Vec::new())]
            };
            out.push((pattern, body));
        }
    }

    /// A block in braces, or one statement.
    fn body(&mut self) -> Read<Vec<Statement>> {
        self.blanks(true);
        if !self.eat("{") {
            return Ok(vec![self.statement()?]);
        }
        let mut out = Vec::new();
        loop {
            self.blanks(true);
            if self.eat("}") {
                return Ok(out);
            }
            if self.eat(";") {
                continue;
            }
            if self.peek(0).is_none() {
                return Err("unexpected newline or end of string".into());
            }
            out.push(self.statement()?);
        }
    }

    fn statement(&mut self) -> Read<Statement> {
        if self.word("print") {
            return Ok(Statement::Print(self.print_list()?));
        }
        if self.word("printf") {
            return Ok(Statement::Printf(self.print_list()?));
        }
        if self.word("if") {
            self.expect("(")?;
            let condition = self.expr()?;
            self.expect(")")?;
            let yes = self.body()?;
            let kept = self.at;
            self.blanks(true);
            self.eat(";");
            self.blanks(true);
            if self.word("else") {
                return Ok(Statement::If(condition, yes, self.body()?));
            }
            self.at = kept;
            return Ok(Statement::If(condition, yes, Vec::new()));
        }
        if self.word("while") {
            self.expect("(")?;
            let condition = self.expr()?;
            self.expect(")")?;
            return Ok(Statement::While(condition, self.body()?));
        }
        if self.word("for") {
            return self.for_();
        }
        if self.word("next") {
            return Ok(Statement::Next);
        }
        if self.word("break") {
            return Ok(Statement::Break);
        }
        if self.word("continue") {
            return Ok(Statement::Continue);
        }
        if self.word("exit") {
            self.blanks(false);
            let bare = matches!(self.peek(0), None | Some(';' | '}' | '\n'));
            return Ok(Statement::Exit(if bare { None } else { Some(self.expr()?) }));
        }
        if self.word("delete") {
            let name = self.name().ok_or("syntax error")?;
            let keys = if self.eat("[") { self.list("]")? } else { Vec::new() };
            return Ok(Statement::Delete(name, keys));
        }
        Ok(Statement::Expr(self.expr()?))
    }

    fn print_list(&mut self) -> Read<Vec<Expr>> {
        self.blanks(false);
        if matches!(self.peek(0), None | Some(';' | '}' | '\n')) {
            return Ok(Vec::new());
        }
        self.no_greater = true;
        let mut out = vec![self.expr()?];
        while self.eat(",") {
            out.push(self.expr()?);
        }
        self.no_greater = false;
        Ok(out)
    }

    fn for_(&mut self) -> Read<Statement> {
        self.expect("(")?;
        let kept = self.at;
        self.blanks(false);
        if let Some(name) = self.name()
            && self.word("in")
            && let Some(array) = self.name()
            && self.eat(")")
        {
            return Ok(Statement::ForIn(name, array, self.body()?));
        }
        self.at = kept;
        let first = self.simple(";")?;
        self.expect(";")?;
        self.blanks(false);
        let condition = if self.peek(0) == Some(';') { Expr::Number(ONE) } else { self.expr()? };
        self.expect(";")?;
        let step = self.simple(")")?;
        self.expect(")")?;
        Ok(Statement::For(Box::new(first), condition, Box::new(step), self.body()?))
    }

    fn simple(&mut self, end: &str) -> Read<Statement> {
        self.blanks(false);
        if self.starts(end) {
            return Ok(Statement::Expr(Expr::Number(0)));
        }
        Ok(Statement::Expr(self.expr()?))
    }

    fn name(&mut self) -> Option<String> {
        self.blanks(false);
        let name: String = self
            .chars
            .iter()
            .skip(self.at)
            .take_while(|c| c.is_ascii_alphanumeric() || **c == '_')
            .collect();
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        self.at += name.len();
        Some(name)
    }

    fn list(&mut self, end: &str) -> Read<Vec<Expr>> {
        let kept = (self.no_in, self.no_greater);
        (self.no_in, self.no_greater) = (false, false);
        let mut out = Vec::new();
        if !self.eat(end) {
            loop {
                out.push(self.expr()?);
                if self.eat(end) {
                    break;
                }
                self.expect(",")?;
            }
        }
        (self.no_in, self.no_greater) = kept;
        Ok(out)
    }

    fn expr(&mut self) -> Read<Expr> {
        let left = self.conditional()?;
        if !matches!(left, Expr::Var(_) | Expr::Field(_) | Expr::Index(..)) {
            return Ok(left);
        }
        self.blanks(false);
        for operator in ["+=", "-=", "*=", "/=", "%=", "^="] {
            if self.eat(operator) {
                let right = self.expr()?;
                return Ok(Expr::Assign(operator.into(), Box::new(left), Box::new(right)));
            }
        }
        if self.starts("=") && !self.starts("==") {
            self.at += 1;
            let right = self.expr()?;
            return Ok(Expr::Assign("=".into(), Box::new(left), Box::new(right)));
        }
        Ok(left)
    }

    fn conditional(&mut self) -> Read<Expr> {
        let condition = self.level(0)?;
        if !self.eat("?") {
            return Ok(condition);
        }
        let yes = self.expr()?;
        self.expect(":")?;
        let no = self.expr()?;
        Ok(Expr::Conditional(Box::new(condition), Box::new(yes), Box::new(no)))
    }

    fn level(&mut self, level: u32) -> Read<Expr> {
        let operators: &[&str] = match level {
            0 => &["||"],
            1 => &["&&"],
            2 => &["~", "!~"],
            3 => &["<=", ">=", "==", "!=", "<", ">"],
            4 => return self.concat(),
            5 => &["+", "-"],
            6 => &["*", "/", "%"],
            _ => return self.unary(),
        };
        let mut left = self.level(level + 1)?;
        'next: loop {
            self.blanks(false);
            if level == 2 && !self.no_in && self.word("in") {
                let array = self.name().ok_or("syntax error")?;
                left = Expr::In(vec![left], array);
                continue;
            }
            for operator in operators {
                if *operator == ">" && self.no_greater {
                    continue;
                }
                let assigns = level >= 5 && self.peek(1) == Some('=');
                let steps = level == 5 && (self.starts("++") || self.starts("--"));
                if !assigns && !steps && self.eat(operator) {
                    self.blanks(true);
                    let right = self.level(level + 1)?;
                    left = match *operator {
                        "~" | "!~" => Expr::Match {
                            text: Box::new(left),
                            pattern: Box::new(right),
                            negated: *operator == "!~",
                        },
                        _ => Expr::Binary((*operator).into(), Box::new(left), Box::new(right)),
                    };
                    continue 'next;
                }
            }
            return Ok(left);
        }
    }

    /// Texts that stand side by side.
    fn concat(&mut self) -> Read<Expr> {
        let mut left = self.level(5)?;
        loop {
            self.blanks(false);
            let starts = match self.peek(0) {
                Some(c) if c.is_ascii_alphanumeric() || matches!(c, '_' | '"' | '$' | '(') => {
                    !self.starts("in ")
                }
                _ => false,
            };
            if !starts {
                return Ok(left);
            }
            let right = self.level(5)?;
            left = Expr::Concat(Box::new(left), Box::new(right));
        }
    }

    fn unary(&mut self) -> Read<Expr> {
        self.blanks(false);
        for (sign, step) in [("++", ONE), ("--", -ONE)] {
            if self.eat(sign) {
                let target = self.unary()?;
                return Ok(Expr::Step(Box::new(target), step, false));
            }
        }
        if self.starts("!") && !self.starts("!~") && !self.starts("!=") {
            self.at += 1;
            return Ok(Expr::Not(Box::new(self.unary()?)));
        }
        if self.eat("-") {
            return Ok(Expr::Negative(Box::new(self.unary()?)));
        }
        if self.eat("+") {
            return self.unary();
        }
        let mut base = self.primary()?;
        for (sign, step) in [("++", ONE), ("--", -ONE)] {
            if matches!(base, Expr::Var(_) | Expr::Field(_) | Expr::Index(..)) && self.starts(sign)
            {
                self.at += 2;
                base = Expr::Step(Box::new(base), step, true);
            }
        }
        if self.eat("^") || self.eat("**") {
            let exponent = self.unary()?;
            return Ok(Expr::Binary("^".into(), Box::new(base), Box::new(exponent)));
        }
        Ok(base)
    }

    fn primary(&mut self) -> Read<Expr> {
        self.blanks(false);
        match self.peek(0) {
            Some('$') => {
                self.at += 1;
                let n = if self.peek(0) == Some('+') { self.unary()? } else { self.primary()? };
                Ok(Expr::Field(Box::new(n)))
            }
            Some('"') => {
                self.at += 1;
                Ok(Expr::Text(self.string()?))
            }
            Some('/') => {
                self.at += 1;
                let mut text = String::new();
                loop {
                    let c = self.peek(0).ok_or("unterminated regexp")?;
                    self.at += 1;
                    match c {
                        '/' => break,
                        '\\' if self.peek(0) == Some('/') => {
                            text.push('/');
                            self.at += 1;
                        }
                        c => text.push(c),
                    }
                }
                Ok(Expr::Regex(Regex::new(&text, true, false)?))
            }
            Some('(') => {
                self.at += 1;
                let mut list = self.list(")")?;
                if list.len() > 1 && self.word("in") {
                    let array = self.name().ok_or("syntax error")?;
                    return Ok(Expr::In(list, array));
                }
                // a parenthesised value is no target of an assignment
                list.pop().filter(|_| list.is_empty()).ok_or_else(|| "syntax error".into())
            }
            Some(c) if c.is_ascii_digit() || c == '.' => {
                let rest: String = self.chars.iter().skip(self.at).collect();
                let (value, used) = parse_number(&rest).ok_or("syntax error")?;
                self.at += used;
                Ok(Expr::Number(value))
            }
            _ => {
                let name = self.name().ok_or("syntax error")?;
                const FUNCTIONS: &[&str] = &[
                    "length", "substr", "index", "match", "toupper", "tolower", "int", "sprintf",
                    "sub", "gsub", "split",
                ];
                if FUNCTIONS.contains(&name.as_str()) {
                    let args = if self.peek(0) == Some('(') {
                        self.at += 1;
                        self.list(")")?
                    } else {
                        Vec::new()
                    };
                    return Ok(Expr::Call(name, args));
                }
                if self.peek(0) == Some('[') {
                    self.at += 1;
                    return Ok(Expr::Index(name, self.list("]")?));
                }
                if self.peek(0) == Some('(') {
                    return Err(format!("function `{name}' not defined"));
                }
                Ok(Expr::Var(name))
            }
        }
    }

    fn string(&mut self) -> Read<String> {
        let mut out = String::new();
        loop {
            let c = self.peek(0).ok_or("unterminated string")?;
            self.at += 1;
            match c {
                '"' => return Ok(out),
                '\\' => {
                    let c = self.peek(0).ok_or("unterminated string")?;
                    self.at += 1;
                    let c = match c {
                        'n' => '\n',
                        't' => '\t',
                        '\\' | '"' | '/' => c,
                        other => {
                            out.push('\\');
                            other
                        }
                    };
                    out.push(c);
                }
                c => out.push(c),
            }
        }
    }
}
