//! The situations etcd's own tests name: elections, leases, replication, membership,
//! snapshots, transfer, restart.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test, also in the helpers around them"
)]

use share::Rc;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use raft::{
    Body, ConfChange, Config, Disk, Dropped, Entry, Id, Index, Membership, Message, Payload,
    ProgressState, Raft, Refused, Role, Snapshot, Term, force_new_cluster,
};

type Node = Raft<&'static str, Vec<&'static str>>;
type Letter = Message<&'static str, Vec<&'static str>>;

/// The shortest timeout for member 1, a longer one for each next.
fn draw(id: Id) -> impl FnMut(u32) -> u32 {
    move |_| (id as u32 - 1).min(9)
}

fn membership(ids: &[Id]) -> Membership {
    let members = ids.iter().map(|id| (*id, format!("n{id}"))).collect();
    Membership { members, removed: BTreeSet::new() }
}

/// A whole network with nothing in between: messages arrive at once and in order.
struct Net {
    nodes: BTreeMap<Id, Node>,
    dead: BTreeSet<Id>,
    cut: BTreeSet<(Id, Id)>,
    applied: BTreeMap<Id, Vec<&'static str>>,
    refused: Vec<(Id, Refused)>,
    became: Vec<(Id, Term)>,
    lost: Vec<Id>,
}

impl Net {
    fn of(ids: &[Id]) -> Self {
        Self::with(ids, Config::default())
    }

    fn with(ids: &[Id], config: Config) -> Self {
        let snapshot =
            Snapshot { index: 1, term: 1, membership: membership(ids), state: Vec::new() };
        let snapshot = Rc::new(snapshot);
        let mut net = Self {
            nodes: BTreeMap::new(),
            dead: BTreeSet::new(),
            cut: BTreeSet::new(),
            applied: BTreeMap::new(),
            refused: Vec::new(),
            became: Vec::new(),
            lost: Vec::new(),
        };
        for id in ids {
            let disk = Disk::from_snapshot(*id, Rc::clone(&snapshot));
            net.nodes.insert(*id, Raft::restart(config, disk, &mut draw(*id)));
        }
        net.flow();
        net
    }

    fn node(&mut self, id: Id) -> &mut Node {
        self.nodes.get_mut(&id).unwrap()
    }

    /// Delivers until nobody has anything to say.
    fn flow(&mut self) {
        let mut letters: VecDeque<(Id, Id, Letter)> = VecDeque::new();
        loop {
            for (id, node) in &mut self.nodes {
                let effects = node.take_effects();
                let applied = self.applied.entry(*id).or_default();
                if let Some(snapshot) = effects.snapshot {
                    applied.clone_from(&snapshot.state);
                }
                for entry in effects.committed {
                    if let Payload::Normal(command) = entry.payload {
                        applied.push(*command);
                    }
                }
                if effects.lost_leader {
                    self.lost.push(*id);
                }
                if effects.became_leader {
                    self.became.push((*id, node.term()));
                }
                letters.extend(effects.messages.into_iter().map(|(to, letter)| (*id, to, letter)));
            }
            let Some((from, to, letter)) = letters.pop_front() else { return };
            let lost = self.dead.contains(&from)
                || self.dead.contains(&to)
                || self.cut.contains(&(from, to))
                || !self.nodes.contains_key(&to);
            let is_snapshot = matches!(letter.body, Body::Snapshot(_));
            if !lost && let Err(why) = self.node(to).step(from, letter, &mut draw(to)) {
                self.refused.push((from, why));
            }
            if is_snapshot {
                self.node(from).report_snapshot(to, !lost);
            }
        }
    }

    /// One second on all clocks that run.
    fn tick(&mut self, times: u32) {
        for _ in 0..times {
            for (id, node) in &mut self.nodes {
                if !self.dead.contains(id) {
                    node.tick(&mut draw(*id));
                }
            }
            self.flow();
        }
    }

    fn elect(&mut self, id: Id) {
        self.node(id).campaign(&mut draw(id));
        self.flow();
        assert!(self.node(id).is_leader(), "{id} does not lead");
    }

    fn propose(&mut self, id: Id, command: &'static str) -> Index {
        let index = self.node(id).propose(command).unwrap();
        self.flow();
        index
    }

    fn isolate(&mut self, id: Id) {
        let others: Vec<Id> = self.nodes.keys().copied().filter(|other| *other != id).collect();
        self.cut.extend(others.iter().flat_map(|other| [(id, *other), (*other, id)]));
    }

