//! Links between hosts: how long a message takes, and whether it arrives.
//!
//! Every host reaches every other until a fault says otherwise. Faults are kept apart
//! (a cut cable, a cut link, a split, loss, slowness), so ending one leaves the others.
//!
//! A message's fate is decided when it is sent. What is already on its way when a cable is
//! cut is for the holder of the queue to judge: ask [`Net::reachable`] on delivery.
//!
//! **Invariant:** first in, first out on each directed link, like the connections real
//! programs talk over: a later message never arrives before an earlier one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Span, Stream, Time};

/// One machine on the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Host(pub u32);

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// It arrives at that time.
    Deliver(Time),
    /// It never arrives, and the sender is not told.
    Lost,
}

/// The network between all hosts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Net {
    base_latency: Span,
    jitter: Span,
    /// Extra time for every message to or from a host.
    slow: BTreeMap<Host, Span>,
    /// Lost messages in a thousand, to or from a host.
    loss: BTreeMap<Host, u32>,
    cut: BTreeSet<Host>,
    /// Both ends in order, smaller first.
    cut_links: BTreeSet<(Host, Host)>,
    /// Only this direction is dead.
    cut_ways: BTreeSet<(Host, Host)>,
    /// Side of each host while the network is split; a host on no side reaches no side.
    split: Option<BTreeMap<Host, u32>>,
    /// When the last message on each directed link arrives.
    #[serde(with = "crate::entries")]
    arrivals: BTreeMap<(Host, Host), Time>,
}

impl Default for Net {
    fn default() -> Self {
        Self {
            base_latency: Span::us(300),
            jitter: Span::us(100),
            slow: BTreeMap::new(),
            loss: BTreeMap::new(),
            cut: BTreeSet::new(),
            cut_links: BTreeSet::new(),
            cut_ways: BTreeSet::new(),
            split: None,
            arrivals: BTreeMap::new(),
        }
    }
}

impl Net {
    /// A whole network: 300 µs one way, up to 100 µs of jitter, no faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what a message takes one way without faults.
    pub fn set_base_latency(&mut self, latency: Span) {
        self.base_latency = latency;
    }

    /// Sets the upper bound (exclusive) of what is added at random to each message.
    pub fn set_jitter(&mut self, jitter: Span) {
        self.jitter = jitter;
    }

    /// One way from `from` to `to`, without jitter. A host reaches itself in no time.
    pub fn latency(&self, from: Host, to: Host) -> Span {
        if from == to {
            return Span::ZERO;
        }
        self.base_latency + self.slowness(from) + self.slowness(to)
    }

    /// Extra time for every message to or from this host.
    pub fn slowness(&self, host: Host) -> Span {
        self.slow.get(&host).copied().unwrap_or_default()
    }

    /// Makes every message to or from this host take `extra` longer; zero ends it.
    pub fn slow(&mut self, host: Host, extra: Span) {
        if extra == Span::ZERO {
            self.slow.remove(&host);
        } else {
            self.slow.insert(host, extra);
        }
    }

    /// Lost messages in a thousand, to or from this host.
    pub fn loss(&self, host: Host) -> u32 {
        self.loss.get(&host).copied().unwrap_or_default()
    }

    /// Loses `per_mille` of a thousand messages to or from this host; zero ends it.
    pub fn set_loss(&mut self, host: Host, per_mille: u32) {
        if per_mille == 0 {
            self.loss.remove(&host);
        } else {
            self.loss.insert(host, per_mille.min(1_000));
        }
    }

    /// Pulls the host's cable: it still reaches itself.
    pub fn cut(&mut self, host: Host) {
        self.cut.insert(host);
    }

    /// Plugs the host's cable in again.
    pub fn heal(&mut self, host: Host) {
        self.cut.remove(&host);
    }

    /// Whether the host's cable is pulled.
    pub fn is_cut(&self, host: Host) -> bool {
        self.cut.contains(&host)
    }

    /// Cuts the link between two hosts, both ways.
    pub fn cut_link(&mut self, one: Host, other: Host) {
        self.cut_links.insert(ordered(one, other));
    }

    /// Ends [`cut_link`](Self::cut_link).
    pub fn heal_link(&mut self, one: Host, other: Host) {
        self.cut_links.remove(&ordered(one, other));
    }

    /// Whether that link is cut both ways.
    pub fn is_link_cut(&self, one: Host, other: Host) -> bool {
        self.cut_links.contains(&ordered(one, other))
    }

    /// Drops what goes from `from` to `to`; the way back stays.
    pub fn cut_way(&mut self, from: Host, to: Host) {
        self.cut_ways.insert((from, to));
    }

    /// Ends [`cut_way`](Self::cut_way).
    pub fn heal_way(&mut self, from: Host, to: Host) {
        self.cut_ways.remove(&(from, to));
    }

    /// Splits the network: only hosts of one side reach each other. A host that is on no
    /// side is on its own. A new split replaces an earlier one.
    pub fn split(&mut self, sides: &[Vec<Host>]) {
        let mut sides_of = BTreeMap::new();
        for (number, side) in (0..).zip(sides) {
            for host in side {
                sides_of.entry(*host).or_insert(number);
            }
        }
        self.split = Some(sides_of);
    }

