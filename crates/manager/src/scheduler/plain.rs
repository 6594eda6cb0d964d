//! The scheduler's rules once more, as plain loops over all nodes of a set made anew for each
//! pass, and a test that the indexes and the kept set decide the same with the same words.

use super::nodeset::NodeSet;
use super::*;
use crate::store::Queued;
use crate::workload;
use api::{Availability, GenericResource, Node, NodeState, StoreAction, TaskSpec};
use sim::Streams;

impl Scheduler {
    fn run_plain(&mut self, draft: &mut Draft<'_>) {
        self.due = None;
        let tick = std::mem::take(&mut self.tick);
        let mut nodes = NodeSet::new(draft);
        self.confirm_preassigned(draft, &mut nodes);
        if !tick {
            return;
        }
        let Waiting { mut groups, single } = self.take_waiting(draft);
        groups.extend(single.into_iter().map(|task| vec![task]));
        for group in groups {
            let choice = self.choose_plain(draft, &mut nodes, &group);
            let mut generic = GenericLeft::default();
            self.carry_out(draft, &nodes, &group, &choice, &mut generic);
        }
    }

    fn choose_plain(
        &self,
        draft: &mut Draft<'_>,
        nodes: &mut NodeSet,
        group: &[Rc<Task>],
    ) -> Choice {
        let first = &group[0];
        if !first.spec.placement.preferences.is_empty() {
            return self.choose(draft, nodes, group);
        }
        let of = (first.service_id, first.spec_version);
        let failures: Vec<u64> = (0..nodes.len())
            .map(|at| nodes.info(at).map(|info| info.node.id))
            .map(|id| id.and_then(|id| self.failures.get(&(of, id))))
            .map(|times| times.map_or(0, |times| recent(times, draft.now)))
            .collect();
        let less = |nodes: &NodeSet, a: usize, b: usize| {
            if (failures[a] >= 5 || failures[b] >= 5) && failures[a] != failures[b] {
                return failures[a] < failures[b];
            }
            let rank = |at: usize| {
                let info = nodes.info(at).expect("a node");
                (info.tasks_of(first.service_id), info.active)
            };
            rank(a) < rank(b)
        };
        let mut choice = Choice::default();
        let mut pipeline = Pipeline::new(draft, first);
        let mut left: Vec<usize> = (0..nodes.len()).collect();
        left.retain(|at| pipeline.process(nodes, *at));
        left.retain(|at| pipeline.process(nodes, *at));
        let mut order = Vec::new();
        while !left.is_empty() && order.len() < group.len() {
            let mut best = left.clone();
            best.retain(|at| !left.iter().any(|other| less(nodes, *other, *at)));
            let of = u32::try_from(best.len()).expect("few");
            let mut chosen = best[0];
            if of > 1 {
                let index = draft.rng.stream("scheduler").pick(of).expect("some");
                chosen = best[index as usize];
                choice.ties.push(Tie { of, nodes: best, chosen });
            }
            left.retain(|at| *at != chosen);
            order.push(chosen);
        }
        let mut placed = deal_plain(nodes, &mut pipeline, &order, group, less);
        choice.reason = pipeline.explain();
        placed.sort_unstable();
        while !placed.is_empty() {
            let count = u32::try_from(placed.len()).expect("few");
            let same = placed.first() == placed.last();
            let index = if same {
                0
            } else {
                draft.rng.stream("scheduler.slots").pick(count).expect("some")
            };
            choice.places.push(placed.remove(index as usize));
        }
        choice
    }
}

fn deal_plain(
    nodes: &mut NodeSet,
    pipeline: &mut Pipeline<'_>,
    order: &[usize],
    group: &[Rc<Task>],
    less: impl Fn(&NodeSet, usize, usize) -> bool,
) -> Vec<usize> {
    let mut placed = Vec::new();
    let mut failed = vec![false; order.len()];
    let mut at = 0;
    while placed.len() < group.len() && !order.is_empty() {
        let here = order[at % order.len()];
        nodes.add(here, &group[0]);
        placed.push(here);
        if placed.len() == group.len() {
            break;
        }
        if at + 1 >= order.len() || less(nodes, order[at + 1], here) {
            at += 1;
        }
        let start = at;
        loop {
            let index = at % order.len();
            if !failed[index] && pipeline.process(nodes, order[index]) {
                break;
            }
            failed[index] = true;
            at += 1;
            if at - start == order.len() {
                return placed;
            }
        }
    }
    placed
}

