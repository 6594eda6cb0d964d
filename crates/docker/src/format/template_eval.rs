//! The part of Go's `text/template` that `--format` is used with: executing.

use super::template::{Data, Kind, Node, Operand, Pipe, Template, Term};
use super::units;
use serde_json::Value;

/// Functions docker gives templates, and Go's own.
const FUNCTIONS: &[&str] = &[
    "json", "split", "join", "title", "lower", "upper", "pad", "truncate", "println", "print",
    "printf", "len", "index", "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not",
];

pub(super) fn is_function(name: &str) -> bool {
    FUNCTIONS.contains(&name)
}

struct Eval<'a> {
    data: &'a Data<'a>,
    vars: Vec<(String, Value)>,
    out: String,
}

/// Executes a template on its data.
pub(super) fn execute(template: &Template, data: &Data<'_>) -> Result<String, String> {
    let vars = vec![("$".to_owned(), data.root.clone())];
    let mut eval = Eval { data, vars, out: String::new() };
    eval.nodes(&template.nodes, data.root)?;
    Ok(eval.out)
}

/// Go's truth: not zero, not empty.
fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(s) => !s.is_empty(),
        Value::Array(a) => !a.is_empty(),
        Value::Object(o) => !o.is_empty(),
    }
}

/// Go's `%v`.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => n.to_string(),
        Value::String(s) => s.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(show).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(map) => {
            let mut pairs: Vec<String> =
                map.iter().map(|(k, v)| format!("{k}:{}", show(v))).collect();
            pairs.sort();
            format!("map[{}]", pairs.join(" "))
        }
    }
}

/// JSON as Go's encoder prints it, without escaping HTML.
pub(crate) fn json(value: &Value) -> String {
    value.to_string()
}

