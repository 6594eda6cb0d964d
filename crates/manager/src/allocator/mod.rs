//! Allocator: subnets of networks, virtual addresses and ports of services, addresses of tasks
//! and nodes. It is the gate from NEW to PENDING.
//!
//! | | |
//! |---|---|
//! | runs on | the leader; pools are rebuilt from what the store says is in use |
//! | watches | networks, services, tasks, nodes |
//! | writes | what it gave, and PENDING |
//! | SwarmKit | `manager/allocator` |
//!
//! **Invariant:** never gives out an address or a mesh port twice while the first is in use.
//!
//! **Left out:** IPv6, remote IPAM drivers.

pub(crate) mod ipam;
mod needs;
mod ports;

pub(crate) use needs::needs_ingress;

use crate::orchestrator::{after, label};
use crate::store::{Draft, StoreEvent};
use crate::{Store, Trace};
use api::{
    Endpoint, IpamConfig, Network, NetworkAttachment, NetworkId, NodeId, Object, Service,
    ServiceId, Task, TaskId, TaskState, Timestamp, VirtualIp,
};
use ipam::{Pool, Subnet};
use needs::{is_dead, is_service_allocated, is_swarm_driver, networks_of_node, virtual_networks};
use ports::Ports;
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::{BTreeMap, BTreeSet};

/// The option that carries an overlay's VXLAN id.
const VXLAN_OPTION: &str = "com.docker.network.driver.overlay.vxlanid_list";
/// A subnet was asked for that another network of the swarm has in part: the new one waits, without
/// a driver, until that one is gone (libnetwork `ipamapi`, `ErrPoolOverlap`; recording g_objects).
const POOL_OVERLAPS: &str =
    "invalid pool request: Pool overlaps with other one on this address space";
/// The first VXLAN id.
const FIRST_VXLAN: u32 = 4096;
/// How often what found nothing free is tried again.
const RETRY_US: u64 = 300_000_000;

/// Pools and what waits for them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Allocator {
    pools: BTreeMap<NetworkId, Vec<Pool>>,
    subnets: BTreeMap<NetworkId, Vec<Subnet>>,
    vxlans: BTreeMap<NetworkId, Vec<u32>>,
    next_vxlan: u32,
    ports: Ports,
    networks: BTreeSet<NetworkId>,
    services: BTreeSet<ServiceId>,
    tasks: BTreeSet<TaskId>,
    nodes: BTreeSet<NodeId>,
    /// Tasks that hold addresses.
    holding: BTreeMap<TaskId, Vec<NetworkAttachment>>,
    retry: Option<Timestamp>,
}

impl Allocator {
    /// Takes in what is allocated and queues what is not.
    pub(crate) fn elected(store: &Store) -> Self {
        let mut this = Self { next_vxlan: FIRST_VXLAN, ..Self::default() };
        for network in store.networks() {
            this.networks.insert(network.id);
            this.restore_network(network);
        }
        for node in store.nodes() {
            this.nodes.insert(node.id);
            this.hold(&node.attachments);
        }
        // user-defined ports first: a dynamic one must not sit on them
        for service in store.services() {
            this.services.insert(service.id);
            if let Some(endpoint) = &service.endpoint {
                this.ports.restore(&endpoint.ports);
                for vip in &endpoint.virtual_ips {
                    this.hold_address(vip.network, &vip.addr);
                }
            }
        }
        for task in store.tasks() {
            if is_dead(task) {
                continue;
            }
            this.hold(&task.networks);
            if task.status.state == TaskState::New {
                this.tasks.insert(task.id);
            } else if !task.networks.is_empty() {
                this.holding.insert(task.id, task.networks.clone());
            }
        }
        this
    }

    fn restore_network(&mut self, network: &Network) {
        if network.ipam.is_empty() {
            return;
        }
        self.open(network.id, &network.ipam);
        let ids = network.driver_state.get(VXLAN_OPTION).map_or("", String::as_str);
        let ids: Vec<u32> = ids.split(',').filter_map(|id| id.parse().ok()).collect();
        self.vxlans.insert(network.id, ids);
    }

