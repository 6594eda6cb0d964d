//! A store, the parts of a leader that a case needs, and time.

use super::build::Names;
use crate::leader::Parts;
use crate::orchestrator::loops::Enabled;
use crate::{Leader, Members, Store};
use api::{Meta, NodeId, Object, ObjectId, StoreAction, Task, TaskState, Timestamp, Version};
use share::Rc;
use sim::Streams;
use std::collections::BTreeSet;

/// A case is settled when nothing has happened for so long.
const QUIET_US: u64 = 100_000;
/// More commits than that without time passing: the loops answer each other for ever.
const MAX_COMMITS: u32 = 10_000;

/// No part runs.
pub(super) const NOTHING: Parts = Parts {
    loops: Enabled { orchestrators: false, reaper: false, enforcer: false },
    allocator: false,
    scheduler: false,
    dispatcher: false,
};

#[derive(Debug)]
pub(super) struct World {
    pub(super) store: Store,
    pub(super) leader: Option<Leader>,
    pub(super) names: Names,
    pub(super) members: Members,
    pub(super) now: u64,
    pub(super) rng: Streams,
    /// Tasks reach their desired state by themselves.
    pub(super) auto_agent: bool,
    index: u64,
    failed_once: BTreeSet<String>,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            store: Store::new(),
            leader: None,
            names: Names::default(),
            members: Members::default(),
            now: 0,
            rng: Streams::new(1),
            auto_agent: false,
            index: 1,
            failed_once: BTreeSet::new(),
        }
    }

    pub(super) fn at(&self) -> Timestamp {
        Timestamp(self.now)
    }

    pub(super) fn lead(&mut self, parts: Parts) {
        let me = NodeId::from_random([255; 17]);
        let now = self.at();
        self.leader = Some(Leader::partial(&self.store, me, None, parts, now, &mut self.rng));
    }

    /// A change from outside, committed at once.
    pub(super) fn commit(&mut self, actions: Vec<StoreAction>) {
        self.apply(&actions, None);
        self.work();
    }

    pub(super) fn create(&mut self, mut object: Object) {
        let at = self.at();
        let version = Version(self.index);
        stamp(&mut object, |_| Meta { version, created_at: at, updated_at: at });
        self.commit(vec![StoreAction::Create(object)]);
    }

    pub(super) fn update(&mut self, mut object: Object) {
        let at = self.at();
        let version = Version(self.index);
        stamp(&mut object, |old| Meta { version, updated_at: at, ..old });
        self.commit(vec![StoreAction::Update(object)]);
    }

    pub(super) fn remove(&mut self, id: ObjectId) {
        self.commit(vec![StoreAction::Remove(id)]);
    }

    /// Changes a task as its agent would report it.
    pub(super) fn report(&mut self, task: &Task, state: TaskState) {
        let mut task = task.clone();
        task.status.state = state;
        task.status.timestamp = self.at();
        task.status.applied_at = Some(self.at());
        self.update(Object::Task(Rc::new(task)));
    }

    fn apply(&mut self, actions: &[StoreAction], proposal: Option<u64>) {
        self.index += 1;
        let now = self.at();
        let events = self.store.apply(Version(self.index), now, actions);
        if let Some(leader) = &mut self.leader {
            leader.on_commit(&self.store, &events, proposal, now, &mut self.rng);
        }
    }

    /// Everything that happens now; true if anything did.
    pub(super) fn work(&mut self) -> bool {
        let now = self.at();
        let before = self.index;
        for _ in 0..MAX_COMMITS {
            let Some(leader) = &mut self.leader else { break };
            leader.poll(&self.store, &self.members, now, &mut self.rng);
            if let Some(proposal) = leader.take_proposal(&self.store) {
                self.apply(&proposal.actions, Some(proposal.id));
            } else if !self.agent_works() {
                break;
            }
        }
        self.index > before
    }

    /// Until nothing more happens for a while.
    pub(super) fn settle(&mut self) {
        self.work();
        self.pass(QUIET_US, true);
    }

    /// Lets time pass.
    pub(super) fn wait(&mut self, us: u64) {
        self.work();
        self.pass(us, false);
        self.settle();
    }

    fn pass(&mut self, us: u64, quiet: bool) {
        let mut until = self.now + us;
        while let Some(next) = self.next_wakeup().filter(|next| *next <= until) {
            self.now = next.max(self.now);
            if self.work() && quiet {
                until = self.now + us;
            }
        }
        self.now = until;
    }

    pub(super) fn next_wakeup(&self) -> Option<u64> {
        let next = self.leader.as_ref()?.next_wakeup()?;
        // the last poll was now: what is due now is done
        Some(next.0.max(self.now + 1))
    }

    /// One task a step nearer to what is wanted of it; false if all are there.
    fn agent_works(&mut self) -> bool {
        if !self.auto_agent {
            return false;
        }
        let tasks: Vec<Rc<Task>> = self.store.tasks().cloned().collect();
        for task in tasks {
            if let Some(state) = self.agent_step(&task) {
                self.report(&task, state);
                return true;
            }
        }
        false
    }

    fn agent_step(&mut self, task: &Task) -> Option<TaskState> {
        let (observed, desired) = (task.status.state, task.desired_state);
        if observed > TaskState::Running {
            return None;
        }
        if desired >= TaskState::Shutdown {
            return Some(TaskState::Shutdown);
        }
        let image = task.spec.container.image.as_str();
        if image == "stuck" || observed >= desired {
            return None;
        }
        let starts = desired >= TaskState::Running;
        let fails = match image {
            "bad" => true,
            "bad-once" => starts && self.failed_once.insert(image.to_owned()),
            _ => false,
        };
        Some(if starts && fails { TaskState::Failed } else { desired })
    }
}

fn stamp(object: &mut Object, change: impl Fn(Meta) -> Meta) {
    match object {
        Object::Cluster(object) => {
            let object = Rc::make_mut(object);
            object.meta = change(object.meta);
        }
        Object::Node(object) => {
            let object = Rc::make_mut(object);
            object.meta = change(object.meta);
        }
        Object::Service(object) => {
            let object = Rc::make_mut(object);
            object.meta = change(object.meta);
        }
        Object::Task(object) => {
            let object = Rc::make_mut(object);
            object.meta = change(object.meta);
        }
        Object::Network(object) => {
            let object = Rc::make_mut(object);
            object.meta = change(object.meta);
        }
        Object::Secret(object) => {
            let object = Rc::make_mut(object);
            object.meta = change(object.meta);
        }
        Object::Config(object) => {
            let object = Rc::make_mut(object);
            object.meta = change(object.meta);
        }
    }
}
