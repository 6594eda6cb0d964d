//! `docker config inspect`: display detailed information on one or more configs.
//!
//! Docker: `cli/command/config/inspect.go`.

use crate::format::inspect;
use crate::format::template::Kind as DataKind;
use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "format", Kind::Str, "Format the output using the given Go template"),
    flag("pretty", Kind::Bool, "Print the information in a human friendly format"),
];

pub(crate) const COMMAND: Command = Command {
    path: "config inspect",
    usage: "[OPTIONS] CONFIG [CONFIG...]",
    short: "Display detailed information on one or more configs",
    args: Args::AtLeast(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    if parsed.bool("pretty") {
        if parsed.changed("format") {
            return fail("--format is incompatible with human friendly format");
        }
        return pretty(cx, parsed);
    }
    objects::inspect(
        cx,
        &parsed.args,
        parsed.str("format"),
        &objects::Inspect {
            request: &|name| Request::ConfigInspect { config: name.to_owned() },
            json: &|response| match response {
                Response::Config(config) => Some(inspect::config(config)),
                _ => None,
            },
            missing: "Error: No such config: ",
            kind: DataKind::Struct("swarm.Config"),
            wrapped: true,
        },
    )
}

fn pretty(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    for name in &parsed.args {
        let request = Request::ConfigInspect { config: name.clone() };
        let Response::Config(config) = cx.ask_for("config", name, request)? else {
            return confused();
        };
        let mut text =
            format!("ID:\t\t\t{}\nName:\t\t\t{}\n", config.id, config.spec.annotations.name);
        if !config.spec.annotations.labels.is_empty() {
            text += "Labels:\n";
            for (key, value) in &config.spec.annotations.labels {
                let sep = if value.is_empty() { "" } else { "=" };
                text += &format!(" - {key}{sep}{value}\n");
            }
        }
        let at = |at| units::go_time(at).replace("UTC", "utc");
        text += &format!(
            "Created at:            \t{}\nUpdated at:            \t{}\nData:\n{}\n",
            at(config.meta.created_at),
            at(config.meta.updated_at),
            String::from_utf8_lossy(&config.spec.data)
        );
        cx.out(text);
    }
    Ok(())
}
