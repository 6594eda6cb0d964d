//! `awk`: patterns and actions over fields, in the part of the language that one-liners use.
//!
//! Numbers are decimal with six places after the point, kept as whole numbers.
//!
//! **Left out:** user functions, `getline`, output redirection, `split`'s third form, `RS`.

mod parse;
mod value;

use super::Ctx;
use super::regex::Regex;
use parse::Parser;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use value::{Number, ONE, Value, arithmetic, boolean, decimal, show, split_regex};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Expr {
    Number(Number),
    Text(String),
    Regex(Regex),
    Var(String),
    Field(Box<Expr>),
    Index(String, Vec<Expr>),
    In(Vec<Expr>, String),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Binary(String, Box<Expr>, Box<Expr>),
    Match {
        text: Box<Expr>,
        pattern: Box<Expr>,
        negated: bool,
    },
    Concat(Box<Expr>, Box<Expr>),
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    Assign(String, Box<Expr>, Box<Expr>),
    /// Step, and whether the old value counts.
    Step(Box<Expr>, Number, bool),
    Call(String, Vec<Expr>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Statement {
    Print(Vec<Expr>),
    Printf(Vec<Expr>),
    Expr(Expr),
    If(Expr, Vec<Statement>, Vec<Statement>),
    While(Expr, Vec<Statement>),
    For(Box<Statement>, Expr, Box<Statement>, Vec<Statement>),
    ForIn(String, String, Vec<Statement>),
    Delete(String, Vec<Expr>),
    Next,
    Exit(Option<Expr>),
    Break,
    Continue,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Pattern {
    Begin,
    End,
    Always,
    When(Expr),
    /// The last says whether it is inside.
    Range(Expr, Expr, bool),
}

/// An `awk` under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Awk {
    rules: Vec<(Pattern, Vec<Statement>)>,
    vars: BTreeMap<String, Value>,
    arrays: BTreeMap<String, BTreeMap<String, Value>>,
    fields: Vec<String>,
    record: String,
    status: i32,
    /// Steps left before a loop counts as endless.
    fuel: u32,
}

/// How a block ended.
enum Ended {
    Normally,
    Next,
    Exit,
    Break,
    Continue,
}

impl Awk {
    pub(crate) fn new(words: &[String]) -> Result<(Self, Vec<String>), String> {
        let mut vars = BTreeMap::new();
        let mut words = words.iter().peekable();
        while let Some(word) = words.next_if(|w| w.starts_with('-') && w.len() > 1) {
            let (option, glued) = word.split_at(2);
            let mut value =
                || if glued.is_empty() { words.next().cloned() } else { Some(glued.to_owned()) };
            match option {
                "-F" => {
                    let separator = value().unwrap_or_default().replace("\\t", "\t");
                    vars.insert("FS".to_owned(), Value::Text(separator));
                }
                "-v" => {
                    let text = value().unwrap_or_default();
                    let (name, value) = text.split_once('=').unwrap_or((&text, ""));
                    vars.insert(name.to_owned(), Value::Input(value.to_owned()));
                }
                "--" => break,
                _ => return Err(format!("awk: unknown option {word} ignored")),
            }
        }
        let Some(program) = words.next() else {
            return Err("Usage: awk [-F fs][-v var=value][prog | -f progfile][file ...]".into());
        };
        let mut parser =
            Parser { chars: program.chars().collect(), at: 0, no_in: false, no_greater: false };
        let rules = parser
            .program()
            .map_err(|text| format!("awk: cmd. line:1: {program}\nawk: cmd. line:1: {text}"))?;
        let awk = Self {
            rules,
            vars,
            arrays: BTreeMap::new(),
            fields: Vec::new(),
            record: String::new(),
            status: 0,
            fuel: 0,
        };
        Ok((awk, words.cloned().collect()))
    }

    /// The `BEGIN` rules. A status, if that was all.
    pub(crate) fn begin(&mut self, ctx: &mut Ctx<'_>) -> Option<i32> {
        let ended = self.all(ctx, |pattern| *pattern == Pattern::Begin);
        let more = self.rules.iter().any(|(pattern, _)| *pattern != Pattern::Begin);
        (ended || !more).then_some(self.status)
    }

    pub(crate) fn file_begins(&mut self, name: &str) {
        let name = if name == "-" { "" } else { name };
        self.vars.insert("FILENAME".into(), Value::Text(name.to_owned()));
        self.vars.insert("FNR".into(), Value::Number(0));
    }

    /// True when `exit` was met.
    pub(crate) fn line(&mut self, ctx: &mut Ctx<'_>, line: &str) -> bool {
        for name in ["NR", "FNR"] {
            let n = self.get(name).number() + ONE;
            self.vars.insert(name.into(), Value::Number(n));
        }
        self.set_record(line.to_owned());
        let mut rules = std::mem::take(&mut self.rules);
        let mut over = false;
        for (pattern, body) in &mut rules {
            let hit = match pattern {
                Pattern::Begin | Pattern::End => false,
                Pattern::Always => true,
                Pattern::When(expr) => self.eval(expr).truth(),
                Pattern::Range(from, to, inside) => {
                    let hit = *inside || self.eval(from).truth();
                    *inside = hit && !self.eval(to).truth();
                    hit
                }
            };
            if hit {
                self.fuel = 100_000;
                match self.block(ctx, body) {
                    Ended::Next => break,
                    Ended::Exit => {
                        over = true;
                        break;
                    }
                    Ended::Normally | Ended::Break | Ended::Continue => {}
                }
            }
        }
        self.rules = rules;
        over
    }

    /// The `END` rules; the exit status.
    pub(crate) fn end(&mut self, ctx: &mut Ctx<'_>) -> i32 {
        self.all(ctx, |pattern| *pattern == Pattern::End);
        self.status
    }

    fn all(&mut self, ctx: &mut Ctx<'_>, which: impl Fn(&Pattern) -> bool) -> bool {
        let rules = self.rules.clone();
        for (_, body) in rules.iter().filter(|(pattern, _)| which(pattern)) {
            self.fuel = 100_000;
            if matches!(self.block(ctx, body), Ended::Exit) {
                return true;
            }
        }
        false
    }

    fn get(&self, name: &str) -> Value {
        match (name, self.vars.get(name)) {
            ("NF", _) => Value::Number(self.fields.len() as Number * ONE),
            (_, Some(value)) => value.clone(),
            ("FS" | "OFS", None) => Value::Text(" ".into()),
            ("ORS", None) => Value::Text("\n".into()),
            ("SUBSEP", None) => Value::Text("\x1c".into()),
            (_, None) => Value::Input(String::new()),
        }
    }

    fn set_record(&mut self, line: String) {
        let separator = self.get("FS").text();
        self.fields = if separator == " " {
            line.split_whitespace().map(str::to_owned).collect()
        } else if line.is_empty() {
            Vec::new()
        } else if separator.chars().count() == 1 {
            line.split(separator.as_str()).map(str::to_owned).collect()
        } else {
            split_regex(&line, &separator)
        };
        self.record = line;
    }

    fn block(&mut self, ctx: &mut Ctx<'_>, body: &[Statement]) -> Ended {
        for statement in body {
            match self.statement(ctx, statement) {
                Ended::Normally => {}
                other => return other,
            }
        }
        Ended::Normally
    }

    fn statement(&mut self, ctx: &mut Ctx<'_>, statement: &Statement) -> Ended {
        match statement {
            Statement::Print(list) => {
                let text = if list.is_empty() {
                    self.record.clone()
                } else {
                    let texts: Vec<String> = list.iter().map(|e| self.eval(e).text()).collect();
                    texts.join(&self.get("OFS").text())
                };
                let end = self.get("ORS").text();
                ctx.print(format!("{text}{end}"));
            }
            Statement::Printf(list) => {
                let values: Vec<Value> = list.iter().map(|e| self.eval(e)).collect();
                ctx.print(self.sprintf(&values));
            }
            Statement::Expr(expr) => {
                self.eval(expr);
            }
            Statement::If(condition, yes, no) => {
                let body = if self.eval(condition).truth() { yes } else { no };
                return self.block(ctx, body);
            }
            Statement::While(condition, body) => {
                while self.eval(condition).truth() && self.burn() {
                    match self.block(ctx, body) {
                        Ended::Break => break,
                        Ended::Normally | Ended::Continue => {}
                        other => return other,
                    }
                }
            }
            Statement::For(first, condition, step, body) => {
                self.statement(ctx, first);
                while self.eval(condition).truth() && self.burn() {
                    match self.block(ctx, body) {
                        Ended::Break => break,
                        Ended::Normally | Ended::Continue => {}
                        other => return other,
                    }
                    self.statement(ctx, step);
                }
            }
            Statement::ForIn(name, array, body) => {
                let keys: Vec<String> =
                    self.arrays.get(array).map(|a| a.keys().cloned().collect()).unwrap_or_default();
                for key in keys {
                    self.vars.insert(name.clone(), Value::Input(key));
                    match self.block(ctx, body) {
                        Ended::Break => break,
                        Ended::Normally | Ended::Continue => {}
                        other => return other,
                    }
                }
            }
            Statement::Delete(array, keys) => {
                let key = self.key(keys);
                if keys.is_empty() {
                    self.arrays.remove(array);
                } else if let Some(array) = self.arrays.get_mut(array) {
                    array.remove(&key);
                }
            }
            Statement::Next => return Ended::Next,
            Statement::Exit(expr) => {
                if let Some(expr) = expr {
                    let code = self.eval(expr).number() / ONE;
                    self.status = i32::try_from(code & 255).unwrap_or(0);
                }
                return Ended::Exit;
            }
            Statement::Break => return Ended::Break,
            Statement::Continue => return Ended::Continue,
        }
        Ended::Normally
    }

    /// An endless loop inside one line of input ends after 100 000 turns.
    fn burn(&mut self) -> bool {
        self.fuel = self.fuel.saturating_sub(1);
        self.fuel > 0
    }

    fn key(&mut self, keys: &[Expr]) -> String {
        let keys: Vec<String> = keys.iter().map(|k| self.eval(k).text()).collect();
        keys.join(&self.get("SUBSEP").text())
    }

    fn eval(&mut self, expr: &Expr) -> Value {
        match expr {
            Expr::Number(n) => Value::Number(*n),
            Expr::Text(text) => Value::Text(text.clone()),
            Expr::Regex(regex) => boolean(regex.is_match(&self.record)),
            Expr::Var(name) => self.get(name),
            Expr::Field(n) => {
                let n = self.eval(n).number() / ONE;
                match usize::try_from(n) {
                    Ok(0) => Value::Input(self.record.clone()),
                    Ok(n) => Value::Input(self.fields.get(n - 1).cloned().unwrap_or_default()),
                    Err(_) => Value::Input(String::new()),
                }
            }
            Expr::Index(array, keys) => {
                let key = self.key(keys);
                let array = self.arrays.entry(array.clone()).or_default();
                array.entry(key).or_insert_with(|| Value::Input(String::new())).clone()
            }
            Expr::In(keys, array) => {
                let key = self.key(keys);
                boolean(self.arrays.get(array).is_some_and(|a| a.contains_key(&key)))
            }
            Expr::Not(inner) => boolean(!self.eval(inner).truth()),
            Expr::Negative(inner) => Value::Number(-self.eval(inner).number()),
            Expr::Binary(operator, left, right) => self.binary(operator, left, right),
            Expr::Match { text, pattern, negated } => {
                let text = self.eval(text).text();
                let hit = match &**pattern {
                    Expr::Regex(regex) => regex.is_match(&text),
                    other => {
                        let pattern = self.eval(other).text();
                        Regex::new(&pattern, true, false).is_ok_and(|r| r.is_match(&text))
                    }
                };
                boolean(hit != *negated)
            }
            Expr::Concat(left, right) => {
                let left = self.eval(left).text();
                Value::Text(left + &self.eval(right).text())
            }
            Expr::Conditional(condition, yes, no) => {
                if self.eval(condition).truth() {
                    self.eval(yes)
                } else {
                    self.eval(no)
                }
            }
            Expr::Assign(operator, target, value) => {
                let right = self.eval(value);
                let value = if operator == "=" {
                    right
                } else {
                    let left = self.eval(target).number();
                    Value::Number(arithmetic(operator.trim_end_matches('='), left, right.number()))
                };
                self.assign(target, value.clone());
                value
            }
            Expr::Step(target, step, old) => {
                let before = self.eval(target).number();
                self.assign(target, Value::Number(before + step));
                Value::Number(if *old { before } else { before + step })
            }
            Expr::Call(name, args) => self.call(name, args),
        }
    }

    fn assign(&mut self, target: &Expr, value: Value) {
        match target {
            Expr::Var(name) if name == "NF" => {
                let n = usize::try_from(value.number() / ONE).unwrap_or(0).min(10_000);
                self.fields.resize(n, String::new());
                self.record = self.fields.join(&self.get("OFS").text());
            }
            Expr::Var(name) => {
                self.vars.insert(name.clone(), value);
            }
            Expr::Index(array, keys) => {
                let key = self.key(keys);
                self.arrays.entry(array.clone()).or_default().insert(key, value);
            }
            Expr::Field(n) => {
                let n = usize::try_from(self.eval(n).number() / ONE).unwrap_or(0).min(10_000);
                if n == 0 {
                    self.set_record(value.text());
                    return;
                }
                if self.fields.len() < n {
                    self.fields.resize(n, String::new());
                }
                if let Some(field) = self.fields.get_mut(n - 1) {
                    *field = value.text();
                }
                self.record = self.fields.join(&self.get("OFS").text());
            }
            _ => {}
        }
    }

    fn binary(&mut self, operator: &str, left: &Expr, right: &Expr) -> Value {
        match operator {
            "&&" => return boolean(self.eval(left).truth() && self.eval(right).truth()),
            "||" => return boolean(self.eval(left).truth() || self.eval(right).truth()),
            _ => {}
        }
        let (left, right) = (self.eval(left), self.eval(right));
        let order = match (left.numeric(), right.numeric()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => left.text().cmp(&right.text()),
        };
        match operator {
            "==" => boolean(order.is_eq()),
            "!=" => boolean(order.is_ne()),
            "<" => boolean(order.is_lt()),
            "<=" => boolean(order.is_le()),
            ">" => boolean(order.is_gt()),
            ">=" => boolean(order.is_ge()),
            _ => Value::Number(arithmetic(operator, left.number(), right.number())),
        }
    }

    fn call(&mut self, name: &str, args: &[Expr]) -> Value {
        if matches!(name, "sub" | "gsub") {
            return self.substitute(name == "gsub", args);
        }
        if name == "split" {
            return self.split(args);
        }
        let values: Vec<Value> = args.iter().map(|a| self.eval(a)).collect();
        let text = |k: usize| values.get(k).map(Value::text).unwrap_or_default();
        let number = |k: usize| values.get(k).map(Value::number);
        match name {
            "length" => {
                let text = if values.is_empty() { self.record.clone() } else { text(0) };
                Value::Number(text.chars().count() as Number * ONE)
            }
            "substr" => {
                let chars: Vec<char> = text(0).chars().collect();
                let from = number(1).unwrap_or(ONE) / ONE;
                let count = chars.len() as Number;
                let end = number(2).map_or(count + 1, |n| from + n / ONE);
                let (a, b) = (from.clamp(1, count + 1) - 1, end.clamp(1, count + 1) - 1);
                let (a, b) = (usize::try_from(a).unwrap_or(0), usize::try_from(b).unwrap_or(0));
                Value::Text(chars.get(a..b.max(a)).unwrap_or_default().iter().collect())
            }
            "index" => {
                let (whole, part) = (text(0), text(1));
                let at = whole
                    .find(&part)
                    .map(|k| whole.get(..k).map_or(0, |head| head.chars().count()) + 1);
                Value::Number(at.unwrap_or(0) as Number * ONE)
            }
            "match" => {
                let found = Regex::new(&text(1), true, false).ok().and_then(|r| r.find(&text(0)));
                let (start, length) = match found.and_then(|s| s.first().copied().flatten()) {
                    Some((a, b)) => (a as Number + 1, (b - a) as Number),
                    None => (0, -1),
                };
                self.vars.insert("RSTART".into(), Value::Number(start * ONE));
                self.vars.insert("RLENGTH".into(), Value::Number(length * ONE));
                Value::Number(start * ONE)
            }
            "toupper" => Value::Text(text(0).to_uppercase()),
            "tolower" => Value::Text(text(0).to_lowercase()),
            "int" => Value::Number(number(0).unwrap_or(0) / ONE * ONE),
            _ => Value::Text(self.sprintf(&values)),
        }
    }

    fn substitute(&mut self, all: bool, args: &[Expr]) -> Value {
        let [pattern, with, rest @ ..] = args else { return boolean(false) };
        let regex = match pattern {
            Expr::Regex(regex) => regex.clone(),
            other => match Regex::new(&self.eval(other).text(), true, false) {
                Ok(regex) => regex,
                Err(_) => return boolean(false),
            },
        };
        let record = Expr::Field(Box::new(Expr::Number(0)));
        let target = rest.first().unwrap_or(&record);
        let with = self.eval(with).text();
        let text = self.eval(target).text();
        let (text, done) = regex.replace(&text, &with, 1, all);
        if done > 0 {
            self.assign(target, Value::Text(text));
        }
        Value::Number(done as Number * ONE)
    }

    fn split(&mut self, args: &[Expr]) -> Value {
        let [text, Expr::Var(array), rest @ ..] = args else { return boolean(false) };
        let text = self.eval(text).text();
        let separator = match rest.first() {
            Some(expr) => self.eval(expr).text(),
            None => self.get("FS").text(),
        };
        let pieces: Vec<String> = if separator == " " {
            text.split_whitespace().map(str::to_owned).collect()
        } else if text.is_empty() {
            Vec::new()
        } else {
            text.split(separator.as_str()).map(str::to_owned).collect()
        };
        let n = pieces.len();
        let map =
            pieces.into_iter().enumerate().map(|(k, p)| ((k + 1).to_string(), Value::Input(p)));
        self.arrays.insert(array.clone(), map.collect());
        Value::Number(n as Number * ONE)
    }

    fn sprintf(&self, values: &[Value]) -> String {
        let format = values.first().map(Value::text).unwrap_or_default();
        let mut values = values.iter().skip(1);
        super::misc::printf(&format, &mut |kind, places| {
            let value = values.next();
            match kind {
                'd' | 'i' | 'x' | 'o' => Some((value.map_or(0, Value::number) / ONE).to_string()),
                'f' | 'g' | 'e' => {
                    let number = value.map_or(0, Value::number);
                    Some(if kind == 'f' {
                        decimal(number, places.unwrap_or(6))
                    } else {
                        show(number)
                    })
                }
                _ => value.map(Value::text),
            }
        })
    }
}
