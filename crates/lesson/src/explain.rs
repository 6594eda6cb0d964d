//! Says in Portuguese what a line waits for: the author's words, then what is and what should be,
//! with the model's own reason.

use crate::check::{Claim, Kind, Line, Object, Reference, Select, Value, Where};
use crate::eval::Scene;
use crate::facts::{Fact, task_name};
use crate::lesson::fill;
use api::TaskState;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a reference stands for now; absent while nothing is bound to it.
pub(crate) type Look<'a> = &'a dyn Fn(&Reference) -> Option<String>;

/// Why a line is unmet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The author's `->` text, filled in; may be empty.
    pub author: String,
    /// What is and what should be, made from the model; may be empty.
    pub fact: String,
}

impl Reason {
    /// Both, as one text.
    #[must_use]
    pub fn text(&self) -> String {
        match (self.author.is_empty(), self.fact.is_empty()) {
            (false, false) => format!("{} ({})", self.author, self.fact),
            (false, true) => self.author.clone(),
            (true, _) => self.fact.clone(),
        }
    }
}

/// Why `line` is unmet now.
pub(crate) fn reason(line: &Line, scene: &Scene<'_>) -> Reason {
    let author = scene.fill(&line.message);
    let fact = line.claims.first().map(|c| unmet(c, scene)).unwrap_or_default();
    Reason { author, fact }
}

