//! `docker secret inspect`: display detailed information on one or more secrets.
//!
//! Docker: `cli/command/secret/inspect.go`.

use crate::format::inspect;
use crate::format::template::Kind as DataKind;
use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('f', "format", Kind::Str, "Format the output using the given Go template"),
    flag("pretty", Kind::Bool, "Print the information in a human friendly format"),
];

pub(crate) const COMMAND: Command = Command {
    path: "secret inspect",
    usage: "[OPTIONS] SECRET [SECRET...]",
    short: "Display detailed information on one or more secrets",
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
            request: &|name| Request::SecretInspect { secret: name.to_owned() },
            json: &|response| match response {
                Response::Secret(secret) => Some(inspect::secret(secret)),
                _ => None,
            },
            missing: "Error: No such secret: ",
            kind: DataKind::Struct("swarm.Secret"),
            wrapped: true,
        },
    )
}

fn pretty(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    for name in &parsed.args {
        let request = Request::SecretInspect { secret: name.clone() };
        let Response::Secret(secret) = cx.ask_for("secret", name, request)? else {
            return confused();
        };
        let mut text = format!(
            "ID:              {}\nName:              {}\n",
            secret.id, secret.spec.annotations.name
        );
        if !secret.spec.annotations.labels.is_empty() {
            text += "Labels:\n";
            for (key, value) in &secret.spec.annotations.labels {
                let sep = if value.is_empty() { "" } else { "=" };
                text += &format!(" - {key}{sep}{value}\n");
            }
        }
        let at = |at| units::go_time(at).replace("UTC", "utc");
        text += &format!(
            "Driver:            {}\nCreated at:        {}\nUpdated at:        {}\n",
            secret.spec.driver,
            at(secret.meta.created_at),
            at(secret.meta.updated_at)
        );
        cx.out(text);
    }
    Ok(())
}
