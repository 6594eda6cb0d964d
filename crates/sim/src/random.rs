//! Random draws: one named generator for each consumer, all grown from one seed.
//!
//! A consumer of its own for each purpose means that a change in one place does not move
//! the draws of another. The generator is PCG-XSH-RR 64/32, whose output is fixed by its
//! definition; ranges, picks and shuffles are ours, because a library may change how it
//! maps bits to a range and a saved run must replay for years. Golden vectors pin both.
//!
//! A stream can be **steered**: a replay of a recording queues the answers the real engine
//! drew, and the next [`Stream::range`] or [`Stream::pick`] give them instead of their own.

use std::collections::{BTreeMap, VecDeque};

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use serde::{Deserialize, Serialize};

use crate::Fnv;

/// All generators of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Streams {
    seed: u64,
    streams: BTreeMap<String, Stream>,
}

impl Streams {
    /// No stream exists yet; each is made by its first use, whatever the order of uses.
    pub fn new(seed: u64) -> Self {
        Self { seed, streams: BTreeMap::new() }
    }

    /// The seed everything grows from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The generator of that name.
    pub fn stream(&mut self, name: &str) -> &mut Stream {
        let seed = self.seed;
        // almost every call finds its stream: no name is copied for those
        if !self.streams.contains_key(name) {
            self.streams.insert(name.to_owned(), Stream::new(seed, name));
        }
        self.streams.get_mut(name).unwrap_or_else(|| unreachable!("it was put in just now"))
    }
}

/// One generator and the answers it has been told to give first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stream {
    generator: Pcg32,
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    steered: VecDeque<u64>,
}

impl Stream {
    /// The stream that `seed` and `name` determine.
    pub fn new(seed: u64, name: &str) -> Self {
        let mut hash = Fnv::new();
        hash.write(&seed.to_le_bytes());
        hash.write(name.as_bytes());
        let mut state = hash.finish();
        let mut bytes = [0; 16];
        let (low, high) = bytes.split_at_mut(8);
        low.copy_from_slice(&split_mix(&mut state).to_le_bytes());
        high.copy_from_slice(&split_mix(&mut state).to_le_bytes());
        Self { generator: Pcg32::from_seed(bytes), steered: VecDeque::new() }
    }

    /// 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        self.generator.next_u32()
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// A number in `lo..hi_exclusive`, every one equally likely; `lo` if that is empty.
    pub fn range(&mut self, lo: u64, hi_exclusive: u64) -> u64 {
        if let Some(answer) = self.steered.pop_front()
            && (lo..hi_exclusive).contains(&answer)
        {
            return answer;
        }
        lo.saturating_add(self.below(hi_exclusive.saturating_sub(lo)))
    }

    /// An index below `len`; `None` if there is none.
    pub fn pick(&mut self, len: u32) -> Option<u32> {
        if len == 0 {
            return None;
        }
        u32::try_from(self.range(0, u64::from(len))).ok()
    }

