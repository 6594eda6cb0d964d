//! Words with commands below them.

use crate::command::Group;
use crate::flags::{Flag, Kind, flag, hidden};

static STACK_FLAGS: &[Flag] = &[
    hidden("kubeconfig", Kind::Str, "Kubernetes config file"),
    flag("orchestrator", Kind::Str, "Orchestrator to use (swarm|kubernetes|all)"),
];

const fn group(path: &'static str, short: &'static str) -> Group {
    Group { path, short, long: "", flags: &[] }
}

/// All of them.
pub(crate) static GROUPS: &[Group] = &[
    group("builder", "Manage builds"),
    group("completion", "Generate the autocompletion script for the specified shell"),
    group("config", "Manage Docker configs"),
    group("container", "Manage containers"),
    group("context", "Manage contexts"),
    group("image", "Manage images"),
    Group {
        long: MANIFEST,
        ..group("manifest", "Manage Docker image manifests and manifest lists")
    },
    group("network", "Manage networks"),
    group("node", "Manage Swarm nodes"),
    group("plugin", "Manage plugins"),
    group("secret", "Manage Docker secrets"),
    group("service", "Manage services"),
    Group { flags: STACK_FLAGS, ..group("stack", "Manage Docker stacks") },
    group("swarm", "Manage Swarm"),
    group("system", "Manage Docker"),
    group("trust", "Manage trust on Docker images"),
    group("trust key", "Manage keys for signing Docker images"),
    group("trust signer", "Manage entities who can sign Docker images"),
    group("volume", "Manage volumes"),
];

const MANIFEST: &str = "\
The **docker manifest** command has subcommands for managing image manifests and
manifest lists. A manifest list allows you to use one name to refer to the same image
built for multiple architectures.

To see help for a subcommand, use:

    docker manifest CMD --help

For full details on using docker manifest lists, see the registry v2 specification.";
