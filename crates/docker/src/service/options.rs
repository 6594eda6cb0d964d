//! From flags to a service's spec, as `service create` makes it
//! (`cli/command/service/opts.go`), with the parts that `service update` shares.

use super::parse;
use crate::flags::Parsed;
use crate::objects::labels_from;
use crate::script::{Cx, Flow, confused, error_text, fail};
use crate::values;
use api::{
    Annotations, ContainerSpec, DnsConfig, EndpointMode, EndpointSpec, FailureAction,
    FileReference, GenericResource, HealthConfig, LogDriver, Mount, NetworkAttachmentConfig,
    Placement, PortConfig, Request, Resources, Response, RestartCondition, RestartPolicy,
    SECOND_NS, ServiceMode, ServiceSpec, TaskSpec, Ulimit, UpdateConfig, UpdateOrder,
};
use share::Rc;
use std::collections::BTreeSet;

/// `KEY=VALUE` and `KEY` words with values from the client's own environment; later ones win.
pub(crate) fn environment(cx: &mut Cx<'_>, parsed: &Parsed, flag: &str) -> Flow<Vec<String>> {
    let mut words = Vec::new();
    for file in parsed.list("env-file") {
        words.extend(env_file(cx, &file)?);
    }
    words.extend(parsed.list(flag));
    let mut env: Vec<String> = Vec::new();
    for word in words {
        let word = match word.contains('=') {
            true => word,
            false => match cx.env.vars.get(&word) {
                Some(value) => format!("{word}={value}"),
                None => continue,
            },
        };
        put_env(&mut env, word);
    }
    Ok(env)
}

/// Lines of `--env-file` and `--label-file`, comments and blank lines left out.
pub(crate) fn env_file(cx: &mut Cx<'_>, file: &str) -> Flow<Vec<String>> {
    match cx.read_file(file)? {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes)
            .lines()
            .map(str::trim_start)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(str::to_owned)
            .collect()),
        Err(why) => fail(format!("open {file}: {why}")),
    }
}

/// Adds a variable or gives it a new value in its old place.
pub(crate) fn put_env(env: &mut Vec<String>, word: String) {
    let key = |word: &str| word.split('=').next().unwrap_or("").to_owned();
    let name = key(&word);
    match env.iter_mut().find(|old| key(old) == name) {
        Some(old) => *old = word,
        None => env.push(word),
    }
}

/// `--mode` and what goes with it (`ToServiceMode`).
fn mode(parsed: &Parsed) -> Result<ServiceMode, String> {
    let replicas = parsed.u64("replicas");
    let concurrent = parsed.u64("max-concurrent");
    let name = parsed.get("mode").unwrap_or("replicated");
    let max_per_node = parsed.u64("replicas-max-per-node").unwrap_or(0) > 0;
    if matches!(name, "global" | "global-job") {
        let only = "can only be used with replicated or replicated-job mode";
        if replicas.is_some() {
            return Err(format!("replicas {only}"));
        }
        if max_per_node {
            return Err(format!("replicas-max-per-node {only}"));
        }
    }
    if name != "replicated-job" && concurrent.is_some() {
        return Err("max-concurrent can only be used with replicated-job mode".to_owned());
    }
    Ok(match name {
        "replicated" => ServiceMode::Replicated { replicas: replicas.unwrap_or(1) },
        "global" => ServiceMode::Global,
        "global-job" => ServiceMode::GlobalJob,
        "replicated-job" => {
            let total_completions = replicas.unwrap_or(1);
            let max_concurrent = concurrent.unwrap_or(total_completions);
            ServiceMode::ReplicatedJob { max_concurrent, total_completions }
        }
        other => {
            return Err(format!("Unknown mode: {other}, only replicated and global supported"));
        }
    })
}

/// The flags of one block: `update-…` or `rollback-…`.
const ROLLOUT: [&str; 6] =
    ["parallelism", "delay", "monitor", "failure-action", "max-failure-ratio", "order"];

