//! The list of tasks that `service ps`, `node ps` and `stack ps` print
//! (`cli/command/task/{print,formatter}.go`).

use crate::flags::Parsed;
use crate::format::listing::{Listing, Row};
use crate::format::units;
use crate::objects::{self, Names};
use crate::script::{Cx, Flow};
use api::Task;
use share::Rc;

/// Prints tasks: by name, newest first, older ones of a slot indented.
pub(crate) fn print(cx: &mut Cx<'_>, parsed: &Parsed, tasks: Vec<Rc<Task>>) -> Flow {
    let names =
        if parsed.bool("no-resolve") { Names::default() } else { objects::names_of(cx, &tasks)? };
    let mut named: Vec<(String, Rc<Task>)> =
        tasks.into_iter().map(|task| (name(&task, &names), task)).collect();
    named.sort_by(|(a, x), (b, y)| {
        units::natural_cmp(a, b).then(y.meta.created_at.cmp(&x.meta.created_at))
    });
    let full = parsed.bool("no-trunc");
    let mut rows = Vec::new();
    let name_of = |at: usize| named.get(at).map(|(name, _)| name);
    for (at, (name, task)) in named.iter().enumerate() {
        // docker keeps one name a task: of one that is listed twice (`node ps A B`) the last
        let again = named.iter().skip(at + 1).take_while(|(_, other)| other.id == task.id);
        let last = at + again.count();
        let older = last.checked_sub(1).and_then(name_of) == Some(name);
        let shown = if older { format!(" \\_ {name}") } else { name.clone() };
        rows.push(row(cx, task, shown, &names, full));
    }
    let listing = Listing {
        type_name: "*task.taskContext",
        table: "{{.ID}}\t{{.Name}}\t{{.Image}}\t{{.Node}}\t{{.DesiredState}}\t{{.CurrentState}}\t\
                {{.Error}}\t{{.Ports}}",
        quiet: "{{.FullID}}",
        headers: &[
            ("ID", "ID"),
            ("Name", "NAME"),
            ("Image", "IMAGE"),
            ("Node", "NODE"),
            ("DesiredState", "DESIRED STATE"),
            ("CurrentState", "CURRENT STATE"),
            ("Error", "ERROR"),
            ("Ports", "PORTS"),
        ],
        rows,
    };
    objects::show(cx, parsed, &listing)
}

/// `SERVICE.SLOT`, or `SERVICE.NODE` without a slot.
fn name(task: &Task, names: &Names) -> String {
    let service = task.service_id.map(|id| id.to_string()).unwrap_or_default();
    let service = names.service(&service);
    match (task.slot, task.node_id) {
        (0, Some(node)) => format!("{service}.{node}"),
        (0, None) => format!("{service}."),
        (slot, _) => format!("{service}.{slot}"),
    }
}

fn row(cx: &Cx<'_>, task: &Task, name: String, names: &Names, full: bool) -> Row {
    let node = task.node_id.map(|id| id.to_string()).unwrap_or_default();
    let image = if full {
        task.spec.container.image.clone()
    } else {
        units::image_without_digest(&task.spec.container.image)
    };
    let age = units::age(cx.now(), task.status.timestamp).to_lowercase();
    let state = units::pretty(task.status.state.as_str());
    let id = if full { task.id.as_str() } else { task.id.short() };
    let ports: Vec<String> = task
        .status
        .port_status
        .iter()
        .map(|port| {
            let protocol = port.protocol.as_str();
            format!("*:{}->{}/{protocol}", port.published_port, port.target_port)
        })
        .collect();
    Row::from([
        ("ID", id.into()),
        ("FullID", task.id.as_str().into()),
        ("Name", name.into()),
        ("Image", image.into()),
        ("Node", names.node(&node).into()),
        ("DesiredState", units::pretty(task.desired_state.as_str()).into()),
        ("CurrentState", format!("{state} {age} ago").into()),
        ("Error", error(&task.status.err, full).into()),
        ("Ports", ports.join(",").into()),
    ])
}

/// In quotes, 30 bytes at most.
fn error(err: &str, full: bool) -> String {
    if err.is_empty() {
        return String::new();
    }
    if full || err.len() <= 30 {
        return format!("\"{err}\"");
    }
    let mut end = 29;
    while !err.is_char_boundary(end) {
        end -= 1;
    }
    format!("\"{}…\"", err.get(..end).unwrap_or(""))
}
