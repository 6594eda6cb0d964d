//! The one place that owns the desk and what is kept of it.
//!
//! Everything goes through [`Runs::run`]: an effect in, actions out. What the learner did is
//! written to the journal before the desk hears of it; a reload plays the journal again.
//!
//! All of it belongs to the program's second part ([`crate::platform::rest`]): [`later_runner`]
//! is the only way in, and [`gate`] stands before it.

mod front;
pub(crate) mod gate;
mod labs;
mod past;
mod publish;

use crate::action::{Action, Effect, Model};
use crate::platform::dom;
use crate::platform::storage::{Act, Deed, Head, Journal};
use crate::state::{Frame, Mark, MarkKind, Menu, Notice, Picked};
use api::Timestamp;
use lesson::Player;
use past::Past;
use shell::{Desk, DeskEvent, DeskInput, Key};
use yew::Callback;

/// Real milliseconds that one picture may spend on simulating; time then falls behind.
const BUDGET_MS: f64 = 10.0;
/// Simulated time that may pass at once after a command, so that its text comes in one picture.
const AT_ONCE_US: u64 = 100_000;
/// The next event is looked for among so many.
const LOOK_AHEAD: u32 = 5000;

/// Whoever carries effects out.
pub(crate) trait Runs {
    /// Carries an effect out; what follows comes back.
    fn run(&mut self, effect: Effect) -> Vec<Action>;
}

/// Everything behind the page, with no lab open.
///
/// The program is cut here (`cargo xtask dist`): what is reached through this function alone
/// comes in the second part, so it must stay one function, and its answer must hide what it is.
#[inline(never)]
pub(crate) fn later_runner(dispatch: Callback<Action>) -> Box<dyn Runs> {
    // The compiler would see through the box and call the runner by name.
    std::hint::black_box(Box::new(Runner::new(dispatch)))
}

/// Everything behind the page.
struct Runner {
    file: String,
    head: Head,
    desk: Desk,
    player: Option<Player>,
    journal: Journal,
    acts: Vec<Act>,
    marks: Vec<Mark>,
    passed_at: Vec<Timestamp>,
    past: Past,
    why_of: Option<Picked>,
    shown: Frame,
    lesson_changed: bool,
    ended: Option<(String, i32)>,
    out: Vec<Action>,
    replaying: bool,
    dispatch: Callback<Action>,
}

impl Runs for Runner {
    fn run(&mut self, effect: Effect) -> Vec<Action> {
        match effect {
            Effect::Advance(us) => self.advance(us),
            Effect::NextEvent => self.next_event(),
            Effect::Input(input) => self.act(Deed::Input(input)),
            Effect::Repeat(times, input) => {
                for _ in 0..times {
                    self.act(Deed::Input(input.clone()));
                }
            }
            Effect::Model(model) => self.free(model),
            Effect::OpenLesson(file) => self.open(&file),
            Effect::ReadLesson { name, text } => self.read(&name, text),
            Effect::Restart => self.restart(),
            Effect::StepStart => self.back_to_step(),
            Effect::Answer { id, value } => self.act(Deed::Answer { id, value }),
            Effect::Hint => self.act(Deed::Hint),
            Effect::Undo => self.undo(),
            Effect::Redo => self.redo(),
            Effect::Why(picked) => self.why_of = picked,
            Effect::DownloadWork => self.download_work(),
            // The gate does those.
            Effect::Focus
            | Effect::Theme(_)
            | Effect::Language(_)
            | Effect::Download { .. }
            | Effect::Bring
            | Effect::Begin => {}
        }
        let mut actions = std::mem::take(&mut self.out);
        actions.extend(self.publish());
        actions
    }
}

impl Runner {
    fn new(dispatch: Callback<Action>) -> Self {
        Self {
            file: String::new(),
            head: Head::default(),
            desk: Desk::new(lab::LabConfig::default()),
            player: None,
            journal: Journal::default(),
            acts: Vec::new(),
            marks: Vec::new(),
            passed_at: Vec::new(),
            past: Past::default(),
            why_of: None,
            shown: Frame::default(),
            lesson_changed: true,
            ended: None,
            out: Vec::new(),
            replaying: false,
            dispatch,
        }
    }

    // Time.

    /// Lets simulated time pass, looking after every event.
    fn advance(&mut self, us: u64) {
        let until = Timestamp(self.desk.now().0 + us);
        let start = dom::milliseconds();
        let mut events = 0_u32;
        while self.desk.step(until) {
            self.observe();
            events += 1;
            let late = events.is_multiple_of(16) && dom::milliseconds() - start > BUDGET_MS;
            if late && !self.replaying {
                break;
            }
        }
        self.observe();
        if !self.replaying {
            self.journal.clock(self.desk.now().0);
        }
    }

    /// Goes to the next event that changes something one can see.
    fn next_event(&mut self) {
        let revision = self.desk.view().revision;
        for _ in 0..LOOK_AHEAD {
            let Some(next) = self.desk.next_event() else { return };
            self.desk.step(next);
            self.observe();
            if self.desk.view().revision != revision || self.ended.is_some() {
                return;
            }
        }
    }

