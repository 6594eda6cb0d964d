//! Plays facts about a swarm that are written down as data (`tests/scheduler-cases.json`).
//!
//! What a leader's loops can show alone, [`manager::cases`] plays. The rest needs machines, raft
//! and daemons; here it is played on a whole lab, through the requests a client would send.
//!
//! | area | what is played here |
//! |---|---|
//! | `quorum` | elections, proposals, members that stop, return, leave and join |
//! | `daemon-messages` | what a daemon answers in a given situation |

mod daemon;
mod quorum;
mod world;

pub use manager::cases::{Outcome, parse};
use manager::cases::{Player, run};
use serde_json::Value;

/// Plays one case.
#[must_use]
pub fn play(case: &Value) -> Outcome {
    manager::cases::play(case).unwrap_or_else(|| {
        let given = case.get("given").unwrap_or(&Value::Null);
        let daemon = case.get("area").is_some_and(|area| area == "daemon-messages");
        let player: Result<Box<dyn Player>, String> = if daemon {
            daemon::Play::new(given).map(|play| Box::new(play) as Box<dyn Player>)
        } else {
            quorum::Play::new(given).map(|play| Box::new(play) as Box<dyn Player>)
        };
        run(case, player.unwrap_or_else(|why| Box::new(Unplayable(why))).as_mut())
    })
}

/// A beginning that could not be set up.
struct Unplayable(String);

impl Player for Unplayable {
    fn step(&mut self, _step: &Value) -> Result<(), String> {
        Err(self.0.clone())
    }

    fn look(&mut self, _name: &str, _wanted: &Value) -> Result<Value, String> {
        Err(self.0.clone())
    }
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or("").to_owned()
}

fn number(value: &Value, key: &str) -> Option<u32> {
    value.get(key).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok())
}

fn strings(value: &Value, key: &str) -> Vec<String> {
    let list = value.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
