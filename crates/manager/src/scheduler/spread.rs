//! Which of the nodes that pass get how many tasks: the best ones, evenly over labels.
//!
//! SwarmKit: `manager/scheduler/decision_tree.go`, `nodeset.go`, `scheduler.go`.
//!
//! Where SwarmKit leaves the order to Go's maps, draws decide. The stream `scheduler` gives
//! one `pick(n)` whenever `n > 1` equally good nodes compete for the next place in the order,
//! listed by host name, then id.

use super::filter::Pipeline;
use super::nodeinfo::NodeInfo;
use api::{NodeId, ServiceId, Task};
use sim::Stream;
use std::collections::BTreeMap;

/// From this many failures on, they decide before anything else.
pub(crate) const MAX_FAILURES: u64 = 5;

/// How good a node is; smaller is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    service: u64,
    total: u64,
}

/// Nodes of one pass by id.
pub(crate) type Nodes = BTreeMap<NodeId, NodeInfo>;

/// A branch of the preference tree.
#[derive(Debug, Default)]
struct Tree {
    /// Active tasks of the service below.
    tasks: u64,
    next: BTreeMap<String, Tree>,
    nodes: Vec<NodeId>,
}

/// One group being placed.
pub(crate) struct Spread<'a> {
    pub(crate) nodes: &'a mut Nodes,
    pub(crate) pipeline: Pipeline<'a>,
    pub(crate) draws: &'a mut Stream,
    pub(crate) task: &'a Task,
    /// Where tasks went, in order.
    pub(crate) placed: Vec<NodeId>,
    /// Draws between equals: candidates and the one taken.
    pub(crate) ties: Vec<(Vec<NodeId>, NodeId)>,
}

