//! The scheduler alone on a made-up swarm, for benchmarks.
//!
//! Nodes and tasks are shaped like those of SwarmKit's own benchmark
//! (`manager/scheduler/scheduler_test.go`, `benchScheduler`). It must not know time: whoever
//! measures has a clock.

use crate::Store;
use crate::leader::MAX_CHANGES;
use crate::scheduler::{NodeSet, Scheduler, Waiting};
use crate::store::{Draft, Queued};
use api::{
    Annotations, Availability, Labels, Meta, Network, NetworkAttachment, NetworkId, NetworkSpec,
    Node, NodeDescription, NodeId, NodeRole, NodeSpec, NodeState, NodeStatus, Object, Service,
    ServiceId, ServiceSpec, StoreAction, Task, TaskId, TaskSpec, TaskState, TaskStatus, Timestamp,
    Version,
};
use share::Rc;
use sim::{Stream, Streams};

/// How large the swarm is and what waits in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Nodes, all ready; every third has the network plugin.
    pub nodes: u64,
    /// Tasks that wait for a node.
    pub tasks: u64,
    /// Services that the tasks belong to in turn; 0: tasks of no service, placed one by one.
    pub services: u64,
    /// The tasks need the network plugin.
    pub constrained: bool,
}

/// A store with a workload, and a scheduler that has seen it.
#[derive(Debug)]
pub struct Scheduling {
    store: Store,
    scheduler: Scheduler,
    rng: Streams,
    waiting: Waiting,
    nodes: NodeSet,
}

/// No time passes.
const NOW: Timestamp = Timestamp(0);

impl Scheduling {
    /// Writes the nodes and tasks, and lets the scheduler look at them.
    #[must_use]
    pub fn new(workload: &Workload) -> Self {
        let mut ids = Stream::new(1, "ids");
        let mut bytes = || {
            let mut bytes = [0; 17];
            ids.fill(&mut bytes);
            bytes
        };
        let mut objects = Vec::new();
        let network = NetworkId::from_random(bytes());
        objects.push(Object::Network(Rc::new(plugin_network(network))));
        for at in 0..workload.nodes {
            let plugged = at % 3 == 0;
            objects.push(Object::Node(Rc::new(node(NodeId::from_random(bytes()), at, plugged))));
        }
        let services: Vec<Rc<Service>> = (0..workload.services)
            .map(|at| Rc::new(service(ServiceId::from_random(bytes()), at)))
            .collect();
        objects.extend(services.iter().cloned().map(Object::Service));
        let spec = Rc::new(TaskSpec::default());
        let networks: Vec<NetworkAttachment> = if workload.constrained {
            vec![NetworkAttachment { network, addresses: Vec::new(), aliases: Vec::new() }]
        } else {
            Vec::new()
        };
        for (slot, service) in (0..workload.tasks).zip(turns(&services)) {
            let mut task = task(TaskId::from_random(bytes()), service, &spec);
            task.slot = slot + 1;
            task.networks.clone_from(&networks);
            objects.push(Object::Task(Rc::new(task)));
        }
        let mut store = Store::new();
        let actions: Vec<StoreAction> = objects.into_iter().map(StoreAction::Create).collect();
        store.apply(Version(1), NOW, &actions);
        let mut scheduler = Scheduler::elected(&store, NOW);
        scheduler.look(&store);
        let waiting = scheduler.clone().take_waiting(&store);
        Self { nodes: NodeSet::new(&store), store, scheduler, rng: Streams::new(1), waiting }
    }

    /// Decides where all tasks go, without writing it down; how many have a node. Once only:
    /// the nodes are full of them then.
    pub fn place(&mut self) -> usize {
        let (mut queued, me) = (Queued::default(), NodeId::LOWEST);
        let mut draft = Draft::new(&mut self.store, &mut queued, NOW, me, &mut self.rng);
        self.scheduler.decide(&mut draft, &mut self.nodes, &self.waiting)
    }

    /// A whole pass: places all tasks, writes it into the leader's view, and from there in
    /// transactions into the store; how many changes those told of.
    pub fn tick(&mut self) -> usize {
        let mut view = self.store.clone();
        let (mut queued, me) = (Queued::default(), NodeId::LOWEST);
        let mut draft = Draft::new(&mut view, &mut queued, NOW, me, &mut self.rng);
        self.scheduler.run(&mut draft);
        let actions = queued.actions.make_contiguous();
        let mut events = 0;
        for (index, transaction) in (2..).zip(actions.chunks(MAX_CHANGES)) {
            events += self.store.apply(Version(index), NOW, transaction).len();
        }
        events
    }
}

/// Nothing for ever, or the services in turn for ever.
fn turns(services: &[Rc<Service>]) -> impl Iterator<Item = Option<&Rc<Service>>> {
    let none = services.is_empty().then_some(None).into_iter();
    none.chain(services.iter().map(Some)).cycle()
}

fn plugin_network(id: NetworkId) -> Network {
    let spec = NetworkSpec { driver: "network".to_owned(), ..NetworkSpec::default() };
    Network {
        id,
        meta: Meta::default(),
        spec,
        ipam: Vec::new(),
        driver_state: Labels::new(),
        predefined: false,
    }
}

pub(crate) fn node(id: NodeId, at: u64, plugged: bool) -> Node {
    let plugins = plugged.then(|| ("Network".to_owned(), "network".to_owned()));
    Node {
        id,
        meta: Meta::default(),
        spec: NodeSpec { availability: Availability::Active, ..NodeSpec::default() },
        description: Some(NodeDescription {
            hostname: format!("node{at}"),
            plugins: plugins.into_iter().collect(),
            ..NodeDescription::default()
        }),
        status: NodeStatus { state: NodeState::Ready, ..NodeStatus::default() },
        manager_status: None,
        role: NodeRole::Worker,
        attachments: Vec::new(),
    }
}

pub(crate) fn service(id: ServiceId, at: u64) -> Service {
    let annotations = Annotations { name: format!("service{at}"), ..Annotations::default() };
    let spec = ServiceSpec { annotations, ..ServiceSpec::default() };
    Service {
        id,
        meta: Meta::default(),
        spec: Rc::new(spec),
        spec_version: Some(Version(1)),
        previous_spec: None,
        previous_spec_version: None,
        endpoint: None,
        update_status: None,
        job_status: None,
    }
}

pub(crate) fn task(id: TaskId, service: Option<&Rc<Service>>, spec: &Rc<TaskSpec>) -> Task {
    Task {
        id,
        meta: Meta::default(),
        spec: Rc::clone(spec),
        spec_version: service.and_then(|service| service.spec_version),
        service_id: service.map(|service| service.id),
        slot: 0,
        node_id: None,
        annotations: Annotations::default(),
        service_annotations: service
            .map_or_else(Annotations::default, |service| service.spec.annotations.clone()),
        status: TaskStatus { state: TaskState::Pending, ..TaskStatus::default() },
        desired_state: TaskState::Running,
        networks: Vec::new(),
        endpoint: None,
        ports: Vec::new(),
        log_driver: None,
        assigned_generic_resources: Vec::new(),
        job_iteration: None,
    }
}
