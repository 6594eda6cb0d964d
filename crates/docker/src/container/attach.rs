//! `docker container attach`, `docker attach`:
//! attach local standard input, output, and error streams to a running container.
//!
//! Docker: `cli/command/container/attach.go`.

use crate::attach::Attach;
use crate::prelude::*;
use crate::sub::Sub;
use api::ContainerStatusWord as Word;

static FLAGS: &[Flag] = &[
    flag("detach-keys", Kind::Str, "Override the key sequence for detaching a container"),
    flag("no-stdin", Kind::Bool, "Do not attach STDIN"),
    flag("sig-proxy", Kind::Bool, "Proxy all received signals to the process (default true)"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container attach",
    usage: "[OPTIONS] CONTAINER",
    short: "Attach local standard input, output, and error streams to a running container",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "attach", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let name = parsed.arg(0);
    let container = super::find(cx, name)?;
    let refuse =
        |state: &str, how: &str| fail(format!("You cannot attach to a {state} container, {how}"));
    match container.summary.state.status {
        Word::Running => {}
        Word::Paused => return refuse("paused", "unpause it first"),
        Word::Restarting => return refuse("restarting", "wait until it is running"),
        Word::Created | Word::Removing | Word::Exited | Word::Dead => {
            return refuse("stopped", "start it first");
        }
    }
    let stdin = container.config.open_stdin && !parsed.bool("no-stdin");
    let tty = container.config.tty;
    if stdin && tty && !cx.env.stdin_tty {
        return fail("the input device is not a TTY");
    }
    let proxy = parsed.get("sig-proxy").is_none() || parsed.bool("sig-proxy");
    let (code, text) = cx.end_of(|| {
        let open = Request::ContainerAttach { container: name.to_owned(), stdin, logs: false };
        let attach = Attach::new(name, open).waiting("not-running").with(tty, stdin, proxy);
        Sub::Attach(Box::new(attach))
    })?;
    if code == 0 { Ok(()) } else { exit(code, text) }
}
