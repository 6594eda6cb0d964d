//! Small languages inside flag values: ports, mounts, networks, secrets, ulimits
//! (docker/cli `opts/`, go-connections `nat`).

use crate::values::{parse_bool, parse_bytes, parse_uint, quote};
use api::{
    FileReference, Labels, Mount, MountKind, NetworkAttachmentConfig, PortConfig, Protocol,
    PublishMode, Ulimit,
};

/// Whether a value is in the `key=value,…` form (Go: `\w+=\w+(,\w+=\w+)*` matches anywhere).
fn is_long_syntax(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.char_indices().any(|(at, c)| {
        c == '='
            && text.get(..at).and_then(|s| s.chars().next_back()).is_some_and(word)
            && text.get(at + 1..).and_then(|s| s.chars().next()).is_some_and(word)
    })
}

/// A port mapping of the short form, one container port each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PortMapping {
    pub(crate) ip: String,
    /// Empty, a port or a range.
    pub(crate) host: String,
    pub(crate) container: u16,
    pub(crate) protocol: Protocol,
}

fn protocol(text: &str) -> Option<Protocol> {
    match text.to_ascii_lowercase().as_str() {
        "tcp" => Some(Protocol::Tcp),
        "udp" => Some(Protocol::Udp),
        "sctp" => Some(Protocol::Sctp),
        _ => None,
    }
}

/// `8000` or `8000-8010` (nat.ParsePortRange).
pub(crate) fn port_range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some((first, last))
}

/// nat.ParsePortSpec: `[[ip:]host:]container[/protocol]` with ranges.
pub(crate) fn port_spec(raw: &str) -> Result<Vec<PortMapping>, String> {
    let parts: Vec<&str> = raw.split(':').collect();
    let (ip, host, container) = match parts.as_slice() {
        [container] => (String::new(), "", *container),
        [host, container] => (String::new(), *host, *container),
        [ip @ .., host, container] => (ip.join(":"), *host, *container),
        [] => (String::new(), "", ""),
    };
    let (container, proto) = container.split_once('/').unwrap_or((container, "tcp"));
    let ip = ip.trim_start_matches('[').trim_end_matches(']').to_owned();
    if !ip.is_empty() && ip.parse::<std::net::IpAddr>().is_err() {
        return Err(format!("Invalid ip address: {ip}"));
    }
    if container.is_empty() {
        return Err(format!("No port specified: {raw}<empty>"));
    }
    let (first, last) =
        port_range(container).ok_or_else(|| format!("Invalid containerPort: {container}"))?;
    let hosts = match host {
        "" => None,
        host => Some(port_range(host).ok_or_else(|| format!("Invalid hostPort: {host}"))?),
    };
    if let Some((low, high)) = hosts
        && last - first != high - low
        && last != first
    {
        return Err(format!(
            "Invalid ranges specified for container and host Ports: {container} and {host}"
        ));
    }
    let protocol = protocol(proto).ok_or_else(|| format!("Invalid proto: {proto}"))?;
    let mapping = |k: u16| PortMapping {
        ip: ip.clone(),
        host: match hosts {
            None => String::new(),
            Some((low, high)) if first == last && low != high => format!("{low}-{high}"),
            Some((low, _)) => (low + k).to_string(),
        },
        container: first + k,
        protocol,
    };
    Ok((0..=last - first).map(mapping).collect())
}

/// `--publish` of services, short or long.
pub(crate) fn ports(text: &str) -> Result<Vec<PortConfig>, String> {
    if is_long_syntax(text) {
        return Ok(vec![long_port(text)?]);
    }
    let mut ports = Vec::new();
    for mapping in port_spec(text)? {
        if !mapping.ip.is_empty() {
            return Err("hostip is not supported".to_owned());
        }
        let (low, high) = port_range(&mapping.host).unwrap_or((0, 0));
        for published_port in low..=high {
            ports.push(PortConfig {
                protocol: mapping.protocol,
                target_port: mapping.container,
                published_port,
                ..PortConfig::default()
            });
        }
    }
    Ok(ports)
}