/// JSON with `<`, `>` and `&` escaped, as `json.Marshal` does.
pub(crate) fn json_html(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

impl Eval<'_> {
    fn nodes(&mut self, nodes: &[Node], dot: &Value) -> Result<(), String> {
        for node in nodes {
            match node {
                Node::Text(text) => self.out += text,
                Node::Print(pipe) => {
                    let value = self.pipe(pipe, dot)?;
                    if pipe.vars.is_empty() {
                        self.out += &self.shown(&value);
                    }
                }
                Node::If(pipe, yes, no) => {
                    let mark = self.vars.len();
                    let value = self.pipe(pipe, dot)?;
                    let branch = if truth(&value) { yes } else { no };
                    self.nodes(branch, dot)?;
                    self.vars.truncate(mark);
                }
                Node::With(pipe, yes, no) => {
                    let mark = self.vars.len();
                    let value = self.pipe(pipe, dot)?;
                    if truth(&value) {
                        self.nodes(yes, &value)?;
                    } else {
                        self.nodes(no, dot)?;
                    }
                    self.vars.truncate(mark);
                }
                Node::Range(pipe, body, other) => self.range(pipe, body, other, dot)?,
            }
        }
        Ok(())
    }

    fn shown(&self, value: &Value) -> String {
        match (value, self.data.kind) {
            (Value::Null, Kind::Headers | Kind::Raw) => "<no value>".to_owned(),
            (value, _) => show(value),
        }
    }

    fn range(
        &mut self,
        pipe: &Pipe,
        body: &[Node],
        other: &[Node],
        dot: &Value,
    ) -> Result<(), String> {
        let mark = self.vars.len();
        let bare = Pipe { vars: Vec::new(), ..pipe.clone() };
        let value = self.pipe(&bare, dot)?;
        let pairs: Vec<(Value, Value)> = match &value {
            Value::Array(items) => {
                items.iter().enumerate().map(|(k, v)| (Value::from(k), v.clone())).collect()
            }
            Value::Object(map) => {
                let mut pairs: Vec<(String, Value)> =
                    map.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                pairs.sort_by(|a, b| a.0.cmp(&b.0));
                pairs.into_iter().map(|(k, v)| (Value::from(k), v)).collect()
            }
            Value::Null => Vec::new(),
            other => {
                let at = pipe.commands.first().and_then(|c| c.first());
                let text = show(other);
                return Err(self.error(at, &format!("range can't iterate over {text}")));
            }
        };
        if pairs.is_empty() {
            self.nodes(other, dot)?;
        }
        for (key, item) in pairs {
            match pipe.vars.as_slice() {
                [one] => self.vars.push((one.clone(), item.clone())),
                [first, second] => {
                    self.vars.push((first.clone(), key));
                    self.vars.push((second.clone(), item.clone()));
                }
                _ => {}
            }
            self.nodes(body, &item)?;
            self.vars.truncate(mark);
        }
        Ok(())
    }

    fn error(&self, operand: Option<&Operand>, why: &str) -> String {
        let ((line, column), text) = match operand {
            Some(operand) => (operand.at, operand.text.as_str()),
            None => ((1, 0), ""),
        };
        format!("template: :{line}:{column}: executing \"\" at <{text}>: {why}")
    }

    fn pipe(&mut self, pipe: &Pipe, dot: &Value) -> Result<Value, String> {
        let mut value: Option<Value> = None;
        for command in &pipe.commands {
            value = Some(self.command(command, value, dot)?);
        }
        let value = value.unwrap_or(Value::Null);
        if let Some(name) = pipe.vars.first() {
            let slot = self.vars.iter_mut().rev().find(|(var, _)| var == name);
            match slot {
                Some((_, slot)) if pipe.assign => *slot = value.clone(),
                Some(_) | None => self.vars.push((name.clone(), value.clone())),
            }
        }
        Ok(value)
    }

    fn command(
        &mut self,
        command: &[Operand],
        piped: Option<Value>,
        dot: &Value,
    ) -> Result<Value, String> {
        let Some((first, rest)) = command.split_first() else { return Ok(Value::Null) };
        let mut args = Vec::new();
        for operand in rest {
            args.push(self.operand(operand, dot)?);
        }
        args.extend(piped);
        if let Term::Func(name) = &first.term {
            return self.call(name, &args, first);
        }
        let value = self.operand(first, dot)?;
        match (args.first(), &value) {
            // `.Label "x"` of row contexts
            (Some(Value::String(key)), Value::Object(map)) => {
                Ok(map.get(key).cloned().unwrap_or_else(|| Value::from("")))
            }
            (Some(_), _) if matches!(self.data.kind, Kind::Headers) => Ok(value),
            (Some(_), _) => Err(self.error(Some(first), "can't give argument to non-function")),
            (None, _) => Ok(value),
        }
    }

    fn operand(&mut self, operand: &Operand, dot: &Value) -> Result<Value, String> {
        let mut value = match &operand.term {
            Term::Dot => dot.clone(),
            Term::Nil => Value::Null,
            Term::Var(name) => match self.vars.iter().rev().find(|(var, _)| var == name) {
                Some((_, value)) => value.clone(),
                None => {
                    return Err(format!(
                        "template: :{}: undefined variable {name:?}",
                        operand.at.0
                    ));
                }
            },
            Term::Str(text) => Value::from(text.clone()),
            Term::Int(n) => Value::from(*n),
            Term::Bool(b) => Value::from(*b),
            Term::Func(name) => self.call(name, &[], operand)?,
            Term::Paren(pipe) => self.pipe(pipe, dot)?,
        };
        let mut before = "";
        for field in &operand.fields {
            value = self.field(&value, field, before, operand)?;
            before = field;
        }
        Ok(value)
    }

    fn field(
        &self,
        value: &Value,
        field: &str,
        parent: &str,
        operand: &Operand,
    ) -> Result<Value, String> {
        if let Some(found) = value.as_object().and_then(|map| map.get(field)) {
            return Ok(found.clone());
        }
        let at_root = value == self.data.root;
        // the client's own structures come first, whose field this is under JSON's name
        let own = (at_root && field == "ID" && self.data.kind == Kind::Raw).then_some("Id");
        if let Some(found) = own.and_then(|own| value.get(own)) {
            return Ok(found.clone());
        }
        let why = match (self.data.kind, value) {
            (Kind::Headers, _) => return Ok(Value::Null),
            (Kind::Row(name) | Kind::Struct(name), _) if at_root => {
                if let Some(nil) = optional_field(name, field) {
                    return Ok(nil);
                }
                format!("can't evaluate field {field} in type {name}")
            }
            (Kind::Struct(_), Value::Null) => {
                format!("nil pointer evaluating *{}.{field}", go_type(parent))
            }
            (Kind::Struct(_), Value::Object(_)) if is_map(parent) => return Ok(Value::Null),
            (Kind::Struct(_), Value::Object(_)) if zero_field(field).is_some() => {
                return Ok(zero_field(field).unwrap_or(Value::Null));
            }
            (Kind::Struct(_), _) => {
                format!("can't evaluate field {field} in type {}", go_type(parent))
            }
            (Kind::Raw, Value::Object(_)) => format!("map has no entry for key {field:?}"),
            (Kind::Raw, Value::Null) => format!("nil data; no entry for key {field:?}"),
            (Kind::Row(_) | Kind::Raw, _) => {
                format!("can't evaluate field {field} in type {}", kind_word(value))
            }
        };
        Err(self.error(Some(operand), &why))
    }

    fn call(&self, name: &str, args: &[Value], operand: &Operand) -> Result<Value, String> {
        if self.data.kind == Kind::Headers && !matches!(name, "print" | "println" | "printf") {
            // functions leave headings alone
            let heading = args.iter().rev().find(|v| v.is_string()).cloned();
            return Ok(heading.unwrap_or(Value::Null));
        }
        let text = |k: usize| args.get(k).map(show).unwrap_or_default();
        let int = |k: usize| args.get(k).and_then(Value::as_i64).unwrap_or(0);
        let size = |k: usize| usize::try_from(int(k)).unwrap_or(0);
        let first = args.first().unwrap_or(&Value::Null);
        let second = args.get(1).unwrap_or(&Value::Null);
        Ok(match name {
            "json" => Value::from(self.json(first)),
            "split" => text(0).split(&text(1)).map(Value::from).collect::<Vec<Value>>().into(),
            "join" => {
                let parts: Vec<String> =
                    first.as_array().map(|a| a.iter().map(show).collect()).unwrap_or_default();
                Value::from(parts.join(&text(1)))
            }
            "title" => Value::from(title(&text(0))),
            "lower" => Value::from(text(0).to_lowercase()),
            "upper" => Value::from(text(0).to_uppercase()),
            "pad" => {
                let (left, right) = (" ".repeat(size(1)), " ".repeat(size(2)));
                let body = text(0);
                Value::from(if body.is_empty() { body } else { format!("{left}{body}{right}") })
            }
            "truncate" => {
                let body = text(0);
                Value::from(body.chars().take(size(1)).collect::<String>())
            }
            "print" => Value::from(args.iter().map(|v| self.shown(v)).collect::<String>()),
            "println" => {
                let words: Vec<String> = args.iter().map(|v| self.shown(v)).collect();
                Value::from(words.join(" ") + "\n")
            }
            "printf" => Value::from(printf(&text(0), args.get(1..).unwrap_or(&[]))),
            "len" => match first {
                Value::Array(a) => Value::from(a.len()),
                Value::Object(o) => Value::from(o.len()),
                Value::String(s) => Value::from(s.len()),
                Value::Null => Value::from(0),
                Value::Bool(_) | Value::Number(_) => {
                    let why = format!("error calling len: len of type {}", kind_word(first));
                    return Err(self.error(Some(operand), &why));
                }
            },
            "index" => return self.index(args, operand),
            "eq" => Value::from(args.iter().skip(1).any(|v| v == first)),
            "ne" => Value::from(first != second),
            "lt" => Value::from(compare(first, second).is_lt()),
            "le" => Value::from(compare(first, second).is_le()),
            "gt" => Value::from(compare(first, second).is_gt()),
            "ge" => Value::from(compare(first, second).is_ge()),
            "and" => args.iter().find(|v| !truth(v)).or(args.last()).cloned().unwrap_or_default(),
            "or" => args.iter().find(|v| truth(v)).or(args.last()).cloned().unwrap_or_default(),
            _ => Value::from(!truth(first)),
        })
    }

    fn json(&self, value: &Value) -> String {
        match (self.data.kind, value) {
            (Kind::Row(_), Value::Object(map)) if value == self.data.root => {
                let mut shown = map.clone();
                shown.shift_remove("Label");
                shown.shift_remove("FullID");
                json_html(&Value::Object(shown))
            }
            _ => json(value),
        }
    }

    fn index(&self, args: &[Value], operand: &Operand) -> Result<Value, String> {
        let mut value = args.first().cloned().unwrap_or(Value::Null);
        for key in args.iter().skip(1) {
            value = match (&value, key) {
                (Value::Object(map), Value::String(key)) => {
                    map.get(key).cloned().unwrap_or_else(|| match self.data.kind {
                        Kind::Raw => Value::Null,
                        Kind::Headers | Kind::Row(_) | Kind::Struct(_) => Value::from(""),
                    })
                }
                (Value::Array(items), key) => {
                    let at = key.as_i64().unwrap_or(-1);
                    let found = usize::try_from(at).ok().and_then(|at| items.get(at));
                    match found {
                        Some(item) => item.clone(),
                        None => {
                            let why = format!("error calling index: index out of range: {at}");
                            return Err(self.error(Some(operand), &why));
                        }
                    }
                }
                (Value::Null, _) => {
                    let why = "error calling index: index of untyped nil";
                    return Err(self.error(Some(operand), why));
                }
                (other, _) => {
                    let why = format!(
                        "error calling index: can't index item of type {}",
                        kind_word(other)
                    );
                    return Err(self.error(Some(operand), &why));
                }
            };
        }
        Ok(value)
    }
}

