//! Which of the nodes that pass get how many tasks of a group: the best ones, evenly over
//! labels.
//!
//! SwarmKit: `manager/scheduler/decision_tree.go`, `nodeset.go`, `scheduler.go`.
//!
//! Where SwarmKit leaves the order to Go's maps, draws decide. The stream `scheduler` gives
//! one `pick(n)` whenever `n > 1` equally good nodes compete for the next place in the order,
//! listed by host name, then id.

use super::filter::Pipeline;
use super::left::Left;
use super::nodeinfo::NodeInfo;
use super::nodeset::{NodeSet, Rank};
use api::{ServiceId, Task};
use sim::Stream;
use std::collections::BTreeMap;

/// A draw between more nodes than this does not list them.
const LISTED: u32 = 16;

/// A draw between equally good nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tie {
    /// Between how many.
    pub(super) of: u32,
    /// Which, unless they are many.
    pub(super) nodes: Vec<usize>,
    /// The one drawn.
    pub(super) chosen: usize,
}

impl Tie {
    /// A draw of one of what is left; `at` tells the position of an index.
    pub(super) fn of(left: &Left, chosen: usize, at: impl Fn(usize) -> usize) -> Self {
        let listed = if left.count() <= LISTED { left.count() } else { 0 };
        let nodes = (0..listed).filter_map(|index| left.nth(index)).map(&at).collect();
        Self { of: left.count(), nodes, chosen: at(chosen) }
    }
}

/// A branch of the preference tree.
#[derive(Debug, Default)]
struct Tree {
    /// Active tasks of the service below.
    tasks: u64,
    next: BTreeMap<String, Tree>,
    nodes: Vec<usize>,
}

/// One group being placed.
pub(super) struct Spread<'a> {
    pub(super) nodes: &'a mut NodeSet,
    pub(super) pipeline: Pipeline<'a>,
    /// Recent failures by position; may be shorter than the nodes.
    pub(super) failures: Vec<u64>,
    pub(super) draws: &'a mut Stream,
    pub(super) task: &'a Task,
    /// How many tasks there are.
    pub(super) group: usize,
    /// Where tasks went, in order.
    pub(super) placed: Vec<usize>,
    /// Draws between equals.
    pub(super) ties: Vec<Tie>,
}

