//! All facts of `tests/scheduler-cases.json`, the whole lab's with the manager's.

#[test]
fn every_case_comes_true() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/scheduler-cases.json");
    let cases = lab::cases::parse(&std::fs::read_to_string(file).unwrap()).unwrap();
    let outcomes: Vec<_> = cases.iter().map(lab::cases::play).collect();
    for outcome in outcomes.iter().filter(|outcome| !outcome.ok) {
        println!("{outcome:#?}");
    }
    let well = outcomes.iter().filter(|outcome| outcome.ok).count();
    assert_eq!((well, outcomes.len()), (229, 229));
}
