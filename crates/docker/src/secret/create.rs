//! `docker secret create`: create a secret from a file or STDIN as content.
//!
//! Docker: `cli/command/secret/create.go`.

use crate::prelude::*;
use api::{Annotations, SecretSpec};

static FLAGS: &[Flag] = &[
    short('d', "driver", Kind::Str, "Secret driver"),
    short('l', "label", Kind::Label, "Secret labels"),
    flag("template-driver", Kind::Str, "Template driver"),
];

pub(crate) const COMMAND: Command = Command {
    path: "secret create",
    usage: "[OPTIONS] SECRET [file|-]",
    short: "Create a secret from a file or STDIN as content",
    args: Args::Between(1, 2),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let driver = parsed.str("driver");
    if !driver.is_empty() && parsed.args.len() > 1 {
        return fail("When using secret driver secret data must be empty");
    }
    let data = match parsed.args.get(1) {
        Some(file) => objects::read(cx, file)?,
        None => Vec::new(),
    };
    let spec = SecretSpec {
        annotations: Annotations {
            name: parsed.arg(0).to_owned(),
            labels: objects::labels_from(&parsed.list("label")),
        },
        data,
        driver: driver.to_owned(),
        templating: parsed.str("template-driver").to_owned(),
    };
    let Response::Created { id, .. } = cx.ask(Request::SecretCreate { spec: Box::new(spec) })?
    else {
        return confused();
    };
    cx.line(id);
    Ok(())
}
