//! `docker container start`, `docker start`: start one or more stopped containers.
//!
//! Docker: `cli/command/container/start.go`.

use crate::attach::Attach;
use crate::prelude::*;
use crate::sub::Sub;

static FLAGS: &[Flag] = &[
    short('a', "attach", Kind::Bool, "Attach STDOUT/STDERR and forward signals"),
    flag("detach-keys", Kind::Str, "Override the key sequence for detaching a container"),
    short('i', "interactive", Kind::Bool, "Attach container's STDIN"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container start",
    usage: "[OPTIONS] CONTAINER [CONTAINER...]",
    short: "Start one or more stopped containers",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "start", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    if parsed.any_changed(&["attach", "interactive"]) {
        return attached(cx, parsed);
    }
    let mut failed = Vec::new();
    for name in &parsed.args {
        match cx.try_ask(Request::ContainerStart { container: name.clone() })? {
            Ok(_) => cx.line(name),
            Err(error) => {
                cx.err_line(error_text(&error));
                failed.push(name.clone());
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    fail(format!("Error: failed to start containers: {}", failed.join(", ")))
}

fn attached(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let [name] = parsed.args.as_slice() else {
        return fail("you cannot start and attach multiple containers at once");
    };
    let container = super::find(cx, name)?;
    let stdin = parsed.bool("interactive") && container.config.open_stdin;
    let tty = container.config.tty;
    let auto_remove = container.config.host.auto_remove;
    let (code, text) = cx.end_of(|| {
        let open = Request::ContainerAttach { container: name.clone(), stdin, logs: false };
        let condition = if auto_remove { "removed" } else { "next-exit" };
        let attach =
            Attach::new(name, open).starting(auto_remove).waiting(condition).with(tty, stdin, true);
        Sub::Attach(Box::new(attach))
    })?;
    match (code, text.as_str()) {
        (0, "") => Ok(()),
        (code, "") => exit(code, ""),
        (_, text) => fail(text),
    }
}