    /// Leaders of the newest term.
    fn leaders(&self) -> Vec<Id> {
        let term = self.nodes.values().map(Raft::term).max().unwrap();
        let leads = |node: &&Node| node.is_leader() && node.term() == term;
        self.nodes.values().filter(leads).map(Raft::id).collect()
    }
}

#[test]
fn a_lone_member_leads_at_once() {
    let mut node = Node::bootstrap(1, "10.0.0.1:2377", Config::default(), &mut draw(1));
    let effects = node.take_effects();
    assert!(node.is_leader() && effects.became_leader && effects.leader == Some(1));
    // the membership entry of term 1, then the leader's empty one of term 2
    let first = Payload::Conf(ConfChange::Add { id: 1, context: "10.0.0.1:2377".to_owned() });
    let conf = Entry { term: 1, index: 1, payload: first };
    let empty = Entry { term: 2, index: 2, payload: Payload::Empty };
    assert_eq!(effects.committed, [conf, empty]);
    assert_eq!(node.propose("x"), Ok(3));
    assert_eq!(node.commit_index(), 3);

    let mut again = Node::restart(Config::default(), node.into_disk(), &mut draw(1));
    assert!(again.is_leader() && again.term() == 3);
    assert_eq!(again.take_effects().committed.len(), 4);
}

#[test]
fn a_joiner_waits_to_be_spoken_to() {
    let mut node = Node::new(5, Config::default(), &mut draw(1));
    (0..100).for_each(|_| node.tick(&mut draw(1)));
    assert_eq!((node.role(), node.term()), (Role::Follower, 0));
}

#[test]
fn the_first_to_lose_patience_is_elected() {
    let mut net = Net::of(&[1, 2, 3]);
    net.tick(9);
    assert!(net.leaders().is_empty());
    net.tick(1);
    assert_eq!(net.leaders(), [1]);
    assert_eq!(net.node(3).leader(), Some(1));
    assert_eq!(net.became, [(1, 2)]);
}

#[test]
fn the_timeout_lies_between_one_and_two_times_the_base() {
    for (drawn, ticks) in [(0, 10), (9, 19), (1_000, 19)] {
        let disk = Disk::from_snapshot(
            1,
            Rc::new(Snapshot { index: 1, term: 1, membership: membership(&[1, 2]), state: vec![] }),
        );
        let mut node = Node::restart(Config::default(), disk, &mut |_| drawn);
        for tick in 1..=ticks {
            assert_eq!(node.role(), Role::Follower, "before tick {tick}");
            node.tick(&mut |_| drawn);
        }
        assert_eq!(node.role(), Role::Candidate);
    }
}

#[test]
fn a_majority_commits_and_a_minority_does_not() {
    let mut net = Net::of(&[1, 2, 3, 4, 5]);
    net.elect(1);
    net.dead.extend([4, 5]);
    net.propose(1, "a");
    assert_eq!(net.applied[&3], ["a"]);
    net.dead.insert(3);
    let index = net.propose(1, "b");
    assert_eq!(net.node(1).commit_index(), index - 1);
    net.dead.clear();
    net.tick(1);
    for id in 1..=5 {
        assert_eq!(net.applied[&id], ["a", "b"], "at {id}");
    }
}

#[test]
fn a_leader_without_a_quorum_steps_down() {
    let mut net = Net::of(&[1, 2, 3]);
    net.elect(1);
    net.isolate(1);
    net.tick(10);
    assert!(net.node(1).is_leader(), "the others were heard from in the first round");
    net.tick(10);
    assert_eq!(net.node(1).role(), Role::Follower);
    assert_eq!(net.node(1).leader(), None);
    assert_eq!(net.lost, [1]);
    assert_eq!(net.node(1).propose("x"), Err(Dropped::NotLeader { leader: None }));
}

#[test]
fn the_others_elect_a_new_leader_and_what_was_not_committed_is_replaced() {
    let mut net = Net::of(&[1, 2, 3]);
    net.elect(1);
    net.propose(1, "a");
    net.isolate(1);
    net.propose(1, "lost");
    net.tick(11);
    assert_eq!(net.leaders(), [2]);
    net.propose(2, "b");
    assert_eq!(net.applied[&1], ["a"]);
    net.cut.clear();
    net.tick(25);
    assert_eq!(net.leaders().len(), 1);
    for id in 1..=3 {
        assert_eq!(net.applied[&id], ["a", "b"], "at {id}");
    }
}

