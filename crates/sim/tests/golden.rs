//! Draws and digests that must never change: saved runs and shared links replay by them.

use sim::{Host, Net, Queue, Stream, Streams, Time, digest};

#[test]
fn draws_are_pinned() {
    let mut streams = Streams::new(42);
    let stream = streams.stream("net");
    let words: Vec<u32> = (0..4).map(|_| stream.next_u32()).collect();
    let long = stream.next_u64();
    let ranges: Vec<u64> = (0..8).map(|_| stream.range(10, 20)).collect();
    let picks: Vec<_> = (0..4).filter_map(|_| stream.pick(1_000)).collect();
    let mut order: Vec<u32> = (0..8).collect();
    stream.shuffle(&mut order);
    let mut bytes = [0; 5];
    stream.fill(&mut bytes);
    let coins: Vec<bool> = (0..6).map(|_| stream.chance(1, 3)).collect();
    let got = format!("{words:?} {long} {ranges:?} {picks:?} {order:?} {bytes:?} {coins:?}");
    let pinned = "[2998435466, 1319126606, 1558453348, 172244749] 11911971583941851017 \
        [11, 13, 10, 14, 11, 12, 10, 12] [187, 459, 905, 212] [7, 3, 2, 1, 5, 4, 6, 0] \
        [31, 81, 205, 65, 147] [false, false, false, true, false, true]";
    assert_eq!(got, pinned);
}

#[test]
fn digests_are_pinned() {
    let mut queue = Queue::new();
    queue.schedule(Time::from_ms(7), ("tick", Some(3u8), vec![Host(1), Host(2)]));
    queue.schedule(Time::from_ms(5), ("tock", None, vec![]));
    let mut net = Net::new();
    net.cut_link(Host(2), Host(1));
    net.fate(Time(9), Host(1), Host(3), &mut Stream::new(1, "x"));
    assert_eq!(
        (digest(&queue), digest(&net)),
        (81_237_826_511_507_525, 11_145_688_905_652_811_163)
    );
}