fn compare(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => show(a).cmp(&show(b)),
    }
}

/// Go's `strings.Title`: every word's first letter upper.
fn title(text: &str) -> String {
    let mut out = String::new();
    let mut start = true;
    for c in text.chars() {
        if start {
            out.extend(c.to_uppercase())
        } else {
            out.push(c)
        }
        start = !(c.is_alphanumeric() || c == '_' || c == '\'');
    }
    out
}

/// `%s`, `%d`, `%v`, `%q`, `%t`, `%x`, `%%`, with width and `-`.
fn printf(format: &str, args: &[Value]) -> String {
    let mut out = String::new();
    let mut args = args.iter();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut spec = String::new();
        while let Some(c) = chars.peek().filter(|c| c.is_ascii_digit() || matches!(c, '-' | '.')) {
            spec.push(*c);
            chars.next();
        }
        let Some(verb) = chars.next() else {
            out += "%!(NOVERB)";
            break;
        };
        if verb == '%' {
            out.push('%');
            continue;
        }
        let Some(value) = args.next() else {
            out += &format!("%!{verb}(MISSING)");
            continue;
        };
        let body = match (verb, value) {
            ('q', value) => crate::values::quote(&show(value)),
            ('x', Value::Number(n)) => format!("{:x}", n.as_i64().unwrap_or(0)),
            ('d', Value::String(s)) => format!("%!d(string={s})"),
            (_, value) => show(value),
        };
        let left = spec.starts_with('-');
        let zero = spec.starts_with('0');
        let width: usize = spec
            .trim_start_matches('-')
            .split('.')
            .next()
            .and_then(|w| w.parse().ok())
            .unwrap_or(0);
        out += &match (left, zero) {
            (true, _) => format!("{body:<width$}"),
            (false, true) => format!("{body:0>width$}"),
            (false, false) => format!("{body:>width$}"),
        };
    }
    out
}

