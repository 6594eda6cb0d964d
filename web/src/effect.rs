//! The one place that owns the desk, the storage and the focus.
//!
//! Everything goes through [`Runner::run`]: an effect in, actions out. What the learner did is
//! written to the journal before the desk hears of it; a reload plays the journal again.

mod publish;

use crate::action::{Action, Effect, Model};
use crate::components::prose;
use crate::lessons;
use crate::platform::{dom, storage};
use crate::state::{Frame, LessonShown, Mark, MarkKind, Menu, Notice, Picked};
use api::Timestamp;
use lesson::markdown::{Block, blocks};
use lesson::{Lesson, Player, ready_desk};
use shell::{Desk, DeskEvent, DeskInput, Key, TerminalView};
use std::rc::Rc;
use storage::{Act, Deed, Found, Head, Journal};
use yew::Callback;

/// Undo goes back over so many commands.
const UNDO: usize = 30;
/// Real milliseconds that one picture may spend on simulating; time then falls behind.
const BUDGET_MS: f64 = 10.0;
/// Simulated time that may pass at once after a command, so that its text comes in one picture.
const AT_ONCE_US: u64 = 100_000;
/// The next event is looked for among so many.
const LOOK_AHEAD: u32 = 5000;
/// Decisions shown under "why".
const WHY: usize = 40;

/// A point to come back to.
#[derive(Clone)]
struct Kept {
    desk: Desk,
    player: Option<Player>,
    acts: usize,
    marks: usize,
    passed: usize,
}

/// Everything behind the page.
pub(crate) struct Runner {
    file: String,
    head: Head,
    desk: Desk,
    player: Option<Player>,
    journal: Journal,
    acts: Vec<Act>,
    marks: Vec<Mark>,
    passed_at: Vec<Timestamp>,
    undo: Vec<Kept>,
    redo: Vec<(Kept, Vec<Act>, Vec<Mark>)>,
    step_start: Option<Kept>,
    why_of: Option<Picked>,
    shown: Frame,
    lesson_changed: bool,
    ended: Option<(String, i32)>,
    out: Vec<Action>,
    replaying: bool,
    dispatch: Callback<Action>,
}

impl Runner {
    /// The lab that was open last, or the first lesson.
    pub(crate) fn new(dispatch: Callback<Action>) -> (Self, Vec<Action>) {
        let mut runner = Self {
            file: String::new(),
            head: Head::default(),
            desk: Desk::new(lab::LabConfig::default()),
            player: None,
            journal: Journal::default(),
            acts: Vec::new(),
            marks: Vec::new(),
            passed_at: Vec::new(),
            undo: Vec::new(),
            redo: Vec::new(),
            step_start: None,
            why_of: None,
            shown: Frame::default(),
            lesson_changed: true,
            ended: None,
            out: Vec::new(),
            replaying: false,
            dispatch,
        };
        let first = || lessons::LIST.first().map(|(file, _)| (*file).to_owned());
        let open = storage::setting("open").or_else(first).unwrap_or_default();
        runner.open(&open);
        if storage::storage().is_none() {
            runner.out.push(Action::Saved(crate::state::Save::Absent));
        }
        let mut actions = std::mem::take(&mut runner.out);
        actions.extend(runner.publish());
        (runner, actions)
    }