impl Spread<'_> {
    /// Places up to `count` tasks like the group's.
    pub(crate) fn place(&mut self, count: u64) {
        let tree = self.tree();
        self.on_subtree(&tree, count);
    }

    /// Why what is left has no place.
    pub(crate) fn explain(&self) -> String {
        self.pipeline.explain()
    }

    fn tree(&mut self) -> Tree {
        let mut root = Tree::default();
        let service = self.task.service_id;
        let mut ids: Vec<NodeId> = self.nodes.keys().copied().collect();
        ids.sort_by_key(|id| self.name(*id));
        for id in ids {
            let Some(info) = self.nodes.get(&id) else { continue };
            let passes = self.pipeline.process(info);
            root.insert(info, service, &self.task.spec.placement.preferences, passes);
        }
        root
    }

    fn name(&self, id: NodeId) -> (String, NodeId) {
        let about = self.nodes.get(&id).and_then(|info| info.node.description.as_ref());
        (about.map_or_else(String::new, |about| about.hostname.clone()), id)
    }

    fn on_subtree(&mut self, tree: &Tree, count: u64) -> u64 {
        if tree.next.is_empty() {
            let order = self.ordered(&tree.nodes, count);
            return self.deal(order, count);
        }
        let mut placed = 0;
        let mut usable: BTreeMap<&String, &Tree> = tree.next.iter().collect();
        let mut tasks = tree.tasks;
        while placed < count && !usable.is_empty() {
            let branches = u64::try_from(usable.len()).unwrap_or(1);
            let sum = tasks + count - placed;
            let (share, mut rest) = (sum / branches, sum % branches);
            let before = (placed, usable.len());
            for (label, branch) in usable.clone() {
                let below = branch.tasks < share || (branch.tasks == share && rest > 0);
                if !below {
                    continue;
                }
                let asked = share - branch.tasks + u64::from(rest > 0);
                let got = self.on_subtree(branch, asked);
                if got < asked {
                    usable.remove(label);
                    tasks = tasks.saturating_sub(branch.tasks);
                } else {
                    rest = rest.saturating_sub(1);
                }
                placed += got;
            }
            // 20.10 can spin here; later versions stop, and so does this
            if before == (placed, usable.len()) {
                break;
            }
        }
        placed
    }

    /// The best `count` nodes that (still) pass, best first.
    fn ordered(&mut self, ids: &[NodeId], count: u64) -> Vec<NodeId> {
        let mut left: Vec<NodeId> = Vec::new();
        for id in ids {
            if let Some(info) = self.nodes.get(id)
                && self.pipeline.process(info)
            {
                left.push(*id);
            }
        }
        let mut order = Vec::new();
        while !left.is_empty() && u64::try_from(order.len()).is_ok_and(|n| n < count) {
            let best: Vec<NodeId> = left
                .iter()
                .filter(|id| !left.iter().any(|other| self.less(*other, **id)))
                .copied()
                .collect();
            let Some(chosen) = self.draw(&best).or_else(|| left.first().copied()) else { break };
            left.retain(|id| *id != chosen);
            order.push(chosen);
        }
        order
    }

    fn draw(&mut self, equals: &[NodeId]) -> Option<NodeId> {
        let count = u32::try_from(equals.len()).unwrap_or(u32::MAX);
        if count <= 1 {
            return equals.first().copied();
        }
        let index = self.draws.pick(count).and_then(|index| usize::try_from(index).ok())?;
        let chosen = equals.get(index).copied()?;
        self.ties.push((equals.to_vec(), chosen));
        Some(chosen)
    }

    /// Whether `a` is better than `b`.
    fn less(&self, a: NodeId, b: NodeId) -> bool {
        let (Some(a), Some(b)) = (self.nodes.get(&a), self.nodes.get(&b)) else { return false };
        if (a.failures >= MAX_FAILURES || b.failures >= MAX_FAILURES) && a.failures != b.failures {
            return a.failures < b.failures;
        }
        let service = self.task.service_id;
        let rank = |info: &NodeInfo| Rank { service: info.tasks_of(service), total: info.active };
        rank(a) < rank(b)
    }

    /// Deals tasks over nodes, best first: stays on a node until the next one is strictly
    /// better; from the last one on, one task each in turn.
    fn deal(&mut self, order: Vec<NodeId>, count: u64) -> u64 {
        let len = order.len();
        let mut failed = vec![false; len];
        let mut at = 0;
        let mut placed = 0;
        while placed < count && len > 0 {
            let Some(id) = order.get(at % len).copied() else { break };
            if let Some(info) = self.nodes.get_mut(&id) {
                info.add(self.task);
            }
            self.placed.push(id);
            placed += 1;
            if placed == count {
                break;
            }
            match order.get(at + 1) {
                Some(next) => {
                    if self.less(*next, id) {
                        at += 1;
                    }
                }
                None => at += 1,
            }
            let start = at;
            while !self.still_passes(&order, &mut failed, at % len) {
                at += 1;
                if at - start == len {
                    return placed;
                }
            }
        }
        placed
    }

    fn still_passes(&mut self, order: &[NodeId], failed: &mut [bool], index: usize) -> bool {
        let Some(failed) = failed.get_mut(index) else { return false };
        let info = order.get(index).and_then(|id| self.nodes.get(id));
        let passes = !*failed && info.is_some_and(|info| self.pipeline.process(info));
        *failed = !passes;
        passes
    }
}

impl Tree {
    fn insert(
        &mut self,
        info: &NodeInfo,
        service: Option<ServiceId>,
        preferences: &[String],
        passes: bool,
    ) {
        self.tasks += info.tasks_of(service);
        match preferences.split_first() {
            None => self.nodes.extend(passes.then_some(info.node.id)),
            Some((descriptor, rest)) => match label_of(info, descriptor) {
                Some(value) => {
                    self.next.entry(value).or_default().insert(info, service, rest, passes);
                }
                // a descriptor that names no label is no preference
                None => {
                    self.tasks -= info.tasks_of(service);
                    self.insert(info, service, rest, passes);
                }
            },
        }
    }
}

/// The label's value on the node, empty if it has none; `None`: not a label descriptor.
fn label_of(info: &NodeInfo, descriptor: &str) -> Option<String> {
    let strip = |prefix: &str| {
        let head = descriptor.get(..prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then(|| descriptor.get(prefix.len()..)).flatten()
    };
    let node = &info.node;
    if let Some(label) = strip("node.labels.") {
        return Some(node.spec.annotations.labels.get(label).cloned().unwrap_or_default());
    }
    let label = strip("engine.labels.")?;
    let about = node.description.as_ref();
    Some(about.and_then(|about| about.engine_labels.get(label)).cloned().unwrap_or_default())
}
