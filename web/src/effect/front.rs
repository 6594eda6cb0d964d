//! What the page shows of a lab before there is one: the lesson as it begins, its machines, a
//! prompt in each terminal in which one can type.
//!
//! Typing goes into the line editor that the desk uses. What a line leads to is not guessed: an
//! entered one stands there as a command that runs.

use crate::action::{Action, Model};
use crate::lessons;
use crate::state::{Frame, LessonShown};
use api::NodeRole;
use lab::View;
use lab::sh::{Edited, Editor};
use lesson::{Lesson, LessonView};
use share::Rc;
use shell::{Block, DeskInput, Key, TerminalView};

/// A likeness of a lab that has not begun.
#[derive(Default)]
pub(super) struct Front {
    file: String,
    /// What it begins with; absent while that is not known.
    plan: Option<Rc<Lesson>>,
    lesson: Option<Rc<LessonShown>>,
    view: Rc<View>,
    seats: Vec<Seat>,
    changed: bool,
}

/// One terminal.
struct Seat {
    name: String,
    prompt: Vec<String>,
    editor: Editor,
    view: Rc<TerminalView>,
    /// A key changed the line in a way that only the desk knows; until the line ends, what is
    /// typed is not shown.
    unknown: bool,
}

impl Front {
    /// No lab is shown.
    pub(super) fn is_empty(&self) -> bool {
        self.view.machines.is_empty()
    }

    /// A lesson's lab, or the free one. Of a kept lab only the machines are sure.
    pub(super) fn open(&mut self, file: &str, text: Option<&str>, kept: bool) -> Vec<Action> {
        // The names of HTML's characters (`&lt;`) come with the second part.
        let readable = |text: &&str| !text.contains('&');
        let parse = |text: &str| Lesson::parse(file, text).ok();
        let plan = match text.map(|text| Some(text).filter(readable).and_then(parse)) {
            Some(Some(lesson)) => Some(lesson),
            // What was open stays; the errors are told when the lesson is really opened.
            Some(None) if !self.is_empty() => return Vec::new(),
            None if file.is_empty() && !kept => Some(lessons::free(0, 1)),
            Some(None) | None => None,
        };
        file.clone_into(&mut self.file);
        self.plan = plan.map(Rc::new);
        self.begin(kept)
    }

    /// The same lab once more.
    pub(super) fn restart(&mut self) -> Vec<Action> {
        self.begin(false)
    }

    /// A free lab.
    pub(super) fn free(&mut self, model: Model) -> Vec<Action> {
        let (managers, machines) = model.machines();
        self.file.clear();
        self.plan = Some(Rc::new(lessons::free(managers, machines)));
        self.begin(false)
    }

    fn begin(&mut self, kept: bool) -> Vec<Action> {
        self.changed = true;
        self.view = Rc::default();
        self.seats.clear();
        self.lesson = None;
        let Some(plan) = self.plan.clone() else { return Vec::new() };
        self.view = Rc::new(machines(&plan));
        let seat = |m: &Rc<lab::MachineView>| Seat::new(&m.name, &m.ip, kept);
        self.seats = self.view.machines.iter().map(seat).collect();
        if !self.file.is_empty() {
            self.lesson = Some(Rc::new(self.shown(&plan, kept)));
        }
        let offered = !kept && lessons::embedded(&self.file).is_some();
        let Some((machine, line)) = lessons::first_command(&plan).filter(|_| offered) else {
            return Vec::new();
        };
        self.input(&DeskInput::Insert { machine: machine.clone(), text: line }, 1);
        vec![Action::Terminal(machine)]
    }

    fn shown(&self, plan: &Lesson, kept: bool) -> LessonShown {
        let mut view = plan.view();
        if kept {
            view = LessonView { intro: Vec::new(), steps: Vec::new(), ..view };
        }
        let step = view.steps.first();
        LessonShown {
            file: self.file.clone(),
            solution: step.map(|s| lessons::solution(s, &str::to_owned)).unwrap_or_default(),
            view,
            ..LessonShown::default()
        }
    }