/// The block of an update or a rollback with the flags laid over it, if any was given.
pub(crate) fn rollout(
    parsed: &Parsed,
    prefix: &str,
    before: Option<&UpdateConfig>,
) -> Result<Option<UpdateConfig>, String> {
    let flag = |name: &str| format!("{prefix}-{name}");
    if !ROLLOUT.iter().any(|name| parsed.changed(&flag(name))) {
        return Ok(before.cloned());
    }
    let mut config = before.cloned().unwrap_or_default();
    if let Some(n) = parsed.u64(&flag("parallelism")) {
        config.parallelism = n;
    }
    if let Some(ns) = parsed.duration(&flag("delay")) {
        config.delay_ns = ns;
    }
    if let Some(ns) = parsed.duration(&flag("monitor")) {
        config.monitor_ns = Some(ns);
    }
    if let Some(ratio) = parsed.get(&flag("max-failure-ratio")) {
        config.max_failure_ratio = values::parse_float(ratio)?;
    }
    let daemon = |what: &str, word: &str| {
        Err(format!("Error response from daemon: unrecognized {what} {word}"))
    };
    config.failure_action = match parsed.get(&flag("failure-action")) {
        None => config.failure_action,
        Some("pause") => FailureAction::Pause,
        Some("continue") => FailureAction::Continue,
        Some("rollback") => FailureAction::Rollback,
        Some(other) => return daemon("update failure action", other),
    };
    config.order = match parsed.get(&flag("order")) {
        None => config.order,
        Some("stop-first") => UpdateOrder::StopFirst,
        Some("start-first") => UpdateOrder::StartFirst,
        Some(other) => return daemon("update order", other),
    };
    Ok(Some(config))
}

/// `--restart-…` laid over a policy, if any was given.
pub(crate) fn restart(
    parsed: &Parsed,
    before: Option<&RestartPolicy>,
) -> Result<Option<RestartPolicy>, String> {
    let flags = ["restart-condition", "restart-delay", "restart-max-attempts", "restart-window"];
    if !parsed.any_changed(&flags) {
        return Ok(before.cloned());
    }
    let mut policy = before.cloned().unwrap_or(RestartPolicy {
        condition: RestartCondition::Any,
        delay_ns: Some(5 * SECOND_NS),
        max_attempts: None,
        window_ns: None,
    });
    policy.condition = match parsed.get("restart-condition") {
        None => policy.condition,
        Some("none") => RestartCondition::None,
        Some("on-failure") => RestartCondition::OnFailure,
        Some("any" | "") => RestartCondition::Any,
        Some(other) => {
            let word = values::quote(other);
            return Err(format!("Error response from daemon: invalid RestartCondition: {word}"));
        }
    };
    policy.delay_ns = parsed.duration("restart-delay").or(policy.delay_ns);
    policy.max_attempts = parsed.u64("restart-max-attempts").or(policy.max_attempts);
    policy.window_ns = parsed.duration("restart-window").or(policy.window_ns);
    Ok(Some(policy))
}

/// `--health-…` laid over a check (`toHealthConfig`, `updateHealthcheck`).
pub(crate) fn healthcheck(
    parsed: &Parsed,
    before: Option<&HealthConfig>,
) -> Result<Option<HealthConfig>, String> {
    let flags = [
        "health-cmd",
        "health-interval",
        "health-timeout",
        "health-retries",
        "health-start-period",
    ];
    let given = parsed.any_changed(&flags);
    if parsed.bool("no-healthcheck") {
        if given {
            return Err("--no-healthcheck conflicts with --health-* options".to_owned());
        }
        return Ok(Some(HealthConfig { test: vec!["NONE".to_owned()], ..HealthConfig::default() }));
    }
    if !given {
        return Ok(before.cloned());
    }
    let mut check = before.cloned().unwrap_or_default();
    if let Some(cmd) = parsed.get("health-cmd") {
        check.test =
            if cmd.is_empty() { Vec::new() } else { vec!["CMD-SHELL".to_owned(), cmd.to_owned()] };
    }
    check.interval_ns = parsed.duration("health-interval").unwrap_or(check.interval_ns);
    check.timeout_ns = parsed.duration("health-timeout").unwrap_or(check.timeout_ns);
    check.start_period_ns = parsed.duration("health-start-period").unwrap_or(check.start_period_ns);
    check.retries = parsed.i64("health-retries").unwrap_or(check.retries);
    Ok(Some(check))
}

