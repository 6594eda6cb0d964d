//! Every lesson of the course is read, linted and proven.

use lesson::{Lesson, proof};

#[test]
fn every_lesson_is_proven() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../lessons");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("lessons") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("text");
        let read = Lesson::parse(&name, &text).unwrap_or_else(|found| {
            panic!("{}", found.iter().map(|d| format!("{d}\n")).collect::<String>())
        });
        let found = proof::prove(&name, &read);
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "{}", lines.join("\n"));
        count += 1;
    }
    assert!(count > 0, "no lesson was found");
}
