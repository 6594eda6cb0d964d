//! `test`, `[` and the inside of `[[`.

use crate::files::{FileTree, absolute, matches};
use crate::sh::place::FileAnswer;

/// Whether the word behind this one is a pattern within `[[ ]]`.
pub(crate) fn takes_pattern(operator: &str) -> bool {
    matches!(operator, "==" | "=" | "!=")
}

/// Runs the words `test …`, `[ … ]` or `[[ … ]]` on a tree.
pub(crate) fn run(tree: &FileTree, argv: &[String], cwd: &str) -> FileAnswer {
    let name = argv.first().map_or("", String::as_str);
    let mut words: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    let closing = match name {
        "[" => Some("]"),
        "[[" => Some("]]"),
        _ => None,
    };
    let result = if let Some(closing) = closing
        && words.pop() != Some(closing)
    {
        Err("missing `]'".to_owned())
    } else if words.is_empty() {
        Ok(false)
    } else {
        let mut parser = Parser { words, at: 0, tree, cwd, double: name == "[[" };
        parser.or().and_then(|value| match parser.peek() {
            None => Ok(value),
            Some(_) => Err("too many arguments".to_owned()),
        })
    };
    let (status, err) = match result {
        Ok(value) => (i32::from(!value), String::new()),
        Err(text) => (2, format!("bash: {name}: {text}\n")),
    };
    FileAnswer::Tool { out: Vec::new(), err: err.into_bytes(), status, changed: false }
}

struct Parser<'a> {
    words: Vec<&'a str>,
    at: usize,
    tree: &'a FileTree,
    cwd: &'a str,
    double: bool,
}

type Tested = Result<bool, String>;

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).copied()
    }

    fn next(&mut self) -> Option<&'a str> {
        let word = self.peek();
        self.at += 1;
        word
    }

    fn or(&mut self) -> Tested {
        let mut value = self.and()?;
        while matches!(self.peek(), Some("-o" | "||")) {
            self.at += 1;
            let right = self.and()?;
            value = value || right;
        }
        Ok(value)
    }

    fn and(&mut self) -> Tested {
        let mut value = self.not()?;
        while matches!(self.peek(), Some("-a" | "&&")) {
            self.at += 1;
            let right = self.not()?;
            value = value && right;
        }
        Ok(value)
    }

    fn not(&mut self) -> Tested {
        if self.peek() == Some("!") && self.words.len() > self.at + 1 {
            self.at += 1;
            return Ok(!self.not()?);
        }
        if self.peek() == Some("(") {
            self.at += 1;
            let value = self.or()?;
            return if self.next() == Some(")") { Ok(value) } else { Err("`)' expected".into()) };
        }
        self.primary()
    }

    fn primary(&mut self) -> Tested {
        let first = self.next().ok_or("argument expected")?;
        if let Some(operator) = self.peek()
            && is_binary(operator)
            && let Some(right) = self.words.get(self.at + 1).copied()
        {
            self.at += 2;
            return self.binary(first, operator, right);
        }
        let unary = first.len() == 2 && first.starts_with('-');
        if unary && let Some(argument) = self.peek() {
            self.at += 1;
            return self.unary(first, argument);
        }
        Ok(!first.is_empty())
    }

    fn unary(&self, operator: &str, argument: &str) -> Tested {
        let stat = self.tree.stat(&absolute(self.cwd, argument));
        Ok(match operator {
            "-z" => argument.is_empty(),
            "-n" => !argument.is_empty(),
            "-e" | "-r" | "-w" | "-a" => stat.is_ok(),
            "-f" => stat.is_ok_and(|s| !s.dir),
            "-d" => stat.is_ok_and(|s| s.dir),
            "-s" => stat.is_ok_and(|s| s.size > 0),
            "-x" => stat.is_ok_and(|s| s.dir || s.mode & 0o111 != 0),
            "-L" | "-h" | "-p" | "-S" | "-b" | "-c" | "-t" => false,
            _ => return Err(format!("{operator}: unary operator expected")),
        })
    }

    fn binary(&self, left: &str, operator: &str, right: &str) -> Tested {
        let number = |text: &str| {
            text.trim().parse::<i64>().map_err(|_| format!("{text}: integer expression expected"))
        };
        let modified =
            |path: &str| self.tree.stat(&absolute(self.cwd, path)).map(|s| s.modified).ok();
        Ok(match operator {
            "=" | "==" if self.double => matches(right, left),
            "!=" if self.double => !matches(right, left),
            "=~" => super::regex::Regex::new(right, true, false)?.find(left).is_some(),
            "=" | "==" => left == right,
            "!=" => left != right,
            "<" => left < right,
            ">" => left > right,
            "-eq" => number(left)? == number(right)?,
            "-ne" => number(left)? != number(right)?,
            "-lt" => number(left)? < number(right)?,
            "-le" => number(left)? <= number(right)?,
            "-gt" => number(left)? > number(right)?,
            "-ge" => number(left)? >= number(right)?,
            "-nt" => modified(left) > modified(right),
            _ => modified(left) < modified(right),
        })
    }
}

fn is_binary(word: &str) -> bool {
    matches!(
        word,
        "=" | "=="
            | "!="
            | "=~"
            | "<"
            | ">"
            | "-eq"
            | "-ne"
            | "-lt"
            | "-le"
            | "-gt"
            | "-ge"
            | "-nt"
            | "-ot"
    )
}