    /// Ends the split.
    pub fn unsplit(&mut self) {
        self.split = None;
    }

    /// Whether the network is split.
    pub fn is_split(&self) -> bool {
        self.split.is_some()
    }

    /// Ends every fault: cuts, splits, loss and slowness.
    pub fn heal_all(&mut self) {
        let arrivals = std::mem::take(&mut self.arrivals);
        let (base_latency, jitter) = (self.base_latency, self.jitter);
        *self = Self { base_latency, jitter, arrivals, ..Self::default() };
    }

    /// Whether a message from `from` can arrive at `to` at all; loss does not count.
    pub fn reachable(&self, from: Host, to: Host) -> bool {
        if from == to {
            return true;
        }
        let same_side = match &self.split {
            None => true,
            Some(sides) => sides.get(&from).is_some_and(|side| sides.get(&to) == Some(side)),
        };
        same_side
            && !self.cut.contains(&from)
            && !self.cut.contains(&to)
            && !self.cut_ways.contains(&(from, to))
            && !self.cut_links.contains(&ordered(from, to))
    }

    /// Decides what becomes of a message sent `now`.
    ///
    /// Draws from `stream` only for links that need it: one draw for each lossy end, one
    /// for jitter. A message of a host to itself draws nothing.
    pub fn fate(&mut self, now: Time, from: Host, to: Host, stream: &mut Stream) -> Fate {
        if !self.reachable(from, to) {
            return Fate::Lost;
        }
        let mut at = now + self.latency(from, to);
        if from != to {
            for host in [from, to] {
                let loss = self.loss(host);
                if loss > 0 && stream.chance(loss, 1_000) {
                    return Fate::Lost;
                }
            }
            if self.jitter > Span::ZERO {
                at += Span(stream.range(0, self.jitter.0));
            }
        }
        let arrival = self.arrivals.entry((from, to)).or_default();
        *arrival = at.max(*arrival);
        Fate::Deliver(*arrival)
    }
}

fn ordered(one: Host, other: Host) -> (Host, Host) {
    (one.min(other), one.max(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Host = Host(1);
    const B: Host = Host(2);
    const C: Host = Host(3);

    #[test]
    fn a_later_message_never_overtakes() {
        let mut net = Net::new();
        let mut stream = Stream::new(1, "net");
        net.set_jitter(Span::ms(50));
        let mut last = Time::ZERO;
        for now in 0..2_000 {
            if now == 1_000 {
                net.slow(B, Span::secs(1));
            }
            if now == 1_500 {
                net.slow(B, Span::ZERO);
            }
            match net.fate(Time(now), A, B, &mut stream) {
                Fate::Deliver(at) => {
                    assert!(at >= last && at >= Time(now) + Span(300));
                    last = at;
                }
                Fate::Lost => panic!("lost without a fault"),
            }
        }
        assert!(last > Time::from_ms(1_000), "the slow messages hold back what follows");
    }

    #[test]
    fn faults_end_one_by_one() {
        let mut net = Net::new();
        net.cut(A);
        net.cut_link(B, A);
        net.split(&[vec![A, B], vec![C]]);
        assert!(!net.reachable(A, B) && !net.reachable(B, C) && net.reachable(A, A));
        net.heal(A);
        assert!(!net.reachable(A, B));
        net.heal_link(A, B);
        assert!(net.reachable(A, B) && net.reachable(B, A) && !net.reachable(A, C));
        net.unsplit();
        assert!(net.reachable(A, C));
        net.cut_way(A, C);
        assert!(!net.reachable(A, C) && net.reachable(C, A));
        net.heal_all();
        assert_eq!(net, Net::new());
    }

    #[test]
    fn who_is_on_no_side_is_alone() {
        let mut net = Net::new();
        net.split(&[vec![A, B]]);
        assert!(net.reachable(A, B) && !net.reachable(A, C) && !net.reachable(C, Host(4)));
    }

    #[test]
    fn loss_is_about_what_was_asked() {
        let mut net = Net::new();
        let mut stream = Stream::new(5, "net");
        net.set_loss(B, 250);
        let mut lost = |from, to| {
            (0..4_000u64)
                .filter(|now| net.fate(Time(*now), from, to, &mut stream) == Fate::Lost)
                .count()
        };
        assert!((850..1_150).contains(&lost(A, B)));
        assert!((850..1_150).contains(&lost(B, A)));
        assert_eq!(lost(A, C), 0);
        assert_eq!(lost(B, B), 0);
    }

    #[test]
    fn saves_as_json() {
        let mut net = Net::new();
        let mut stream = Stream::new(5, "net");
        net.fate(Time(1), A, B, &mut stream);
        net.cut_link(A, B);
        net.split(&[vec![A], vec![B]]);
        let text = serde_json::to_string(&net).unwrap();
        assert_eq!(serde_json::from_str::<Net>(&text).unwrap(), net);
    }
}
