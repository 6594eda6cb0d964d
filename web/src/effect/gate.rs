//! Stands before the desk while the program's second part is on its way.
//!
//! What concerns the page alone is done at once. All else waits in its order and is done when the
//! second part is there; until then [`Front`] shows the lab as it begins, with what is typed in
//! its prompts. What it shows is a likeness: the desk gets every key and has the last word.
//!
//! **Invariant:** nothing of the desk is called before [`Effect::Begin`].

use super::front::Front;
use super::{Runs, later_runner};
use crate::action::{Action, Effect};
use crate::lessons;
use crate::platform::{dom, rest, storage};
use crate::state::{Notice, Rest, Save, Wait};
use yew::Callback;

/// Carries effects out, now or later.
pub(crate) struct Gate {
    front: Front,
    queue: Vec<Effect>,
    wait: Wait,
    runner: Option<Box<dyn Runs>>,
    dispatch: Callback<Action>,
}

/// When an effect happens while the second part is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// At once: it concerns the page alone.
    Now,
    /// In its turn.
    Later,
    /// Not at all: time stands still.
    Never,
}

impl Gate {
    /// Opens the lab that was open last, or the first lesson.
    pub(crate) fn new(dispatch: Callback<Action>) -> (Self, Vec<Action>) {
        let mut gate = Self::empty(dispatch);
        let mut actions = Vec::new();
        if rest::is_to_come() {
            actions.push(Action::Rest(Rest::Coming(0)));
        } else {
            gate.runner = Some(later_runner(gate.dispatch.clone()));
        }
        let first = || lessons::LIST.first().map(|(file, _)| (*file).to_owned());
        let open = storage::setting("open").or_else(first).unwrap_or_default();
        actions.extend(gate.run(Effect::OpenLesson(open)));
        if storage::storage().is_none() {
            actions.push(Action::Saved(Save::Absent));
        }
        (gate, actions)
    }

    fn empty(dispatch: Callback<Action>) -> Self {
        Self {
            front: Front::default(),
            queue: Vec::new(),
            wait: Wait::Nothing,
            runner: None,
            dispatch,
        }
    }

    /// Carries an effect out, or keeps it for later; what follows comes back.
    pub(crate) fn run(&mut self, effect: Effect) -> Vec<Action> {
        match (turn(&effect), &mut self.runner) {
            (Turn::Now, _) => self.page(effect),
            (_, Some(runner)) => runner.run(effect),
            (Turn::Never, None) => Vec::new(),
            (Turn::Later, None) => self.wait(effect),
        }
    }

    fn page(&mut self, effect: Effect) -> Vec<Action> {
        match effect {
            Effect::Focus => dom::focus_prompt(),
            Effect::Theme(dark) => {
                let name = if dark { "dark" } else { "light" };
                dom::set_root("data-theme", name);
                storage::set_setting("theme", name);
            }
            Effect::Language(language) => {
                dom::set_root("lang", language.tag());
                storage::set_setting("language", language.tag());
            }
            Effect::Download { name, text } => return download(&name, &text),
            Effect::Bring => rest::bring(self.dispatch.clone()),
            Effect::Begin => return self.begin(later_runner(self.dispatch.clone())),
            // Those wait for their turn.
            Effect::Advance(_)
            | Effect::NextEvent
            | Effect::Input(_)
            | Effect::Repeat(..)
            | Effect::Model(_)
            | Effect::OpenLesson(_)
            | Effect::ReadLesson { .. }
            | Effect::Restart
            | Effect::StepStart
            | Effect::Answer { .. }
            | Effect::Hint
            | Effect::Undo
            | Effect::Redo
            | Effect::Why(_)
            | Effect::DownloadWork => {}
        }
        Vec::new()
    }

    fn wait(&mut self, effect: Effect) -> Vec<Action> {
        let before = self.wait;
        let mut actions = Vec::new();
        match &effect {
            Effect::OpenLesson(file) if lessons::beside(file) => {
                // It comes back as a text that was read, and waits then.
                lessons::bring(file, self.front.is_empty(), &self.dispatch);
                return Vec::new();
            }
            Effect::OpenLesson(file) => {
                let kept = storage::is_kept(file);
                actions = self.another(kept, |f| f.open(file, lessons::embedded(file), kept));
            }
            Effect::ReadLesson { name, text } => {
                let kept = lessons::known(name) && storage::is_kept(name);
                actions = self.another(kept, |f| f.open(name, Some(text), kept));
            }
            Effect::Restart => actions = self.another(false, Front::restart),
            Effect::Model(model) => actions = self.another(false, |f| f.free(*model)),
            Effect::Input(input) => {
                let asked = self.front.input(input, 1);
                self.asked(asked);
            }
            Effect::Repeat(times, input) => {
                let asked = self.front.input(input, *times);
                self.asked(asked);
            }
            Effect::NextEvent
            | Effect::StepStart
            | Effect::Answer { .. }
            | Effect::Hint
            | Effect::Undo
            | Effect::Redo
            | Effect::DownloadWork => self.asked(true),
            Effect::Why(_)
            | Effect::Focus
            | Effect::Theme(_)
            | Effect::Language(_)
            | Effect::Download { .. }
            | Effect::Bring
            | Effect::Begin
            | Effect::Advance(_) => {}
        }
        self.queue.push(effect);
        if self.wait != before {
            actions.push(Action::Wait(self.wait));
        }
        actions.extend(self.front.publish());
        actions
    }

    fn another(&mut self, kept: bool, open: impl FnOnce(&mut Front) -> Vec<Action>) -> Vec<Action> {
        self.wait = if kept { Wait::Work } else { Wait::Nothing };
        open(&mut self.front)
    }

