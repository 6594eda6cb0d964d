//! Cases of the constraint language.

use super::build::{self, Names};
use super::{Player, list, strings};
use crate::scheduler::constraint::{self, Constraint};
use api::{Node, Placement};
use serde_json::{Value, json};

pub(super) struct Play {
    node: Option<Node>,
    written: Vec<String>,
    parsed: Result<Vec<Constraint>, String>,
    placement: Placement,
}

impl Play {
    pub(super) fn new(given: &Value) -> Self {
        let mut names = Names::default();
        let node = list(given, "nodes").first().map(|node| build::node(&mut names, node));
        let constraints = names.constraints(list(given, "constraints"));
        Self {
            node,
            written: strings(list(given, "constraints")),
            parsed: Ok(Vec::new()),
            placement: Placement { constraints, ..Placement::default() },
        }
    }
}

impl Player for Play {
    fn step(&mut self, _step: &Value) -> Result<(), String> {
        self.parsed = constraint::parse(&self.written);
        Ok(())
    }

    fn look(&mut self, name: &str, _wanted: &Value) -> Result<Value, String> {
        let fits = || {
            self.node.as_ref().is_some_and(|node| constraint::node_matches(&self.placement, node))
        };
        match (name, &self.parsed) {
            ("ok", parsed) => Ok(json!(parsed.is_ok())),
            ("match", _) => Ok(json!(fits())),
            ("error", Err(error)) => Ok(json!(error)),
            ("parsed", Ok(parsed)) => {
                let operator = |equal| if equal { "==" } else { "!=" };
                let all = parsed.iter().map(|c| json!([c.key, operator(c.equal), c.value]));
                Ok(all.collect())
            }
            _ => Err(format!("no {name}")),
        }
    }
}