#[test]
fn a_vote_request_within_the_lease_is_ignored() {
    let mut net = Net::of(&[1, 2, 3]);
    net.elect(1);
    net.tick(1);
    let term = net.node(1).term();
    net.node(3).campaign(&mut draw(3));
    net.flow();
    assert_eq!(net.node(1).term(), term, "the lease holds");
    assert!(net.node(1).is_leader() && net.node(2).leader() == Some(1));
    // the leader's next heartbeat teaches it the candidate's term: then it must step down
    net.tick(1);
    assert!(!net.node(1).is_leader() && net.node(1).term() == term + 1);
    net.tick(30);
    assert_eq!(net.leaders().len(), 1);
}

#[test]
fn a_candidate_with_an_older_log_is_not_elected() {
    let mut net = Net::of(&[1, 2, 3]);
    net.elect(1);
    net.isolate(3);
    net.propose(1, "a");
    net.cut.clear();
    net.dead.insert(1);
    // out of the lease
    (0..10).for_each(|_| net.node(2).tick(&mut draw(9)));
    net.node(3).campaign(&mut draw(3));
    net.flow();
    assert!(!net.node(3).is_leader(), "it lacks a committed entry");
    net.elect(2);
    assert_eq!(net.applied[&3], ["a"]);
}

#[test]
fn entries_of_an_older_term_are_not_committed_by_counting() {
    // figure 8 of the paper: an entry of an older term on a majority may still be replaced
    let mut net = Net::of(&[1, 2, 3]);
    let entry = Entry { term: 2, index: 2, payload: Payload::Normal(Rc::new("old")) };
    let body = Body::Append { index: 1, log_term: 1, entries: vec![entry], commit: 1 };
    let node = net.node(1);
    node.step(3, Message { term: 2, body }, &mut draw(1)).unwrap();
    node.campaign(&mut draw(1));
    let term = node.term();
    let vote = Message { term, body: Body::VoteResponse { granted: true } };
    node.step(2, vote, &mut draw(1)).unwrap();
    assert!(node.is_leader() && node.last_index() == 3);
    let accepted = |index| Message { term, body: Body::AppendResponse { index, reject: None } };
    node.step(2, accepted(2), &mut draw(1)).unwrap();
    assert_eq!(node.commit_index(), 1, "a majority has the old entry, and that proves nothing");
    node.step(2, accepted(3), &mut draw(1)).unwrap();
    assert_eq!(node.commit_index(), 3, "it is committed with the new term's first entry");
}

#[test]
fn a_term_has_one_vote_even_after_a_power_cut() {
    let mut net = Net::of(&[1, 2, 3]);
    net.node(1).campaign(&mut draw(1));
    let letters = net.node(1).take_effects().messages;
    let (_, vote) = letters.into_iter().find(|(to, _)| *to == 3).unwrap();
    let term = vote.term;
    net.node(3).step(1, vote, &mut draw(3)).unwrap();
    let disk = net.node(3).clone().into_disk();
    assert_eq!((disk.vote, disk.term), (Some(1), term));
    let mut again = Node::restart(Config::default(), disk, &mut draw(3));
    let rival = Message { term, body: Body::Vote { index: 99, log_term: 1, transfer: false } };
    again.step(2, rival, &mut draw(3)).unwrap();
    let answers = again.take_effects().messages;
    assert_eq!(answers, [(2, Message { term, body: Body::VoteResponse { granted: false } })]);
}

#[test]
fn restart_hands_out_all_that_was_committed() {
    let mut net = Net::of(&[1, 2, 3]);
    net.elect(1);
    net.propose(1, "a");
    net.propose(1, "b");
    let node = net.node(2).clone();
    let mut again = Node::restart(Config::default(), node.into_disk(), &mut draw(2));
    let effects = again.take_effects();
    assert_eq!(effects.snapshot.map(|held| held.index), Some(1));
    let commands: Vec<_> = effects
        .committed
        .iter()
        .filter_map(|entry| match &entry.payload {
            Payload::Normal(command) => Some(**command),
            Payload::Empty | Payload::Conf(_) => None,
        })
        .collect();
    assert_eq!(commands, ["a", "b"]);
    assert_eq!((again.role(), again.leader()), (Role::Follower, None));
    assert!(!effects.became_leader);
}

#[test]
fn a_member_joins_and_counts_at_once() {
    let mut net = Net::of(&[1]);
    net.propose(1, "a");
    net.nodes.insert(2, Node::new(2, Config::default(), &mut draw(2)));
    let add = ConfChange::Add { id: 2, context: "n2".to_owned() };
    net.node(1).propose_conf_change(add).unwrap();
    net.flow();
    assert_eq!(net.applied[&2], ["a"]);
    assert_eq!(net.node(2).membership().members.len(), 2);
    net.dead.insert(2);
    let index = net.propose(1, "b");
    assert_eq!(net.node(1).commit_index(), index - 1, "two of two are needed now");
}

