//! `docker stack`: one file a command.

pub(crate) mod deploy;
pub(crate) mod ls;
pub(crate) mod ps;
pub(crate) mod rm;
pub(crate) mod services;

use crate::flags::Parsed;
use crate::script::{Cx, Flow, fail};

/// The label that names a stack.
pub(crate) const NAMESPACE: &str = "com.docker.stack.namespace";

/// Filters that keep a stack's own.
pub(crate) fn filters(parsed: &Parsed, stack: &str) -> api::Filters {
    let mut filters = parsed.filters();
    filters.entry("label".to_owned()).or_default().insert(format!("{NAMESPACE}={stack}"));
    filters
}

/// `--orchestrator` and the shape of a stack's name.
pub(crate) fn check(_: &mut Cx<'_>, parsed: &Parsed, names: &[String]) -> Flow {
    match parsed.get("orchestrator") {
        None | Some("" | "swarm") => {}
        Some("kubernetes" | "all") => {
            return fail(
                "unable to load configuration file: stat /root/.kube/config: no such file or \
                 directory",
            );
        }
        Some(other) => {
            return fail(format!(
                "specified orchestrator {} is invalid, please use either kubernetes, swarm or all",
                crate::values::quote(other)
            ));
        }
    }
    for name in names {
        if name.trim_matches(['\'', '"', ' ']).is_empty() {
            return fail(format!("invalid stack name: {}", crate::values::quote(name)));
        }
    }
    Ok(())
}
