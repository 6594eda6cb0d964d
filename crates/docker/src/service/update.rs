//! `docker service update`: update a service.
//!
//! Docker: `cli/command/service/update.go`.

use super::options::{self, FileKind};
use super::parse;
use crate::prelude::*;
use crate::service::update_spec;

pub(crate) const COMMAND: Command = Command {
    path: "service update",
    usage: "[OPTIONS] SERVICE",
    short: "Update a service",
    args: Args::Exactly(1),
    flags: super::update_flags::FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let name = parsed.arg(0);
    let service = options::find(cx, name)?;
    let mut spec = (*service.spec).clone();
    let rollback = parsed.bool("rollback");
    if rollback {
        let alone = |flag: &&str| matches!(*flag, "rollback" | "detach" | "quiet");
        if !parsed.values.iter().all(|(flag, _)| alone(flag)) {
            return fail("other flags may not be combined with --rollback");
        }
    }
    update_spec::update(cx, parsed, &mut spec)?;
    let container = &mut spec.task_mut().container;
    for (kind, files) in
        [(FileKind::Secret, &mut container.secrets), (FileKind::Config, &mut container.configs)]
    {
        let removed = parsed.list(&format!("{}-rm", kind.word()));
        files.retain(|file| !removed.contains(&file.name));
        files.extend(options::files(cx, &parsed.list(&format!("{}-add", kind.word())), kind)?);
    }
    let request = Request::ServiceUpdate {
        service: service.id,
        version: service.meta.version,
        spec: Box::new(spec),
        rollback: if rollback { "previous".to_owned() } else { String::new() },
        query_registry: parsed.changed("image") && !parsed.bool("no-resolve-image"),
    };
    let response = cx.ask(request)?;
    options::warn(cx, &response);
    cx.line(name);
    options::wait(cx, parsed, name)
}

/// Words of `--args` and `--entrypoint`, checked when the flag was read.
pub(crate) fn words(parsed: &Parsed, flag: &str) -> Option<Vec<String>> {
    parsed.get(flag).and_then(|text| parse::shell_words(text).ok())
}
