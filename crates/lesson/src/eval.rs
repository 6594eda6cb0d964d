//! Judges claims: true, false, or undecided while no manager lives to tell.

use crate::check::{Claim, Cmp, Kind, Loss, Object, Reference, Select, Value, Where};
use crate::facts::{Fact, facts};
use crate::lesson::fill;
use lab::{HttpOutcome, HttpReply, MachineView, Origin};
use serde::{Deserialize, Serialize};
use shell::{Desk, Finished};
use std::collections::BTreeMap;

/// What a variable stands for: an object by id, with its fields as last seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Binding {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    /// It no longer follows the newest match.
    pub(crate) frozen: bool,
    /// Fields when it was last there.
    pub(crate) seen: BTreeMap<String, String>,
}

/// A command that ended during a step, with the role its machine had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) finished: Finished,
    /// `manager`, `worker`, or empty outside a swarm.
    pub(crate) role: String,
    /// Its machine led the swarm.
    pub(crate) led: bool,
}

/// All that claims are judged on.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) bindings: &'a BTreeMap<String, Binding>,
    /// Commands of the step (after a `then`, from its start on).
    pub(crate) done: &'a [Done],
    pub(crate) answers: &'a BTreeMap<String, String>,
    /// Attempts so far, for `after N attempts`.
    pub(crate) attempts: i64,
}

impl<'a> Scene<'a> {
    /// A field of a bound object (or of `swarm`), live while it exists, else as last seen.
    pub(crate) fn look_up(&self, reference: &Reference) -> Option<String> {
        let field = reference.field.as_deref();
        let value = match reference.var.as_str() {
            "swarm" => facts(Kind::Swarm, self.desk)?.first()?.field(field?)?,
            "worker_token" | "manager_token" => {
                let cluster = self.desk.view().swarm.as_ref()?.cluster.clone()?;
                if reference.var == "worker_token" {
                    cluster.worker_token.clone()
                } else {
                    cluster.manager_token.clone()
                }
            }
            var => {
                let binding = self.bindings.get(var)?;
                let field = field.unwrap_or("name");
                let live = facts(binding.kind, self.desk)
                    .and_then(|all| all.into_iter().find(|f| f.id == binding.id))
                    .and_then(|f| f.field(field));
                live.or_else(|| binding.seen.get(field).cloned())?
            }
        };
        Some(match reference.take {
            Some(n) => value.chars().take(n as usize).collect(),
            None => value,
        })
    }

    /// Text with its references filled in.
    pub(crate) fn fill(&self, text: &str) -> String {
        fill(text, &|reference| self.look_up(reference))
    }

    fn value(&self, value: &Value) -> Option<String> {
        match value {
            Value::Word(word) => Some(word.clone()),
            Value::Text(text) => Some(self.fill(text)),
            Value::Ref(reference) => self.look_up(reference),
        }
    }

