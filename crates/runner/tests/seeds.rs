//! Seeds of the fuzz that once failed, one or two of each kind: the model did, or the fuzz asked
//! for more than a real swarm gives.

#![allow(clippy::panic, reason = "a failed seed is a failed test")]

/// What went wrong there.
const FAILED: [(u64, &str); 17] = [
    (63, "a start under way kept a daemon from ending"),
    (1_431, "an update of a global service reached a paused node (asked too much)"),
    (1_524, "a member behind could not answer a leader of whom it had not heard"),
    (2_536, "a leader that could not hand over waited for a dropped proposal for ever"),
    (3_523, "a manager demoted and promoted while away stayed outside raft"),
    (5_618, "an update that gave up without a status (asked too much)"),
    (9_799, "as 3523, with five managers"),
    (12_233, "as 1524, after a snapshot"),
    (18_447, "a candidate that did not know the leader stayed one"),
    (22_058, "the end of an interrupted command was taken for that of the next one"),
    (23_293, "as 2536, after the leader stood still"),
    (23_366, "a new leader that found nothing to update (asked too much)"),
    (37_056, "a worker of whose managers none was left had nobody to ask (asked too much)"),
    (39_652, "a machine whose daemon did not answer yet was taken for well"),
    (45_753, "a member that missed its leader's join had nobody to ask (asked too much)"),
    (63_649, "a client of an update that gave up without a status waits on (asked too much)"),
    (99_870, "as 63649"),
];

#[test]
fn they_are_well_now() {
    for (seed, what) in FAILED {
        if let Err(story) = runner::fuzz::run(seed, false) {
            panic!("seed {seed} ({what}): {story}");
        }
    }
}