impl Spread<'_> {
    /// Places as many of the group's tasks as there is room for.
    pub(super) fn place(&mut self) {
        let count = self.group;
        if self.task.spec.placement.preferences.is_empty() {
            let order = self.ordered(0..self.nodes.len(), count);
            // SwarmKit looks at those that pass once more
            if !order.is_empty() {
                self.pipeline.forgive();
            }
            self.deal(&order, count);
        } else {
            let tree = self.tree();
            self.on_subtree(&tree, count);
        }
    }

    fn tree(&mut self) -> Tree {
        let mut root = Tree::default();
        let service = self.task.service_id;
        for at in 0..self.nodes.len() {
            let passes = self.pipeline.process(self.nodes, at);
            let Some(info) = self.nodes.info(at) else { continue };
            root.insert(info, at, service, &self.task.spec.placement.preferences, passes);
        }
        root
    }

    fn on_subtree(&mut self, tree: &Tree, count: usize) -> usize {
        if tree.next.is_empty() {
            // branches fuller than their share leave the others more than there is
            let count = count.min(self.group - self.placed.len());
            let order = self.ordered(tree.nodes.iter().copied(), count);
            return self.deal(&order, count);
        }
        let mut placed = 0;
        let mut usable: BTreeMap<&String, &Tree> = tree.next.iter().collect();
        let mut tasks = tree.tasks;
        while placed < count && !usable.is_empty() {
            let branches = size(usable.len());
            let sum = tasks + size(count - placed);
            let (share, mut rest) = (sum / branches, sum % branches);
            let before = (placed, usable.len());
            for (label, branch) in usable.clone() {
                let below = branch.tasks < share || (branch.tasks == share && rest > 0);
                if !below {
                    continue;
                }
                let asked = share - branch.tasks + u64::from(rest > 0);
                let asked = usize::try_from(asked).unwrap_or(usize::MAX);
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
    fn ordered(&mut self, among: impl Iterator<Item = usize>, count: usize) -> Vec<usize> {
        let service = self.task.service_id;
        let differ = self.nodes.has_any(service) || !self.failures.is_empty();
        // a few ranks, in order; neighbours often share theirs
        let mut by_rank: Vec<(Rank, Vec<u32>)> = Vec::new();
        let mut last = 0;
        for at in among {
            if !self.pipeline.process(self.nodes, at) {
                continue;
            }
            let rank = if differ { self.rank(at) } else { (0, 0, self.nodes.active(at)) };
            if by_rank.get(last).is_none_or(|(of, _)| *of != rank) {
                last = by_rank.binary_search_by_key(&rank, |(of, _)| *of).unwrap_or_else(|index| {
                    by_rank.insert(index, (rank, Vec::new()));
                    index
                });
            }
            if let Some((_, equals)) = by_rank.get_mut(last) {
                equals.extend(u32::try_from(at));
            }
        }
        let mut order = Vec::new();
        for (_, equals) in by_rank {
            let mut left = Left::all(equals.len());
            while left.count() > 0 && order.len() < count {
                let index = match left.count() {
                    1 => left.nth(0),
                    count => self.draws.pick(count).and_then(|index| left.nth(index)),
                };
                let Some(index) = index else { break };
                let at = |index: usize| equals.get(index).map_or(0, |at| *at as usize);
                if left.count() > 1 {
                    self.ties.push(Tie::of(&left, index, at));
                }
                left.take(index);
                order.push(at(index));
            }
        }
        order
    }

    fn rank(&self, at: usize) -> Rank {
        let failures = self.failures.get(at).copied().unwrap_or(0);
        self.nodes.rank(at, self.task.service_id, failures)
    }

    /// Deals tasks over nodes, best first: stays on a node until the next one is strictly
    /// better; from the last one on, one task each in turn.
    fn deal(&mut self, order: &[usize], count: usize) -> usize {
        let len = order.len();
        let mut failed = vec![false; len];
        let mut at = 0;
        let mut placed = 0;
        while placed < count && len > 0 {
            let Some(here) = order.get(at % len).copied() else { break };
            self.nodes.add(here, self.task);
            self.placed.push(here);
            placed += 1;
            if placed == count {
                break;
            }
            match order.get(at + 1) {
                Some(next) => {
                    if self.rank(*next) < self.rank(here) {
                        at += 1;
                    }
                }
                None => at += 1,
            }
            let start = at;
            while !self.still_passes(order, &mut failed, at % len) {
                at += 1;
                if at - start == len {
                    return placed;
                }
            }
        }
        placed
    }

    fn still_passes(&mut self, order: &[usize], failed: &mut [bool], index: usize) -> bool {
        let (Some(failed), Some(at)) = (failed.get_mut(index), order.get(index)) else {
            return false;
        };
        let passes = !*failed && self.pipeline.process(self.nodes, *at);
        *failed = !passes;
        passes
    }
}

impl Tree {
    fn insert(
        &mut self,
        info: &NodeInfo,
        at: usize,
        service: Option<ServiceId>,
        preferences: &[String],
        passes: bool,
    ) {
        self.tasks += info.tasks_of(service);
        match preferences.split_first() {
            None => self.nodes.extend(passes.then_some(at)),
            Some((descriptor, rest)) => match label_of(info, descriptor) {
                Some(value) => {
                    self.next.entry(value).or_default().insert(info, at, service, rest, passes);
                }
                // a descriptor that names no label is no preference
                None => {
                    self.tasks -= info.tasks_of(service);
                    self.insert(info, at, service, rest, passes);
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

fn size(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
