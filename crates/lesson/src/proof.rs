//! Proves a lesson by playing it: every step false at its start, every solution passes, every
//! wrong way does not and is answered, every transcript shown is what the lab prints.

use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::lesson::{Lesson, Step};
use crate::player::{Message, MessageFrom, Player};
use crate::script::{Next, Script, ready_desk, step};
use crate::transcript::{Action, Transcript, matches};
use api::Timestamp;
use share::Rc;
use shell::Desk;

/// How long a proof waits for a step after the last entry of its solution, when no line says.
const PATIENCE_MS: u64 = 60_000;

/// What playing a transcript at a desk came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The desk afterwards.
    pub desk: Desk,
    /// The player afterwards.
    pub player: Player,
    /// Entries whose output was not what the file shows: place, expected, got.
    pub differences: Vec<(Place, String, String)>,
    /// What the player said meanwhile.
    pub messages: Vec<Message>,
}

/// Plays `transcript`; with `patience_ms`, waits so long after it for the step to pass.
#[must_use]
pub fn play(desk: &Desk, player: &Player, transcript: &Transcript, patience_ms: u64) -> Run {
    let mut run = Run {
        desk: desk.clone(),
        player: player.clone(),
        differences: Vec::new(),
        messages: Vec::new(),
    };
    let said = player.messages().len();
    let before = player.current();
    let mut script = Script::new(transcript);
    loop {
        match script.next(&run.desk, Some(&run.player)) {
            Next::Input(input) => {
                run.desk.input(input);
                observe(&mut run, &script);
            }
            Next::Answer { id, value } => {
                let desk = run.desk.clone();
                run.player.answer(&id, &value, &desk);
            }
            Next::Event => {
                step(&mut run.desk);
                observe(&mut run, &script);
            }
            Next::Done => break,
        }
    }
    let until = Timestamp(run.desk.now().0 + patience_ms * 1000);
    while run.player.current() == before && run.desk.now() < until {
        step(&mut run.desk);
        observe(&mut run, &script);
    }
    run.messages = run.player.messages().get(said..).unwrap_or(&[]).to_vec();
    run
}

fn observe(run: &mut Run, script: &Script) {
    for line in run.desk.take_lines() {
        let Some(entry) = script.entry() else { continue };
        let fill = |text: &String| run.player.fill(text, &run.desk);
        let shown: Vec<String> = entry.expected.iter().map(fill).collect();
        if matches!(entry.action, Action::Command { .. })
            && !shown.is_empty()
            && !matches(&shown, &line.screen)
        {
            run.differences.push((entry.place, shown.join("\n"), line.screen));
        }
    }
    let finished = run.desk.take_finished();
    let Run { desk, player, .. } = run;
    player.observe(desk, &finished);
    let _ = (desk.take_events(), desk.take_replies());
}

/// Plays the whole lesson. Findings carry the lesson's own places.
#[must_use]
pub fn prove(file: &str, lesson: &Lesson) -> Vec<Diagnostic> {
    let lesson = Rc::new(lesson.clone());
    let mut desk = ready_desk(&lesson, 1);
    let mut player = Player::new(Rc::clone(&lesson));
    let mut found = Vec::new();
    player.observe(&desk, &[]);
    for (index, step) in lesson.steps.iter().enumerate() {
        if player.current() > index {
            found.push(finding(
                file,
                step,
                "P201",
                format!("o passo «{}» já vale antes de começar", step.check.id),
            ));
            continue;
        }
        wrong_ways(file, step, &desk, &player, &mut found);
        let Some(run) = solutions(file, step, &desk, &player, &mut found) else {
            return found;
        };
        (desk, player) = (run.desk, run.player);
    }
    found
}

/// All solutions of a step must pass; the first one's end is where the next step begins.
fn solutions(
    file: &str,
    step: &Step,
    desk: &Desk,
    player: &Player,
    found: &mut Vec<Diagnostic>,
) -> Option<Run> {
    let mut first = None;
    for (number, solution) in step.solutions.iter().enumerate() {
        let run = play(desk, player, solution, patience(step));
        for (place, expected, got) in &run.differences {
            let message =
                format!("a saída mostrada não é a do laboratório\n{expected}\n--- sai:\n{got}");
            found.push(at(file, *place, "P206", message));
        }
        if run.player.current() <= player.current() {
            let reasons = unmet(&run);
            let message = format!(
                "a solução {} do passo «{}» não passa: {reasons}",
                number + 1,
                step.check.id
            );
            found.push(finding(file, step, "P203", message));
        } else if first.is_none() {
            first = Some(run);
        }
    }
    first
}

fn unmet(run: &Run) -> String {
    let view = run.player.view(&run.desk);
    let checks = view.steps.get(view.current).map(|s| s.checks.as_slice()).unwrap_or(&[]);
    let open: Vec<String> = checks
        .iter()
        .filter(|c| c.state != crate::State::Met)
        .map(|c| format!("{} {}", c.text, c.fact).trim().to_owned())
        .collect();
    open.join("; ")
}

fn patience(step: &Step) -> u64 {
    let named = step.check.lines.iter().filter_map(|l| {
        let (within, stable) = (l.mode.within_ms, l.mode.stable_ms);
        (within.is_some() || stable.is_some()).then(|| within.unwrap_or(0) + stable.unwrap_or(0))
    });
    named.max().unwrap_or(PATIENCE_MS).max(1000)
}

/// A wrong way must not pass, and a rule must answer it.
fn wrong_ways(file: &str, step: &Step, desk: &Desk, player: &Player, found: &mut Vec<Diagnostic>) {
    for wrong in &step.wrong {
        let place = wrong.entries.first().map_or(step.place, |e| e.place);
        let run = play(desk, player, wrong, 15_000);
        if run.player.current() > player.current() {
            found.push(at(file, place, "P205", "este caminho errado passa".into()));
        }
        if !run.messages.iter().any(|m| m.from == MessageFrom::Rule) {
            let message = "nenhuma regra de feedback responde a este caminho errado".into();
            found.push(at(file, place, "P205", message));
        }
    }
}

fn finding(file: &str, step: &Step, code: &'static str, message: String) -> Diagnostic {
    at(file, step.place, code, message)
}

fn at(file: &str, place: Place, code: &'static str, message: String) -> Diagnostic {
    Diagnostic {
        file: file.to_owned(),
        place,
        severity: Severity::Error,
        code,
        message,
        help: String::new(),
    }
}
