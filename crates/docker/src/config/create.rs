//! `docker config create`: create a config from a file or STDIN.
//!
//! Docker: `cli/command/config/create.go`.

use crate::prelude::*;
use api::{Annotations, ConfigSpec};

static FLAGS: &[Flag] = &[
    short('l', "label", Kind::Label, "Config labels"),
    flag("template-driver", Kind::Str, "Template driver"),
];

pub(crate) const COMMAND: Command = Command {
    path: "config create",
    usage: "[OPTIONS] CONFIG file|-",
    short: "Create a config from a file or STDIN",
    args: Args::Exactly(2),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let data = objects::read(cx, parsed.arg(1))?;
    let spec = ConfigSpec {
        annotations: Annotations {
            name: parsed.arg(0).to_owned(),
            labels: objects::labels_from(&parsed.list("label")),
        },
        data,
        templating: parsed.str("template-driver").to_owned(),
    };
    let Response::Created { id, .. } = cx.ask(Request::ConfigCreate { spec: Box::new(spec) })?
    else {
        return confused();
    };
    cx.line(id);
    Ok(())
}