/// `kind=value` words: a number is an amount, anything else a name.
pub(crate) fn generic_resources(words: &[String]) -> Vec<GenericResource> {
    words
        .iter()
        .filter_map(|word| {
            let (kind, value) = word.split_once('=')?;
            let kind = kind.to_owned();
            Some(match value.parse() {
                Ok(value) => GenericResource::Discrete { kind, value },
                Err(_) => GenericResource::Named { kind, value: value.to_owned() },
            })
        })
        .collect()
}

/// CPU and memory flags laid over a resource block.
pub(crate) fn resources(parsed: &Parsed, what: &str, into: &mut Resources) {
    let cpus = parsed.get(&format!("{what}-cpu")).and_then(|v| values::parse_cpus(v).ok());
    into.nano_cpus = cpus.unwrap_or(into.nano_cpus);
    into.memory_bytes = parsed.bytes(&format!("{what}-memory")).unwrap_or(into.memory_bytes);
}

/// Every `--mount` value; a type only the daemon refuses gets its words.
pub(crate) fn mounts(parsed: &Parsed, flag: &str) -> Flow<Vec<Mount>> {
    let mut mounts = Vec::new();
    for value in parsed.list(flag) {
        match parse::mount(&value) {
            Ok(mount) => mounts.push(mount),
            Err(why) => return fail(format!("Error response from daemon: {why}")),
        }
    }
    Ok(mounts)
}

/// Every `--publish` value.
pub(crate) fn ports(parsed: &Parsed, flag: &str) -> Vec<PortConfig> {
    parsed.list(flag).iter().filter_map(|v| parse::ports(v).ok()).flatten().collect()
}

/// `--endpoint-mode`.
pub(crate) fn endpoint_mode(parsed: &Parsed, before: EndpointMode) -> Result<EndpointMode, String> {
    match parsed.get("endpoint-mode").map(str::to_lowercase).as_deref() {
        None => Ok(before),
        Some("" | "vip") => Ok(EndpointMode::Vip),
        Some("dnsrr") => Ok(EndpointMode::Dnsrr),
        Some(other) => {
            let word = values::quote(other);
            Err(format!("Error response from daemon: invalid resolution mode: {word}"))
        }
    }
}

/// The id of a network of the swarm (`resolveNetworkID`).
pub(crate) fn network_id(cx: &mut Cx<'_>, name: &str) -> Flow<String> {
    let request = Request::NetworkInspect {
        network: name.to_owned(),
        scope: "swarm".to_owned(),
        verbose: false,
    };
    match cx.ask_for("network", name, request)? {
        Response::Network(network) => Ok(network.id),
        _ => confused(),
    }
}

/// `--network` values with names turned into ids.
pub(crate) fn networks(cx: &mut Cx<'_>, values: &[String]) -> Flow<Vec<NetworkAttachmentConfig>> {
    let mut networks = Vec::new();
    for value in values {
        let Ok(mut network) = parse::network(value) else { continue };
        network.target = network_id(cx, &network.target)?;
        networks.push(network);
    }
    Ok(networks)
}

/// Which kind of file a service gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    Secret,
    Config,
}

impl FileKind {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Config => "config",
        }
    }
}

