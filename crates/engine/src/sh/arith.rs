//! `$(( … ))`: whole numbers, C's operators in C's order, assignments.

use super::env::Env;

/// Binary operators by how strongly they bind, weakest first; one level is left-associative.
const LEVELS: &[&[&str]] = &[
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// The value of an expression.
pub(crate) fn evaluate(text: &str, env: &mut Env) -> Result<i64, String> {
    let mut parser = Parser { text, at: 0, env };
    parser.blanks();
    if parser.rest().is_empty() {
        return Ok(0);
    }
    let mut value = parser.assignment()?;
    while parser.eat(",") {
        value = parser.assignment()?;
    }
    if parser.rest().is_empty() { Ok(value) } else { Err(parser.error()) }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    env: &'a mut Env,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, what: &str) -> bool {
        let found = self.rest().starts_with(what);
        if found {
            self.at += what.len();
            self.blanks();
        }
        found
    }

    fn error(&self) -> String {
        let token = self.rest();
        format!("{}: syntax error in expression (error token is \"{token}\")", self.text)
    }

    fn name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = rest.get(..end)?;
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        self.at += end;
        self.blanks();
        Some(name)
    }

    fn variable(&self, name: &str) -> i64 {
        self.env.param(name).and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    fn assignment(&mut self) -> Result<i64, String> {
        let start = self.at;
        if let Some(name) = self.name() {
            if self.rest().starts_with('=') && !self.rest().starts_with("==") {
                self.eat("=");
                let value = self.assignment()?;
                self.env.set(name, value.to_string());
                return Ok(value);
            }
            for operator in ["+", "-", "*", "/", "%"] {
                if self.eat(&format!("{operator}=")) {
                    let right = self.assignment()?;
                    let value = self.apply(operator, self.variable(name), right)?;
                    self.env.set(name, value.to_string());
                    return Ok(value);
                }
            }
        }
        self.at = start;
        let condition = self.binary(0)?;
        if !self.eat("?") {
            return Ok(condition);
        }
        let yes = self.assignment()?;
        if !self.eat(":") {
            return Err(self.error());
        }
        let no = self.assignment()?;
        Ok(if condition != 0 { yes } else { no })
    }

    fn binary(&mut self, level: usize) -> Result<i64, String> {
        let Some(operators) = LEVELS.get(level) else { return self.power() };
        let mut left = self.binary(level + 1)?;
        'next: loop {
            for operator in *operators {
                let rest = self.rest();
                let longer = rest.get(operator.len()..).unwrap_or("");
                let doubled = matches!(*operator, "|" | "&" | "<" | ">" | "*")
                    && longer.starts_with(operator);
                if rest.starts_with(operator) && !doubled {
                    self.eat(operator);
                    let right = self.binary(level + 1)?;
                    left = self.apply(operator, left, right)?;
                    continue 'next;
                }
            }
            return Ok(left);
        }
    }

    fn power(&mut self) -> Result<i64, String> {
        let base = self.unary()?;
        if !self.eat("**") {
            return Ok(base);
        }
        let exponent = self.power()?;
        let exponent =
            u32::try_from(exponent).map_err(|_| format!("{}: exponent less than 0", self.text))?;
        Ok(base.wrapping_pow(exponent))
    }

    fn unary(&mut self) -> Result<i64, String> {
        for (sign, step) in [("++", 1), ("--", -1)] {
            if self.eat(sign) {
                let name = self.name().ok_or_else(|| self.error())?;
                let value = self.variable(name).wrapping_add(step);
                self.env.set(name, value.to_string());
                return Ok(value);
            }
        }
        if self.eat("-") {
            return Ok(self.unary()?.wrapping_neg());
        }
        if self.eat("+") {
            return self.unary();
        }
        if self.eat("!") {
            return Ok(i64::from(self.unary()? == 0));
        }
        if self.eat("~") {
            return Ok(!self.unary()?);
        }
        if self.eat("(") {
            let value = self.assignment()?;
            return if self.eat(")") { Ok(value) } else { Err(self.error()) };
        }
        if let Some(name) = self.name() {
            let value = self.variable(name);
            for (sign, step) in [("++", 1_i64), ("--", -1)] {
                if self.eat(sign) {
                    self.env.set(name, value.wrapping_add(step).to_string());
                }
            }
            return Ok(value);
        }
        self.number()
    }

    fn number(&mut self) -> Result<i64, String> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let digits = rest.get(..end).unwrap_or("");
        let value = if let Some(hex) = digits.strip_prefix("0x") {
            i64::from_str_radix(hex, 16)
        } else if digits.len() > 1 && digits.starts_with('0') {
            i64::from_str_radix(digits, 8)
        } else {
            digits.parse()
        };
        let value = value.map_err(|_| {
            if digits.is_empty() {
                format!("{}: syntax error: operand expected (error token is \"{rest}\")", self.text)
            } else {
                format!("{digits}: value too great for base (error token is \"{digits}\")")
            }
        })?;
        self.at += end;
        self.blanks();
        Ok(value)
    }

    fn apply(&self, operator: &str, left: i64, right: i64) -> Result<i64, String> {
        if matches!(operator, "/" | "%") && right == 0 {
            return Err(format!("{}: division by 0 (error token is \"{right}\")", self.text));
        }
        let shift = u32::try_from(right & 63).unwrap_or(0);
        Ok(match operator {
            "||" => i64::from(left != 0 || right != 0),
            "&&" => i64::from(left != 0 && right != 0),
            "|" => left | right,
            "^" => left ^ right,
            "&" => left & right,
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "<" => i64::from(left < right),
            ">" => i64::from(left > right),
            "<<" => left.wrapping_shl(shift),
            ">>" => left.wrapping_shr(shift),
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            "/" => left.wrapping_div(right),
            _ => left.wrapping_rem(right),
        })
    }
}
