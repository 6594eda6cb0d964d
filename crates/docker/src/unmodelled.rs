//! Commands this model does not carry out, with their real help and usage errors.

use crate::command::{Args, COMMAND as COMMAND_DEFAULTS, Command, State};
use crate::flags::{Flag, Kind, flag, short};

/// All of them.
pub(crate) static COMMANDS: &[&Command] = &[
    &CONTAINER_COMMIT,
    &COMMIT,
    &CONTAINER_EXPORT,
    &EXPORT,
    &CONTEXT_CREATE,
    &CONTEXT_EXPORT,
    &CONTEXT_IMPORT,
    &CONTEXT_INSPECT,
    &CONTEXT_LS,
    &CONTEXT_RM,
    &CONTEXT_UPDATE,
    &CONTEXT_USE,
    &IMAGE_BUILD,
    &BUILD,
    &IMAGE_IMPORT,
    &IMPORT,
    &IMAGE_LOAD,
    &LOAD,
    &IMAGE_PUSH,
    &PUSH,
    &IMAGE_SAVE,
    &SAVE,
    &PLUGIN_CREATE,
    &PLUGIN_DISABLE,
    &PLUGIN_ENABLE,
    &PLUGIN_INSPECT,
    &PLUGIN_INSTALL,
    &PLUGIN_LS,
    &PLUGIN_PUSH,
    &PLUGIN_RM,
    &PLUGIN_SET,
    &PLUGIN_UPGRADE,
    &LOGIN,
    &LOGOUT,
    &SEARCH,
    &BUILDER_BUILD,
    &BUILDER_PRUNE,
    &MANIFEST_ANNOTATE,
    &MANIFEST_CREATE,
    &MANIFEST_INSPECT,
    &MANIFEST_PUSH,
    &MANIFEST_RM,
    &TRUST_INSPECT,
    &TRUST_REVOKE,
    &TRUST_SIGN,
];

static CONTAINER_COMMIT_FLAGS: &[Flag] = &[
    short('a', "author", Kind::Str, "Author (e.g., \"John Hannibal Smith <hannibal@a-team.com>\")"),
    short('c', "change", Kind::List, "Apply Dockerfile instruction to the created image"),
    short('m', "message", Kind::Str, "Commit message"),
    short('p', "pause", Kind::Bool, "Pause container during commit (default true)"),
];
const CONTAINER_COMMIT: Command = Command {
    path: "container commit",
    usage: "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
    short: "Create a new image from a container's changes",
    args: Args::Between(1, 2),
    flags: CONTAINER_COMMIT_FLAGS,
    interspersed: false,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};
const COMMIT: Command = Command { path: "commit", aliases: &[], ..CONTAINER_COMMIT };

static CONTAINER_EXPORT_FLAGS: &[Flag] =
    &[short('o', "output", Kind::Str, "Write to a file, instead of STDOUT")];
const CONTAINER_EXPORT: Command = Command {
    path: "container export",
    usage: "[OPTIONS] CONTAINER",
    short: "Export a container's filesystem as a tar archive",
    args: Args::Exactly(1),
    flags: CONTAINER_EXPORT_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};
const EXPORT: Command = Command { path: "export", aliases: &[], ..CONTAINER_EXPORT };

