//! `docker container run`, `docker run`: run a command in a new container.
//!
//! Docker: `cli/command/container/run.go`.

use super::config;
use super::create::{create, report, reported};
use crate::attach::{Attach, start_status};
use crate::prelude::*;
use crate::sub::Sub;

pub(crate) const COMMAND: Command = Command {
    path: "container run",
    usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
    short: "Run a command in a new container",
    args: Args::AtLeast(1),
    flags: super::run_flags::FLAGS,
    interspersed: false,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "run", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let detach = parsed.bool("detach");
    let config = config::config(cx, parsed, detach);
    let config = reported("run", config)?;
    if config.attach_stdin && config.tty && !cx.env.stdin_tty {
        return fail("the input device is not a TTY");
    }
    let created = create(cx, parsed, &config);
    let id = reported("run", created)?;
    if !config.attach_stdout && !config.attach_stderr {
        cx.line(&id);
        let request = Request::ContainerStart { container: id };
        return match cx.try_ask(request)? {
            Ok(_) => Ok(()),
            Err(error) => start_failed(&error_text(&error)),
        };
    }
    let auto_remove = config.host.auto_remove;
    let proxy = parsed.get("sig-proxy").is_none() || parsed.bool("sig-proxy");
    let (code, text) = cx.end_of(|| {
        let open = Request::ContainerAttach {
            container: id.clone(),
            stdin: config.attach_stdin,
            logs: false,
        };
        let condition = if auto_remove { "removed" } else { "next-exit" };
        let attach = Attach::new(&id, open).starting(auto_remove).waiting(condition).with(
            config.tty,
            config.attach_stdin,
            proxy,
        );
        Sub::Attach(Box::new(attach))
    })?;
    match (code, text.as_str()) {
        (0, "") => Ok(()),
        (code, "") => exit(code, ""),
        (_, text) => start_failed(text),
    }
}

fn start_failed(text: &str) -> Flow {
    exit(start_status(text), report("run", text, false))
}