/// A swarm that changes at random.
struct World {
    store: Store,
    scheduler: Scheduler,
    rng: Streams,
    now: Timestamp,
    index: u64,
    services: Vec<ServiceId>,
}

impl World {
    fn new(seed: u64) -> Self {
        let store = Store::new();
        let scheduler = Scheduler::elected(&store, Timestamp(0));
        let mut rng = Streams::new(seed);
        for name in ["scheduler", "scheduler.slots"] {
            rng.stream(name);
        }
        let mut world =
            Self { store, scheduler, rng, now: Timestamp(0), index: 1, services: Vec::new() };
        for at in 0..3 {
            let service = workload::service(ServiceId::from_random(world.bytes()), at);
            world.services.push(service.id);
            world.commit(&[StoreAction::Create(Object::Service(Rc::new(service)))]);
        }
        world
    }

    fn below(&mut self, end: u64) -> u64 {
        self.rng.stream("world").range(0, end)
    }

    fn bytes(&mut self) -> [u8; 17] {
        let mut bytes = [0; 17];
        self.rng.stream("world").fill(&mut bytes);
        bytes
    }

    fn commit(&mut self, actions: &[StoreAction]) {
        self.index += 1;
        for event in self.store.apply(Version(self.index), self.now, actions) {
            self.scheduler.on_event(&event, self.now);
        }
        self.scheduler.on_commit(self.now);
    }

    fn node(&mut self) -> Node {
        let at = self.below(4);
        let mut node = workload::node(NodeId::from_random(self.bytes()), at, at == 0);
        self.change_node(&mut node);
        node
    }

    fn change_node(&mut self, node: &mut Node) {
        match self.below(5) {
            0 => node.status.state = NodeState::Down,
            1 => node.spec.availability = Availability::Drain,
            2 => node.status.state = NodeState::Ready,
            _ => node.spec.availability = Availability::Active,
        }
        let zone = if self.below(2) == 0 { "a" } else { "b" };
        node.spec.annotations.labels.insert("zone".to_owned(), zone.to_owned());
        let cpus = 1 + self.below(9);
        let name = (self.below(8) == 0).then(|| format!("node{}", self.below(9)));
        if let Some(about) = &mut node.description {
            about.resources.nano_cpus = i64::try_from(cpus).expect("small");
            let kind = "gpu".to_owned();
            about.resources.generic = vec![GenericResource::Discrete { kind, value: 2 }];
            about.hostname = name.unwrap_or_else(|| about.hostname.clone());
        }
    }

    fn task(&mut self) -> Task {
        let service = usize::try_from(self.below(4)).expect("small");
        let service = self.services.get(service).copied();
        let mut spec = TaskSpec::default();
        spec.reservations.nano_cpus = i64::try_from(self.below(3)).expect("small");
        spec.placement.max_replicas = self.below(8) / 5;
        match self.below(8) {
            0 => spec.placement.constraints.push("node.labels.zone==a".to_owned()),
            1 => spec.placement.preferences.push("node.labels.zone".to_owned()),
            2 => {
                let kind = "gpu".to_owned();
                spec.reservations.generic.push(GenericResource::Discrete { kind, value: 1 });
            }
            _ => {}
        }
        let mut task = workload::task(TaskId::from_random(self.bytes()), None, &Rc::new(spec));
        task.service_id = service;
        task.spec_version = (self.below(3) > 0).then(|| Version(1 + self.below(2)));
        task.slot = self.below(9);
        if self.below(12) == 0 {
            task.node_id = self.any_node().map(|node| node.id);
        }
        task
    }

    fn any_node(&mut self) -> Option<Rc<Node>> {
        let at = self.below(self.store.nodes().count().max(1) as u64);
        self.store.nodes().nth(usize::try_from(at).expect("small")).cloned()
    }

    fn any_task(&mut self) -> Option<Rc<Task>> {
        let at = self.below(self.store.task_count().max(1) as u64);
        self.store.tasks().nth(usize::try_from(at).expect("small")).cloned()
    }

