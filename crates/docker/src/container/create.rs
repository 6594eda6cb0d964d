//! `docker container create`, `docker create`: create a new container.
//!
//! Docker: `cli/command/container/create.go`.

use super::config;
use crate::prelude::*;
use crate::pull::Pull;
use crate::reference;
use crate::script::Stop;
use crate::sub::Sub;
use api::ContainerConfig;

pub(crate) const COMMAND: Command = Command {
    path: "container create",
    usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
    short: "Create a new container",
    args: Args::AtLeast(1),
    flags: super::create_flags::FLAGS,
    interspersed: false,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "create", aliases: &[], ..COMMAND };

/// The client's complaint: `docker: … .`, with a hint at the help or without
/// (`reportError`).
pub(crate) fn report(name: &str, text: &str, with_help: bool) -> String {
    let text = text.strip_suffix('.').unwrap_or(text);
    let help = if with_help { format!("\nSee 'docker {name} --help'.") } else { String::new() };
    format!("docker: {text}.{help}")
}

/// An inner failure in the form of [`report`], with status 125.
pub(crate) fn reported<T>(name: &str, result: Flow<T>) -> Flow<T> {
    match result {
        Err(Stop::Fail { text, .. }) => exit(125, report(name, &text, true)),
        other => other,
    }
}

/// Creates a container; a missing image is pulled first (`createContainer`).
pub(crate) fn create(cx: &mut Cx<'_>, parsed: &Parsed, config: &ContainerConfig) -> Flow<String> {
    let image = match reference::parse(&config.image) {
        Ok(reference) => reference.tagged(),
        // an id of 64 digits is no reference, but an image
        Err(why) if config.image.len() != 64 => return fail(why),
        Err(_) => reference::parse("x").or_else(fail)?,
    };
    let when = parsed.get("pull").unwrap_or("missing");
    if when == "always" {
        pull(cx, &image.familiar())?;
    }
    let request = Request::ContainerCreate {
        name: parsed.str("name").to_owned(),
        config: Box::new(config.clone()),
    };
    let response = match cx.try_ask(request.clone())? {
        Err(error) if error.is_not_found() && when == "missing" => {
            cx.err_line(format!("Unable to find image '{}' locally", image.familiar()));
            pull(cx, &image.familiar())?;
            cx.ask(request)?
        }
        Err(error) => return fail(error_text(&error)),
        Ok(response) => response,
    };
    let Response::Created { id, warnings } = response else { return confused() };
    for warning in warnings {
        cx.err_line(format!("WARNING: {warning}"));
    }
    if let Some(path) = parsed.get("cidfile") {
        cx.write_file(path, id.clone().into_bytes())?;
    }
    Ok(id)
}

fn pull(cx: &mut Cx<'_>, image: &str) -> Flow {
    let (code, text) = cx.end_of(|| Sub::Pull(Box::new(Pull::new(image, false, false, true))))?;
    if code == 0 { Ok(()) } else { fail(text) }
}

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let created = config::config(cx, parsed, true).and_then(|mut config| {
        config.attach_stdout = true;
        config.attach_stderr = true;
        config.attach_stdin = parsed.bool("interactive");
        create(cx, parsed, &config)
    });
    let id = match created {
        // `create` itself reports parse errors the way `run` does, the daemon's plainly
        Err(Stop::Fail { text, .. }) if text.starts_with("Error response") => return fail(text),
        created => reported("create", created)?,
    };
    cx.line(id);
    Ok(())
}
