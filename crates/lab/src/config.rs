//! How a lab is set up.

use serde::{Deserialize, Serialize};

/// One machine to set up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineConfig {
    /// Host name.
    pub name: String,
    /// Address of eth0 in 192.168.0.0/24.
    pub ip: String,
    /// Further interfaces: (`eth1`, `172.18.0.13`); not routed between machines.
    pub extra_ips: Vec<(String, String)>,
}

/// A lab to set up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabConfig {
    /// Everything drawn at random follows from it.
    pub seed: u64,
    /// The machines, all on, with a running daemon, in no swarm.
    pub machines: Vec<MachineConfig>,
}

impl MachineConfig {
    /// The `k`-th machine (from 0) of a lab under `name`: eth0 192.168.0.(13+k),
    /// eth1 172.18.0.(13+k) as on Play with Docker.
    #[must_use]
    pub fn numbered(name: impl Into<String>, k: u32) -> Self {
        let last = 13 + k;
        Self {
            name: name.into(),
            ip: format!("192.168.0.{last}"),
            extra_ips: vec![("eth1".into(), format!("172.18.0.{last}"))],
        }
    }
}

impl LabConfig {
    /// Machines `names` in order, numbered from .13 upward.
    #[must_use]
    pub fn with_names<'a>(seed: u64, names: impl IntoIterator<Item = &'a str>) -> Self {
        let machines = (0..).zip(names).map(|(k, n)| MachineConfig::numbered(n, k)).collect();
        Self { seed, machines }
    }
}
