//! From the flags of `run` and `create` to a container's configuration
//! (`cli/command/container/opts.go`, `parse`).

use crate::flags::Parsed;
use crate::objects::labels_from;
use crate::script::{Cx, Flow, fail};
use crate::service::{options, parse};
use crate::values;
use api::{ContainerConfig, EndpointSettings, HostConfig, Mount, MountKind, PortBinding, Protocol};
use std::collections::{BTreeMap, BTreeSet};

/// The configuration; errors are the client's own.
pub(crate) fn config(cx: &mut Cx<'_>, parsed: &Parsed, detach: bool) -> Flow<ContainerConfig> {
    let env = options::environment(cx, parsed, "env")?;
    let mut labels = Vec::new();
    for file in parsed.list("label-file") {
        labels.extend(options::env_file(cx, &file)?);
    }
    labels.extend(parsed.list("label"));
    let (bindings, exposed) = options::ok(ports(parsed))?;
    let mut attach: BTreeSet<String> =
        parsed.list("attach").iter().map(|stream| stream.to_lowercase()).collect();
    if let Some(bad) = attach.iter().find(|s| !matches!(s.as_str(), "stdin" | "stdout" | "stderr"))
    {
        return fail(format!(
            "invalid argument {} for \"-a, --attach\" flag: valid streams are STDIN, STDOUT and \
             STDERR",
            values::quote(bad)
        ));
    }
    if detach && !attach.is_empty() {
        return fail("Conflicting options: -a and -d");
    }
    if attach.is_empty() && !detach {
        attach.extend(["stdout".to_owned(), "stderr".to_owned()]);
        if parsed.bool("interactive") {
            attach.insert("stdin".to_owned());
        }
    }
    let (mode, endpoints) = networks(parsed);
    let host = host(parsed, bindings, mode)?;
    Ok(ContainerConfig {
        image: parsed.arg(0).to_owned(),
        cmd: parsed.args.get(1..).unwrap_or(&[]).to_vec(),
        entrypoint: parsed.get("entrypoint").map(|word| vec![word.to_owned()]),
        env,
        labels: labels_from(&labels),
        hostname: parsed.str("hostname").to_owned(),
        domainname: parsed.str("domainname").to_owned(),
        working_dir: parsed.str("workdir").to_owned(),
        user: parsed.str("user").to_owned(),
        tty: parsed.bool("tty"),
        open_stdin: parsed.bool("interactive"),
        attach_stdin: attach.contains("stdin"),
        attach_stdout: attach.contains("stdout"),
        attach_stderr: attach.contains("stderr"),
        stop_signal: parsed.str("stop-signal").to_owned(),
        stop_timeout_s: parsed.i64("stop-timeout"),
        healthcheck: options::ok(options::healthcheck(parsed, None))?,
        exposed_ports: exposed,
        host,
        endpoints,
    })
}

type Bindings = BTreeMap<(u16, Protocol), Vec<PortBinding>>;
type Exposed = BTreeSet<(u16, Protocol)>;

fn ports(parsed: &Parsed) -> Result<(Bindings, Exposed), String> {
    let (mut bindings, mut exposed) = (Bindings::new(), Exposed::new());
    for value in parsed.list("publish") {
        for mapping in parse::port_spec(&value)? {
            let port = (mapping.container, mapping.protocol);
            exposed.insert(port);
            bindings
                .entry(port)
                .or_default()
                .push(PortBinding { host_ip: mapping.ip, host_port: mapping.host });
        }
    }
    for value in parsed.list("expose") {
        if value.contains(':') {
            return Err(format!("invalid port format for --expose: {value}"));
        }
        let specs = parse::port_spec(&value)
            .map_err(|_| format!("invalid range format for --expose: {value}"))?;
        exposed.extend(specs.into_iter().map(|m| (m.container, m.protocol)));
    }
    Ok((bindings, exposed))
}

fn networks(parsed: &Parsed) -> (String, BTreeMap<String, EndpointSettings>) {
    let mut endpoints = BTreeMap::new();
    let mut mode = "default".to_owned();
    for (k, value) in parsed.list("network").iter().enumerate() {
        let Ok(network) = parse::network(value) else { continue };
        if k == 0 {
            mode.clone_from(&network.target);
        }
        let mut settings = EndpointSettings { aliases: network.aliases, ..Default::default() };
        if k == 0 {
            settings.aliases.extend(parsed.list("network-alias"));
            parsed.str("ip").clone_into(&mut settings.fixed_ip);
            settings.links = parsed.list("link");
        }
        if k > 0 || settings != EndpointSettings::default() {
            endpoints.insert(network.target, settings);
        }
    }
    (mode, endpoints)
}

/// `on-failure:3` → (`on-failure`, 3).
pub(crate) fn restart_policy(text: &str) -> Result<(String, u32), String> {
    match text.split_once(':') {
        None => Ok((text.to_owned(), 0)),
        Some((_, count)) if count.contains(':') => Err("invalid restart policy format".to_owned()),
        Some((name, count)) => match count.parse() {
            Ok(count) => Ok((name.to_owned(), count)),
            Err(_) => Err("maximum retry count must be an integer".to_owned()),
        },
    }
}

fn host(parsed: &Parsed, port_bindings: Bindings, network_mode: String) -> Flow<HostConfig> {
    let (restart_policy, restart_max_retries) =
        options::ok(restart_policy(parsed.get("restart").unwrap_or("no")))?;
    let auto_remove = parsed.bool("rm");
    if auto_remove && !matches!(restart_policy.as_str(), "" | "no") {
        return fail("Conflicting options: --restart and --rm");
    }
    let mut mounts = options::mounts(parsed, "mount")?;
    let mut binds = Vec::new();
    for volume in parsed.list("volume") {
        if volume.contains(':') {
            binds.push(volume);
        } else {
            // only a place in the container: a volume without a name
            mounts.push(Mount { kind: MountKind::Volume, target: volume, ..Mount::default() });
        }
    }
    let swap = parsed.get("memory-swap").and_then(|v| values::parse_swap(v).ok());
    let tmpfs = parsed
        .list("tmpfs")
        .iter()
        .map(|word| {
            let (path, options) = word.split_once(':').unwrap_or((word, ""));
            (path.to_owned(), options.to_owned())
        })
        .collect();
    Ok(HostConfig {
        binds,
        mounts,
        port_bindings,
        publish_all_ports: parsed.bool("publish-all"),
        network_mode,
        restart_policy,
        restart_max_retries,
        auto_remove,
        privileged: parsed.bool("privileged"),
        read_only: parsed.bool("read-only"),
        init: parsed.changed("init").then(|| parsed.bool("init")),
        memory_bytes: parsed.bytes("memory").unwrap_or(0),
        memory_reservation_bytes: parsed.bytes("memory-reservation").unwrap_or(0),
        memory_swap_bytes: swap.unwrap_or(0),
        nano_cpus: parsed.get("cpus").and_then(|v| values::parse_cpus(v).ok()).unwrap_or(0),
        cpu_shares: parsed.i64("cpu-shares").unwrap_or(0),
        pids_limit: parsed.i64("pids-limit").unwrap_or(0),
        dns: parsed.list("dns"),
        dns_search: parsed.list("dns-search"),
        extra_hosts: parsed.list("add-host"),
        cap_add: parsed.list("cap-add"),
        cap_drop: parsed.list("cap-drop"),
        links: parsed.list("link"),
        log_driver: parsed.str("log-driver").to_owned(),
        log_options: labels_from(&parsed.list("log-opt")),
        tmpfs,
        volumes_from: parsed.list("volumes-from"),
    })
}
