//! What a real client renders of the same objects (`tests/cli-golden/tables.txt`).
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should stop"
)]

mod common;

use common::{Daemon, NOW, run, words};

/// Lines that depend on what the golden's daemon did not fill in, or on when it ran.
fn leave_out(command: &str) -> bool {
    command == "docker info"
}

/// The golden was recorded over some seconds: ages grow. Takes the clock that fits.
fn matches(daemon: &Daemon, line: &str, wanted: &str, code: i32) -> Result<(), String> {
    let mut first = None;
    for seconds in 0..6 {
        let now = api::Timestamp(NOW.0 + seconds * 1_000_000);
        let ran = run(daemon, &words(line), false, 0, now);
        let text = if line.contains("--pretty") { undated(&ran.text) } else { ran.text.clone() };
        if text.trim_end() == wanted.trim_end() && ran.code == code {
            return Ok(());
        }
        first.get_or_insert(ran);
    }
    let ran = first.expect("ran");
    Err(format!("{line} [exit {}, wanted {code}]\n{}--- wanted\n{wanted}", ran.code, ran.text))
}

/// `Joined at` is a date of the recording.
fn undated(text: &str) -> String {
    let keep = |line: &str| match line.split_once("Joined at:") {
        Some(_) => "Joined at:             \t?".to_owned(),
        None => line.to_owned(),
    };
    text.split('\n').map(keep).collect::<Vec<_>>().join("\n")
}

#[test]
fn tables_of_a_real_client() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cli-golden/tables.txt");
    let golden = std::fs::read_to_string(path).expect("golden");
    let daemon = Daemon::golden();
    let (mut all, mut wrong) = (0, Vec::new());
    for block in golden.split("$ docker ").skip(1) {
        let (line, rest) = block.split_once('\n').expect("block");
        let (text, code) = rest.rsplit_once("[exit ").expect("exit");
        let code: i32 = code.trim().trim_end_matches(']').parse().expect("code");
        let line = format!("docker {line}");
        if leave_out(&line) {
            continue;
        }
        all += 1;
        let text = if line.contains("--pretty") { undated(text) } else { text.to_owned() };
        if let Err(why) = matches(&daemon, &line, &text, code) {
            wrong.push(why);
        }
    }
    assert!(all > 45, "only {all}");
    assert!(wrong.is_empty(), "{} of {all}:\n{}", wrong.len(), wrong.join("\n=====\n"));
}