#[test]
fn one_change_of_membership_at_a_time() {
    let mut net = Net::of(&[1, 2, 3]);
    net.elect(1);
    net.dead.extend([2, 3]);
    net.node(1).propose_conf_change(ConfChange::Remove { id: 3 }).unwrap();
    let last = net.node(1).last_index();
    let again = net.node(1).propose_conf_change(ConfChange::Remove { id: 2 });
    assert_eq!(again, Err(Dropped::ConfChangePending));
    assert_eq!(net.node(1).last_index(), last, "nothing is written");
    net.dead.clear();
    net.tick(1);
    assert_eq!(net.node(1).membership().members.len(), 2);
    assert!(net.node(1).propose_conf_change(ConfChange::Remove { id: 2 }).is_ok());
}

#[test]
fn a_removed_member_is_refused_for_ever() {
    let mut net = Net::of(&[1, 2, 3]);
    net.elect(1);
    net.isolate(3);
    net.node(1).propose_conf_change(ConfChange::Remove { id: 3 }).unwrap();
    net.flow();
    net.cut.clear();
    let term = net.node(1).term();
    for _ in 0..3 {
        net.node(3).campaign(&mut draw(3));
        net.flow();
    }
    assert_eq!(net.refused, vec![(3, Refused::SenderRemoved); 6]);
    assert!(net.node(1).is_leader() && net.node(1).term() == term, "nobody is disturbed");
    net.dead.insert(3);
    let add = ConfChange::Add { id: 3, context: "n3".to_owned() };
    net.node(1).propose_conf_change(add).unwrap();
    net.flow();
    assert_eq!(net.node(1).membership().members.len(), 2, "the id is spent");
}

#[test]
fn a_stranger_gets_no_vote() {
    let mut net = Net::of(&[1, 2, 3]);
    let term = 9;
    let vote = Message { term, body: Body::Vote { index: 99, log_term: 9, transfer: false } };
    assert_eq!(net.node(1).step(8, vote, &mut draw(1)), Err(Refused::SenderUnknown));
    assert_eq!(net.node(1).term(), 1);
}

#[test]
fn a_removal_can_be_what_commits() {
    // 1 and 2 are left of four and 3 is removed by them and 4; then two of three are enough
    let mut net = Net::of(&[1, 2, 3, 4]);
    net.elect(1);
    net.dead.insert(3);
    net.node(1).propose_conf_change(ConfChange::Remove { id: 3 }).unwrap();
    net.flow();
    net.dead.insert(4);
    net.propose(1, "a");
    assert_eq!(net.applied[&2], ["a"]);
}

#[test]
fn who_is_far_behind_gets_a_snapshot() {
    let config = Config { keep_entries: 2, ..Config::default() };
    let mut net = Net::with(&[1, 2, 3], config);
    net.elect(1);
    net.dead.insert(3);
    for _ in 0..10 {
        net.propose(1, "x");
    }
    let index = net.node(1).applied_index();
    let state = net.applied[&1].clone();
    assert!(!net.node(1).compact(index - 1, state.clone()), "only the state of now");
    assert!(net.node(1).compact(index, state));
    assert_eq!(net.node(1).disk().log.first_index(), index - 1);
    net.propose(1, "y");
    net.dead.clear();
    net.tick(3);
    assert_eq!(net.applied[&3], net.applied[&1]);
    assert_eq!(net.applied[&3].len(), 11);
    assert_eq!(net.node(3).disk().snapshot_index(), index);
    assert_eq!(net.node(1).progress()[&3].state, ProgressState::Replicate);
}

#[test]
fn who_is_a_little_behind_gets_entries() {
    let mut net = Net::of(&[1, 2, 3]);
    net.elect(1);
    net.dead.insert(3);
    net.propose(1, "x");
    let index = net.node(1).applied_index();
    let state = net.applied[&1].clone();
    assert!(net.node(1).compact(index, state));
    net.dead.clear();
    net.tick(2);
    assert_eq!(net.applied[&3], ["x"]);
    assert_eq!(net.node(3).disk().snapshot_index(), 1, "the 500 entries kept were enough");
}

#[test]
fn a_snapshot_is_due_after_the_interval() {
    let config = Config { snapshot_interval: 5, ..Config::default() };
    let mut net = Net::with(&[1], config);
    for _ in 0..4 {
        assert!(!net.node(1).wants_snapshot());
        net.propose(1, "x");
    }
    assert!(net.node(1).wants_snapshot());
}