    /// Carries an effect out; what follows comes back.
    pub(crate) fn run(&mut self, effect: Effect) -> Vec<Action> {
        match effect {
            Effect::Advance(us) => self.advance(us),
            Effect::NextEvent => self.next_event(),
            Effect::Input(input) => self.act(Deed::Input(input)),
            Effect::Repeat(times, input) => {
                for _ in 0..times {
                    self.act(Deed::Input(input.clone()));
                }
            }
            Effect::Focus => dom::focus_prompt(),
            Effect::Model(model) => self.free(model),
            Effect::OpenLesson(file) => self.open(&file),
            Effect::ReadLesson { name, text } => self.read(&name, text),
            Effect::Restart => self.restart(),
            Effect::StepStart => self.back_to_step(),
            Effect::Answer { id, value } => self.act(Deed::Answer { id, value }),
            Effect::Hint => self.act(Deed::Hint),
            Effect::Undo => self.undo(),
            Effect::Redo => self.redo(),
            Effect::Theme(dark) => {
                let name = if dark { "dark" } else { "light" };
                dom::set_root("data-theme", name);
                storage::set_setting("theme", name);
            }
            Effect::Language(language) => {
                dom::set_root("lang", language.tag());
                storage::set_setting("language", language.tag());
            }
            Effect::Why(picked) => self.why_of = picked,
            Effect::DownloadWork => self.download_work(),
            Effect::Download { name, text } => self.download(&name, &text),
        }
        let mut actions = std::mem::take(&mut self.out);
        actions.extend(self.publish());
        actions
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
                self.step_start = Some(self.here());
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
                    self.undo.pop();
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
            self.redo.clear();
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

    fn here(&self) -> Kept {
        Kept {
            desk: self.desk.clone(),
            player: self.player.clone(),
            acts: self.acts.len(),
            marks: self.marks.len(),
            passed: self.passed_at.len(),
        }
    }

    fn remember(&mut self) {
        if self.undo.len() >= UNDO {
            self.undo.remove(0);
        }
        self.undo.push(self.here());
    }

    fn undo(&mut self) {
        if let Some(kept) = self.undo.pop() {
            let now = self.here();
            let acts = self.acts.split_off(kept.acts.min(self.acts.len()));
            let marks = self.marks.split_off(kept.marks.min(self.marks.len()));
            self.redo.push((now, acts, marks));
            self.go_to(kept);
        }
    }

    fn redo(&mut self) {
        if let Some((kept, acts, marks)) = self.redo.pop() {
            self.undo.push(self.here());
            self.acts.extend(acts);
            self.marks.extend(marks);
            self.go_to(kept);
        }
    }

    fn back_to_step(&mut self) {
        if let Some(kept) = self.step_start.clone() {
            self.remember();
            self.acts.truncate(kept.acts);
            self.marks.truncate(kept.marks);
            self.go_to(kept);
            if let Some(player) = &mut self.player {
                player.restart_step(&self.desk);
            }
        }
    }

    fn go_to(&mut self, kept: Kept) {
        self.desk = kept.desk;
        self.player = kept.player;
        self.passed_at.truncate(kept.passed);
        self.journal.rewrite(&self.acts);
        self.journal.clock(self.desk.now().0);
        self.lesson_changed = true;
    }

    // Which lab.

    /// Opens a lesson by its file; an empty name is the free lab.
    fn open(&mut self, file: &str) {
        let mut journal = Journal::of(file);
        let (head, acts, now) = match journal.load() {
            Found::Lab { head, acts, now } => (Some(head), acts, now),
            Found::Nothing => (None, Vec::new(), 0),
            Found::Corrupt(text) => {
                self.out.push(Action::Notice(Notice::Corrupt { text }));
                (None, Vec::new(), 0)
            }
        };
        let text = match &head {
            Some(Head { text: Some(text), .. }) => Some(text.clone()),
            _ => lessons::embedded(file).map(str::to_owned),
        };
        match text {
            Some(text) => self.start(file, Some(text), head, journal, acts, now),
            None if file.is_empty() => self.start(file, None, head, journal, acts, now),
            None => self.fetch(file),
        }
    }

    fn fetch(&self, file: &str) {
        let (file, dispatch) = (file.to_owned(), self.dispatch.clone());
        let nothing_open = self.desk.view().machines.is_empty();
        wasm_bindgen_futures::spawn_local(async move {
            match lessons::fetch(&file).await {
                Ok(text) => dispatch.emit(Action::Dropped { name: file, text }),
                Err(reason) => {
                    dispatch.emit(Action::Notice(Notice::LessonFetch { file, reason }));
                    if nothing_open {
                        dispatch.emit(Action::OpenLesson(String::new()));
                    }
                }
            }
        });
    }

    /// A lesson's text came: one of ours, or a file that was dropped.
    fn read(&mut self, name: &str, text: String) {
        if !std::path::Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("md")) {
            self.out.push(Action::Notice(Notice::NotMarkdown { file: name.to_owned() }));
            return;
        }
        let mut journal = Journal::of(name);
        // A lesson of the learner's own starts anew each time it is dropped: it is being written.
        let (head, acts, now) = match journal.load() {
            Found::Lab { head, acts, now } if lessons::known(name) => (Some(head), acts, now),
            Found::Corrupt(text) => {
                self.out.push(Action::Notice(Notice::Corrupt { text }));
                (None, Vec::new(), 0)
            }
            Found::Nothing | Found::Lab { .. } => (None, Vec::new(), 0),
        };
        self.start(name, Some(text), head, journal, acts, now);
    }