    /// Takes what the desk has to tell, and lets the lesson look.
    fn observe(&mut self) {
        let finished = self.desk.take_finished();
        if let Some(player) = &mut self.player {
            let step = player.current();
            if player.observe(&self.desk, &finished) {
                self.lesson_changed = true;
            }
            if player.current() != step {
                self.passed_at.resize(player.current(), self.desk.now());
                self.past.step_start = Some(self.here());
            }
        }
        for line in self.desk.take_lines() {
            let kind = if line.exit == 0 { MarkKind::Command } else { MarkKind::Failed };
            self.marks.push(Mark { at: line.started, kind, label: line.line.clone() });
            self.ended = Some((line.line, line.exit));
        }
        let replies: Vec<_> = self.desk.take_replies().into_iter().map(|(_, r)| r).collect();
        let events = self.desk.take_events();
        if self.replaying {
            return;
        }
        if !replies.is_empty() {
            self.out.push(Action::Replies(replies));
        }
        for event in events {
            self.event(event);
        }
    }

    /// A lab word, or something the page should say.
    fn event(&mut self, event: DeskEvent) {
        match event {
            DeskEvent::Notice { text, .. } => self.out.push(Action::Notice(Notice::Plain(text))),
            DeskEvent::Word { word, .. } => match word.as_str() {
                "ajuda" => self.out.push(Action::Menu(Some(Menu::Help))),
                "dica" => self.out.push(Action::Hint),
                "passo" => self.out.push(Action::Tab(crate::state::Tab::Lesson)),
                // The word itself was a command: it goes too.
                "desfazer" => {
                    self.past.undo.pop();
                    self.out.push(Action::Undo);
                }
                "refazer" => self.out.push(Action::Redo),
                "reiniciar" => self.out.push(Action::Restart),
                "solucao" => {
                    let step = self.player.as_ref().and_then(Player::step);
                    if let Some(step) = step {
                        self.out.push(Action::Solution(step.check.id.clone()));
                    }
                }
                "compartilhar" => self.out.push(Action::DownloadWork),
                _ => {}
            },
        }
    }

    // What the learner does.

    /// Keeps an act, then does it.
    fn act(&mut self, deed: Deed) {
        let act = Act { at: self.desk.now().0, deed };
        let before = self.journal.state();
        self.journal.append(act.clone());
        if self.journal.state() != before {
            self.out.push(Action::Saved(self.journal.state()));
        }
        // A window that changes its size is nobody's new branch.
        if !matches!(act.deed, Deed::Input(DeskInput::Resize { .. })) {
            self.past.redo.clear();
        }
        self.perform(act);
    }

    fn perform(&mut self, act: Act) {
        if runs_something(&act.deed) {
            self.remember();
        }
        self.acts.push(act.clone());
        match act.deed {
            Deed::Input(input) => {
                self.mark(&input);
                self.desk.input(input);
                self.observe();
                if self.desk.any_busy() && !self.replaying {
                    self.advance(AT_ONCE_US);
                }
            }
            Deed::Answer { id, value } => {
                if let Some(player) = &mut self.player {
                    player.answer(&id, &value, &self.desk);
                    self.lesson_changed = true;
                }
                self.observe();
            }
            Deed::Hint => {
                if let Some(player) = &mut self.player {
                    player.open_hint();
                    self.lesson_changed = true;
                }
            }
        }
    }

    fn mark(&mut self, input: &DeskInput) {
        let at = self.desk.now();
        match input {
            DeskInput::Fault(fault) => {
                let label = format!("{fault:?}");
                self.marks.push(Mark { at, kind: MarkKind::Fault, label });
            }
            DeskInput::Request { host, port, .. } => {
                let label = format!("{host}:{port}");
                if self.marks.last().is_none_or(|m| m.label != label) {
                    self.marks.push(Mark { at, kind: MarkKind::Request, label });
                }
            }
            DeskInput::Key { .. }
            | DeskInput::Text { .. }
            | DeskInput::Line { .. }
            | DeskInput::Insert { .. }
            | DeskInput::Interrupt { .. }
            | DeskInput::Eof { .. }
            | DeskInput::Resize { .. }
            | DeskInput::Tidy
            | DeskInput::AddMachine { .. }
            | DeskInput::PutFile { .. } => {}
        }
    }

    // Files.

    fn download_work(&mut self) {
        let acts = serde_json::to_string(&self.acts).unwrap_or_default();
        let head = serde_json::to_string(&self.head).unwrap_or_default();
        let text = format!(
            "{{\"enxame\":1,\"lesson\":{:?},\"head\":{head},\"acts\":{acts}}}\n",
            self.file
        );
        self.out.extend(gate::download("enxame-trabalho.json", &text));
    }
}

/// Whether an act may change the lab: those are the points of undo.
fn runs_something(deed: &Deed) -> bool {
    match deed {
        Deed::Input(input) => match input {
            DeskInput::Key { key, .. } => *key == Key::Enter,
            DeskInput::Text { text, .. } => text.contains('\n'),
            DeskInput::Line { .. } | DeskInput::Fault(_) | DeskInput::AddMachine { .. } => true,
            DeskInput::Insert { .. }
            | DeskInput::Interrupt { .. }
            | DeskInput::Eof { .. }
            | DeskInput::Request { .. }
            | DeskInput::Resize { .. }
            | DeskInput::Tidy
            | DeskInput::PutFile { .. } => false,
        },
        Deed::Answer { .. } => true,
        Deed::Hint => false,
    }
}
