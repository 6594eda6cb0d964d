//! How quick the recorder's host was with its containers: a command that waits until its service
//! has converged tells by the time it took.
//!
//! The command is tried on a copy of the desk, at paces that lead to that time. What it shows then
//! is not looked at.

use super::Steering;
use crate::recording::Step;
use api::Timestamp;
use lab::Pace;
use shell::{Desk, DeskInput};

/// What the recorder itself takes of a command's time, ms.
const RECORDER_MS: i64 = 25;
/// The client looks every 200 ms: nearer than half of that is the same.
const NEAR_MS: i64 = 100;
/// How much quicker and how much slower than usual a host may be with a start, ms.
const LIMITS_MS: (i64, i64) = (-400, 1_800);
/// Paces that are tried beside the usual one.
const TRIALS: u32 = 3;
/// A trial may take so much longer than the recorded command, ms.
const PATIENCE_MS: u64 = 10_000;

/// Whether a command's time tells the pace: it waited for its service, and that converged.
pub(super) fn tells(step: &Step) -> bool {
    step.cmd.contains("docker service ")
        && step.exit == 0
        && step.screen.ends_with("verify: Service converged")
}

impl Steering {
    /// The pace at which a line, typed now, takes as long as it was recorded; `None` where its
    /// time does not tell, or the usual pace is as good.
    pub fn pace_for(&self, desk: &Desk, step: &Step, terminal: &str, line: &str) -> Option<Pace> {
        if !tells(step) {
            return None;
        }
        let pace = |ms: i64| Pace { start_us: ms * 1_000, reap_us: None };
        let wanted = i64::try_from(step.ms).ok()? - RECORDER_MS;
        let took = |ms: i64| self.trial(desk, step.ms, terminal, line, pace(ms));
        let usual = took(0)?;
        let (mut best, mut found) = ((wanted - usual).abs(), None);
        let mut guess = wanted - usual;
        for _ in 0..TRIALS {
            if best < NEAR_MS {
                break;
            }
            guess = guess.clamp(LIMITS_MS.0, LIMITS_MS.1);
            let Some(now) = took(guess) else { break };
            if (wanted - now).abs() < best {
                best = (wanted - now).abs();
                found = Some(pace(guess));
            }
            if now == usual {
                break;
            }
            // starts one after the other count several times
            guess = guess * (wanted - usual) / (now - usual);
        }
        found
    }

    /// How long a line takes on a copy of the desk, ms.
    fn trial(
        &self,
        desk: &Desk,
        recorded_ms: u64,
        terminal: &str,
        line: &str,
        pace: Pace,
    ) -> Option<i64> {
        let (mut desk, mut steering) = (desk.clone(), self.clone());
        let typed = desk.now();
        let until = Timestamp(typed.0 + (recorded_ms + PATIENCE_MS) * 1_000);
        desk.lab_mut().set_pace(pace);
        desk.input(DeskInput::Line { machine: terminal.to_owned(), line: line.to_owned() });
        loop {
            if desk.take_lines().iter().any(|line| line.terminal == terminal) {
                return i64::try_from(desk.now().since_us(typed) / 1_000).ok();
            }
            let _ = desk.take_finished();
            let _ = desk.take_events();
            if desk.now() >= until || !steering.step(&mut desk, until) {
                return None;
            }
        }
    }
}
