//! Which address a node listens on and advertises (moby `daemon/cluster/listen_addr.go`).

use crate::MachineConfig;
use crate::daemon::texts::invalid;
use api::ApiError;

/// Port that managers listen on unless told otherwise.
pub(crate) const PORT: u16 = 2377;

const BAD_LISTEN: &str =
    "listen address must be an IP address or network interface (with optional port number)";
const BAD_ADVERTISE: &str = "advertise address must be a non-zero IP address or network interface \
(with optional port number)";
const BAD_DATA_PATH: &str = "data path address must be a non-zero IP address or network interface \
(without a port number)";

/// `host:port` or `host`, with the port that stands or [`PORT`].
fn split(addr: &str) -> Option<(&str, u16)> {
    match addr.rsplit_once(':') {
        Some((host, port)) => Some((host, port.parse().ok()?)),
        None => Some((addr, PORT)),
    }
}

/// A dotted IPv4 address.
pub(crate) fn is_ipv4(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() == 4
        && parts
            .iter()
            .all(|p| !p.is_empty() && p.len() <= 3 && p.parse::<u16>().is_ok_and(|n| n < 256))
}

/// All interfaces with addresses: eth0 first.
fn interfaces(config: &MachineConfig) -> Vec<(&str, &str)> {
    let mut all = vec![("eth0", config.ip.as_str())];
    all.extend(config.extra_ips.iter().map(|(name, ip)| (name.as_str(), ip.as_str())));
    all
}

fn by_interface<'a>(config: &'a MachineConfig, name: &str) -> Option<&'a str> {
    interfaces(config).into_iter().find(|(n, _)| *n == name).map(|(_, ip)| ip)
}

/// The address and port to listen on; the address is `0.0.0.0` for all.
pub(crate) fn listen(config: &MachineConfig, asked: &str) -> Result<(String, u16), ApiError> {
    let asked = if asked.is_empty() { "0.0.0.0:2377" } else { asked };
    let (host, port) = split(asked).ok_or_else(|| invalid(BAD_LISTEN))?;
    if is_ipv4(host) {
        return Ok((host.to_owned(), port));
    }
    match by_interface(config, host) {
        Some(ip) => Ok((ip.to_owned(), port)),
        None => Err(invalid(BAD_LISTEN)),
    }
}

/// The listen address must be one of the machine's own.
pub(crate) fn can_listen(config: &MachineConfig, host: &str, port: u16) -> Result<(), ApiError> {
    let own = host == "0.0.0.0"
        || host == "127.0.0.1"
        || interfaces(config).iter().any(|(_, ip)| *ip == host);
    if own {
        return Ok(());
    }
    Err(ApiError::new(
        500,
        format!(
            "manager stopped: failed to listen on remote API address: listen tcp {host}:{port}: \
             bind: cannot assign requested address"
        ),
    ))
}

/// The address to advertise, with port, for `swarm init`.
pub(crate) fn advertise(
    config: &MachineConfig,
    asked: &str,
    listen: (&str, u16),
) -> Result<String, ApiError> {
    if !asked.is_empty() {
        let (host, port) = match asked.rsplit_once(':') {
            Some(_) => split(asked).ok_or_else(|| invalid(BAD_ADVERTISE))?,
            None => (asked, listen.1),
        };
        let ip = if is_ipv4(host) { Some(host) } else { by_interface(config, host) };
        return match ip {
            Some(ip) if ip != "0.0.0.0" => Ok(format!("{ip}:{port}")),
            Some(_) | None => Err(invalid(BAD_ADVERTISE)),
        };
    }
    if listen.0 != "0.0.0.0" {
        return Ok(format!("{}:{}", listen.0, listen.1));
    }
    let all = interfaces(config);
    match all.as_slice() {
        [(_, ip)] => Ok(format!("{ip}:{}", listen.1)),
        [(a, ip_a), (b, ip_b), ..] if a == b => Err(invalid(format!(
            "could not choose an IP address to advertise since this system has multiple addresses \
             on interface {a} ({ip_a} and {ip_b})"
        ))),
        [(a, ip_a), (b, ip_b), ..] => Err(invalid(format!(
            "could not choose an IP address to advertise since this system has multiple addresses \
             on different interfaces ({ip_a} on {a} and {ip_b} on {b})"
        ))),
        [] => Err(invalid("could not find the system's IP address")),
    }
}

/// The data path address, if one is asked for.
pub(crate) fn data_path(config: &MachineConfig, asked: &str) -> Result<(), ApiError> {
    if asked.is_empty() {
        return Ok(());
    }
    let ip = if is_ipv4(asked) { Some(asked) } else { by_interface(config, asked) };
    match ip {
        Some(ip) if ip != "0.0.0.0" => Ok(()),
        Some(_) | None => Err(invalid(BAD_DATA_PATH)),
    }
}
