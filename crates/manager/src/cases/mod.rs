//! Plays facts about a swarm that are written down as data (`tests/scheduler-cases.json`)
//! against the loops of this crate.
//!
//! | area | what runs |
//! |---|---|
//! | `constraint-parse`, `constraint-match` | the constraint language |
//! | `schedule` | the scheduler alone |
//! | `orchestrator` | orchestrators, reaper, enforcer; the case moves tasks and nodes |
//! | `api` | the control API over a store |
//! | `quorum` | who may be removed; the rest is raft's |
//! | `node-status` | the dispatcher |
//!
//! Texts of the daemon and cases that need elections are not played here: [`play`] answers
//! `None` for them, and whoever has a whole lab plays them as another [`Player`].
//!
//! **Invariant:** a case with a word that `form` does not know fails, and names it.

mod api_calls;
mod build;
mod constraint;
mod form;
mod node_status;
mod orchestrator;
mod quorum;
mod schedule;
mod world;

use api::ApiError;
use serde::Serialize;
use serde_json::{Value, json};

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// The case's name.
    pub name: String,
    /// Its area.
    pub area: String,
    /// Whether everything expected came true.
    pub ok: bool,
    /// The step after which something did not, from 1; the number of steps if all did.
    pub step: usize,
    /// What was expected there.
    pub expected: Value,
    /// What was there instead.
    pub got: Value,
}

/// One expectation that did not come true.
pub(crate) struct Miss {
    expected: Value,
    got: Value,
}

/// A case that can be played step by step.
pub trait Player {
    /// Does one step.
    ///
    /// # Errors
    /// Something the case asks for and the player cannot do.
    fn step(&mut self, step: &Value) -> Result<(), String>;
    /// What an expectation of that name looks like now, in the shape of `wanted`.
    ///
    /// # Errors
    /// There is nothing of that name to look at.
    fn look(&mut self, name: &str, wanted: &Value) -> Result<Value, String>;
}

/// All cases of a file.
///
/// # Errors
/// If the text is no JSON.
pub fn parse(text: &str) -> Result<Vec<Value>, serde_json::Error> {
    let file: Value = serde_json::from_str(text)?;
    Ok(array(file.get("cases").unwrap_or(&file)).to_vec())
}

/// Plays one case; `None`: it is about raft or the daemon.
#[must_use]
pub fn play(case: &Value) -> Option<Outcome> {
    if let Some(outcome) = misread(case) {
        return Some(outcome);
    }
    let given = case.get("given").unwrap_or(&Value::Null);
    let mut player: Box<dyn Player> = match text(case, "area").as_str() {
        "constraint-parse" | "constraint-match" => Box::new(constraint::Play::new(given)),
        "schedule" => Box::new(schedule::Play::new(given)),
        "orchestrator" => Box::new(orchestrator::Play::new(given)),
        "api" => Box::new(api_calls::Play::new(given)),
        "quorum" if quorum::can_play(case) => Box::new(quorum::Play::new(given)),
        "node-status" => Box::new(node_status::Play::new(given)),
        _ => return None,
    };
    Some(run(case, player.as_mut()))
}

/// A case that says something the form does not know: it fails before its first step.
fn misread(case: &Value) -> Option<Outcome> {
    let unknown = form::unknown(case);
    let got = json!(unknown.join(", "));
    (!unknown.is_empty()).then(|| Outcome { ok: false, step: 0, got, ..Outcome::of(case) })
}

impl Outcome {
    /// Nothing has come of it yet.
    fn of(case: &Value) -> Self {
        Self {
            name: text(case, "name"),
            area: text(case, "area"),
            ok: true,
            step: list(case, "when").len(),
            expected: case.get("expect").cloned().unwrap_or_default(),
            got: Value::Null,
        }
    }
}

/// Takes a player through a case's steps until an expectation does not come true.
pub fn run(case: &Value, player: &mut dyn Player) -> Outcome {
    if let Some(outcome) = misread(case) {
        return outcome;
    }
    let steps = list(case, "when");
    let outcome = Outcome::of(case);
    let nothing = Value::Null;
    let last = std::iter::once((steps.len(), None, case.get("expect").unwrap_or(&nothing)));
    let each = steps
        .iter()
        .enumerate()
        .map(|(index, step)| (index + 1, Some(step), step.get("expect").unwrap_or(&nothing)));
    for (number, step, expect) in each.chain(last) {
        let done = step.map_or(Ok(()), |step| player.step(step));
        let miss = match done {
            Ok(()) => check(player, expect),
            Err(why) => Some(Miss { expected: step.cloned().unwrap_or_default(), got: json!(why) }),
        };
        if let Some(Miss { expected, got }) = miss {
            return Outcome { ok: false, step: number, expected, got, ..outcome };
        }
    }
    Outcome { got: outcome.expected.clone(), ..outcome }
}

fn check(player: &mut dyn Player, expect: &Value) -> Option<Miss> {
    for (name, wanted) in expect.as_object()? {
        let got = player.look(name, wanted).unwrap_or_else(|why| json!(why));
        if got != *wanted {
            return Some(Miss { expected: json!({ name: wanted }), got: json!({ name: got }) });
        }
    }
    None
}

/// An API error as the cases write it: code and message, `rpc error` taken apart; in the shape
/// of `wanted`.
#[must_use]
pub fn error_value(error: &ApiError, wanted: &Value) -> Value {
    rpc_value(&error.message, wanted)
}

fn rpc_value(message: &str, wanted: &Value) -> Value {
    let parts =
        message.strip_prefix("rpc error: code = ").and_then(|rest| rest.split_once(" desc = "));
    let (code, message) = parts.unwrap_or(("", message));
    let any = array(wanted.get("message_any").unwrap_or(&Value::Null));
    if any.iter().any(|one| one == message) {
        return json!({ "code": code, "message_any": any });
    }
    if wanted.get("code").is_none() && code.is_empty() {
        return json!({ "message": message });
    }
    json!({ "code": code, "message": message })
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).map_or(&[], array)
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or("").to_owned()
}

fn number(value: &Value, key: &str) -> Option<i64> {
    value.get(key).and_then(Value::as_i64)
}

fn strings(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Looks at every entry of an expected object.
fn each(wanted: &Value, mut look: impl FnMut(&str, &Value) -> Value) -> Value {
    let entries = wanted.as_object().into_iter().flatten();
    Value::Object(entries.map(|(key, value)| (key.clone(), look(key, value))).collect())
}