    fn open(&mut self, id: NetworkId, ipam: &[IpamConfig]) {
        let mut pools = Vec::new();
        let mut subnets = Vec::new();
        for config in ipam {
            let Some(subnet) = Subnet::parse(&config.subnet) else { continue };
            let mut pool = Pool::new(subnet, Subnet::parse(&config.range));
            pool.take(&config.gateway);
            pools.push(pool);
            subnets.push(subnet);
        }
        self.pools.insert(id, pools);
        self.subnets.insert(id, subnets);
    }

    pub(crate) fn on_event(&mut self, event: &StoreEvent, store: &Store) {
        match event.object() {
            Object::Network(network) if event.is_removal() => {
                self.pools.remove(&network.id);
                self.subnets.remove(&network.id);
                self.vxlans.remove(&network.id);
                self.freed(store);
            }
            Object::Network(network) => {
                self.networks.insert(network.id);
            }
            Object::Service(service) if event.is_removal() => {
                if let Some(endpoint) = &service.endpoint {
                    self.ports.release(&endpoint.ports);
                    for vip in &endpoint.virtual_ips {
                        self.give_back(vip.network, &vip.addr);
                    }
                }
                self.freed(store);
            }
            Object::Service(service) => {
                self.services.insert(service.id);
                let tasks = store.tasks_of_service(service.id);
                self.tasks.extend(
                    tasks.filter(|task| task.status.state == TaskState::New).map(|task| task.id),
                );
            }
            Object::Task(task) => self.on_task(event, task, store),
            Object::Node(node) if event.is_removal() => {
                for attachment in &node.attachments {
                    self.release(attachment);
                }
                self.nodes.remove(&node.id);
                self.freed(store);
            }
            Object::Node(node) if event.is_creation() => {
                self.nodes.insert(node.id);
            }
            Object::Node(_) | Object::Cluster(_) | Object::Secret(_) | Object::Config(_) => {}
        }
    }

    fn on_task(&mut self, event: &StoreEvent, task: &Rc<Task>, store: &Store) {
        if event.is_removal() || is_dead(task) {
            self.tasks.remove(&task.id);
            if let Some(attachments) = self.holding.remove(&task.id) {
                for attachment in &attachments {
                    self.release(attachment);
                }
                self.freed(store);
            }
            self.nodes.extend(task.node_id);
            return;
        }
        if task.status.state == TaskState::New {
            self.tasks.insert(task.id);
        }
        let was = event.old_task().and_then(|old| old.node_id);
        if task.node_id != was && !task.networks.is_empty() {
            self.nodes.extend(task.node_id);
        }
    }

    /// Something is free again: whatever waited is tried once more.
    fn freed(&mut self, store: &Store) {
        if self.retry.take().is_none() {
            return;
        }
        self.networks.extend(store.networks().map(|network| network.id));
        self.services.extend(store.services().map(|service| service.id));
        let new = store.tasks().filter(|task| task.status.state == TaskState::New);
        self.tasks.extend(new.map(|task| task.id));
        self.nodes.extend(store.nodes().map(|node| node.id));
    }

    pub(crate) fn next_wakeup(&self) -> Option<Timestamp> {
        self.retry
    }

    /// Networks, nodes, services, tasks: each needs what comes before it.
    pub(crate) fn run(&mut self, draft: &mut Draft<'_>) {
        if self.retry.is_some_and(|at| at <= draft.now) {
            self.freed(draft);
        }
        let mut networks: Vec<(bool, Timestamp, NetworkId)> = std::mem::take(&mut self.networks)
            .into_iter()
            .filter_map(|id| draft.network(id))
            .map(|network| (!network.spec.ingress, network.meta.created_at, network.id))
            .collect();
        networks.sort_unstable();
        for (_, _, id) in networks {
            self.allocate_network(draft, id);
        }
        for id in std::mem::take(&mut self.nodes) {
            self.allocate_node(draft, id);
        }
        for id in std::mem::take(&mut self.services) {
            self.allocate_service(draft, id);
        }
        let mut tasks: Vec<Rc<Task>> = std::mem::take(&mut self.tasks)
            .into_iter()
            .filter_map(|id| draft.task(id).cloned())
            .collect();
        tasks.sort_by_key(|task| (task.meta.created_at, task.service_id, task.slot, task.id));
        for task in tasks {
            self.allocate_task(draft, &task);
        }
    }

