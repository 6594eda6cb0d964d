//! `docker service ps`: list the tasks of one or more services.
//!
//! Docker: `cli/command/service/ps.go`.

use super::tasks;
use crate::prelude::*;
use api::{Filters, Service, ServiceStatus};
use share::Rc;
use std::collections::BTreeSet;

static FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Pretty-print tasks using a Go template"),
    flag("no-resolve", Kind::Bool, "Do not map IDs to Names"),
    flag("no-trunc", Kind::Bool, "Do not truncate output"),
    short('q', "quiet", Kind::Bool, "Only display task IDs"),
];

pub(crate) const COMMAND: Command = Command {
    path: "service ps",
    usage: "[OPTIONS] SERVICE [SERVICE...]",
    short: "List the tasks of one or more services",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

type Found = Vec<(Rc<Service>, Option<ServiceStatus>)>;

fn list(cx: &mut Cx<'_>, key: &str, names: &[String]) -> Flow<Found> {
    let values: BTreeSet<String> = names.iter().cloned().collect();
    let filters = Filters::from([(key.to_owned(), values)]);
    match cx.ask(Request::ServiceList { filters, status: false })? {
        Response::Services(services) => Ok(services),
        _ => confused(),
    }
}

/// A full id, then a full name, then a unique prefix of an id (`createFilter`).
fn resolve(by_id: &Found, by_name: &Found, word: &str) -> Result<Option<String>, String> {
    let full = by_id.iter().find(|(service, _)| service.id.as_str() == word);
    let named = by_name.iter().find(|(service, _)| service.spec.annotations.name == word);
    if let Some((service, _)) = full.or(named) {
        return Ok(Some(service.id.to_string()));
    }
    let mut found = by_id.iter().filter(|(service, _)| service.id.as_str().starts_with(word));
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some((service, _)), None) => Ok(Some(service.id.to_string())),
        (Some(_), Some(_)) => Err(format!("multiple services found with provided prefix: {word}")),
    }
}

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let by_id = list(cx, "id", &parsed.args)?;
    let by_name = list(cx, "name", &parsed.args)?;
    let (mut services, mut errors) = (BTreeSet::new(), Vec::new());
    for word in &parsed.args {
        match resolve(&by_id, &by_name, word) {
            Ok(Some(id)) => {
                services.insert(id);
            }
            Ok(None) => errors.push(format!("no such service: {word}")),
            Err(why) => return fail(why),
        }
    }
    if services.is_empty() {
        return objects::end_with(errors);
    }
    let mut filters = parsed.filters();
    filters.insert("service".to_owned(), services);
    if let Some(nodes) = filters.remove("node") {
        let mut ids = BTreeSet::new();
        for node in nodes {
            ids.insert(crate::node::ps::reference(cx, &node)?);
        }
        filters.insert("node".to_owned(), ids);
    }
    let Response::Tasks(tasks) = cx.ask(Request::TaskList { filters })? else {
        return confused();
    };
    tasks::print(cx, parsed, tasks)?;
    objects::end_with(errors)
}