/// `--secret`/`--config` values with ids (`ParseSecrets`, `ParseConfigs`).
pub(crate) fn files(
    cx: &mut Cx<'_>,
    values: &[String],
    kind: FileKind,
) -> Flow<Vec<FileReference>> {
    let word = kind.word();
    let mut files: Vec<FileReference> = Vec::new();
    for value in values {
        let Ok(file) = parse::file_reference(value, word) else { continue };
        if files.iter().any(|old| old.target == file.target) {
            return fail(format!("duplicate {word} target for {} not allowed", file.name));
        }
        files.push(file);
    }
    if files.is_empty() {
        return Ok(files);
    }
    let names: BTreeSet<String> = files.iter().map(|file| file.name.clone()).collect();
    let filters = api::Filters::from([("name".to_owned(), names)]);
    let known: Vec<(String, String)> = match kind {
        FileKind::Secret => match cx.ask(Request::SecretList { filters })? {
            Response::Secrets(list) => {
                list.iter().map(|s| (s.spec.annotations.name.clone(), s.id.to_string())).collect()
            }
            _ => return confused(),
        },
        FileKind::Config => match cx.ask(Request::ConfigList { filters })? {
            Response::Configs(list) => {
                list.iter().map(|s| (s.spec.annotations.name.clone(), s.id.to_string())).collect()
            }
            _ => return confused(),
        },
    };
    for file in &mut files {
        match known.iter().find(|(name, _)| *name == file.name) {
            Some((_, id)) => file.id.clone_from(id),
            None => return fail(format!("{word} not found: {}", file.name)),
        }
    }
    Ok(files)
}

/// A result whose error ends the command.
pub(crate) fn ok<T>(result: Result<T, String>) -> Flow<T> {
    result.or_else(fail)
}