fn kind_word(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(_) => "int",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// Maps inside Go structs: a missing key is no error.
fn is_map(field: &str) -> bool {
    matches!(field, "Labels" | "Options" | "Sysctls" | "Containers" | "Ports" | "Networks")
}

/// Go's type of a field that holds a struct.
fn go_type(field: &str) -> String {
    let name = match field {
        "ManagerStatus" => "swarm.ManagerStatus",
        "UpdateStatus" => "swarm.UpdateStatus",
        "Status" => "swarm.TaskStatus",
        "Spec" => "swarm.Spec",
        "TaskTemplate" => "swarm.TaskSpec",
        "Mode" => "swarm.ServiceMode",
        "Replicated" => "swarm.ReplicatedService",
        "Global" => "swarm.GlobalService",
        "Description" => "swarm.NodeDescription",
        "ContainerSpec" => "swarm.ContainerSpec",
        "Swarm" => "swarm.Info",
        "Cluster" => "swarm.ClusterInfo",
        other => return format!("swarm.{}", units::pretty(other)),
    };
    name.to_owned()
}

/// Fields of a struct that the JSON leaves out when they are empty.
fn optional_field(type_name: &str, field: &str) -> Option<Value> {
    let found = match type_name {
        "swarm.Node" => matches!(field, "ManagerStatus"),
        "swarm.Service" => {
            matches!(field, "UpdateStatus" | "PreviousSpec" | "JobStatus" | "ServiceStatus")
        }
        _ => false,
    };
    found.then_some(Value::Null)
}

/// The zero value of well-known fields that JSON leaves out when empty.
fn zero_field(field: &str) -> Option<Value> {
    Some(match field {
        "Replicated" | "Global" | "ReplicatedJob" | "GlobalJob" | "ManagerStatus"
        | "UpdateStatus" | "RestartPolicy" | "Placement" | "Resources" | "LogDriver"
        | "Healthcheck" | "UpdateConfig" | "RollbackConfig" | "Limits" | "Reservations"
        | "Cluster" => Value::Null,
        "Labels" => Value::Object(serde_json::Map::new()),
        "Constraints" | "Preferences" | "Networks" | "Mounts" | "Env" | "Args" | "Command"
        | "Secrets" | "Configs" | "Ports" | "VirtualIPs" => Value::Array(Vec::new()),
        "Message" | "Error" | "Err" | "User" | "Dir" | "Hostname" | "Name" | "NodeAddr"
        | "StopSignal" => Value::from(""),
        "Leader" => Value::from(false),
        "Nodes" | "Managers" | "MaxReplicas" | "PublishedPort" | "Parallelism" | "Delay" => {
            Value::from(0)
        }
        _ => return None,
    })
}