    /// Puts the items in random order. Not steered.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            // never larger than `last`, so it fits and is in bounds
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }

    /// Fills with random bytes. A steered answer stands for eight of them, the highest first.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        let mut rest = bytes;
        while !rest.is_empty()
            && let Some(answer) = self.steered.pop_front()
        {
            let (now, later) = rest.split_at_mut(rest.len().min(8));
            for (byte, own) in now.iter_mut().zip(answer.to_be_bytes()) {
                *byte = own;
            }
            rest = later;
        }
        self.generator.fill_bytes(rest);
    }

    /// True `num` times out of `den`; never if `den` is zero. Not steered.
    pub fn chance(&mut self, num: u32, den: u32) -> bool {
        self.below(u64::from(den)) < u64::from(num) && den != 0
    }

    /// Queues answers for the next [`range`](Self::range) and [`pick`](Self::pick) calls.
    /// An answer outside the range it meets is dropped and that call draws as usual.
    pub fn steer(&mut self, draws: impl IntoIterator<Item = u64>) {
        self.steered.extend(draws);
    }

    /// Forgets answers that no call has met, and queues others.
    pub fn steer_anew(&mut self, draws: impl IntoIterator<Item = u64>) {
        self.steered.clear();
        self.steer(draws);
    }

    /// Answers queued by [`steer`](Self::steer) that no call has met yet.
    pub fn steered(&self) -> impl Iterator<Item = u64> {
        self.steered.iter().copied()
    }

    /// Rejection: the `2^64 mod span` lowest draws would make small answers likelier.
    fn below(&mut self, span: u64) -> u64 {
        if span <= 1 {
            return 0;
        }
        let rejected = span.wrapping_neg() % span;
        loop {
            let draw = self.next_u64();
            if draw >= rejected {
                return draw % span;
            }
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): spreads near seeds over far states.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_do_not_depend_on_order_of_use() {
        let mut one = Streams::new(7);
        one.stream("a").next_u32();
        let b = one.stream("b").next_u64();
        let mut two = Streams::new(7);
        assert_eq!(two.stream("b").next_u64(), b);
        assert_ne!(two.stream("a").next_u64(), b);
        assert_ne!(Streams::new(8).stream("b").next_u64(), b);
    }

    #[test]
    fn split_mix_is_the_published_one() {
        // first outputs of the reference implementation for the seed 1234567
        let mut state = 1_234_567;
        assert_eq!(split_mix(&mut state), 6_457_827_717_110_365_317);
        assert_eq!(split_mix(&mut state), 3_203_168_211_198_807_973);
    }

    #[test]
    fn range_reaches_every_value_and_nothing_else() {
        let mut stream = Stream::new(1, "range");
        let mut seen = [0u32; 10];
        for _ in 0..10_000 {
            let value = stream.range(10, 20);
            seen[(value - 10) as usize] += 1;
        }
        assert!(seen.iter().all(|count| (850..1_150).contains(count)), "{seen:?}");
        assert_eq!(stream.range(5, 5), 5);
        assert_eq!(stream.range(5, 2), 5);
        assert_eq!(stream.pick(0), None);
        assert_eq!(stream.pick(1), Some(0));
    }

    #[test]
    fn chance_has_its_ends() {
        let mut stream = Stream::new(1, "chance");
        assert!((0..100).all(|_| !stream.chance(0, 10)));
        assert!((0..100).all(|_| stream.chance(10, 10)));
        assert!(!stream.chance(1, 0));
        let hits = (0..10_000).filter(|_| stream.chance(1, 4)).count();
        assert!((2_300..2_700).contains(&hits), "{hits}");
    }

    #[test]
    fn steering_answers_once_and_only_inside_the_range() {
        let mut stream = Stream::new(3, "s");
        let mut free = stream.clone();
        stream.steer([12, 99, 4]);
        assert_eq!(stream.range(10, 20), 12);
        assert_eq!(stream.range(10, 20), free.range(10, 20), "99 is dropped, drawn as usual");
        assert_eq!(stream.pick(5), Some(4));
        assert_eq!(stream.pick(5), free.pick(5));
        assert_eq!(stream, free);
    }

    #[test]
    fn steered_bytes_come_first() {
        let mut stream = Stream::new(3, "s");
        let mut free = stream.clone();
        stream.steer([0x0102_0304_0506_0708, 0x0900_0000_0000_0000]);
        let mut bytes = [0; 9];
        stream.fill(&mut bytes);
        assert_eq!(bytes, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        stream.fill(&mut bytes);
        let mut own = [0; 9];
        free.fill(&mut own);
        assert_eq!(bytes, own);
    }

    #[test]
    fn a_saved_stream_goes_on_where_it_was() {
        let mut stream = Stream::new(3, "s");
        stream.next_u32();
        stream.steer([1]);
        let text = serde_json::to_string(&stream).unwrap();
        let mut loaded: Stream = serde_json::from_str(&text).unwrap();
        assert_eq!(loaded, stream);
        assert_eq!(loaded.range(0, 9), 1);
    }
}
