//! Every `--help` text and usage error of a real client, byte for byte.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should stop"
)]

use docker::{Env, Input, Now, Step, start};
use std::collections::BTreeMap;

fn env(tty: bool) -> Env {
    Env {
        vars: BTreeMap::new(),
        columns: if tty { 200 } else { 0 },
        stdin_tty: tty,
        stdout_tty: tty,
        stderr_tty: tty,
        host: "node1".into(),
        cwd: "/root".into(),
    }
}

/// (stdout, stderr, exit code); a request is answered by no daemon.
fn run(words: &[String], tty: bool) -> (String, String, Option<i32>) {
    let mut process = start(words, env(tty));
    let (mut out, mut err, mut code) = (String::new(), String::new(), None);
    let mut inputs = vec![Input::Start];
    while let Some(input) = inputs.pop() {
        for step in process.resume(Now(api::Timestamp(0)), input) {
            match step {
                Step::Out(bytes) => out += &String::from_utf8_lossy(&bytes),
                Step::Err(bytes) => err += &String::from_utf8_lossy(&bytes),
                Step::Exit(c) => code = Some(c),
                Step::Ask(call, _) | Step::Follow(call, _) => inputs.push(Input::NoDaemon(call)),
                Step::ReadFile(_) => {
                    inputs.push(Input::File(Err("no such file or directory".into())));
                }
                Step::Sleep(_) => inputs.push(Input::Timer),
                _ => {}
            }
        }
    }
    (out, err, code)
}

/// As a terminal shows it: tabs to the next eighth column, no trailing blanks.
fn screen(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let mut shown = String::new();
        for c in line.chars() {
            if c == '\t' {
                let to = (shown.chars().count() / 8 + 1) * 8;
                while shown.chars().count() < to {
                    shown.push(' ');
                }
            } else {
                shown.push(c);
            }
        }
        let chars: Vec<char> = shown.trim_end().chars().collect();
        if chars.is_empty() {
            lines.push(String::new());
        }
        for row in chars.chunks(200) {
            lines.push(row.iter().collect::<String>().trim_end().to_owned());
        }
    }
    lines.join("\n").trim_end().to_owned()
}

#[test]
fn recorded_help_and_usage_errors() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/recorded/h_help.jsonl");
    let text = std::fs::read_to_string(path).expect("recording");
    let (mut all, mut wrong) = (0, Vec::new());
    let mut daemon = true;
    for line in text.lines() {
        let step: serde_json::Value = serde_json::from_str(line).expect("json");
        if step["event"] == "daemon-kill" {
            daemon = false;
        }
        let Some(cmd) = step["cmd"].as_str() else { continue };
        let screen_wanted = step["screen"].as_str().expect("screen");
        if daemon && screen_wanted.contains("from daemon") {
            continue; // needs a daemon
        }
        all += 1;
        let words: Vec<String> = cmd.split(' ').map(str::to_owned).collect();
        let (out, err, code) = run(&words, true);
        let exit = step["exit"].as_i64().expect("exit");
        // the client's own build date is this model's, not Debian's
        if screen(&format!("{out}{err}")) != screen(screen_wanted)
            || code.map(i64::from) != Some(exit)
        {
            wrong.push(format!("{cmd} (screen, exit {code:?} wanted {exit})\n{out}{err}"));
        }
        if let (Some(stdout), Some(stderr)) = (step["stdout"].as_str(), step["stderr"].as_str()) {
            let (out, err, _) = run(&words, false);
            if out != stdout || err != stderr {
                wrong
                    .push(format!("{cmd} (pipe)\n--- got\n{out}{err}--- wanted\n{stdout}{stderr}"));
            }
        }
    }
    assert!(all > 250, "only {all} steps");
    assert!(wrong.is_empty(), "{} of {all} differ:\n{}", wrong.len(), wrong.join("\n=====\n"));
}
