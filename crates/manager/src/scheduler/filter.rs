//! The filters a node must pass, in SwarmKit's order, and the sentence when none does.
//!
//! SwarmKit: `manager/scheduler/filter.go`, `pipeline.go`.

use super::constraint::{self, Constraint};
use super::nodeinfo::{NodeInfo, enough, host_ports};
use super::nodeset::NodeSet;
use crate::Store;
use api::{MountKind, NodeDescription, Placement, Platform, Protocol, Task};

/// One filter, enabled for the task at hand.
#[derive(Debug)]
enum Filter {
    Resource,
    Plugin { volumes: Vec<String>, networks: Vec<String>, log: Option<String> },
    Constraint(Vec<Constraint>),
    Platform(Vec<Platform>),
    HostPort(Vec<(Protocol, u16)>),
    MaxReplicas(u64),
}

/// All filters enabled for a task, each with the nodes it refused since one passed.
#[derive(Debug)]
pub(crate) struct Pipeline<'a> {
    task: &'a Task,
    /// Nodes that are not ready: the filter that every task has, and the first.
    unready: u64,
    filters: Vec<(Filter, u64)>,
}

impl<'a> Pipeline<'a> {
    /// Picks the filters that this task needs.
    pub(crate) fn new(store: &Store, task: &'a Task) -> Self {
        let placement = &task.spec.placement;
        let reserved = &task.spec.reservations;
        let mut filters = Vec::new();
        if reserved.nano_cpus != 0 || reserved.memory_bytes != 0 || !reserved.generic.is_empty() {
            filters.push(Filter::Resource);
        }
        filters.extend(plugin_filter(store, task));
        filters.extend(constraint_filter(placement));
        if !placement.platforms.is_empty() {
            filters.push(Filter::Platform(placement.platforms.clone()));
        }
        let ports: Vec<_> = host_ports(task).collect();
        if !ports.is_empty() {
            filters.push(Filter::HostPort(ports));
        }
        if placement.max_replicas > 0 {
            filters.push(Filter::MaxReplicas(placement.max_replicas));
        }
        let filters = filters.into_iter().map(|filter| (filter, 0)).collect();
        Self { task, unready: 0, filters }
    }

    /// Whether a node passes. The first filter it fails is charged; a node that passes all
    /// sets every count back to zero.
    pub(crate) fn process(&mut self, nodes: &NodeSet, at: usize) -> bool {
        if !nodes.is_ready(at) {
            self.unready += 1;
            return false;
        }
        if !self.filters.is_empty() {
            let Some(info) = nodes.info(at) else { return false };
            for (filter, failures) in &mut self.filters {
                if !filter.passes(self.task, info) {
                    *failures += 1;
                    return false;
                }
            }
        }
        self.forgive();
        true
    }

    /// Sets every count back to zero.
    pub(crate) fn forgive(&mut self) {
        self.unready = 0;
        for (_, failures) in &mut self.filters {
            *failures = 0;
        }
    }

    /// Why nodes were refused, most frequent reason first; empty if none was.
    pub(crate) fn explain(&self) -> String {
        let unready = match self.unready {
            1 => "1 node not available for new tasks".to_owned(),
            n => format!("{n} nodes not available for new tasks"),
        };
        let others = self.filters.iter().map(|(filter, n)| (*n, filter.explain(*n)));
        let mut reasons: Vec<(u64, String)> =
            std::iter::once((self.unready, unready)).chain(others).collect();
        reasons.retain(|(n, _)| *n > 0);
        reasons.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
        let words: Vec<String> = reasons.into_iter().map(|(_, words)| words).collect();
        words.join("; ")
    }
}

fn constraint_filter(placement: &Placement) -> Option<Filter> {
    if placement.constraints.is_empty() {
        return None;
    }
    constraint::parse(&placement.constraints).ok().map(Filter::Constraint)
}

fn plugin_filter(store: &Store, task: &Task) -> Option<Filter> {
    let volumes: Vec<String> = task
        .spec
        .container
        .mounts
        .iter()
        .filter(|mount| mount.kind == MountKind::Volume)
        .map(|mount| mount.volume_driver.clone())
        .filter(|driver| !driver.is_empty() && driver != "local")
        .collect();
    let networks: Vec<String> = task
        .networks
        .iter()
        .filter_map(|attachment| store.network(attachment.network))
        .map(|network| network.spec.driver.clone())
        .filter(|driver| !driver.is_empty())
        .collect();
    let log = task.log_driver.as_ref().map(|driver| driver.name.clone());
    let log = log.filter(|name| !name.is_empty() && name != "none");
    let needed = !volumes.is_empty() || !networks.is_empty() || log.is_some();
    needed.then_some(Filter::Plugin { volumes, networks, log })
}

impl Filter {
    fn passes(&self, task: &Task, info: &NodeInfo) -> bool {
        let node = &info.node;
        match self {
            Self::Resource => {
                let asked = &task.spec.reservations;
                asked.nano_cpus <= info.available.nano_cpus
                    && asked.memory_bytes <= info.available.memory_bytes
                    && enough(&info.available.generic, &asked.generic)
            }
            Self::Plugin { volumes, networks, log } => {
                let Some(about) = &node.description else { return true };
                let all = |kind, names: &[String]| names.iter().all(|n| has(about, kind, n));
                let logs = about.plugins.iter().any(|(kind, _)| kind == "Log");
                all("Volume", volumes)
                    && all("Network", networks)
                    && log.as_ref().is_none_or(|name| !logs || has(about, "Log", name))
            }
            Self::Constraint(constraints) => constraints.iter().all(|one| one.matches(node)),
            Self::Platform(wanted) => {
                let platform = node.description.as_ref().map(|about| &about.platform);
                platform.is_some_and(|platform| {
                    // a node that does not tell its platform runs nothing particular
                    !(platform.os.is_empty() && platform.architecture.is_empty())
                        && wanted.iter().any(|one| same_platform(one, platform))
                })
            }
            Self::HostPort(ports) => ports.iter().all(|port| !info.host_ports.contains(port)),
            Self::MaxReplicas(max) => info.tasks_of(task.service_id) < *max,
        }
    }

    fn explain(&self, n: u64) -> String {
        let nodes = |words: &str| match n {
            1 => format!("{words} on 1 node"),
            _ => format!("{words} on {n} nodes"),
        };
        match self {
            Self::Resource => nodes("insufficient resources"),
            Self::Plugin { .. } => nodes("missing plugin"),
            Self::Constraint(_) => nodes("scheduling constraints not satisfied"),
            Self::Platform(_) => nodes("unsupported platform"),
            Self::HostPort(_) => nodes("host-mode port already in use"),
            Self::MaxReplicas(_) => "max replicas per node limit exceed".to_owned(),
        }
    }
}

fn has(about: &NodeDescription, kind: &str, name: &str) -> bool {
    about.plugins.iter().any(|(of, plugin)| {
        of == kind && (plugin == name || plugin.strip_suffix(":latest") == Some(name))
    })
}

fn same_platform(wanted: &Platform, node: &Platform) -> bool {
    let arch = |name: &str| match name {
        "x86_64" => "amd64".to_owned(),
        "aarch64" => "arm64".to_owned(),
        _ => name.to_owned(),
    };
    (wanted.architecture.is_empty() || arch(&wanted.architecture) == arch(&node.architecture))
        && (wanted.os.is_empty() || wanted.os == node.os)
}