    fn allocate_network(&mut self, draft: &mut Draft<'_>, id: NetworkId) {
        let Some(network) = draft.network(id).cloned() else { return };
        if network.predefined || !network.ipam.is_empty() || !is_swarm_driver(&network) {
            return;
        }
        let Some(cluster) = draft.cluster().cloned() else { return };
        let mut wanted = network.spec.ipam.clone();
        if wanted.is_empty() {
            wanted.push(IpamConfig::default());
        }
        let mut used: BTreeSet<Subnet> = self.subnets.values().flatten().copied().collect();
        for config in &mut wanted {
            let subnet = if config.subnet.is_empty() {
                ipam::free_subnet(&cluster.default_addr_pool, cluster.subnet_size, &used)
            } else {
                Subnet::parse(&config.subnet)
            };
            let Some(subnet) = subnet else {
                let what = format!("network {}", network.spec.annotations.name);
                self.nothing_free(draft, what, "could not find an available subnet");
                return;
            };
            if used.iter().any(|other| other.overlaps(subnet)) {
                let what = format!("network {}", network.spec.annotations.name);
                self.nothing_free(draft, what, POOL_OVERLAPS);
                return;
            }
            used.insert(subnet);
            config.subnet = subnet.to_string();
            if config.gateway.is_empty() {
                config.gateway = Pool::new(subnet, Subnet::parse(&config.range))
                    .next()
                    .and_then(|cidr| ipam::address(&cidr))
                    .map_or_else(String::new, |addr| addr.to_string());
            }
        }
        self.open(id, &wanted);
        let vxlans: Vec<u32> = wanted.iter().map(|_| self.new_vxlan()).collect();
        self.vxlans.insert(id, vxlans.clone());
        let list: Vec<String> = vxlans.iter().map(u32::to_string).collect();
        for config in &wanted {
            let what = format!("network {}", network.spec.annotations.name);
            draft.why(Trace::Allocated { what, addr: config.subnet.clone() });
        }
        draft.update_network(id, |network| {
            network.ipam = wanted;
            network.driver_state.insert(VXLAN_OPTION.to_owned(), list.join(","));
        });
        // what waited for this network
        self.nodes.extend(draft.nodes().map(|node| node.id));
        self.services.extend(draft.services().map(|service| service.id));
    }

    fn new_vxlan(&mut self) -> u32 {
        let used: BTreeSet<u32> = self.vxlans.values().flatten().copied().collect();
        while used.contains(&self.next_vxlan) {
            self.next_vxlan += 1;
        }
        self.next_vxlan += 1;
        self.next_vxlan - 1
    }

    /// One load-balancer address on ingress, and on each overlay that a task here uses.
    fn allocate_node(&mut self, draft: &mut Draft<'_>, id: NodeId) {
        let Some(node) = draft.node(id).cloned() else { return };
        let wanted = networks_of_node(draft, &node);
        let mut attachments = Vec::new();
        for attachment in &node.attachments {
            if wanted.contains(&attachment.network) {
                attachments.push(attachment.clone());
            } else {
                self.release(attachment);
            }
        }
        for network in wanted {
            if attachments.iter().any(|attachment| attachment.network == network) {
                continue;
            }
            match self.next_address(network) {
                Some(address) => attachments.push(NetworkAttachment {
                    network,
                    addresses: vec![address],
                    aliases: Vec::new(),
                }),
                None => self.nothing_free(draft, format!("node {id}"), NO_ADDRESS),
            }
        }
        if attachments != node.attachments {
            draft.update_node(id, |node| node.attachments = attachments);
        }
    }

    fn allocate_service(&mut self, draft: &mut Draft<'_>, id: ServiceId) {
        let Some(service) = draft.service(id).cloned() else { return };
        let wanted = virtual_networks(draft, &service);
        if is_service_allocated(&service, &wanted) {
            return;
        }
        let name = &service.spec.annotations.name;
        let Some(ports) = self.ports.allocate(&service) else {
            let what = format!("service {name}");
            self.nothing_free(draft, what, "could not allocate a published port");
            return;
        };
        let mut virtual_ips = Vec::new();
        let had = service.endpoint.as_ref().map_or(&[][..], |endpoint| &endpoint.virtual_ips);
        for vip in had {
            if wanted.contains(&vip.network) {
                virtual_ips.push(vip.clone());
            } else {
                self.give_back(vip.network, &vip.addr);
            }
        }
        for network in wanted {
            if virtual_ips.iter().any(|vip: &VirtualIp| vip.network == network) {
                continue;
            }
            let Some(addr) = self.next_address(network) else {
                let err = "could not find an available IP while allocating VIP";
                self.nothing_free(draft, format!("service {name}"), err);
                continue;
            };
            draft.why(Trace::Allocated { what: format!("service {name}"), addr: addr.clone() });
            virtual_ips.push(VirtualIp { network, addr });
        }
        let spec = service.spec.endpoint.clone();
        draft.update_service(id, |service| {
            service.endpoint = Some(Endpoint { spec, ports, virtual_ips });
        });
        let tasks = draft.tasks_of_service(id);
        self.tasks
            .extend(tasks.filter(|task| task.status.state == TaskState::New).map(|task| task.id));
    }

