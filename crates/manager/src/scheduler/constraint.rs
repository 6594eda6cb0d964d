//! Placement constraints: `key==value` and `key!=value`.
//!
//! SwarmKit: `manager/constraint`. Whole-string and case-insensitive, no globbing.

use api::{Node, NodeRole, Placement};
use std::net::IpAddr;

/// A constraint taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Constraint {
    /// `node.role`, `node.labels.zone`, …
    pub(crate) key: String,
    /// `==`, otherwise `!=`.
    pub(crate) equal: bool,
    /// What it is compared to.
    pub(crate) value: String,
}

/// Takes constraints apart; the first bad one's error otherwise.
///
/// # Errors
/// SwarmKit's texts.
pub(crate) fn parse(constraints: &[String]) -> Result<Vec<Constraint>, String> {
    constraints.iter().map(|text| parse_one(text)).collect()
}

fn parse_one(text: &str) -> Result<Constraint, String> {
    let (left, right, equal) = match (text.split_once("=="), text.split_once("!=")) {
        (Some((left, right)), _) => (left, right, true),
        (None, Some((left, right))) => (left, right, false),
        (None, None) => return Err("constraint expected one operator from ==, !=".to_owned()),
    };
    let (key, value) = (left.trim(), right.trim());
    if !valid_key(key) {
        return Err(format!("key '{key}' is invalid"));
    }
    if value.is_empty() || !value.chars().all(valid_in_value) {
        return Err(format!("value '{value}' is invalid"));
    }
    Ok(Constraint { key: key.to_owned(), equal, value: value.to_owned() })
}

/// `^[a-z_][a-z0-9\-_.]+$`, ignoring case.
fn valid_key(key: &str) -> bool {
    let mut chars = key.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let rest = chars.as_str();
    first
        && !rest.is_empty()
        && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn valid_in_value(c: char) -> bool {
    c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || ":-_.*()?+[]\\^$|/".contains(c)
}

/// Whether a node meets all constraints of a placement; unparsable ones are as good as none
/// (the API refuses them).
pub(crate) fn node_matches(placement: &Placement, node: &Node) -> bool {
    if placement.constraints.is_empty() {
        return true;
    }
    parse(&placement.constraints).is_ok_and(|all| all.iter().all(|one| one.matches(node)))
}

impl Constraint {
    /// Whether a node meets it. An unknown key is met by no node.
    #[must_use]
    pub(crate) fn matches(&self, node: &Node) -> bool {
        let about = node.description.as_ref();
        let key = self.key.to_ascii_lowercase();
        let platform = about.map(|about| &about.platform);
        match key.as_str() {
            "node.id" => self.compare(node.id.as_str()),
            "node.hostname" => self.compare(about.map_or("", |about| &about.hostname)),
            "node.ip" => self.matches_ip(&node.status.addr),
            "node.role" => self.compare(match node.role {
                NodeRole::Worker => "WORKER",
                NodeRole::Manager => "MANAGER",
            }),
            "node.platform.os" => self.compare(platform.map_or("", |p| &p.os)),
            "node.platform.arch" => self.compare(platform.map_or("", |p| &p.architecture)),
            _ => {
                let named = |prefix: &str| key.len() > prefix.len() && key.starts_with(prefix);
                let labels = if named("node.labels.") {
                    Some((&node.spec.annotations.labels, "node.labels.".len()))
                } else if named("engine.labels.") {
                    let Some(about) = about else { return self.compare("") };
                    Some((&about.engine_labels, "engine.labels.".len()))
                } else {
                    None
                };
                labels.is_some_and(|(labels, prefix)| {
                    let label = self.key.get(prefix..).unwrap_or("");
                    self.compare(labels.get(label).map_or("", String::as_str))
                })
            }
        }
    }

    fn compare(&self, actual: &str) -> bool {
        self.value.to_lowercase() == actual.to_lowercase() && self.equal
            || self.value.to_lowercase() != actual.to_lowercase() && !self.equal
    }

    /// An address or a network; what is neither is never met, not even by `!=`.
    fn matches_ip(&self, actual: &str) -> bool {
        let actual: Option<IpAddr> = actual.parse().ok();
        if let Ok(wanted) = self.value.parse::<IpAddr>() {
            return (actual == Some(wanted)) == self.equal;
        }
        let network = self.value.split_once('/').and_then(|(addr, len)| {
            let addr: IpAddr = addr.parse().ok()?;
            let len: u32 = len.parse().ok()?;
            (len <= if addr.is_ipv4() { 32 } else { 128 }).then_some((addr, len))
        });
        network.is_some_and(|(addr, len)| {
            actual.is_some_and(|actual| in_network(actual, addr, len)) == self.equal
        })
    }
}

fn in_network(addr: IpAddr, network: IpAddr, len: u32) -> bool {
    match (addr, network) {
        (IpAddr::V4(a), IpAddr::V4(n)) => {
            let mask = u32::MAX.checked_shl(32 - len).unwrap_or(0);
            a.to_bits() & mask == n.to_bits() & mask
        }
        (IpAddr::V6(a), IpAddr::V6(n)) => {
            let mask = u128::MAX.checked_shl(128 - len).unwrap_or(0);
            a.to_bits() & mask == n.to_bits() & mask
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}