#[test]
fn the_office_is_handed_over_at_once() {
    let mut net = Net::of(&[1, 2, 3]);
    net.elect(1);
    net.tick(1);
    assert!(net.node(1).transfer_leader(3));
    assert_eq!(net.node(1).propose("x"), Err(Dropped::Transferring { to: 3 }));
    net.flow();
    assert_eq!(net.leaders(), [3], "the lease does not count for a transfer");
    assert_eq!(net.node(1).leader(), Some(3));
}

#[test]
fn a_transfer_waits_for_the_log_and_ends_with_the_timeout() {
    let mut net = Net::of(&[1, 2, 3]);
    net.elect(1);
    net.isolate(3);
    net.propose(1, "a");
    assert!(net.node(1).transfer_leader(3));
    net.flow();
    net.tick(9);
    assert!(net.node(1).transferee().is_some());
    net.tick(1);
    assert_eq!(net.node(1).transferee(), None);
    assert!(net.node(1).propose("b").is_ok());
    assert!(!net.node(1).transfer_leader(1) && !net.node(1).transfer_leader(9));
}

#[test]
fn leadership_is_signalled_when_the_log_is_applied() {
    let mut net = Net::of(&[1, 2, 3]);
    net.node(1).campaign(&mut draw(1));
    let letters = net.node(1).take_effects().messages;
    let (to, vote) = letters.into_iter().next().unwrap();
    net.node(to).step(1, vote, &mut draw(to)).unwrap();
    let (_, answer) = net.node(to).take_effects().messages.pop().unwrap();
    net.node(1).step(to, answer, &mut draw(1)).unwrap();
    assert!(net.node(1).is_leader() && !net.node(1).is_signalled());
    let effects = net.node(1).take_effects();
    assert!(!effects.became_leader && effects.leader_changed && effects.leader == Some(1));
}

#[test]
fn a_lost_cluster_starts_anew_from_one_member() {
    let mut net = Net::of(&[1, 2, 3]);
    net.elect(1);
    net.propose(1, "kept");
    net.dead.extend([2, 3]);
    net.propose(1, "never committed");
    let disk = net.nodes.remove(&1).unwrap().into_disk();
    let disk = force_new_cluster(disk, "n1");
    let mut alone = Node::restart(Config::default(), disk, &mut draw(1));
    let effects = alone.take_effects();
    assert!(alone.is_leader() && effects.became_leader);
    let normal = |entry: &Entry<_>| matches!(entry.payload, Payload::Normal(_));
    assert_eq!(effects.committed.iter().filter(|entry| normal(entry)).count(), 1);
    assert_eq!(alone.membership().members.keys().copied().collect::<Vec<_>>(), [1]);
    assert_eq!(alone.membership().removed, BTreeSet::from([2, 3]));
    let before = alone.commit_index();
    let index = alone.propose("on").unwrap();
    assert!(alone.commit_index() == index && index == before + 1);
}

#[test]
fn rejections_go_back_a_term_at_a_time() {
    // leader: 1 3 3 3 5 5 5 5 5, follower: 1 1 1 1 2 2 (etcd's example), after a snapshot at 1
    let snapshot = Snapshot { index: 1, term: 1, membership: membership(&[1, 2]), state: vec![] };
    let snapshot = Rc::new(snapshot);
    let node = |id: Id, terms: &[Term], term: Term| -> Node {
        let disk = Disk::from_snapshot(id, Rc::clone(&snapshot));
        let mut node: Node = Raft::restart(Config::default(), disk, &mut draw(id));
        let entry =
            |(index, term): (Index, &Term)| Entry { term: *term, index, payload: Payload::Empty };
        let entries = (2..).zip(terms).map(entry).collect();
        let body = Body::Append { index: 1, log_term: 1, entries, commit: 1 };
        node.step(9, Message { term, body }, &mut draw(id)).unwrap();
        let mut disk = node.into_disk();
        disk.vote = None;
        Raft::restart(Config::default(), disk, &mut draw(id))
    };
    let mut leader = node(1, &[3, 3, 3, 5, 5, 5, 5, 5], 5);
    let mut follower = node(2, &[1, 1, 1, 2, 2], 2);
    leader.campaign(&mut draw(1));
    let mut rejections = 0;
    for _ in 0..20 {
        for (_, letter) in leader.take_effects().messages {
            follower.step(1, letter, &mut draw(2)).unwrap();
        }
        for (_, letter) in follower.take_effects().messages {
            let is = matches!(letter.body, Body::AppendResponse { reject: Some(_), .. });
            rejections += u32::from(is);
            leader.step(2, letter, &mut draw(1)).unwrap();
        }
    }
    assert!(leader.is_leader());
    assert_eq!(follower.disk().log, leader.disk().log);
    assert_eq!(rejections, 1, "the follower's hint skips its whole tail");
}
