//! `docker stack ls`: list stacks.
//!
//! Docker: `cli/command/stack/ls.go`.

use super::{NAMESPACE, check};
use crate::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

static FLAGS: &[Flag] = &[
    flag("format", Kind::Str, "Pretty-print stacks using a Go template"),
    flag("orchestrator", Kind::Str, "Orchestrator to use (swarm|kubernetes|all)"),
];

pub(crate) const COMMAND: Command = Command {
    path: "stack ls",
    usage: "[OPTIONS]",
    short: "List stacks",
    aliases: &["list"],
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    check(cx, parsed, &[])?;
    let labels = BTreeSet::from([NAMESPACE.to_owned()]);
    let filters = api::Filters::from([("label".to_owned(), labels)]);
    let Response::Services(services) = cx.ask(Request::ServiceList { filters, status: false })?
    else {
        return confused();
    };
    let mut stacks: BTreeMap<String, u64> = BTreeMap::new();
    for (service, _) in services {
        match service.spec.annotations.labels.get(NAMESPACE) {
            Some(name) => *stacks.entry(name.clone()).or_default() += 1,
            None => {
                return fail(format!("cannot get label {NAMESPACE} for service {}", service.id));
            }
        }
    }
    let mut stacks: Vec<(String, u64)> = stacks.into_iter().collect();
    stacks.sort_by(|a, b| units::natural_cmp(&a.0, &b.0));
    let rows = stacks
        .into_iter()
        .map(|(name, services)| {
            Row::from([
                ("Name", name.into()),
                ("Services", services.to_string().into()),
                ("Orchestrator", "Swarm".into()),
                ("Namespace", "".into()),
            ])
        })
        .collect();
    let listing = Listing {
        type_name: "*formatter.stackContext",
        table: "{{.Name}}\t{{.Services}}\t{{.Orchestrator}}",
        quiet: "{{.Name}}",
        headers: &[
            ("Name", "NAME"),
            ("Services", "SERVICES"),
            ("Orchestrator", "ORCHESTRATOR"),
            ("Namespace", "NAMESPACE"),
        ],
        rows,
    };
    objects::show(cx, parsed, &listing)
}
