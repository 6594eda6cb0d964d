//! What a replay takes from its recording beside the commands: the draws of the real engine and
//! the times its host took. Never what the engine decides by rule.

use crate::recording::{Line, Recording, Step};
use serde_json::Value;
use shell::Desk;
use std::collections::{BTreeMap, VecDeque};

/// What the recording tells ahead.
pub struct Steering {
    /// How long each start of a daemon took, microseconds, in order, by node.
    starts: BTreeMap<String, VecDeque<u64>>,
}

impl Steering {
    /// Reads ahead.
    #[must_use]
    pub fn new(recording: &Recording) -> Self {
        let mut starts: BTreeMap<String, VecDeque<u64>> = BTreeMap::new();
        for line in &recording.lines {
            let Line::Event { event, node, all, .. } = line else { continue };
            if event == "daemon-up" {
                let took = all.get("after_s").and_then(Value::as_f64).unwrap_or(1.0);
                starts.entry(node.clone()).or_default().push_back(micros(took));
            }
        }
        Self { starts }
    }

    /// A daemon is about to be started.
    pub fn before_start(&mut self, desk: &mut Desk, node: &str) {
        if let Some(took) = self.starts.get_mut(node).and_then(VecDeque::pop_front) {
            desk.lab_mut().set_daemon_start_us(took);
        }
    }

    /// A command is about to be typed.
    pub fn before_command(&mut self, _desk: &mut Desk, _step: &Step) {}

    /// Something happened.
    pub fn look(&mut self, _desk: &mut Desk) {}

    /// Each layer takes so long from now on.
    pub fn layer_us(&mut self, desk: &mut Desk, us: u64) {
        desk.lab_mut().set_layer_us(us);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "recorded times are small and not negative"
)]
fn micros(seconds: f64) -> u64 {
    (seconds * 1_000_000.0).round().max(0.0) as u64
}