    /// Shows an input as far as that goes. Whether it asks for more than that.
    pub(super) fn input(&mut self, input: &DeskInput, times: u32) -> bool {
        match input {
            DeskInput::Key { machine, key } => {
                let seat = self.seat(machine);
                seat.is_some_and(|s| (0..times).fold(false, |asks, _| s.key(*key) || asks))
            }
            DeskInput::Text { machine, text } => {
                let seat = self.seat(machine);
                seat.is_some_and(|s| (0..times).fold(false, |asks, _| s.text(text) || asks))
            }
            DeskInput::Insert { machine, text } => {
                if let Some(seat) = self.seat(machine) {
                    seat.line(text);
                }
                false
            }
            DeskInput::Interrupt { machine } => {
                if let Some(seat) = self.seat(machine) {
                    seat.key(Key::Ctrl('c'));
                }
                true
            }
            DeskInput::Resize { .. } => false,
            DeskInput::Line { .. }
            | DeskInput::Eof { .. }
            | DeskInput::Fault(_)
            | DeskInput::Request { .. }
            | DeskInput::Tidy
            | DeskInput::AddMachine { .. }
            | DeskInput::PutFile { .. } => true,
        }
    }

    fn seat(&mut self, machine: &str) -> Option<&mut Seat> {
        self.changed = true;
        self.seats.iter_mut().find(|seat| seat.name == machine)
    }

    /// What is to be drawn, if it has changed.
    pub(super) fn publish(&mut self) -> Option<Action> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let terminals = self.seats.iter().map(|s| (s.name.clone(), s.view.clone())).collect();
        Some(Action::Frame(Box::new(Frame {
            view: self.view.clone(),
            busy: self.seats.iter().any(|s| s.view.busy),
            terminals: Rc::new(terminals),
            lesson: self.lesson.clone(),
            ..Frame::default()
        })))
    }
}

/// The machines, in the roles that the lesson gives them. Who leads is not known yet.
fn machines(plan: &Lesson) -> View {
    let mut view = View::planned(&lesson::lab_config(plan, 0));
    let managers = plan.cluster.managers;
    for (k, machine) in (0..).zip(&mut view.machines) {
        if managers > 0 {
            let role = if k < managers { NodeRole::Manager } else { NodeRole::Worker };
            Rc::make_mut(machine).role = Some(role);
        }
    }
    view
}

impl Seat {
    fn new(name: &str, address: &str, kept: bool) -> Self {
        let mut view = TerminalView::fresh(name, address);
        let prompt = view.prompt.clone();
        if kept {
            view.prompt.clear();
        }
        Self {
            name: name.to_owned(),
            prompt,
            editor: Editor::default(),
            view: Rc::new(view),
            unknown: false,
        }
    }

    /// One key. Whether it asks for more than editing.
    fn key(&mut self, key: Key) -> bool {
        if self.unknown {
            let ends = matches!(key, Key::Enter | Key::Ctrl('c'));
            if ends {
                self.unknown = false;
                self.line("");
            }
            return ends;
        }
        let asks = match self.editor.key(key) {
            Edited::Nothing | Edited::Changed | Edited::Clear => false,
            Edited::Enter(line) => {
                self.entered(line);
                true
            }
            Edited::Complete => {
                self.unknown = true;
                true
            }
            Edited::Interrupt(_) | Edited::Eof => true,
        };
        self.draw();
        asks
    }

    fn text(&mut self, text: &str) -> bool {
        let mut asks = false;
        for (k, piece) in text.split('\n').enumerate() {
            if k > 0 {
                asks |= self.key(Key::Enter);
            }
            if !self.unknown {
                self.editor.insert(&piece.replace('\t', " "));
            }
        }
        self.draw();
        asks
    }

    fn line(&mut self, text: &str) {
        self.editor.set(text);
        self.draw();
    }

    /// The first line runs, the others are typed ahead.
    fn entered(&mut self, line: String) {
        if self.view.busy || line.trim().is_empty() {
            return;
        }
        self.editor.remember(&line);
        let view = Rc::make_mut(&mut self.view);
        let prompt = self.prompt.clone();
        let block = Block { id: 1, revision: 1, prompt, command: line, ..Block::default() };
        view.blocks.push(Rc::new(block));
        view.prompt.clear();
        view.busy = true;
    }