fn long_port(text: &str) -> Result<PortConfig, String> {
    let mut port = PortConfig::default();
    for field in text.split(',') {
        let (key, value) = field.split_once('=').ok_or_else(|| format!("invalid field {field}"))?;
        let value = value.to_ascii_lowercase();
        let number = || -> Result<u16, String> {
            value.parse().map_err(|_| {
                let why = if value.parse::<u64>().is_ok() {
                    "value out of range"
                } else {
                    "invalid syntax"
                };
                format!("strconv.ParseUint: parsing {}: {why}", quote(&value))
            })
        };
        match key.to_ascii_lowercase().as_str() {
            "protocol" => {
                port.protocol =
                    protocol(&value).ok_or_else(|| format!("invalid protocol value {value}"))?;
            }
            "mode" => {
                port.publish_mode = match value.as_str() {
                    "ingress" => PublishMode::Ingress,
                    "host" => PublishMode::Host,
                    _ => return Err(format!("invalid publish mode value {value}")),
                }
            }
            "target" => port.target_port = number()?,
            "published" => port.published_port = number()?,
            key => return Err(format!("invalid field key {key}")),
        }
    }
    if port.target_port == 0 {
        return Err("missing mandatory field \"target\"".to_owned());
    }
    Ok(port)
}

fn put(map: &mut Labels, text: &str) {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    map.insert(key.to_owned(), value.to_owned());
}

/// What the daemon, not the client, says of a mount's type.
pub(crate) const BAD_MOUNT_TYPE: &str = "invalid MountType";

/// `--mount` (opts/mount.go). A `type` that docker does not know is an error here already.
pub(crate) fn mount(text: &str) -> Result<Mount, String> {
    let mut mount = Mount::default();
    let mut kind = "volume".to_owned();
    let mut groups: Vec<&str> = Vec::new();
    for field in csv(text) {
        let (key, value) = match field.split_once('=') {
            Some((key, value)) => (key.to_ascii_lowercase(), Some(value)),
            None => (field.to_ascii_lowercase(), None),
        };
        match (key.as_str(), value) {
            ("readonly" | "ro", None) => mount.read_only = true,
            ("volume-nocopy", None) => {
                mount.volume_no_copy = true;
                groups.push("volume");
            }
            ("bind-nonrecursive", None) => groups.push("bind"),
            (_, None) => return Err(format!("invalid field '{field}' must be a key=value pair")),
            ("type", Some(value)) => kind = value.to_ascii_lowercase(),
            ("source" | "src", Some(value)) => mount.source = value.to_owned(),
            ("target" | "dst" | "destination", Some(value)) => mount.target = value.to_owned(),
            (key, Some(value)) => {
                groups.extend(mount_field(&mut mount, key, value, &field)?);
            }
        }
    }
    mount.kind = match kind.as_str() {
        "volume" => MountKind::Volume,
        "bind" => MountKind::Bind,
        "tmpfs" => MountKind::Tmpfs,
        "npipe" => MountKind::NamedPipe,
        other => return Err(format!("{BAD_MOUNT_TYPE}: {}", quote(other))),
    };
    if mount.target.is_empty() {
        return Err("target is required".to_owned());
    }
    for group in ["volume", "bind", "tmpfs"] {
        if group != kind && groups.contains(&group) {
            return Err(format!("cannot mix '{group}-*' options with mount type '{kind}'"));
        }
    }
    Ok(mount)
}

fn mount_field(
    mount: &mut Mount,
    key: &str,
    value: &str,
    field: &str,
) -> Result<Option<&'static str>, String> {
    let invalid = || format!("invalid value for {key}: {value}");
    Ok(match key {
        "readonly" | "ro" => {
            mount.read_only = parse_bool(value).map_err(|_| invalid())?;
            None
        }
        "consistency" => {
            mount.consistency = value.to_ascii_lowercase();
            None
        }
        "bind-propagation" => {
            mount.bind_propagation = value.to_ascii_lowercase();
            Some("bind")
        }
        "bind-nonrecursive" => {
            parse_bool(value).map_err(|_| invalid())?;
            Some("bind")
        }
        "volume-nocopy" => {
            mount.volume_no_copy = parse_bool(value).map_err(|_| invalid())?;
            Some("volume")
        }
        "volume-label" => {
            put(&mut mount.volume_labels, value);
            Some("volume")
        }
        "volume-driver" => {
            value.clone_into(&mut mount.volume_driver);
            Some("volume")
        }
        "volume-opt" => {
            put(&mut mount.volume_driver_options, value);
            Some("volume")
        }
        "tmpfs-size" => {
            mount.tmpfs_size_bytes = parse_bytes(value).map_err(|_| invalid())?;
            Some("tmpfs")
        }
        "tmpfs-mode" => {
            mount.tmpfs_mode = u32::from_str_radix(value, 8).map_err(|_| invalid())?;
            Some("tmpfs")
        }
        _ => return Err(format!("unexpected key '{key}' in '{field}'")),
    })
}