/// The spec of `service create` but for secrets and configs (`ToService`).
pub(crate) fn to_service(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow<ServiceSpec> {
    let env = environment(cx, parsed, "env")?;
    let healthcheck = ok(healthcheck(parsed, None))?;
    let mode = ok(mode(parsed))?;
    let update = ok(rollout(parsed, "update", None))?;
    let rollback = ok(rollout(parsed, "rollback", None))?;
    let is_job = matches!(mode, ServiceMode::ReplicatedJob { .. } | ServiceMode::GlobalJob);
    if is_job && (update.is_some() || rollback.is_some()) {
        return fail("update and rollback configuration is not supported for jobs");
    }
    let mut networks = networks(cx, &parsed.list("network"))?;
    networks.sort_by(|a, b| a.target.cmp(&b.target));
    let (mut limits, mut reservations) = (Resources::default(), Resources::default());
    resources(parsed, "limit", &mut limits);
    resources(parsed, "reserve", &mut reservations);
    reservations.generic = generic_resources(&parsed.list("generic-resource"));
    let container = container(parsed, env, healthcheck)?;
    let preferences = parsed.list("placement-pref");
    let log_driver = parsed.get("log-driver").filter(|name| !name.is_empty()).map(|name| {
        LogDriver { name: name.to_owned(), options: labels_from(&parsed.list("log-opt")) }
    });
    Ok(ServiceSpec {
        annotations: Annotations {
            name: parsed.str("name").to_owned(),
            labels: labels_from(&parsed.list("label")),
        },
        task: Rc::new(TaskSpec {
            container,
            limits,
            reservations,
            restart: ok(restart(parsed, None))?,
            placement: Placement {
                constraints: parsed.list("constraint"),
                preferences: preferences.iter().filter_map(|p| spread(p)).collect(),
                platforms: Vec::new(),
                max_replicas: parsed.u64("replicas-max-per-node").unwrap_or(0),
            },
            networks,
            log_driver,
            force_update: 0,
        }),
        mode,
        update,
        rollback,
        endpoint: EndpointSpec {
            mode: ok(endpoint_mode(parsed, EndpointMode::Vip))?,
            ports: ports(parsed, "publish"),
        },
    })
}

/// `spread=node.labels.zone` → `node.labels.zone`.
pub(crate) fn spread(text: &str) -> Option<String> {
    text.split_once('=').map(|(_, descriptor)| descriptor.to_owned())
}

fn container(
    parsed: &Parsed,
    env: Vec<String>,
    healthcheck: Option<HealthConfig>,
) -> Flow<ContainerSpec> {
    let command = parsed.get("entrypoint").map(parse::shell_words).transpose().unwrap_or(None);
    let ulimits: Vec<Ulimit> =
        parsed.list("ulimit").iter().filter_map(|u| parse::ulimit(u).ok()).collect();
    Ok(ContainerSpec {
        image: parsed.arg(0).to_owned(),
        labels: labels_from(&parsed.list("container-label")),
        command: command.unwrap_or_default(),
        args: parsed.args.get(1..).unwrap_or(&[]).to_vec(),
        hostname: parsed.str("hostname").to_owned(),
        env,
        dir: parsed.str("workdir").to_owned(),
        user: parsed.str("user").to_owned(),
        groups: parsed.list("group"),
        init: Some(parsed.bool("init")),
        tty: parsed.bool("tty"),
        open_stdin: false,
        read_only: parsed.bool("read-only"),
        stop_signal: parsed.str("stop-signal").to_owned(),
        mounts: mounts(parsed, "mount")?,
        stop_grace_period_ns: parsed.duration("stop-grace-period"),
        secrets: Vec::new(),
        configs: Vec::new(),
        hosts: hosts(&parsed.list("host")),
        dns: DnsConfig {
            nameservers: parsed.list("dns"),
            search: parsed.list("dns-search"),
            options: parsed.list("dns-option"),
        },
        healthcheck,
        isolation: parsed.str("isolation").to_owned(),
        pids_limit: parsed.i64("limit-pids").unwrap_or(0),
        sysctls: labels_from(&parsed.list("sysctl")),
        capability_add: capabilities(&parsed.list("cap-add")),
        capability_drop: capabilities(&parsed.list("cap-drop")),
        ulimits,
    })
}

/// `name:ip` → `ip name`, as the swarm keeps hosts.
pub(crate) fn hosts(words: &[String]) -> Vec<String> {
    words
        .iter()
        .map(|word| match word.split_once(':') {
            Some((name, ip)) => format!("{ip} {name}"),
            None => word.clone(),
        })
        .collect()
}

/// `net_admin` → `CAP_NET_ADMIN`, sorted, each once.
pub(crate) fn capabilities(words: &[String]) -> Vec<String> {
    let named: BTreeSet<String> = words
        .iter()
        .map(|word| {
            let word = word.trim().to_uppercase();
            match word.as_str() {
                "ALL" | "RESET" => word,
                _ if word.starts_with("CAP_") => word,
                _ => format!("CAP_{word}"),
            }
        })
        .collect();
    named.into_iter().collect()
}

/// The warnings of a create or an update, for stderr.
pub(crate) fn warn(cx: &mut Cx<'_>, response: &Response) {
    if let Response::Created { warnings, .. } = response {
        for warning in warnings {
            cx.err_line(warning);
        }
    }
}

/// Waits for convergence unless `--detach`; a failure ends the command.
pub(crate) fn wait(cx: &mut Cx<'_>, parsed: &Parsed, service: &str) -> Flow {
    if parsed.bool("detach") {
        return Ok(());
    }
    let quiet = parsed.bool("quiet");
    let (code, text) = converge(cx, service, quiet)?;
    if code == 0 { Ok(()) } else { fail(text) }
}

/// Waits for convergence; gives status and error text.
pub(crate) fn converge(cx: &mut Cx<'_>, service: &str, quiet: bool) -> Flow<(i32, String)> {
    cx.end_of(|| {
        crate::sub::Sub::Converge(Box::new(super::progress::Converge::new(service, quiet)))
    })
}

/// Inspects a service; a 404 gives docker's words for services.
pub(crate) fn find(cx: &mut Cx<'_>, name: &str) -> Flow<share::Rc<api::Service>> {
    let request = Request::ServiceInspect { service: name.to_owned(), insert_defaults: false };
    match cx.ask_for("service", name, request)? {
        Response::Service(service) => Ok(service),
        _ => confused(),
    }
}

/// The same, with the error as text for commands that go on.
pub(crate) fn try_find(
    cx: &mut Cx<'_>,
    name: &str,
) -> Flow<Result<share::Rc<api::Service>, String>> {
    let request = Request::ServiceInspect { service: name.to_owned(), insert_defaults: false };
    match cx.try_ask(request)? {
        Ok(Response::Service(service)) => Ok(Ok(service)),
        Ok(_) => confused(),
        Err(error) if error.is_not_found() => Ok(Err(format!("Error: No such service: {name}"))),
        Err(error) => Ok(Err(error_text(&error))),
    }
}
