//! All facts of `tests/scheduler-cases.json` that are about this crate.

use std::collections::BTreeMap;

#[test]
fn every_case_comes_true() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/scheduler-cases.json");
    let cases = manager::cases::parse(&std::fs::read_to_string(file).unwrap()).unwrap();
    let outcomes: Vec<_> = cases.iter().filter_map(manager::cases::play).collect();
    let mut played: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in &outcomes {
        *played.entry(outcome.area.as_str()).or_default() += 1;
        if !outcome.ok {
            println!(
                "{} (step {})\n  expected {}\n  got      {}",
                outcome.name, outcome.step, outcome.expected, outcome.got
            );
        }
    }
    println!("{played:?}");
    let failed = outcomes.iter().filter(|outcome| !outcome.ok).count();
    assert_eq!(failed, 0, "of {} cases", outcomes.len());
    // the other nine are about raft or the daemon's words, and need a whole lab
    assert_eq!((cases.len(), outcomes.len()), (229, 220));
}