    /// Objects that a selector picks; `None`: undecided.
    pub(crate) fn select(&self, object: &Object) -> Option<Vec<Fact<'a>>> {
        let all = facts(object.kind, self.desk)?;
        let list = match &object.select {
            Select::All => all,
            Select::Name(Value::Ref(Reference { var, field: None, .. })) => {
                let id = self.bindings.get(var).map(|b| b.id.clone()).unwrap_or_default();
                all.into_iter().filter(|f| f.id == id).collect()
            }
            Select::Name(name) => {
                let name = self.value(name).unwrap_or_default();
                all.into_iter().filter(|f| names(f, &name)).collect()
            }
            Select::Where(conditions) => all
                .into_iter()
                .filter(|f| conditions.iter().all(|(k, c, v)| self.holds(f, k, *c, v)))
                .collect(),
        };
        Some(list)
    }

    fn holds(&self, fact: &Fact<'_>, field: &str, cmp: Cmp, value: &Value) -> bool {
        let Some(actual) = fact.field(field) else { return false };
        // a bare {var} in a selector is that object: its id counts as much as its name
        if let Value::Ref(Reference { var, field: None, .. }) = value {
            let Some(binding) = self.bindings.get(var) else { return false };
            let name = self.value(value).unwrap_or_default();
            let same = actual == binding.id || actual == name;
            return match cmp {
                Cmp::Eq | Cmp::Glob => same,
                Cmp::Ne => !same,
                Cmp::Lt | Cmp::Le | Cmp::Gt | Cmp::Ge => false,
            };
        }
        self.value(value).is_some_and(|wanted| compare(&actual, cmp, &wanted))
    }

    /// Whether a claim holds now; `None`: undecided. `http` claims are asked of a copy of the lab.
    pub(crate) fn judge(&self, claim: &Claim) -> Option<bool> {
        match claim {
            Claim::Let { var, object, at_start } => {
                if *at_start || self.bindings.get(var).is_some_and(|b| b.frozen) {
                    return Some(self.bindings.contains_key(var));
                }
                self.select(object).map(|list| !list.is_empty())
            }
            Claim::Exists(object) => self.select(object).map(|list| !list.is_empty()),
            Claim::Count(object, cmp, n) => {
                let list = self.select(object)?;
                let count = i64::try_from(list.len()).unwrap_or(i64::MAX);
                Some(ordered(count, *cmp, *n))
            }
            Claim::Field { every, object, field, cmp, value } => {
                let list = self.select(object)?;
                let mut each = list.iter().map(|f| self.holds(f, field, *cmp, value));
                Some(if *every { !list.is_empty() && each.all(|x| x) } else { each.any(|x| x) })
            }
            Claim::Ran { glob: pattern, on, failing } => {
                let pattern = self.value(pattern)?;
                Some(self.done.iter().any(|d| self.ran(d, &pattern, on.as_ref(), *failing, true)))
            }
            Claim::Output { glob: pattern, cmp, value } => {
                let (pattern, wanted) = (self.value(pattern)?, self.value(value)?);
                Some(self.done.iter().any(|d| {
                    typed(&d.finished, &pattern) && compare(&d.finished.screen, *cmp, &wanted)
                }))
            }
            Claim::Http { at, port, cmp, status, .. } => self.http(at, *port, *cmp, *status),
            Claim::Answer { id, cmp, value } => {
                let Some(given) = self.answers.get(id) else { return Some(false) };
                let wanted = self.value(value)?;
                Some(compare(&bare(given), *cmp, &bare(&wanted)))
            }
            Claim::Commands(n) => Some(self.changes() <= *n),
            Claim::Error(cmp, value) => {
                let wanted = self.value(value)?;
                Some(self.done.last().is_some_and(|d| {
                    let text = d.finished.stderr.trim_end();
                    !text.is_empty() && compare(text, *cmp, &wanted)
                }))
            }
            Claim::After(n) => Some(self.attempts >= *n),
            Claim::Lost(loss) => self.lost(loss),
        }
    }

    /// Changing commands of the step, for a challenge's par.
    pub(crate) fn changes(&self) -> i64 {
        let count = self
            .done
            .iter()
            .filter(|d| d.finished.changes_state || d.finished.changed_files)
            .count();
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    fn lost(&self, loss: &Loss) -> Option<bool> {
        match loss {
            Loss::Quorum => self.desk.view().swarm.as_ref().map(|s| !s.has_quorum()).or(Some(true)),
            Loss::Leader => {
                self.desk.view().swarm.as_ref().map(|s| s.leader.is_none()).or(Some(true))
            }
            Loss::Object(var) => {
                let Some(binding) = self.bindings.get(var) else { return Some(false) };
                let all = facts(binding.kind, self.desk)?;
                Some(!all.iter().any(|f| f.id == binding.id))
            }
        }
    }

    /// Whether a finished command is the one a `ran` names. In a `check`, without `failing`, the
    /// exit status must be 0.
    pub(crate) fn ran(
        &self,
        done: &Done,
        pattern: &str,
        on: Option<&Where>,
        failing: bool,
        checked: bool,
    ) -> bool {
        let f = &done.finished;
        let status = if failing { f.failed() } else { !checked || !f.failed() };
        let place = match on {
            None | Some(Where::Any | Where::Every) => true,
            Some(Where::Machine(name)) => *name == f.machine,
            Some(Where::Ref(reference)) => {
                self.look_up(reference).is_some_and(|name| name == f.machine)
            }
            Some(Where::Leader) => done.led,
            Some(Where::Manager) => done.role == "manager",
            Some(Where::Worker) => done.role == "worker",
        };
        status && place && typed(f, pattern)
    }

    /// Asks a copy of the lab, so that no counter moves.
    fn http(&self, at: &Where, port: u16, cmp: Cmp, status: Option<i64>) -> Option<bool> {
        let view = self.desk.view();
        let asked: Vec<&MachineView> = view
            .machines
            .iter()
            .map(std::convert::AsRef::as_ref)
            .filter(|m: &&MachineView| self.is_asked(m, at))
            .collect();
        let good = |m: &MachineView| {
            let outcome = ask(self.desk, &m.name, port);
            match (outcome, status) {
                (Some(HttpOutcome::Refused), None) => cmp == Cmp::Eq,
                (Some(HttpOutcome::Ok { status: got, .. }), Some(wanted)) => {
                    ordered(i64::from(got), cmp, wanted)
                }
                (Some(_), None) => cmp == Cmp::Ne,
                (Some(_) | None, _) => false,
            }
        };
        let all = *at == Where::Every;
        let mut each = asked.iter().map(|m| good(m));
        Some(if all { !asked.is_empty() && each.all(|x| x) } else { each.any(|x| x) })
    }

    fn is_asked(&self, machine: &MachineView, at: &Where) -> bool {
        let in_swarm = self.desk.view().swarm.is_none() || machine.node_id.is_some();
        let on = machine.powered && in_swarm;
        match at {
            Where::Machine(name) => *name == machine.name,
            Where::Ref(reference) => {
                self.look_up(reference).is_some_and(|name| name == machine.name)
            }
            Where::Leader => machine.leads,
            Where::Manager => on && machine.role == Some(api::NodeRole::Manager),
            Where::Worker => on && machine.role == Some(api::NodeRole::Worker),
            Where::Any | Where::Every => on,
        }
    }
}

