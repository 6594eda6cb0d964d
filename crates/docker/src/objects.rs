//! What commands of several nouns do alike: print a list, inspect by reference, remove one by
//! one, resolve ids to names.

use crate::flags::Parsed;
use crate::format::listing::Listing;
use crate::format::render;
use crate::format::template::Kind;
use crate::script::{Cx, Flow, exit, fail, not_found_text};
use api::{ApiError, Request, Response};
use serde_json::Value;
use std::collections::BTreeMap;

/// Prints a list as `--format` and `-q` want it.
pub(crate) fn show(cx: &mut Cx<'_>, parsed: &Parsed, listing: &Listing) -> Flow {
    show_as(cx, listing, parsed.str("format"), parsed.bool("quiet"))
}

/// Prints a list in a given format.
pub(crate) fn show_as(cx: &mut Cx<'_>, listing: &Listing, format: &str, quiet: bool) -> Flow {
    match listing.render(format, quiet) {
        Ok(text) => {
            cx.out(text);
            Ok(())
        }
        Err(why) => fail(why),
    }
}

/// What an inspection asks about one reference, and how it takes the answer.
pub(crate) struct Inspect<'a> {
    pub(crate) request: &'a dyn Fn(&str) -> Request,
    pub(crate) json: &'a dyn Fn(&Response) -> Option<Value>,
    /// Words for a 404, with the reference behind them.
    pub(crate) missing: &'a str,
    /// Go's type for error texts, or none for raw JSON.
    pub(crate) kind: Kind,
    /// Whether docker wraps the error in `Status: …, Code: 1`.
    pub(crate) wrapped: bool,
}

/// Asks about every reference, prints what was found, then fails with all the errors.
pub(crate) fn inspect(
    cx: &mut Cx<'_>,
    references: &[String],
    format: &str,
    how: &Inspect<'_>,
) -> Flow {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for reference in references {
        match cx.try_ask((how.request)(reference))? {
            Ok(response) => match (how.json)(&response) {
                Some(value) => found.push(value),
                None => return crate::script::confused(),
            },
            Err(error) if error.is_not_found() => {
                errors.push(format!("{}{reference}", how.missing));
            }
            Err(error) => errors.push(crate::script::error_text(&error)),
        }
    }
    finish_inspect(cx, &found, errors, format, how.kind, how.wrapped)
}

/// The end of an inspection: what was found on stdout, the errors as docker words them.
pub(crate) fn finish_inspect(
    cx: &mut Cx<'_>,
    found: &[Value],
    mut errors: Vec<String>,
    format: &str,
    kind: Kind,
    wrapped: bool,
) -> Flow {
    match render::render(found, format, kind) {
        Ok(text) if text.is_empty() => cx.out("\n"),
        Ok(text) => cx.out(text),
        Err(why) if why.starts_with("Template") => return exit(64, why),
        Err(why) => {
            cx.out("\n");
            errors.push(why);
        }
    }
    if errors.is_empty() {
        return Ok(());
    }
    let text = errors.join("\n");
    if wrapped { fail(format!("Status: {text}, Code: 1")) } else { fail(text) }
}

/// Asks one by one and prints each reference that went well; then fails with all the errors.
pub(crate) fn each(
    cx: &mut Cx<'_>,
    references: &[String],
    kind: &str,
    request: impl Fn(&str) -> Request,
) -> Flow {
    let mut errors = Vec::new();
    for reference in references {
        match cx.try_ask(request(reference))? {
            Ok(_) => cx.line(reference),
            Err(error) => errors.push(not_found_text(&error, kind, reference)),
        }
    }
    end_with(errors)
}

/// The same with all requests sent at once (docker's `parallelOperation`).
pub(crate) fn each_at_once(
    cx: &mut Cx<'_>,
    references: &[String],
    request: impl Fn(&str) -> Request,
    word: impl Fn(&ApiError, &str) -> String,
) -> Flow {
    let answers = cx.ask_all(references.iter().map(|name| request(name)).collect())?;
    let mut errors = Vec::new();
    for (reference, answer) in references.iter().zip(answers) {
        match answer {
            Ok(_) => cx.line(reference),
            Err(error) => errors.push(word(&error, reference)),
        }
    }
    end_with(errors)
}