    /// Starts a lab and plays what was kept of it.
    fn start(
        &mut self,
        file: &str,
        text: Option<String>,
        head: Option<Head>,
        journal: Journal,
        acts: Vec<Act>,
        now: u64,
    ) {
        let fresh = head.is_none();
        let own = (!file.is_empty() && !lessons::known(file)).then(|| text.clone()).flatten();
        let mut head = head.unwrap_or_else(|| Head { seed: seed(), text: own, free: None });
        let lesson = match &text {
            Some(text) => match Lesson::parse(file, text) {
                Ok(lesson) => lesson,
                Err(findings) => {
                    let file = file.to_owned();
                    self.out.push(Action::Notice(Notice::LessonErrors { file, findings }));
                    if self.desk.view().machines.is_empty() {
                        self.open("");
                    }
                    return;
                }
            },
            None => {
                let (managers, machines) = *head.free.get_or_insert((0, 1));
                free_lab(managers, machines)
            }
        };
        self.desk = ready_desk(&lesson, head.seed);
        let first = first_command(&lesson);
        dom::set_title(&lesson.title);
        self.player = text.is_some().then(|| Player::new(Rc::new(lesson)));
        self.file = file.to_owned();
        self.head = head;
        self.journal = journal;
        self.clear();
        if fresh {
            self.journal.begin(&self.head);
        }
        storage::set_setting("open", file);
        self.replay(acts, now);
        self.step_start.get_or_insert_with(|| Kept {
            desk: self.desk.clone(),
            player: self.player.clone(),
            acts: 0,
            marks: 0,
            passed: 0,
        });
        // Only the first lesson does that: later ones ask for more than Enter.
        let first = first.filter(|_| fresh && lessons::embedded(file).is_some());
        if let Some((machine, text)) = first {
            let input = DeskInput::Insert { machine: machine.clone(), text };
            self.act(Deed::Input(input));
            self.out.push(Action::Terminal(machine));
        }
        self.lesson_changed = true;
        self.out.push(Action::Saved(self.journal.state()));
    }

    fn clear(&mut self) {
        self.acts.clear();
        self.marks.clear();
        self.passed_at.clear();
        self.undo.clear();
        self.redo.clear();
        self.step_start = None;
        self.why_of = None;
        self.ended = None;
        self.shown = Frame::default();
        self.observe();
        self.out.retain(|a| !matches!(a, Action::Replies(_)));
    }

    fn replay(&mut self, acts: Vec<Act>, now: u64) {
        if let Some(player) = &mut self.player {
            player.observe(&self.desk, &[]);
        }
        self.step_start = Some(self.here());
        if acts.is_empty() && now == 0 {
            return;
        }
        self.journal.replaying(true);
        self.replaying = true;
        for act in acts {
            self.advance(act.at.saturating_sub(self.desk.now().0));
            self.perform(act);
        }
        self.advance(now.saturating_sub(self.desk.now().0));
        self.replaying = false;
        self.ended = None;
        self.journal.replaying(false);
    }

