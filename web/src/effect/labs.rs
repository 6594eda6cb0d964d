//! Which lab: opened, read, started and played again from what was kept.

use super::past::Past;
use super::{Model, Runner};
use crate::action::Action;
use crate::lessons;
use crate::platform::dom;
use crate::platform::storage::{self, Act, Deed, Found, Head, Journal};
use crate::state::{Frame, Notice};
use lesson::{Lesson, Player, ready_desk};
use share::Rc;
use shell::DeskInput;

impl Runner {
    /// Opens a lesson by its file; an empty name is the free lab.
    pub(super) fn open(&mut self, file: &str) {
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

    /// A lesson's text came: one of ours, or a file that was dropped.
    pub(super) fn read(&mut self, name: &str, text: String) {
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
    pub(super) fn start(
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
                lessons::free(managers, machines)
            }
        };
        self.desk = ready_desk(&lesson, head.seed);
        let first = lessons::first_command(&lesson);
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

    pub(super) fn clear(&mut self) {
        self.acts.clear();
        self.marks.clear();
        self.passed_at.clear();
        self.past = Past::default();
        self.why_of = None;
        self.ended = None;
        self.shown = Frame::default();
        self.observe();
        self.out.retain(|a| !matches!(a, Action::Replies(_)));
    }

    pub(super) fn replay(&mut self, acts: Vec<Act>, now: u64) {
        if let Some(player) = &mut self.player {
            player.observe(&self.desk, &[]);
        }
        self.past.step_start = Some(self.here());
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

    pub(super) fn free(&mut self, model: Model) {
        let (managers, machines) = model.machines();
        let mut journal = Journal::of("");
        let head = Head { seed: seed(), text: None, free: Some((managers, machines)) };
        journal.begin(&head);
        self.start("", None, Some(head), journal, Vec::new(), 0);
    }

    pub(super) fn restart(&mut self) {
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

    fn fetch(&self, file: &str) {
        lessons::bring(file, self.desk.view().machines.is_empty(), &self.dispatch);
    }
}

/// A seed for a lab whose lesson has none.
fn seed() -> u64 {
    // The browser's randomness chooses among labs; each lab itself is repeatable.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2^32")]
    let seed = (js_sys::Math::random() * 4_294_967_296.0) as u64;
    seed
}