/// Fails with the errors, one a line, if there are any.
pub(crate) fn end_with(errors: Vec<String>) -> Flow {
    if errors.is_empty() { Ok(()) } else { fail(errors.join("\n")) }
}

/// Names of nodes and services by id; what is gone keeps its id.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) nodes: BTreeMap<String, String>,
    pub(crate) services: BTreeMap<String, String>,
}

impl Names {
    /// A node's name, else its id.
    pub(crate) fn node<'a>(&'a self, id: &'a str) -> &'a str {
        self.nodes.get(id).map_or(id, String::as_str)
    }

    /// A service's name, else its id.
    pub(crate) fn service<'a>(&'a self, id: &'a str) -> &'a str {
        self.services.get(id).map_or(id, String::as_str)
    }
}

/// Asks for the names behind the ids of tasks (docker/cli `idresolver`).
pub(crate) fn names_of(cx: &mut Cx<'_>, tasks: &[share::Rc<api::Task>]) -> Flow<Names> {
    let mut ids: BTreeMap<String, Request> = BTreeMap::new();
    for task in tasks {
        if let Some(node) = task.node_id {
            let node = node.to_string();
            ids.insert(node.clone(), Request::NodeInspect { node });
        }
        if let Some(service) = task.service_id {
            let service = service.to_string();
            let request =
                Request::ServiceInspect { service: service.clone(), insert_defaults: false };
            ids.insert(service, request);
        }
    }
    let mut names = Names::default();
    if ids.is_empty() {
        return Ok(names);
    }
    let (ids, requests): (Vec<String>, Vec<Request>) = ids.into_iter().unzip();
    for (id, answer) in ids.into_iter().zip(cx.ask_all(requests)?) {
        match answer {
            Ok(Response::Node(node)) => {
                names.nodes.insert(id, node_name(&node));
            }
            Ok(Response::Service(service)) => {
                names.services.insert(id, service.spec.annotations.name.clone());
            }
            Ok(_) | Err(_) => {}
        }
    }
    Ok(names)
}

/// A node's own name, else its host name, else its id.
pub(crate) fn node_name(node: &api::Node) -> String {
    let hostname = node.description.as_ref().map_or("", |d| d.hostname.as_str());
    let name = &node.spec.annotations.name;
    match (name.as_str(), hostname) {
        ("", "") => node.id.to_string(),
        ("", hostname) => hostname.to_owned(),
        (name, _) => name.to_owned(),
    }
}

/// The daemon's `docker info`.
pub(crate) fn info(cx: &mut Cx<'_>) -> Flow<Box<api::SystemInfo>> {
    match cx.ask(Request::Info)? {
        Response::Info(info) => Ok(info),
        _ => crate::script::confused(),
    }
}

/// Labels from `key=value` words.
pub(crate) fn labels_from(words: &[String]) -> api::Labels {
    words
        .iter()
        .map(|word| {
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            (key.to_owned(), value.to_owned())
        })
        .collect()
}

/// What a prune took away, and the space it gave back.
pub(crate) fn pruned(cx: &mut Cx<'_>, title: &str, deleted: &[String], space: Option<u64>) {
    if !deleted.is_empty() {
        cx.line(format!("{title}\n{}\n", deleted.join("\n")));
    }
    if let Some(space) = space {
        let space = crate::format::units::human_size_4(space);
        cx.line(format!("Total reclaimed space: {space}"));
    }
}

/// `a=1,b=2`, as lists show labels.
pub(crate) fn join_labels(labels: &api::Labels) -> String {
    let words: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    words.join(",")
}

/// The contents of a file, or of standard input for `-`.
pub(crate) fn read(cx: &mut Cx<'_>, file: &str) -> Flow<Vec<u8>> {
    if file == "-" {
        return cx.stdin_all();
    }
    match cx.read_file(file)? {
        Ok(bytes) => Ok(bytes),
        Err(why) => fail(format!("open {file}: {why}")),
    }
}
