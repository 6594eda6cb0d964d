//! Placeholder until the transcript runner is here.
fn main() {}