/// Fields of one CSV record; a field in double quotes may hold commas.
pub(crate) fn csv(text: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => {
                if let Some(last) = fields.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    fields
}

/// `--network` (opts/network.go).
pub(crate) fn network(text: &str) -> Result<NetworkAttachmentConfig, String> {
    let mut network = NetworkAttachmentConfig::default();
    if !is_long_syntax(text) {
        text.clone_into(&mut network.target);
        return Ok(network);
    }
    for field in csv(text) {
        let (key, value) = field.split_once('=').ok_or_else(|| format!("invalid field {field}"))?;
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim().to_ascii_lowercase());
        match key.as_str() {
            "name" => network.target = value,
            "alias" => network.aliases.push(value),
            "driver-opt" => match value.split_once('=') {
                Some(_) => put(&mut network.driver_opts, &value),
                None => {
                    return Err("invalid key value pair format in driver options".to_owned());
                }
            },
            key => return Err(format!("invalid field key {key}")),
        }
    }
    if network.target.is_empty() {
        return Err("network name/id is not specified".to_owned());
    }
    Ok(network)
}

/// `--secret` and `--config` (opts/secret.go, opts/config.go).
pub(crate) fn file_reference(text: &str, kind: &str) -> Result<FileReference, String> {
    let mut file = FileReference {
        uid: "0".to_owned(),
        gid: "0".to_owned(),
        mode: 0o444,
        ..FileReference::default()
    };
    let fields = csv(text);
    if let [only] = fields.as_slice()
        && !only.contains('=')
    {
        file.name.clone_from(only);
        file.target.clone_from(only);
        return Ok(file);
    }
    for field in fields {
        let (key, value) = field
            .split_once('=')
            .ok_or_else(|| format!("invalid field '{field}' must be a key=value pair"))?;
        match key.to_ascii_lowercase().as_str() {
            "source" | "src" => value.clone_into(&mut file.name),
            "target" => value.clone_into(&mut file.target),
            "uid" => value.clone_into(&mut file.uid),
            "gid" => value.clone_into(&mut file.gid),
            "mode" => {
                file.mode = parse_uint(value)
                    .ok()
                    .and_then(|mode| u32::try_from(mode).ok())
                    .ok_or_else(|| match parse_uint(value) {
                        Err(why) => format!("invalid mode specified: {why}"),
                        Ok(_) => format!("invalid mode specified: {value}"),
                    })?;
            }
            key => return Err(format!("invalid field in {kind} request: {key}")),
        }
    }
    if file.name.is_empty() {
        return Err("source is required".to_owned());
    }
    if file.target.is_empty() {
        file.target.clone_from(&file.name);
    }
    Ok(file)
}

/// `--ulimit name=soft[:hard]` (go-units `ulimit.go`).
pub(crate) fn ulimit(text: &str) -> Result<Ulimit, String> {
    const NAMES: [&str; 15] = [
        "core",
        "cpu",
        "data",
        "fsize",
        "locks",
        "memlock",
        "msgqueue",
        "nice",
        "nofile",
        "nproc",
        "rss",
        "rtprio",
        "rttime",
        "sigpending",
        "stack",
    ];
    let (name, limits) =
        text.split_once('=').ok_or_else(|| format!("invalid ulimit argument: {text}"))?;
    if !NAMES.contains(&name) {
        return Err(format!("invalid ulimit type: {name}"));
    }
    let number = |text: &str| -> Result<i64, String> {
        text.parse()
            .map_err(|_| format!("strconv.ParseInt: parsing {}: invalid syntax", quote(text)))
    };
    let (soft, hard) = match limits.split(':').collect::<Vec<_>>().as_slice() {
        [both] => (number(both)?, number(both)?),
        [soft, hard] => (number(soft)?, number(hard)?),
        _ => {
            return Err(format!(
                "too many limit value arguments - {limits}, can only have up to two, \
                 `soft[:hard]`"
            ));
        }
    };
    if hard != -1 && soft > hard {
        return Err(format!(
            "ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}"
        ));
    }
    Ok(Ulimit { name: name.to_owned(), hard, soft })
}

/// Words of `--args` and `--entrypoint`, quoted as in a shell (google/shlex).
pub(crate) fn shell_words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some('\''), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (_, '\\') => {
                let Some(next) = chars.next() else {
                    return Err("EOF found after escape character".to_owned());
                };
                word.get_or_insert_default().push(next);
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("EOF found when expecting closing quote".to_owned());
    }
    words.extend(word);
    Ok(words)
}