/// A sentence for the list of steps, made from the claim.
#[must_use]
pub(crate) fn label(line: &Line, look: Look<'_>) -> String {
    if let Some(label) = &line.label {
        return fill(label, look);
    }
    let parts: Vec<String> = line.claims.iter().map(|c| sentence(c, look)).collect();
    let text = parts.join(" ou ");
    match (line.mode.keep, line.mode.never) {
        (true, _) => format!("Sem parar: {text}"),
        (_, true) => format!("Nunca: {text}"),
        _ => capital(&text),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

fn place(place: Option<&Where>, look: Look<'_>) -> String {
    match place {
        None | Some(Where::Any) => String::new(),
        Some(Where::Machine(name)) => format!(" em {name}"),
        Some(Where::Ref(r)) => format!(" em {}", look(r).unwrap_or_default()),
        Some(Where::Leader) => " no líder".into(),
        Some(Where::Manager) => " em um gerente".into(),
        Some(Where::Worker) => " em um trabalhador".into(),
        Some(Where::Every) => " em todas as máquinas".into(),
    }
}

fn value(value: &Value, look: Look<'_>) -> String {
    match value {
        Value::Word(word) => word.clone(),
        Value::Text(text) => fill(text, look),
        Value::Ref(r) => look(r).unwrap_or_else(|| format!("{{{}}}", r.var)),
    }
}

fn object_name(object: &Object, look: Look<'_>) -> String {
    let kind = object.kind.name_pt();
    match &object.select {
        Select::All => kind.to_owned(),
        Select::Name(name) => format!("{kind} {}", value(name, look)),
        Select::Where(conditions) => {
            let list: Vec<String> = conditions
                .iter()
                .map(|(f, c, v)| format!("{f} {} {}", c.sign(), value(v, look)))
                .collect();
            format!("{kind} com {}", list.join(", "))
        }
    }
}

fn sentence(claim: &Claim, look: Look<'_>) -> String {
    match claim {
        Claim::Let { object, .. } | Claim::Exists(object) => {
            format!("existe {}", object_name(object, look))
        }
        Claim::Count(object, cmp, n) => {
            format!("{}: quantidade {} {n}", object_name(object, look), cmp.sign())
        }
        Claim::Field { every, object, field, cmp, value: v } => {
            let all = if *every { "cada " } else { "" };
            let name = object_name(object, look);
            format!("{all}{name}: `{field} {} {}`", cmp.sign(), value(v, look))
        }
        Claim::Ran { glob, on, failing } => {
            let how = if *failing { " (e ver o erro)" } else { "" };
            let command = value(glob, look);
            format!(
                "rodar `{}`{}{how}",
                command.trim_end_matches('*').trim(),
                place(on.as_ref(), look)
            )
        }
        Claim::Output { glob, cmp, value: v } => {
            let command = value(glob, look);
            format!(
                "`{}` mostra {} `{}`",
                command.trim_end_matches('*').trim(),
                cmp.sign(),
                value(v, look)
            )
        }
        Claim::Http { at, port, status, .. } => {
            let wanted = status.map_or("recusa".to_owned(), |s| format!("responde {s}"));
            match at {
                Where::Every => format!("todo nó {wanted} na porta {port}"),
                Where::Machine(_)
                | Where::Ref(_)
                | Where::Leader
                | Where::Manager
                | Where::Worker
                | Where::Any => format!("a porta {port}{} {wanted}", place(Some(at), look)),
            }
        }
        Claim::Answer { .. } => "responder à pergunta".into(),
        Claim::Commands(n) => format!("no máximo {n} comandos que mudam algo"),
        Claim::Error(..) | Claim::After(_) | Claim::Lost(_) => String::new(),
    }
}

fn unmet(claim: &Claim, scene: &Scene<'_>) -> String {
    match claim {
        Claim::Field { every, object, field, cmp, value: v } => {
            let look = |r: &Reference| scene.look_up(r);
            let wanted = value(v, &look);
            let Some(list) = scene.select(object) else { return nobody() };
            if list.is_empty() {
                return format!("ainda não existe {}", object_name(object, &look));
            }
            let now: Vec<String> = list.iter().filter_map(|f| f.field(field)).collect();
            let mut shown = now.clone();
            shown.dedup();
            shown.truncate(3);
            let now_text = shown.join("`, `");
            let each = if *every { "em cada um " } else { "" };
            let because = list.first().and_then(|f| tasks(f, scene));
            let because = because.map(|b| format!(": {b}")).unwrap_or_default();
            format!("{each}esperado `{field} {} {wanted}`, agora `{now_text}`{because}", cmp.sign())
        }
        Claim::Count(object, cmp, n) => match scene.select(object) {
            Some(list) => format!("esperado {} {n}, agora {}", cmp.sign(), list.len()),
            None => nobody(),
        },
        Claim::Http { at, port, .. } => {
            let look = |r: &Reference| scene.look_up(r);
            format!("a porta {port}{} ainda não responde como pedido", place(Some(at), &look))
        }
        Claim::Let { object, .. } | Claim::Exists(object) => match scene.select(object) {
            Some(_) => String::new(),
            None => nobody(),
        },
        Claim::Ran { .. }
        | Claim::Output { .. }
        | Claim::Answer { .. }
        | Claim::Commands(_)
        | Claim::Error(..)
        | Claim::After(_)
        | Claim::Lost(_) => String::new(),
    }
}

fn nobody() -> String {
    "nenhum gerente está no ar para dizer o estado do cluster".into()
}

/// What keeps a service from its replicas: tasks by state and node, with the scheduler's or the
/// agent's own error.
fn tasks(fact: &Fact<'_>, scene: &Scene<'_>) -> Option<String> {
    let service = fact.swarm_service().filter(|_| fact.kind == Kind::Service)?;
    let swarm = scene.desk.view().swarm.as_deref()?;
    let mut by_state: BTreeMap<TaskState, Vec<String>> = BTreeMap::new();
    let mut error = String::new();
    for task in swarm.tasks.iter().filter(|t| t.service_id == Some(service.service.id)) {
        if task.desired_state > TaskState::Running || task.status.state == TaskState::Running {
            continue;
        }
        let node = task.node_id.and_then(|id| swarm.node(id));
        let node = node.and_then(|n| n.description.as_ref()).map(|d| d.hostname.clone());
        let name = task_name(task);
        let place = node.map_or(name, |n| format!("em {n}"));
        by_state.entry(task.status.state).or_default().push(place);
        if error.is_empty() && !task.status.err.is_empty() {
            error = format!(" ({})", task.status.err);
        }
    }
    let parts: Vec<String> = by_state
        .into_iter()
        .map(|(state, mut places)| {
            let n = places.len();
            places.sort();
            places.dedup();
            let word = if n == 1 { "tarefa" } else { "tarefas" };
            format!("{n} {word} em `{}` {}", capital(state.as_str()), places.join(", "))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join("; ") + &error)
}