    fn allocate_task(&mut self, draft: &mut Draft<'_>, task: &Rc<Task>) {
        if task.status.state != TaskState::New {
            return;
        }
        let service = match task.service_id {
            None => None,
            Some(id) => match draft.service(id).cloned() {
                Some(service)
                    if is_service_allocated(&service, &virtual_networks(draft, &service)) =>
                {
                    Some(service)
                }
                Some(_) | None => return,
            },
        };
        let Some(networks) = self.attachments(draft, task, service.as_deref()) else { return };
        self.holding.insert(task.id, networks.clone());
        let ports = service.and_then(|service| service.endpoint.clone()).map(|e| e.ports);
        let now = draft.now;
        draft.update_task(task.id, |task| {
            task.networks = networks;
            task.ports = ports.unwrap_or_default();
            task.status.state = TaskState::Pending;
            task.status.message = "pending task scheduling".to_owned();
            task.status.timestamp = now;
        });
    }

    /// Addresses on ingress, if the service publishes there, then on the spec's networks.
    fn attachments(
        &mut self,
        draft: &mut Draft<'_>,
        task: &Task,
        service: Option<&Service>,
    ) -> Option<Vec<NetworkAttachment>> {
        let mut wanted: Vec<(NetworkId, Vec<String>)> = Vec::new();
        if service.is_some_and(needs_ingress) {
            wanted.push((draft.ingress()?.id, Vec::new()));
        }
        for config in &task.spec.networks {
            let id = NetworkId::parse(&config.target)?;
            if !wanted.iter().any(|(known, _)| *known == id) {
                wanted.push((id, config.aliases.clone()));
            }
        }
        let mut attachments: Vec<NetworkAttachment> = Vec::new();
        for (network, aliases) in wanted {
            let object = draft.network(network).cloned()?;
            let addresses = if object.predefined || !is_swarm_driver(&object) {
                Some(Vec::new())
            } else {
                self.next_address(network).map(|address| vec![address])
            };
            let Some(addresses) = addresses else {
                for attachment in &attachments {
                    self.release(attachment);
                }
                self.nothing_free(draft, label(task), NO_ADDRESS);
                return None;
            };
            attachments.push(NetworkAttachment { network, addresses, aliases });
        }
        Some(attachments)
    }

    fn nothing_free(&mut self, draft: &mut Draft<'_>, what: String, err: &str) {
        self.retry = Some(after(draft.now, RETRY_US));
        draft.why(Trace::NotAllocated { what, err: err.to_owned() });
    }

    fn next_address(&mut self, network: NetworkId) -> Option<String> {
        self.pools.get_mut(&network)?.iter_mut().find_map(Pool::next)
    }

    fn hold(&mut self, attachments: &[NetworkAttachment]) {
        for attachment in attachments {
            for address in &attachment.addresses {
                self.hold_address(attachment.network, address);
            }
        }
    }

    fn hold_address(&mut self, network: NetworkId, address: &str) {
        for pool in self.pools.entry(network).or_default() {
            if pool.take(address) {
                return;
            }
        }
    }

    fn release(&mut self, attachment: &NetworkAttachment) {
        for address in &attachment.addresses {
            self.give_back(attachment.network, address);
        }
    }

    fn give_back(&mut self, network: NetworkId, address: &str) {
        for pool in self.pools.entry(network).or_default() {
            pool.release(address);
        }
    }
}

/// The log's words for a full subnet.
const NO_ADDRESS: &str = "could not find an available IP";
