//! `docker container cp`, `docker cp`:
//! copy files/folders between a container and the local filesystem.
//!
//! Docker: `cli/command/container/cp.go`.
//!
//! **Left out:** tar streams (`-`) and file owners; directories come as their files.

use crate::prelude::*;

static FLAGS: &[Flag] = &[
    short('a', "archive", Kind::Bool, "Archive mode (copy all uid/gid information)"),
    short('L', "follow-link", Kind::Bool, "Always follow symbol link in SRC_PATH"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container cp",
    usage: "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tdocker cp [OPTIONS] SRC_PATH|- \
            CONTAINER:DEST_PATH",
    short: "Copy files/folders between a container and the local filesystem",
    long: "Copy files/folders between a container and the local filesystem\n\nUse '-' as the \
           source to read a tar archive from stdin\nand extract it to a directory destination \
           in a container.\nUse '-' as the destination to stream a tar archive of a\ncontainer \
           source to stdout.",
    args: Args::Exactly(2),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "cp", aliases: &[], ..COMMAND };

/// A side of the copy: a place in a container or on the machine.
fn split(text: &str) -> (Option<&str>, &str) {
    match text.split_once(':') {
        Some((container, path)) if !container.is_empty() && !text.starts_with(['/', '.']) => {
            (Some(container), path)
        }
        Some(_) | None => (None, text),
    }
}

fn base(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let (from, to) = (split(parsed.arg(0)), split(parsed.arg(1)));
    if parsed.args.iter().any(|arg| arg == "-") {
        return fail(
            "docker cp: este laboratório não modela arquivos tar (tar streams are not modelled)",
        );
    }
    match (from, to) {
        ((Some(_), _), (Some(_), _)) => fail("copying between containers is not supported"),
        ((None, _), (None, _)) => fail("must specify at least one container source"),
        ((Some(container), path), (None, target)) => {
            let request = Request::ContainerReadFile {
                container: container.to_owned(),
                path: path.to_owned(),
            };
            let Response::Files(files) = cx.ask(request)? else { return confused() };
            for (name, content) in files {
                let name = name.strip_prefix(path).unwrap_or(&name);
                let name = name.trim_start_matches('/');
                let into = match (target.ends_with('/') || target == ".", name) {
                    (true, "") => format!("{}/{}", target.trim_end_matches('/'), base(path)),
                    (true, name) => format!("{}/{name}", target.trim_end_matches('/')),
                    (false, "") => target.to_owned(),
                    (false, name) => format!("{target}/{name}"),
                };
                cx.write_file(&into, content)?;
            }
            Ok(())
        }
        ((None, path), (Some(container), target)) => {
            let content = match cx.read_file(path)? {
                Ok(content) => content,
                Err(why) => return fail(format!("lstat {path}: {why}")),
            };
            let target = if target.ends_with('/') {
                format!("{target}{}", base(path))
            } else {
                target.to_owned()
            };
            cx.ask(Request::ContainerWriteFile {
                container: container.to_owned(),
                path: target,
                content,
            })?;
            Ok(())
        }
    }
}
