//! The benchmarks as a module for node.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn milliseconds() -> f64;
}

/// Names of the pieces that `name` asks for, one a line.
#[wasm_bindgen]
#[must_use]
pub fn pieces(name: &str) -> String {
    let all = crate::pieces(name);
    let lines: Vec<String> =
        all.iter().map(|piece| format!("{}/{}", piece.bench, piece.workload)).collect();
    lines.join("\n")
}

/// Measures the pieces that `name` asks for; a JSON object a line.
#[wasm_bindgen]
#[must_use]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few hours in nanoseconds"
)]
pub fn measure(name: &str) -> String {
    let clock = || (milliseconds() * 1e6) as u64;
    let pieces = crate::pieces(name);
    let memory = || core::arch::wasm32::memory_size(0) as u64 * 65_536;
    let figures = pieces.iter().flat_map(|piece| crate::run(piece, &clock, &memory));
    let lines: Vec<String> =
        figures.filter_map(|figure| serde_json::to_string(&figure).ok()).collect();
    lines.join("\n")
}
