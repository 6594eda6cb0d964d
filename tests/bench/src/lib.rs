//! Benchmarks: programs that print figures, natively and in wasm.
//!
//! They must not know where they run: whoever calls gives a clock. `enxame bench` does it
//! natively, [`wasm`] under node. Nothing here fails for being slow.

mod labs;
mod scheduler;
#[cfg(target_arch = "wasm32")]
pub mod wasm;

use serde::Serialize;

/// Nanoseconds since some moment.
pub type Clock<'a> = &'a dyn Fn() -> u64;

/// What was measured. Further fields say more about the best run.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Name of the benchmark.
    pub bench: String,
    /// Size and shape of what it worked on.
    pub workload: String,
    /// Which part of the work.
    pub what: String,
    /// `native` or `wasm`.
    pub target: &'static str,
    /// Each run, in nanoseconds.
    pub runs_ns: Vec<u64>,
    /// The fastest run, in nanoseconds.
    pub best_ns: u64,
    /// The most memory that was in use since the piece began, in bytes; 0 where nobody tells.
    pub peak_bytes: u64,
    /// Simulated time over real time, where time is simulated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times_real: Option<u64>,
    /// Size of what came out, where that matters, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
}

impl Figure {
    fn new(bench: &str, workload: &str, what: &str, runs_ns: Vec<u64>) -> Self {
        Self {
            bench: bench.to_owned(),
            workload: workload.to_owned(),
            what: what.to_owned(),
            target: if cfg!(target_arch = "wasm32") { "wasm" } else { "native" },
            peak_bytes: 0,
            best_ns: runs_ns.iter().copied().min().unwrap_or(0),
            runs_ns,
            times_real: None,
            bytes: None,
        }
    }
}

/// One measurable piece, run by [`run`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Name of the benchmark.
    pub bench: &'static str,
    /// Size and shape of what it works on.
    pub workload: String,
}

/// The pieces that `name` asks for: all of a benchmark, or one as `BENCH/WORKLOAD`. Empty if
/// there is none of that name.
#[must_use]
pub fn pieces(name: &str) -> Vec<Piece> {
    let (bench, workload) = match name.split_once('/') {
        Some((bench, workload)) => (bench, Some(workload)),
        None => (name, None),
    };
    let scheduler = scheduler::names().map(|workload| Piece { bench: "scheduler", workload });
    let labs = labs::names().map(|(bench, workload)| Piece { bench, workload });
    scheduler
        .chain(labs)
        .filter(|piece| piece.bench == bench)
        .filter(|piece| workload.is_none_or(|workload| piece.workload == workload))
        .collect()
}

/// Names of the benchmarks.
pub const BENCHES: [&str; 4] = ["scheduler", "idle", "scale", "save"];

/// Measures one piece; `peak` tells the most memory in use so far, in bytes.
pub fn run(piece: &Piece, clock: Clock<'_>, peak: &dyn Fn() -> u64) -> Vec<Figure> {
    let mut figures = match piece.bench {
        "scheduler" => scheduler::run(&piece.workload, clock),
        _ => labs::run(piece.bench, &piece.workload, clock),
    };
    let peak_bytes = peak();
    for figure in &mut figures {
        figure.peak_bytes = peak_bytes;
    }
    figures
}

/// How long something takes, in nanoseconds.
fn time<T>(clock: Clock<'_>, work: impl FnOnce() -> T) -> (u64, T) {
    let before = clock();
    let result = work();
    (clock().saturating_sub(before), result)
}