    fn draw(&mut self) {
        let view = Rc::make_mut(&mut self.view);
        (view.line, view.cursor) = (self.editor.line(), self.editor.cursor());
        if let (Some(search), Some(last)) = (self.editor.search_prompt(), view.prompt.last_mut()) {
            *last = search;
        } else if !view.busy && !view.prompt.is_empty() {
            view.prompt.clone_from(&self.prompt);
        }
        view.revision += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Hues, Picture, Standing};
    use lesson::{Player, ready_desk};

    fn first() -> (&'static str, &'static str) {
        let file = lessons::LIST[0].0;
        (file, lessons::embedded(file).unwrap())
    }

    fn key(machine: &str, key: Key) -> DeskInput {
        DeskInput::Key { machine: machine.into(), key }
    }

    #[test]
    fn the_likeness_is_what_the_desk_then_shows() {
        let (file, text) = first();
        let mut front = Front::default();
        let actions = front.open(file, Some(text), false);
        assert!(matches!(actions.as_slice(), [Action::Terminal(m)] if m == "node2"));

        let lesson = Rc::new(Lesson::parse(file, text).unwrap());
        let mut desk = ready_desk(&lesson, 1);
        let mut player = Player::new(lesson);
        player.observe(&desk, &[]);
        let mut real = player.view(&desk);
        // Why a line is unmet is not drawn, and comes from judging it.
        real.steps.iter_mut().flat_map(|s| &mut s.checks).for_each(|c| c.message.clear());
        assert!(front.lesson.as_ref().unwrap().view == real, "the lesson is another one");

        let command = lessons::first_command(front.plan.as_ref().unwrap()).unwrap();
        desk.input(DeskInput::Insert { machine: command.0, text: command.1 });
        for input in [
            key("node2", Key::Ctrl('u')),
            DeskInput::Text { machine: "node2".into(), text: "docker pz".into() },
            key("node2", Key::Backspace),
            DeskInput::Text { machine: "node2".into(), text: "s -é\ta".into() },
            key("node2", Key::Left),
        ] {
            assert!(!front.input(&input, 1));
            desk.input(input);
        }
        for seat in &front.seats {
            let real = desk.terminal(&seat.name).unwrap();
            let likeness = &seat.view;
            assert_eq!(likeness.prompt, real.prompt);
            assert_eq!((&likeness.line, likeness.cursor), (&real.line, real.cursor));
            assert_eq!((likeness.busy, &likeness.machine), (real.busy, &real.machine));
        }

        let picture = |view: &View| Picture::of(view, &Hues::new()).cards;
        let (likeness, real) = (picture(&front.view), picture(desk.view()));
        assert_eq!(likeness.len(), real.len());
        for (a, b) in likeness.iter().zip(&real) {
            let standing = match b.standing {
                Standing::Leader => Standing::Manager,
                same @ (Standing::None
                | Standing::Locked
                | Standing::Worker
                | Standing::Manager) => same,
            };
            assert_eq!((&a.name, &a.ip, a.standing), (&b.name, &b.ip, standing));
            assert_eq!((a.powered, a.daemon, a.plugged), (b.powered, b.daemon, b.plugged));
        }
    }

    #[test]
    fn after_tab_the_line_is_the_desks_until_it_ends() {
        let (file, text) = first();
        let mut front = Front::default();
        front.open(file, Some(text), false);
        let typed = |text: &str| DeskInput::Text { machine: "node1".into(), text: text.into() };
        front.input(&typed("docker se"), 1);
        assert!(front.input(&key("node1", Key::Tab), 1));
        front.input(&typed("ls"), 1);
        assert_eq!(front.seats[0].view.line, "docker se");
        assert!(front.input(&key("node1", Key::Enter), 1));
        assert!(front.seats[0].view.blocks.is_empty(), "a line that is not known was shown");
        front.input(&typed("echo"), 1);
        assert_eq!(front.seats[0].view.line, "echo");
    }

    #[test]
    fn of_kept_work_nothing_is_shown_that_may_be_otherwise() {
        let (file, text) = first();
        let mut front = Front::default();
        assert!(front.open(file, Some(text), true).is_empty());
        let lesson = front.lesson.as_ref().unwrap();
        assert!(lesson.view.steps.is_empty() && !lesson.view.title.is_empty());
        assert!(front.seats.iter().all(|s| s.view.prompt.is_empty() && s.view.line.is_empty()));
    }
}