    fn change(&mut self) -> Vec<StoreAction> {
        match self.below(8) {
            0 => vec![StoreAction::Create(Object::Node(Rc::new(self.node())))],
            1 => {
                let Some(node) = self.any_node() else { return Vec::new() };
                let mut node = Node::clone(&node);
                self.change_node(&mut node);
                vec![StoreAction::Update(Object::Node(Rc::new(node)))]
            }
            2 if self.below(6) == 0 => {
                let node = self.any_node();
                node.map(|node| StoreAction::Remove(api::ObjectId::Node(node.id)))
                    .into_iter()
                    .collect()
            }
            3 | 4 => {
                let Some(task) = self.any_task() else { return Vec::new() };
                if self.below(5) == 0 {
                    return vec![StoreAction::Remove(api::ObjectId::Task(task.id))];
                }
                let mut task = Task::clone(&task);
                match self.below(4) {
                    0 => task.desired_state = TaskState::Shutdown,
                    1 if task.status.state >= TaskState::Assigned => {
                        task.status.state = TaskState::Running;
                    }
                    2 if task.status.state >= TaskState::Assigned => {
                        task.status.state = TaskState::Failed;
                    }
                    _ => {}
                }
                vec![StoreAction::Update(Object::Task(Rc::new(task)))]
            }
            _ => {
                let like = self.task();
                let copies = 1 + self.below(6);
                let copy = |world: &mut Self| {
                    let mut task = like.clone();
                    task.id = TaskId::from_random(world.bytes());
                    StoreAction::Create(Object::Task(Rc::new(task)))
                };
                (0..copies).map(|_| copy(self)).collect()
            }
        }
    }

    /// A pass of both kinds on the same store, with some changes decided in the same round;
    /// how many changes it made.
    fn pass(&mut self) -> usize {
        let early = if self.below(3) == 0 { self.change() } else { Vec::new() };
        let mut plain = self.scheduler.clone();
        let mut outcomes = Vec::new();
        let streams = self.rng.clone();
        let now = self.now;
        let mut play = |run: &mut dyn FnMut(&mut Draft<'_>)| {
            let (mut view, mut queued) = (self.store.clone(), Queued::default());
            let mut rng = streams.clone();
            let mut draft = Draft::new(&mut view, &mut queued, now, NodeId::LOWEST, &mut rng);
            for action in &early {
                draft.write(action.clone());
            }
            run(&mut draft);
            outcomes.push((queued, rng));
        };
        let scheduler = &mut self.scheduler;
        play(&mut |draft| scheduler.run(draft));
        play(&mut |draft| plain.run_plain(draft));
        let [(queued, rng), (as_plain, plain_rng)] = <[_; 2]>::try_from(outcomes).expect("two");
        assert_eq!(queued.why, as_plain.why);
        assert_eq!(queued.actions, as_plain.actions);
        assert_eq!(rng, plain_rng);
        assert_eq!(*scheduler, plain);
        self.rng = rng;
        let actions: Vec<StoreAction> = queued.actions.into();
        for transaction in actions.chunks(7) {
            self.commit(transaction);
        }
        actions.len() - early.len()
    }
}

#[test]
fn any_task_of_a_group_may_have_to_wait() {
    let mut stream = sim::Stream::new(1, "placed");
    let mut lucky = [0; 4];
    for _ in 0..200 {
        let placed = draw_placed(&mut stream, 4, 3);
        assert_eq!(placed.iter().filter(|placed| **placed).count(), 3);
        for (count, placed) in lucky.iter_mut().zip(&placed) {
            *count += u32::from(*placed);
        }
    }
    assert!(lucky.iter().all(|count| (110..200).contains(count)), "{lucky:?}");
    stream.steer([0, 0, 1]);
    assert_eq!(draw_placed(&mut stream, 4, 3), [true, true, false, true]);
}

#[test]
fn indexes_and_the_kept_set_decide_as_plain_loops_do() {
    let (mut changes, mut kept, mut passes) = (0, 0, 0);
    for seed in 0..60 {
        let mut world = World::new(seed);
        for _ in 0..60 {
            for _ in 0..world.below(3) + 1 {
                let change = world.change();
                world.commit(&change);
            }
            world.now = after(world.now, 1_000_000);
            if world.scheduler.next_wakeup().is_some() {
                kept += usize::from(world.scheduler.nodes.is_there());
                passes += 1;
                changes += world.pass();
            }
        }
    }
    // the test has met what it is for
    assert!(changes > 2_000, "{changes} changes");
    assert!(kept > passes / 4, "{kept} of {passes} passes began with a kept set");
}
