//! `docker service logs`: fetch the logs of a service or task.
//!
//! Docker: `cli/command/service/logs.go`.

use crate::logs::{self, Logs};
use crate::prelude::*;
use crate::sub::Sub;
use api::{Filters, ServiceMode, Task};
use share::Rc;
use std::collections::{BTreeMap, BTreeSet};

static FLAGS: &[Flag] = &[
    flag("details", Kind::Bool, "Show extra details provided to logs"),
    short('f', "follow", Kind::Bool, "Follow log output"),
    flag("no-resolve", Kind::Bool, "Do not map IDs to Names in output"),
    flag("no-task-ids", Kind::Bool, "Do not include task IDs in output"),
    flag("no-trunc", Kind::Bool, "Do not truncate output"),
    flag("raw", Kind::Bool, "Do not neatly format logs"),
    flag(
        "since",
        Kind::Str,
        "Show logs since timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 \
         minutes)",
    ),
    short(
        'n',
        "tail",
        Kind::Str,
        "Number of lines to show from the end of the logs (default \"all\")",
    ),
    short('t', "timestamps", Kind::Bool, "Show timestamps"),
];

pub(crate) const COMMAND: Command = Command {
    path: "service logs",
    usage: "[OPTIONS] SERVICE|TASK",
    short: "Fetch the logs of a service or task",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let target = parsed.arg(0);
    let missing = format!("no such task or service: {target}");
    let request = Request::ServiceInspect { service: target.to_owned(), insert_defaults: false };
    let (mut slots, tasks, tty) = match cx.try_ask(request)? {
        Ok(Response::Service(service)) => {
            let id = service.id.to_string();
            let filters = Filters::from([("service".to_owned(), BTreeSet::from([id]))]);
            let tasks = match cx.ask(Request::TaskList { filters })? {
                Response::Tasks(tasks) => tasks,
                _ => return confused(),
            };
            let slots = match service.spec.mode {
                ServiceMode::Replicated { replicas } => replicas,
                ServiceMode::Global
                | ServiceMode::ReplicatedJob { .. }
                | ServiceMode::GlobalJob => 0,
            };
            (slots, tasks, service.spec.task.container.tty)
        }
        Ok(_) => return confused(),
        Err(error) if error.is_not_found() => {
            match cx.try_ask(Request::TaskInspect { task: target.to_owned() })? {
                Ok(Response::Task(task)) => {
                    (task.slot, vec![task.clone()], task.spec.container.tty)
                }
                Ok(_) => return confused(),
                Err(error) if error.is_not_found() => return fail(missing),
                Err(error) => return fail(error_text(&error)),
            }
        }
        Err(error) => return fail(error_text(&error)),
    };
    let raw = parsed.bool("raw");
    // unlike the engine's own logs, a service's are particular about the number (moby
    // `daemon/cluster/services.go`)
    match parsed.str("tail") {
        "" | "all" => {}
        text if text.strip_prefix('-').is_some_and(|n| n.parse::<u64>().is_ok()) => {
            return fail("Error response from daemon: negative tail values not supported");
        }
        text if text.parse::<u64>().is_err() => {
            return fail(
                "Error response from daemon: tail value must be a positive integer or \"all\"",
            );
        }
        _ => {}
    }
    if tty && !raw {
        return fail("tty service logs only supported with --raw");
    }
    let options = match logs::options(parsed, cx.now()) {
        Ok(options) => options,
        Err(why) => return fail(why),
    };
    slots = slots.max(1);
    let prefixes = if raw { None } else { Some(prefixes(cx, parsed, &tasks, slots)?) };
    let request = Request::ServiceLogs { service: target.to_owned(), options };
    let timestamps = parsed.bool("timestamps");
    let (code, text) = cx.end_of(|| {
        Sub::Logs(Box::new(Logs { request, missing, timestamps, prefixes, call: None }))
    })?;
    if code == 0 { Ok(()) } else { fail(text) }
}

/// `web.1.q1w2e3r4t5y6@node1` with blanks so that the bars of all slots line up.
fn prefixes(
    cx: &mut Cx<'_>,
    parsed: &Parsed,
    tasks: &[Rc<Task>],
    slots: u64,
) -> Flow<BTreeMap<String, String>> {
    let names = if parsed.bool("no-resolve") {
        objects::Names::default()
    } else {
        objects::names_of(cx, tasks)?
    };
    let width = slots.to_string().len();
    let mut prefixes = BTreeMap::new();
    for task in tasks {
        let service = task.service_id.map(|id| id.to_string()).unwrap_or_default();
        let node = task.node_id.map(|id| id.to_string()).unwrap_or_default();
        let mut text = names.service(&service).to_owned();
        let slot = if task.slot == 0 { node.clone() } else { task.slot.to_string() };
        text += &format!(".{slot}");
        if !parsed.bool("no-task-ids") {
            let id = if parsed.bool("no-trunc") { task.id.as_str() } else { task.id.short() };
            text += &format!(".{id}");
        }
        text += &format!("@{}", names.node(&node));
        let padding = width.saturating_sub(task.slot.to_string().len());
        text.extend(std::iter::repeat_n(' ', padding));
        prefixes.insert(task.id.to_string(), text);
    }
    Ok(prefixes)
}