static CONTEXT_CREATE_FLAGS: &[Flag] = &[
    flag(
        "default-stack-orchestrator",
        Kind::Str,
        "Default orchestrator for stack operations to use with this context \
         (swarm|kubernetes|all)",
    ),
    flag("description", Kind::Str, "Description of the context"),
    flag("docker", Kind::StringMap, "set the docker endpoint (default [])"),
    flag("from", Kind::Str, "create context from a named context"),
    flag("kubernetes", Kind::StringMap, "set the kubernetes endpoint (default [])"),
];
const CONTEXT_CREATE: Command = Command {
    path: "context create",
    usage: "[OPTIONS] CONTEXT",
    short: "Create a context",
    long: "Create a context\n\nDocker endpoint config:\n\nNAME                \
           DESCRIPTION\nfrom                Copy named context's Docker endpoint \
           configuration\nhost                Docker endpoint on which to connect\n\
           ca                  \
           Trust certs signed only by this CA\ncert                Path to TLS certificate \
           file\nkey                 Path to TLS key file\nskip-tls-verify     Skip TLS \
           certificate validation\n\nKubernetes endpoint config:\n\nNAME                 \
           DESCRIPTION\nfrom                 Copy named context's Kubernetes endpoint \
           configuration\nconfig-file          Path to a Kubernetes config \
           file\ncontext-override     Overrides the context set in the kubernetes config \
           file\nnamespace-override   Overrides the namespace set in the kubernetes config \
           file\n\nExample:\n\n$ docker context create my-context --description \"some \
           description\" --docker \
           \"host=tcp://myserver:2376,ca=~/ca-file,cert=~/cert-file,key=~/key-file\"",
    args: Args::Exactly(1),
    flags: CONTEXT_CREATE_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

static CONTEXT_EXPORT_FLAGS: &[Flag] =
    &[flag("kubeconfig", Kind::Bool, "Export as a kubeconfig file")];
const CONTEXT_EXPORT: Command = Command {
    path: "context export",
    usage: "[OPTIONS] CONTEXT [FILE|-]",
    short: "Export a context to a tar or kubeconfig file",
    args: Args::Between(1, 2),
    flags: CONTEXT_EXPORT_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

const CONTEXT_IMPORT: Command = Command {
    path: "context import",
    usage: "CONTEXT FILE|-",
    short: "Import a context from a tar or zip file",
    args: Args::Exactly(2),
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

static CONTEXT_INSPECT_FLAGS: &[Flag] =
    &[short('f', "format", Kind::Str, "Format the output using the given Go template")];
const CONTEXT_INSPECT: Command = Command {
    path: "context inspect",
    usage: "[OPTIONS] [CONTEXT] [CONTEXT...]",
    short: "Display detailed information on one or more contexts",
    args: Args::AtLeast(0),
    flags: CONTEXT_INSPECT_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

static CONTEXT_LS_FLAGS: &[Flag] = &[
    flag("format", Kind::Str, "Pretty-print contexts using a Go template"),
    short('q', "quiet", Kind::Bool, "Only show context names"),
];
const CONTEXT_LS: Command = Command {
    path: "context ls",
    usage: "[OPTIONS]",
    short: "List contexts",
    aliases: &["list"],
    flags: CONTEXT_LS_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

static CONTEXT_RM_FLAGS: &[Flag] =
    &[short('f', "force", Kind::Bool, "Force the removal of a context in use")];
const CONTEXT_RM: Command = Command {
    path: "context rm",
    usage: "CONTEXT [CONTEXT...]",
    short: "Remove one or more contexts",
    aliases: &["remove"],
    args: Args::AtLeast(1),
    flags: CONTEXT_RM_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

static CONTEXT_UPDATE_FLAGS: &[Flag] = &[
    flag(
        "default-stack-orchestrator",
        Kind::Str,
        "Default orchestrator for stack operations to use with this context \
         (swarm|kubernetes|all)",
    ),
    flag("description", Kind::Str, "Description of the context"),
    flag("docker", Kind::StringMap, "set the docker endpoint (default [])"),
    flag("kubernetes", Kind::StringMap, "set the kubernetes endpoint (default [])"),
];
const CONTEXT_UPDATE: Command = Command {
    path: "context update",
    usage: "[OPTIONS] CONTEXT",
    short: "Update a context",
    long: "Update a context\n\nDocker endpoint config:\n\nNAME                \
           DESCRIPTION\nfrom                Copy named context's Docker endpoint \
           configuration\nhost                Docker endpoint on which to connect\n\
           ca                  \
           Trust certs signed only by this CA\ncert                Path to TLS certificate \
           file\nkey                 Path to TLS key file\nskip-tls-verify     Skip TLS \
           certificate validation\n\nKubernetes endpoint config:\n\nNAME                 \
           DESCRIPTION\nfrom                 Copy named context's Kubernetes endpoint \
           configuration\nconfig-file          Path to a Kubernetes config \
           file\ncontext-override     Overrides the context set in the kubernetes config \
           file\nnamespace-override   Overrides the namespace set in the kubernetes config \
           file\n\nExample:\n\n$ docker context update my-context --description \"some \
           description\" --docker \
           \"host=tcp://myserver:2376,ca=~/ca-file,cert=~/cert-file,key=~/key-file\"",
    args: Args::Exactly(1),
    flags: CONTEXT_UPDATE_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

const CONTEXT_USE: Command = Command {
    path: "context use",
    usage: "CONTEXT",
    short: "Set the current docker context",
    args: Args::Exactly(1),
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

static IMAGE_BUILD_FLAGS: &[Flag] = &[
    flag("add-host", Kind::Host, "Add a custom host-to-IP mapping (host:ip)"),
    flag("build-arg", Kind::List, "Set build-time variables"),
    flag("cache-from", Kind::Strings, "Images to consider as cache sources"),
    flag("cgroup-parent", Kind::Str, "Optional parent cgroup for the container"),
    flag("compress", Kind::Bool, "Compress the build context using gzip"),
    flag("cpu-period", Kind::Int, "Limit the CPU CFS (Completely Fair Scheduler) period"),
    flag("cpu-quota", Kind::Int, "Limit the CPU CFS (Completely Fair Scheduler) quota"),
    short('c', "cpu-shares", Kind::Int, "CPU shares (relative weight)"),
    flag("cpuset-cpus", Kind::Str, "CPUs in which to allow execution (0-3, 0,1)"),
    flag("cpuset-mems", Kind::Str, "MEMs in which to allow execution (0-3, 0,1)"),
    flag("disable-content-trust", Kind::Bool, "Skip image verification (default true)"),
    short('f', "file", Kind::Str, "Name of the Dockerfile (Default is 'PATH/Dockerfile')"),
    flag("force-rm", Kind::Bool, "Always remove intermediate containers"),
    flag("iidfile", Kind::Str, "Write the image ID to the file"),
    flag("isolation", Kind::Str, "Container isolation technology"),
    flag("label", Kind::Label, "Set metadata for an image"),
    short('m', "memory", Kind::Bytes, "Memory limit"),
    flag(
        "memory-swap",
        Kind::Bytes,
        "Swap limit equal to memory plus swap: '-1' to enable unlimited swap",
    ),
    flag(
        "network",
        Kind::Str,
        "Set the networking mode for the RUN instructions during build (default \"default\")",
    ),
    flag("no-cache", Kind::Bool, "Do not use cache when building the image"),
    flag("pull", Kind::Bool, "Always attempt to pull a newer version of the image"),
    short('q', "quiet", Kind::Bool, "Suppress the build output and print image ID on success"),
    flag(
        "rm",
        Kind::Bool,
        "Remove intermediate containers after a successful build (default true)",
    ),
    flag("security-opt", Kind::Strings, "Security options"),
    flag("shm-size", Kind::Bytes, "Size of /dev/shm"),
    short('t', "tag", Kind::List, "Name and optionally a tag in the 'name:tag' format"),
    flag("target", Kind::Str, "Set the target build stage to build."),
    flag("ulimit", Kind::Ulimit, "Ulimit options (default [])"),
];
const IMAGE_BUILD: Command = Command {
    path: "image build",
    usage: "[OPTIONS] PATH | URL | -",
    short: "Build an image from a Dockerfile",
    args: Args::Exactly(5),
    flags: IMAGE_BUILD_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};
const BUILD: Command = Command { path: "build", aliases: &[], ..IMAGE_BUILD };

static IMAGE_IMPORT_FLAGS: &[Flag] = &[
    short('c', "change", Kind::List, "Apply Dockerfile instruction to the created image"),
    short('m', "message", Kind::Str, "Set commit message for imported image"),
    flag("platform", Kind::Str, "Set platform if server is multi-platform capable"),
];
const IMAGE_IMPORT: Command = Command {
    path: "image import",
    usage: "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
    short: "Import the contents from a tarball to create a filesystem image",
    args: Args::Between(1, 2),
    flags: IMAGE_IMPORT_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};
const IMPORT: Command = Command { path: "import", aliases: &[], ..IMAGE_IMPORT };

static IMAGE_LOAD_FLAGS: &[Flag] = &[
    short('i', "input", Kind::Str, "Read from tar archive file, instead of STDIN"),
    short('q', "quiet", Kind::Bool, "Suppress the load output"),
];
const IMAGE_LOAD: Command = Command {
    path: "image load",
    usage: "[OPTIONS]",
    short: "Load an image from a tar archive or STDIN",
    flags: IMAGE_LOAD_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};
const LOAD: Command = Command { path: "load", aliases: &[], ..IMAGE_LOAD };

static IMAGE_PUSH_FLAGS: &[Flag] = &[
    short('a', "all-tags", Kind::Bool, "Push all tagged images in the repository"),
    flag("disable-content-trust", Kind::Bool, "Skip image signing (default true)"),
    short('q', "quiet", Kind::Bool, "Suppress verbose output"),
];
const IMAGE_PUSH: Command = Command {
    path: "image push",
    usage: "[OPTIONS] NAME[:TAG]",
    short: "Push an image or a repository to a registry",
    args: Args::Exactly(1),
    flags: IMAGE_PUSH_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};
const PUSH: Command = Command { path: "push", aliases: &[], ..IMAGE_PUSH };

static IMAGE_SAVE_FLAGS: &[Flag] =
    &[short('o', "output", Kind::Str, "Write to a file, instead of STDOUT")];
const IMAGE_SAVE: Command = Command {
    path: "image save",
    usage: "[OPTIONS] IMAGE [IMAGE...]",
    short: "Save one or more images to a tar archive (streamed to STDOUT by default)",
    args: Args::AtLeast(1),
    flags: IMAGE_SAVE_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};
const SAVE: Command = Command { path: "save", aliases: &[], ..IMAGE_SAVE };

static PLUGIN_CREATE_FLAGS: &[Flag] =
    &[flag("compress", Kind::Bool, "Compress the context using gzip")];
const PLUGIN_CREATE: Command = Command {
    path: "plugin create",
    usage: "[OPTIONS] PLUGIN PLUGIN-DATA-DIR",
    short: "Create a plugin from a rootfs and configuration. Plugin data directory must \
            contain config.json and rootfs directory.",
    args: Args::Exactly(2),
    flags: PLUGIN_CREATE_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

static PLUGIN_DISABLE_FLAGS: &[Flag] =
    &[short('f', "force", Kind::Bool, "Force the disable of an active plugin")];
const PLUGIN_DISABLE: Command = Command {
    path: "plugin disable",
    usage: "[OPTIONS] PLUGIN",
    short: "Disable a plugin",
    args: Args::Exactly(1),
    flags: PLUGIN_DISABLE_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

static PLUGIN_ENABLE_FLAGS: &[Flag] =
    &[flag("timeout", Kind::Int, "HTTP client timeout (in seconds) (default 30)")];
const PLUGIN_ENABLE: Command = Command {
    path: "plugin enable",
    usage: "[OPTIONS] PLUGIN",
    short: "Enable a plugin",
    args: Args::Exactly(1),
    flags: PLUGIN_ENABLE_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

static PLUGIN_INSPECT_FLAGS: &[Flag] =
    &[short('f', "format", Kind::Str, "Format the output using the given Go template")];
const PLUGIN_INSPECT: Command = Command {
    path: "plugin inspect",
    usage: "[OPTIONS] PLUGIN [PLUGIN...]",
    short: "Display detailed information on one or more plugins",
    args: Args::AtLeast(1),
    flags: PLUGIN_INSPECT_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

static PLUGIN_INSTALL_FLAGS: &[Flag] = &[
    flag("alias", Kind::Str, "Local name for plugin"),
    flag("disable", Kind::Bool, "Do not enable the plugin on install"),
    flag("disable-content-trust", Kind::Bool, "Skip image verification (default true)"),
    flag("grant-all-permissions", Kind::Bool, "Grant all permissions necessary to run the plugin"),
];
const PLUGIN_INSTALL: Command = Command {
    path: "plugin install",
    usage: "[OPTIONS] PLUGIN [KEY=VALUE...]",
    short: "Install a plugin",
    args: Args::AtLeast(1),
    flags: PLUGIN_INSTALL_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

static PLUGIN_LS_FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Provide filter values (e.g. 'enabled=true')"),
    flag("format", Kind::Str, "Pretty-print plugins using a Go template"),
    flag("no-trunc", Kind::Bool, "Don't truncate output"),
    short('q', "quiet", Kind::Bool, "Only display plugin IDs"),
];
const PLUGIN_LS: Command = Command {
    path: "plugin ls",
    usage: "[OPTIONS]",
    short: "List plugins",
    aliases: &["list"],
    flags: PLUGIN_LS_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

static PLUGIN_PUSH_FLAGS: &[Flag] =
    &[flag("disable-content-trust", Kind::Bool, "Skip image signing (default true)")];
const PLUGIN_PUSH: Command = Command {
    path: "plugin push",
    usage: "[OPTIONS] PLUGIN[:TAG]",
    short: "Push a plugin to a registry",
    args: Args::Exactly(1),
    flags: PLUGIN_PUSH_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

static PLUGIN_RM_FLAGS: &[Flag] =
    &[short('f', "force", Kind::Bool, "Force the removal of an active plugin")];
const PLUGIN_RM: Command = Command {
    path: "plugin rm",
    usage: "[OPTIONS] PLUGIN [PLUGIN...]",
    short: "Remove one or more plugins",
    aliases: &["remove"],
    args: Args::AtLeast(1),
    flags: PLUGIN_RM_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

const PLUGIN_SET: Command = Command {
    path: "plugin set",
    usage: "PLUGIN KEY=VALUE [KEY=VALUE...]",
    short: "Change settings for a plugin",
    args: Args::AtLeast(2),
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

static PLUGIN_UPGRADE_FLAGS: &[Flag] = &[
    flag("disable-content-trust", Kind::Bool, "Skip image verification (default true)"),
    flag("grant-all-permissions", Kind::Bool, "Grant all permissions necessary to run the plugin"),
    flag(
        "skip-remote-check",
        Kind::Bool,
        "Do not check if specified remote plugin matches existing plugin image",
    ),
];
const PLUGIN_UPGRADE: Command = Command {
    path: "plugin upgrade",
    usage: "[OPTIONS] PLUGIN [REMOTE]",
    short: "Upgrade an existing plugin",
    args: Args::Between(1, 2),
    flags: PLUGIN_UPGRADE_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

static LOGIN_FLAGS: &[Flag] = &[
    short('p', "password", Kind::Str, "Password"),
    flag("password-stdin", Kind::Bool, "Take the password from stdin"),
    short('u', "username", Kind::Str, "Username"),
];
const LOGIN: Command = Command {
    path: "login",
    usage: "[OPTIONS] [SERVER]",
    short: "Log in to a Docker registry",
    long: "Log in to a Docker registry.\nIf no server is specified, the default is defined by \
           the daemon.",
    args: Args::AtMost(1),
    flags: LOGIN_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

const LOGOUT: Command = Command {
    path: "logout",
    usage: "[SERVER]",
    short: "Log out from a Docker registry",
    long: "Log out from a Docker registry.\nIf no server is specified, the default is defined \
           by the daemon.",
    args: Args::AtMost(1),
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

static SEARCH_FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Pretty-print search using a Go template"),
    flag("limit", Kind::Int, "Max number of search results (default 25)"),
    flag("no-trunc", Kind::Bool, "Don't truncate output"),
];
const SEARCH: Command = Command {
    path: "search",
    usage: "[OPTIONS] TERM",
    short: "Search the Docker Hub for images",
    args: Args::Exactly(1),
    flags: SEARCH_FLAGS,
    state: State::NotModelled,
    ..COMMAND_DEFAULTS
};

const BUILDER_BUILD: Command = Command { path: "builder build", ..IMAGE_BUILD };

/// A command whose own help no recording has: its flags are left out.
const fn bare(path: &'static str, usage: &'static str, short: &'static str) -> Command {
    Command {
        path,
        usage,
        short,
        args: Args::AtLeast(0),
        state: State::NotModelled,
        ..COMMAND_DEFAULTS
    }
}

const BUILDER_PRUNE: Command = bare("builder prune", "", "Remove build cache");
const MANIFEST_ANNOTATE: Command = bare(
    "manifest annotate",
    "[OPTIONS] MANIFEST_LIST MANIFEST",
    "Add additional information to a local image manifest",
);
const MANIFEST_CREATE: Command = bare(
    "manifest create",
    "MANIFEST_LIST MANIFEST [MANIFEST...]",
    "Create a local manifest list for annotating and pushing to a registry",
);
const MANIFEST_INSPECT: Command = bare(
    "manifest inspect",
    "[OPTIONS] [MANIFEST_LIST] MANIFEST",
    "Display an image manifest, or manifest list",
);
const MANIFEST_PUSH: Command =
    bare("manifest push", "[OPTIONS] MANIFEST_LIST", "Push a manifest list to a repository");
const MANIFEST_RM: Command = bare(
    "manifest rm",
    "MANIFEST_LIST [MANIFEST_LIST...]",
    "Delete one or more manifest lists from local storage",
);
const TRUST_INSPECT: Command = bare(
    "trust inspect",
    "IMAGE[:TAG] [IMAGE[:TAG]...]",
    "Return low-level information about keys and signatures",
);
const TRUST_REVOKE: Command =
    bare("trust revoke", "[OPTIONS] IMAGE[:TAG]", "Remove trust for an image");
const TRUST_SIGN: Command = bare("trust sign", "IMAGE:TAG", "Sign an image");
