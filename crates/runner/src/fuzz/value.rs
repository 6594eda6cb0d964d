//! The lab is a value: what was saved loads to the same desk, and the inputs lead to it again.

use shell::{Desk, InputLog};

/// A save of this desk loads to an equal one, and the two save to the same bytes.
///
/// # Errors
/// What is not the same.
pub(super) fn saves(desk: &Desk) -> Result<(), String> {
    let saved = serde_json::to_vec(desk).map_err(|e| format!("the desk is not saved: {e}"))?;
    let loaded: Desk =
        serde_json::from_slice(&saved).map_err(|e| format!("the save is not loaded: {e}"))?;
    if loaded != *desk {
        return Err("what was saved loads to another desk".to_owned());
    }
    let again = serde_json::to_vec(&loaded).map_err(|e| format!("the desk is not saved: {e}"))?;
    if again != saved {
        return Err("what was loaded saves to other bytes".to_owned());
    }
    Ok(())
}

/// The inputs of `desk`, given to the desk as it was at the start, lead to the same desk.
///
/// # Errors
/// If they do not.
pub(super) fn replays(start: &Desk, desk: &Desk) -> Result<(), String> {
    let mut again = start.clone();
    let known = start.log().inputs.len();
    let InputLog { inputs, .. } = desk.log();
    for logged in inputs.iter().skip(known) {
        again.advance(logged.at.since_us(again.now()));
        again.input(logged.input.clone());
    }
    again.advance(desk.now().since_us(again.now()));
    if again == *desk { Ok(()) } else { Err("the same inputs lead to another desk".to_owned()) }
}
