//! `docker image pull`, `docker pull`: pull an image or a repository from a registry.
//!
//! Docker: `cli/command/image/pull.go`.

use crate::prelude::*;
use crate::pull::Pull;
use crate::reference;
use crate::sub::Sub;

static FLAGS: &[Flag] = &[
    short('a', "all-tags", Kind::Bool, "Download all tagged images in the repository"),
    flag("disable-content-trust", Kind::Bool, "Skip image verification (default true)"),
    flag("platform", Kind::Str, "Set platform if server is multi-platform capable"),
    short('q', "quiet", Kind::Bool, "Suppress verbose output"),
];

pub(crate) const COMMAND: Command = Command {
    path: "image pull",
    usage: "[OPTIONS] NAME[:TAG|@DIGEST]",
    short: "Pull an image or a repository from a registry",
    args: Args::Exactly(1),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "pull", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let all = parsed.bool("all-tags");
    let quiet = parsed.bool("quiet");
    let reference = match reference::parse(parsed.arg(0)) {
        Ok(reference) => reference,
        Err(why) => return fail(why),
    };
    if all && !reference.is_name_only() {
        return fail("tag can't be used with --all-tags/-a");
    }
    let reference = if !all && reference.is_name_only() {
        if !quiet {
            cx.line("Using default tag: latest");
        }
        reference.tagged()
    } else {
        reference
    };
    let image = reference.familiar();
    let (code, text) = cx.end_of(|| Sub::Pull(Box::new(Pull::new(&image, all, quiet, false))))?;
    if code != 0 {
        return fail(text);
    }
    cx.line(reference.full());
    Ok(())
}