    /// Someone wants to see what comes of it.
    fn asked(&mut self, asked: bool) {
        if asked {
            self.wait = self.wait.max(Wait::Asked);
        }
    }

    /// The second part is there: everything that waited is done, in its order.
    fn begin(&mut self, mut runner: Box<dyn Runs>) -> Vec<Action> {
        let queue = std::mem::take(&mut self.queue);
        let mut actions: Vec<Action> = queue.into_iter().flat_map(|e| runner.run(e)).collect();
        // Which terminal a lesson begins in was said before, and another may have been opened.
        actions.retain(|action| !matches!(action, Action::Terminal(_)));
        self.runner = Some(runner);
        self.front = Front::default();
        actions
    }
}

const fn turn(effect: &Effect) -> Turn {
    match effect {
        Effect::Focus
        | Effect::Theme(_)
        | Effect::Language(_)
        | Effect::Download { .. }
        | Effect::Bring
        | Effect::Begin => Turn::Now,
        Effect::Advance(_) => Turn::Never,
        Effect::Input(_)
        | Effect::Repeat(..)
        | Effect::Model(_)
        | Effect::OpenLesson(_)
        | Effect::ReadLesson { .. }
        | Effect::Restart
        | Effect::Why(_)
        | Effect::NextEvent
        | Effect::StepStart
        | Effect::Answer { .. }
        | Effect::Hint
        | Effect::Undo
        | Effect::Redo
        | Effect::DownloadWork => Turn::Later,
    }
}

/// Offers a text as a file.
pub(super) fn download(name: &str, text: &str) -> Vec<Action> {
    match dom::download(name, text) {
        Ok(()) => Vec::new(),
        Err(_) => vec![Action::Notice(Notice::Plain(name.to_owned()))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Frame;
    use crate::text::Language;
    use share::Rc;
    use shell::{DeskInput, Key};
    use std::cell::RefCell;

    /// Remembers what it was asked to do.
    struct Diary(Rc<RefCell<Vec<Effect>>>);

    impl Runs for Diary {
        fn run(&mut self, effect: Effect) -> Vec<Action> {
            self.0.borrow_mut().push(effect);
            vec![Action::Terminal("node2".into()), Action::Hint]
        }
    }

    fn gate() -> Gate {
        let mut gate = Gate::empty(Callback::noop());
        let text = lessons::embedded(lessons::LIST[0].0).unwrap().to_owned();
        gate.run(Effect::ReadLesson { name: "minha.md".into(), text });
        gate
    }

    fn key(key: Key) -> Effect {
        Effect::Input(DeskInput::Key { machine: "node1".into(), key })
    }

    fn text(text: &str) -> Effect {
        Effect::Input(DeskInput::Text { machine: "node1".into(), text: text.into() })
    }

    fn frame(actions: &[Action]) -> Option<&Frame> {
        actions.iter().rev().find_map(|a| {
            let Action::Frame(frame) = a else { return None };
            Some(frame.as_ref())
        })
    }

    #[test]
    fn what_is_typed_is_seen_at_once_and_everything_happens_later_in_its_order() {
        let mut gate = gate();
        let asked = [text("docker psx"), key(Key::Backspace), key(Key::Enter), Effect::Hint];
        let mut seen = Vec::new();
        for effect in &asked {
            seen.extend(gate.run(effect.clone()));
        }
        let terminal = &frame(&seen).unwrap().terminals[0].1;
        assert_eq!(terminal.blocks[0].command, "docker ps");
        assert!(terminal.busy && terminal.line.is_empty());
        assert!(gate.run(Effect::Advance(16_000)).is_empty(), "time does not stand still");

        let done = Rc::new(RefCell::new(Vec::new()));
        let actions = gate.begin(Box::new(Diary(done.clone())));
        assert!(matches!(done.borrow()[0], Effect::ReadLesson { .. }));
        assert_eq!(done.borrow()[1..], asked);
        assert!(!actions.iter().any(|a| matches!(a, Action::Terminal(_))));
        assert!(actions.iter().any(|a| matches!(a, Action::Hint)));

        assert_eq!(gate.run(Effect::Advance(16_000)).len(), 2);
        gate.run(key(Key::Tab));
        assert_eq!(done.borrow()[5..], [Effect::Advance(16_000), key(Key::Tab)]);
    }

    #[test]
    fn only_what_cannot_be_seen_yet_is_said_to_wait() {
        let waits = |effect: Effect| {
            let actions = gate().run(effect);
            actions.iter().any(|a| matches!(a, Action::Wait(Wait::Asked)))
        };
        assert!(!waits(text("docker")));
        assert!(!waits(key(Key::Left)));
        assert!(!waits(Effect::Why(None)));
        assert!(waits(text("docker ps\n")));
        assert!(waits(key(Key::Enter)));
        assert!(waits(key(Key::Tab)));
        assert!(waits(Effect::Hint));
        assert!(waits(Effect::Undo));
        assert!(waits(Effect::Answer { id: "quantas".into(), value: "1".into() }));
        assert!(waits(Effect::Input(DeskInput::Fault(lab::Fault::RegistryOff))));
    }

    #[test]
    fn the_page_itself_waits_for_nothing() {
        for effect in [Effect::Focus, Effect::Theme(true), Effect::Language(Language::English)] {
            assert_eq!(turn(&effect), Turn::Now);
        }
        assert_eq!(turn(&Effect::Begin), Turn::Now);
        assert_eq!(turn(&key(Key::Left)), Turn::Later);
    }
}
