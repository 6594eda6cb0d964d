//! Where tasks go that have no spec version and are placed one by one.
//!
//! SwarmKit scans all nodes for each of them. Tasks of one kind that follow one another differ
//! in nothing a filter or a rank looks at, so only the node that took the last one can be
//! judged differently: the nodes stay sorted by rank, and that one is judged again.

use super::Choice;
use super::filter::Pipeline;
use super::left::Left;
use super::nodeset::{NodeSet, Rank};
use super::spread::Tie;
use crate::Store;
use api::Task;
use sim::Stream;

/// The nodes that pass for tasks of one kind, by rank.
pub(super) struct Best<'a> {
    kind: &'a Task,
    pipeline: Pipeline<'a>,
    /// Recent failures by position.
    failures: Vec<u64>,
    /// The best rank first.
    by_rank: Vec<(Rank, Left)>,
    rank_of: Vec<Option<Rank>>,
    /// Why none passes.
    refusal: Option<String>,
}

impl<'a> Best<'a> {
    /// Judges all nodes for tasks like this one.
    pub(super) fn new(store: &Store, nodes: &NodeSet, kind: &'a Task, failures: Vec<u64>) -> Self {
        let mut best = Self {
            kind,
            pipeline: Pipeline::new(store, kind),
            failures,
            by_rank: Vec::new(),
            rank_of: vec![None; nodes.len()],
            refusal: None,
        };
        for at in 0..nodes.len() {
            best.judge(nodes, at);
        }
        best
    }

    /// Whether a task is of this kind.
    pub(super) fn is_for(&self, task: &Task) -> bool {
        let (a, b) = (self.kind, task);
        a.service_id == b.service_id
            && a.spec == b.spec
            && a.networks == b.networks
            && a.log_driver == b.log_driver
            && a.endpoint == b.endpoint
            && a.desired_state == b.desired_state
    }

    /// Gives a task one of the best nodes.
    pub(super) fn choose(
        &mut self,
        nodes: &mut NodeSet,
        task: &Task,
        draws: &mut Stream,
    ) -> Choice {
        let Some((_, equals)) = self.by_rank.first() else {
            return Choice { reason: self.explain(nodes).to_owned(), ..Choice::default() };
        };
        let count = equals.count();
        let index = if count > 1 { draws.pick(count) } else { Some(0) };
        let Some(at) = index.and_then(|index| equals.nth(index)) else { return Choice::default() };
        let tie = (count > 1).then(|| Tie::of(equals, at, |at| at));
        nodes.add(at, task);
        self.judge(nodes, at);
        Choice { places: vec![at], ties: tie.into_iter().collect(), reason: String::new() }
    }

    fn explain(&mut self, nodes: &NodeSet) -> &str {
        let pipeline = &mut self.pipeline;
        self.refusal.get_or_insert_with(|| {
            pipeline.forgive();
            for at in 0..nodes.len() {
                pipeline.process(nodes, at);
            }
            pipeline.explain()
        })
    }

    fn judge(&mut self, nodes: &NodeSet, at: usize) {
        let Some(now) = self.rank_of.get_mut(at) else { return };
        let find = |all: &[(Rank, Left)], rank| all.binary_search_by_key(&rank, |(of, _)| *of);
        if let Some(rank) = now.take()
            && let Ok(index) = find(&self.by_rank, rank)
            && let Some((_, equals)) = self.by_rank.get_mut(index)
        {
            equals.take(at);
            if equals.count() == 0 {
                self.by_rank.remove(index);
            }
        }
        if self.pipeline.process(nodes, at) {
            let failures = self.failures.get(at).copied().unwrap_or(0);
            let rank = nodes.rank(at, self.kind.service_id, failures);
            *now = Some(rank);
            let index = find(&self.by_rank, rank).unwrap_or_else(|index| {
                self.by_rank.insert(index, (rank, Left::none(nodes.len())));
                index
            });
            if let Some((_, equals)) = self.by_rank.get_mut(index) {
                equals.put(at);
            }
        }
    }
}