/// How long a copy of the lab is given to answer: longer than any connect time-out a lesson
/// waits for, as "no answer" is neither a status nor a refusal.
const HTTP_PATIENCE_US: u64 = 5_000_000;

fn ask(desk: &Desk, host: &str, port: u16) -> Option<HttpOutcome> {
    let mut lab = desk.lab().clone();
    let id = lab.request(Origin::Outside, host, port, "/");
    let until = api::Timestamp(lab.now().0 + HTTP_PATIENCE_US);
    loop {
        let replies: Vec<(lab::RequestId, HttpReply)> = lab.take_replies();
        if let Some((_, reply)) = replies.into_iter().find(|(r, _)| *r == id) {
            return Some(reply.outcome);
        }
        if !lab.step(until) {
            return None;
        }
    }
}

/// A name is the object's name, its id, or (for 4 characters and more) a prefix of its id.
fn names(fact: &Fact<'_>, name: &str) -> bool {
    fact.name.eq_ignore_ascii_case(name)
        || fact.id == name
        || (name.len() >= 4 && fact.id.starts_with(name))
}

/// A glob on the words as typed, or on the canonical line.
pub(crate) fn typed(finished: &Finished, pattern: &str) -> bool {
    glob(pattern, &finished.text())
        || finished.canonical.as_deref().is_some_and(|line| glob(pattern, line))
}

fn ordered(a: i64, cmp: Cmp, b: i64) -> bool {
    match cmp {
        Cmp::Eq | Cmp::Glob => a == b,
        Cmp::Ne => a != b,
        Cmp::Lt => a < b,
        Cmp::Le => a <= b,
        Cmp::Gt => a > b,
        Cmp::Ge => a >= b,
    }
}

/// Text without case; `<` and its kin only between whole numbers.
fn compare(actual: &str, cmp: Cmp, wanted: &str) -> bool {
    let (a, b) = (actual.to_lowercase(), wanted.to_lowercase());
    match cmp {
        Cmp::Eq => a == b,
        Cmp::Ne => a != b,
        Cmp::Glob => glob(&b, &a),
        Cmp::Lt | Cmp::Le | Cmp::Gt | Cmp::Ge => match (a.parse::<i64>(), b.parse::<i64>()) {
            (Ok(a), Ok(b)) => ordered(a, cmp, b),
            (Ok(_) | Err(_), _) => false,
        },
    }
}

/// Answers compare without accents and outer blanks too.
fn bare(text: &str) -> String {
    text.trim()
        .chars()
        .map(|c| match c {
            'á' | 'à' | 'â' | 'ã' | 'Á' | 'À' | 'Â' | 'Ã' => 'a',
            'é' | 'ê' | 'É' | 'Ê' => 'e',
            'í' | 'Í' => 'i',
            'ó' | 'ô' | 'õ' | 'Ó' | 'Ô' | 'Õ' => 'o',
            'ú' | 'ü' | 'Ú' | 'Ü' => 'u',
            'ç' | 'Ç' => 'c',
            other => other,
        })
        .collect()
}

/// `*` any run of characters (blanks and `/` too), `?` one; the whole text.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let p: Vec<char> = pattern.chars().collect();
    let t: Vec<char> = text.chars().collect();
    let (mut i, mut j) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while j < t.len() {
        match p.get(i) {
            Some('*') => {
                back = Some((i, j));
                i += 1;
            }
            Some(c) if *c == '?' || t.get(j) == Some(c) => {
                i += 1;
                j += 1;
            }
            Some(_) | None => match back {
                Some((star, from)) => {
                    back = Some((star, from + 1));
                    i = star + 1;
                    j = from + 1;
                }
                None => return false,
            },
        }
    }
    p.iter().skip(i).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_the_whole_text() {
        assert!(glob("docker service create *", "docker service create -p 1:1 x/y:1"));
        assert!(glob("*:5000->*", "*:5000->5000/tcp"));
        assert!(!glob("docker ps", "docker ps -a"));
        assert!(glob("docker ps*", "docker ps"));
        assert!(glob("a?c", "abc"));
        assert!(!glob("", "x"));
        assert!(glob("*", ""));
    }

    #[test]
    fn text_compares_without_case_and_numbers_by_value() {
        assert!(compare("Running", Cmp::Eq, "running"));
        assert!(compare("10", Cmp::Gt, "9"));
        assert!(!compare("x", Cmp::Gt, "9"));
        assert_eq!(bare(" Não "), "Nao");
    }
}
