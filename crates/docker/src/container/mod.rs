//! `docker container` and its old short names: one file a command.

pub(crate) mod attach;
pub(crate) mod config;
pub(crate) mod cp;
pub(crate) mod create;
pub(crate) mod create_flags;
pub(crate) mod diff;
pub(crate) mod exec;
pub(crate) mod inspect;
pub(crate) mod kill;
pub(crate) mod logs;
pub(crate) mod ls;
pub(crate) mod pause;
pub(crate) mod port;
pub(crate) mod prune;
pub(crate) mod rename;
pub(crate) mod restart;
pub(crate) mod rm;
pub(crate) mod run;
pub(crate) mod run_flags;
pub(crate) mod start;
pub(crate) mod stats;
pub(crate) mod stop;
pub(crate) mod top;
pub(crate) mod unpause;
pub(crate) mod update;
pub(crate) mod wait;

use crate::script::{Cx, Flow, confused};
use api::{ContainerInspect, Request, Response};

/// Inspects a container; a 404 becomes docker's words for containers.
pub(crate) fn find(cx: &mut Cx<'_>, name: &str) -> Flow<Box<ContainerInspect>> {
    let request = Request::ContainerInspect { container: name.to_owned(), size: false };
    match cx.ask_for("container", name, request)? {
        Response::Container(container) => Ok(container),
        _ => confused(),
    }
}