    fn free(&mut self, model: Model) {
        let (managers, machines) = match model {
            Model::Swarm(managers, workers) => (managers, managers + workers),
            Model::Loose(machines) => (0, machines),
        };
        let mut journal = Journal::of("");
        let head = Head { seed: seed(), text: None, free: Some((managers, machines)) };
        journal.begin(&head);
        self.start("", None, Some(head), journal, Vec::new(), 0);
    }

    fn restart(&mut self) {
        let text = match &self.player {
            None => None,
            Some(_) if self.head.text.is_some() => self.head.text.clone(),
            Some(_) => match lessons::embedded(&self.file) {
                Some(text) => Some(text.to_owned()),
                None => {
                    self.journal.forget();
                    self.fetch(&self.file);
                    return;
                }
            },
        };
        let mut journal = Journal::of(&self.file);
        journal.forget();
        let file = self.file.clone();
        let free = self.head.free;
        let head = free.map(|_| Head { seed: seed(), text: None, free });
        if let Some(head) = &head {
            journal.begin(head);
        }
        self.start(&file, text, head, journal, Vec::new(), 0);
    }

    // Files.

    fn download_work(&mut self) {
        let acts = serde_json::to_string(&self.acts).unwrap_or_default();
        let head = serde_json::to_string(&self.head).unwrap_or_default();
        let text = format!(
            "{{\"enxame\":1,\"lesson\":{:?},\"head\":{head},\"acts\":{acts}}}\n",
            self.file
        );
        self.download("enxame-trabalho.json", &text);
    }

    fn download(&mut self, name: &str, text: &str) {
        if dom::download(name, text).is_err() {
            self.out.push(Action::Notice(Notice::Plain(name.to_owned())));
        }
    }

    // What the page sees.
}

/// Whether a line names something as a word of its own: `web.1` is not in `web.12`.
fn mentions(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line.get(..at).and_then(|t| t.chars().next_back());
        let after = line.get(at + name.len()..).and_then(|t| t.chars().next());
        let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-');
        !part(before) && !part(after)
    })
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

/// A lab without a lesson.
fn free_lab(managers: u32, machines: u32) -> Lesson {
    let names = (1..=machines).map(|k| match managers {
        0 | 1 => format!("node{k}"),
        m if k <= m => format!("manager{k}"),
        m => format!("worker{}", k - m),
    });
    Lesson { cluster: lesson::Cluster { machines: names.collect(), managers }, ..Lesson::default() }
}

/// The command that stands in the prompt at first: the first one of the first step's text.
fn first_command(lesson: &Lesson) -> Option<(String, String)> {
    let step = lesson.steps.first()?;
    step.body.iter().find_map(|block| {
        let Block::Fence { info, text, .. } = block else { return None };
        let (machine, line, _) = prose::commands(text).into_iter().next()?;
        (info == "console").then_some((machine, line))
    })
}

/// A seed for a lab whose lesson has none.
fn seed() -> u64 {
    // The browser's randomness chooses among labs; each lab itself is repeatable.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2^32")]
    let seed = (js_sys::Math::random() * 4_294_967_296.0) as u64;
    seed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_only_as_a_whole_word() {
        assert!(mentions("scheduler web.1: assigned to node2", "web.1"));
        assert!(!mentions("scheduler web.12: assigned to node2", "web.1"));
        assert!(mentions("assigned to node2", "node2"));
        assert!(!mentions("assigned to node21", "node2"));
    }

    #[test]
    fn free_labs_are_named_as_the_lessons_name_them() {
        assert_eq!(free_lab(1, 2).cluster.machines, ["node1", "node2"]);
        assert_eq!(free_lab(3, 5).cluster.machines[3], "worker1");
    }
}
