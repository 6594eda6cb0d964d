//! The same history inside wasm: under node, and in a browser.
//!
//! `cargo xtask test` runs the history natively first and hands the digests in when this is
//! compiled. Built without them the test fails: there is nothing to compare with.

#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::wasm_bindgen_test;

/// What `enxame-same` printed natively.
const NATIVE: Option<&str> = option_env!("ENXAME_DIGESTS");

#[wasm_bindgen_test]
fn the_same_history_as_natively() {
    let native = NATIVE.expect("built without ENXAME_DIGESTS: run `cargo xtask test node`");
    let here = same::digests();
    for (there, here) in native.lines().zip(here.lines()) {
        assert_eq!(there, here, "the first difference");
    }
    assert_eq!(native.trim(), here.trim());
}
