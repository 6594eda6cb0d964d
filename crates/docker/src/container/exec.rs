//! `docker container exec`, `docker exec`: run a command in a running container.
//!
//! Docker: `cli/command/container/exec.go`.

use crate::attach::Attach;
use crate::prelude::*;
use crate::service::options;
use crate::sub::Sub;
use api::ExecConfig;

static FLAGS: &[Flag] = &[
    short('d', "detach", Kind::Bool, "Detached mode: run command in the background"),
    flag("detach-keys", Kind::Str, "Override the key sequence for detaching a container"),
    short('e', "env", Kind::Env, "Set environment variables"),
    flag("env-file", Kind::List, "Read in a file of environment variables"),
    short('i', "interactive", Kind::Bool, "Keep STDIN open even if not attached"),
    flag("privileged", Kind::Bool, "Give extended privileges to the command"),
    short('t', "tty", Kind::Bool, "Allocate a pseudo-TTY"),
    short('u', "user", Kind::Str, "Username or UID (format: <name|uid>[:<group|gid>])"),
    short('w', "workdir", Kind::Str, "Working directory inside the container"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container exec",
    usage: "[OPTIONS] CONTAINER COMMAND [ARG...]",
    short: "Run a command in a running container",
    args: Args::AtLeast(2),
    flags: FLAGS,
    interspersed: false,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "exec", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let name = parsed.arg(0);
    let detach = parsed.bool("detach");
    let (stdin, tty) = (parsed.bool("interactive") && !detach, parsed.bool("tty"));
    let exec = ExecConfig {
        cmd: parsed.args.get(1..).unwrap_or(&[]).to_vec(),
        env: options::environment(cx, parsed, "env")?,
        tty,
        attach_stdin: stdin,
        attach_stdout: !detach,
        attach_stderr: !detach,
        detach,
        user: parsed.str("user").to_owned(),
        working_dir: parsed.str("workdir").to_owned(),
        privileged: parsed.bool("privileged"),
    };
    super::find(cx, name)?;
    if stdin && tty && !cx.env.stdin_tty {
        return fail("the input device is not a TTY");
    }
    let request = Request::ExecCreate { container: name.to_owned(), exec };
    let Response::Created { id, .. } = cx.ask_for("container", name, request)? else {
        return confused();
    };
    let open = Request::ExecStart { exec: id };
    if detach {
        cx.ask(open)?;
        return Ok(());
    }
    let (code, text) =
        cx.end_of(|| Sub::Attach(Box::new(Attach::new(name, open).with(tty, stdin, false))))?;
    match (code, text.as_str()) {
        (0, "") => Ok(()),
        (125, text) if text.starts_with("Error response") => fail(text),
        (code, text) => {
            // the runtime's words come down the stream itself
            if !text.is_empty() {
                cx.line(text);
            }
            exit(code, "")
        }
    }
}
