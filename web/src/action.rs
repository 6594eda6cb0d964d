//! What can happen to the page and what follows from it.
//!
//! [`reduce`] is pure: it changes the state and lists effects; [`crate::effect`] carries them out.

use crate::edit::Edit;
use crate::picture::{self, Picture};
use crate::state::{
    Burst, Frame, Menu, Mode, Notice, Picked, Rest, Save, Shown, Speed, State, Tab, Wait,
};
use crate::text::{Language, fill};
use lab::{Fault, Hop, HttpOutcome, HttpReply};
use share::Rc;
use shell::DeskInput;

/// Requests of one burst.
pub(crate) const BURST: u32 = 100;
/// Simulated time goes on at most so long for one picture: a tab that slept does not jump.
const LONGEST_FRAME_MS: u32 = 100;

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// So many real milliseconds went by.
    Tick(u32),
    /// The desk looks otherwise.
    Frame(Box<Frame>),
    /// Replies to requests from the map.
    Replies(Vec<HttpReply>),
    TogglePause,
    Speed(Speed),
    NextEvent,
    Tab(Tab),
    Mode(Mode),
    Terminal(String),
    Menu(Option<Menu>),
    Pick(Option<Picked>),
    CloseRequest,
    MapSize(u32, u32),
    TerminalSize(u32, u32),
    /// Edits in the open terminal.
    Edits(Vec<Edit>),
    Paste(String),
    Interrupt,
    Eof,
    /// A whole line to replace what stands in a machine's prompt.
    Insert {
        machine: String,
        text: String,
    },
    /// Text to add at the open prompt's cursor.
    Add(String),
    Request {
        host: String,
        port: u16,
    },
    Burst {
        host: String,
        port: u16,
    },
    Fault(Fault),
    AddMachine,
    Model(Model),
    OpenLesson(String),
    Dropped {
        name: String,
        text: String,
    },
    Dragging(bool),
    Restart,
    StepStart,
    Hint,
    Solution(String),
    Answer {
        id: String,
        value: String,
    },
    Undo,
    Redo,
    Language(Language),
    ToggleTheme,
    Saved(Save),
    /// How far the program's second part is.
    Rest(Rest),
    Wait(Wait),
    /// Ask for the second part once more.
    Retry,
    Notice(Notice),
    Dismiss(usize),
    DownloadWork,
    DownloadAside(String),
}

/// Labs that start without a lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    /// So many managers and workers in a running swarm.
    Swarm(u32, u32),
    /// So many machines in no swarm.
    Loose(u32),
}

impl Model {
    /// Managers, and machines in all.
    pub(crate) const fn machines(self) -> (u32, u32) {
        match self {
            Self::Swarm(managers, workers) => (managers, managers + workers),
            Self::Loose(machines) => (0, machines),
        }
    }
}

/// Something to be done outside the state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// The program's second part is to be brought.
    Bring,
    /// It is there.
    Begin,
    /// Simulated microseconds go by.
    Advance(u64),
    NextEvent,
    Input(DeskInput),
    /// The same input so often.
    Repeat(u32, DeskInput),
    Focus,
    Model(Model),
    OpenLesson(String),
    ReadLesson {
        name: String,
        text: String,
    },
    Restart,
    StepStart,
    Answer {
        id: String,
        value: String,
    },
    Hint,
    Undo,
    Redo,
    Theme(bool),
    Language(Language),
    /// The trace is wanted for this (or no longer).
    Why(Option<Picked>),
    DownloadWork,
    Download {
        name: String,
        text: String,
    },
}

/// The state after an action, and what is to be done.
pub(crate) fn reduce(mut state: State, action: Action) -> (State, Vec<Effect>) {
    let effects = follow(&mut state, action);
    (state, effects)
}

/// One line an action; what takes more has a function of its own.
fn follow(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Tick(ms) => tick(state, ms),
        Action::Frame(frame) => take_frame(state, *frame),
        Action::Replies(replies) => take_replies(state, replies),
        Action::TogglePause => toggle(&mut state.paused),
        Action::Speed(speed) => choose_speed(state, speed),
        Action::NextEvent => and(set(&mut state.paused, true), Effect::NextEvent),
        Action::Tab(tab) => open_tab(state, tab),
        Action::Mode(mode) => open_mode(state, mode),
        Action::Terminal(machine) => open_terminal(state, machine),
        Action::Menu(menu) => open_menu(state, menu),
        Action::Pick(picked) => pick(state, picked),
        Action::CloseRequest => close_request(state),
        Action::MapSize(width, height) => set(&mut state.map_size, (width, height)),
        Action::TerminalSize(columns, rows) => {
            state.terminal_size = (columns, rows);
            resize(state)
        }
        Action::Edits(edits) => edits.into_iter().map(|e| edit(&state.terminal, e)).collect(),
        Action::Paste(text) | Action::Add(text) => paste(state, &text),
        Action::Interrupt => input(DeskInput::Interrupt { machine: state.terminal.clone() }),
        Action::Eof => input(DeskInput::Eof { machine: state.terminal.clone() }),
        Action::Insert { machine, text } => insert(state, machine, text),
        Action::Request { host, port } => request(state, host, port),
        Action::Burst { host, port } => burst(state, host, port),
        Action::Fault(fault) => and(set(&mut state.menu, None), fault_input(fault)),
        Action::AddMachine => add_machine(state),
        Action::Model(model) => another_lab(state, Effect::Model(model)),
        Action::OpenLesson(file) => another_lab(state, Effect::OpenLesson(file)),
        Action::Dropped { name, text } => another_lab(state, Effect::ReadLesson { name, text }),
        Action::Dragging(on) => set(&mut state.dropping, on),
        Action::Restart => another_lab(state, Effect::Restart),
        Action::StepStart => vec![Effect::StepStart],
        Action::Hint => vec![Effect::Hint],
        Action::Solution(step) => toggle_solution(state, step),
        Action::Answer { id, value } => vec![Effect::Answer { id, value }],
        Action::Undo => and(close_request(state), Effect::Undo),
        Action::Redo => and(close_request(state), Effect::Redo),
        Action::Language(language) => {
            and(set(&mut state.language, language), Effect::Language(language))
        }
        Action::ToggleTheme => and(toggle(&mut state.dark), Effect::Theme(state.dark)),
        Action::Saved(save) => set(&mut state.save, save),
        Action::Rest(rest) => take_rest(state, rest),
        Action::Wait(wait) => set(&mut state.wait, wait),
        Action::Retry => retry(state),
        Action::Notice(notice) => add_notice(state, notice),
        Action::Dismiss(index) => dismiss(state, index),
        Action::DownloadWork => vec![Effect::DownloadWork],
        Action::DownloadAside(text) => {
            vec![Effect::Download { name: "enxame-copia.txt".into(), text }]
        }
    }
}

/// A change without an effect.
fn set<T>(place: &mut T, value: T) -> Vec<Effect> {
    *place = value;
    Vec::new()
}

fn toggle(place: &mut bool) -> Vec<Effect> {
    *place = !*place;
    Vec::new()
}

/// One effect more.
fn and(mut effects: Vec<Effect>, effect: Effect) -> Vec<Effect> {
    effects.push(effect);
    effects
}

fn input(input: DeskInput) -> Vec<Effect> {
    vec![Effect::Input(input)]
}

const fn fault_input(fault: Fault) -> Effect {
    Effect::Input(DeskInput::Fault(fault))
}

fn choose_speed(state: &mut State, speed: Speed) -> Vec<Effect> {
    state.paused = false;
    set(&mut state.speed, speed)
}

fn take_rest(state: &mut State, rest: Rest) -> Vec<Effect> {
    let begins = rest == Rest::Here && state.rest != Rest::Here;
    state.rest = rest;
    if begins { vec![Effect::Begin] } else { Vec::new() }
}

fn retry(state: &mut State) -> Vec<Effect> {
    if !matches!(state.rest, Rest::Failed(_)) {
        return Vec::new();
    }
    and(set(&mut state.rest, Rest::Coming(0)), Effect::Bring)
}

fn add_notice(state: &mut State, notice: Notice) -> Vec<Effect> {
    if !state.notices.contains(&notice) {
        state.notices.push(notice);
    }
    Vec::new()
}

fn dismiss(state: &mut State, index: usize) -> Vec<Effect> {
    if index < state.notices.len() {
        state.notices.remove(index);
    }
    Vec::new()
}

fn tick(state: &State, ms: u32) -> Vec<Effect> {
    if state.paused {
        return Vec::new();
    }
    let times = match state.speed {
        Speed::Auto if state.frame.busy => 10,
        Speed::Auto => 1,
        Speed::Times(n) => n,
    };
    vec![Effect::Advance(u64::from(ms.min(LONGEST_FRAME_MS)) * 1000 * u64::from(times))]
}

fn take_frame(state: &mut State, frame: Frame) -> Vec<Effect> {
    if state.frame.view.revision != frame.view.revision
        || !Rc::ptr_eq(&state.frame.view, &frame.view)
    {
        state.hues = picture::hues(&state.hues, &frame.view);
        let picture = Picture::of(&frame.view, &state.hues);
        if *state.picture != picture {
            state.picture = Rc::new(picture);
        }
    }
    if let Some((line, exit)) = &frame.ended {
        let words = state.words();
        let line = line.lines().next().unwrap_or_default();
        state.summary = match exit {
            0 => fill(words.finished_ok, &[line]),
            exit => fill(words.finished_bad, &[line, &exit.to_string()]),
        };
    }
    state.frame = frame;
    let known = state.frame.terminals.iter().any(|(name, _)| *name == state.terminal);
    if !known {
        state.terminal = state.frame.terminals.first().map(|t| t.0.clone()).unwrap_or_default();
    }
    resize(state)
}

/// Who answered, as a label: `.1 node3`, or the container's short id.
fn label(state: &State, reply: &HttpReply) -> Option<(String, u8)> {
    let HttpOutcome::Ok { machine, task, container, .. } = &reply.outcome else { return None };
    let card = state.picture.cards.get(machine.0 as usize);
    let on = card.map_or("", |c| c.name.as_str());
    let found = task.and_then(|id| state.picture.task(id)).map(|(_, t)| (t.short.clone(), t.hue));
    let (who, hue) = found.unwrap_or_else(|| (container.short(), 6));
    Some((format!("{who} {on}"), hue))
}

fn take_replies(state: &mut State, replies: Vec<HttpReply>) -> Vec<Effect> {
    for reply in replies {
        let who = label(state, &reply);
        if let Some(burst) = &mut state.burst
            && burst.host == reply.host
            && burst.port == reply.port
            && burst.seen() < burst.sent
        {
            count(burst, who);
        }
        state.request =
            Some(Shown { host: reply.host.clone(), port: reply.port, reply: Some(Rc::new(reply)) });
    }
    Vec::new()
}

fn count(burst: &mut Burst, who: Option<(String, u8)>) {
    let Some((label, hue)) = who else {
        burst.failed += 1;
        return;
    };
    match burst.answers.iter_mut().find(|a| a.0 == label) {
        Some(answer) => answer.2 += 1,
        None => burst.answers.push((label, hue, 1)),
    }
}

fn open_tab(state: &mut State, tab: Tab) -> Vec<Effect> {
    state.tab = tab;
    state.menu = None;
    if tab == Tab::Terminal { vec![Effect::Focus] } else { Vec::new() }
}

fn open_mode(state: &mut State, mode: Mode) -> Vec<Effect> {
    state.mode = mode;
    set(&mut state.menu, None)
}

fn open_terminal(state: &mut State, machine: String) -> Vec<Effect> {
    state.terminal = machine;
    and(resize(state), Effect::Focus)
}

fn open_menu(state: &mut State, menu: Option<Menu>) -> Vec<Effect> {
    state.menu = if state.menu == menu { None } else { menu };
    Vec::new()
}

fn pick(state: &mut State, picked: Option<Picked>) -> Vec<Effect> {
    state.menu = None;
    state.picked = if state.picked == picked { None } else { picked };
    vec![Effect::Why(state.picked.clone())]
}

fn close_request(state: &mut State) -> Vec<Effect> {
    state.request = None;
    set(&mut state.burst, None)
}

/// Tells the open terminal its size, once.
fn resize(state: &mut State) -> Vec<Effect> {
    let (columns, rows) = state.terminal_size;
    let machine = state.terminal.clone();
    let told = state.told.get(&machine) == Some(&(columns, rows));
    if columns == 0 || told || state.open_terminal().is_none() {
        return Vec::new();
    }
    state.told.insert(machine.clone(), (columns, rows));
    vec![Effect::Input(DeskInput::Resize { machine, columns, rows })]
}

fn paste(state: &State, text: &str) -> Vec<Effect> {
    let text = text.replace("\r\n", "\n");
    let machine = state.terminal.clone();
    and(input(DeskInput::Text { machine, text }), Effect::Focus)
}

/// A command for the prompt of the machine it names, not run.
fn insert(state: &mut State, machine: String, text: String) -> Vec<Effect> {
    if !state.frame.terminals.iter().any(|(name, _)| *name == machine) {
        return Vec::new();
    }
    state.terminal.clone_from(&machine);
    state.tab = Tab::Terminal;
    let effects = and(resize(state), Effect::Input(DeskInput::Insert { machine, text }));
    and(effects, Effect::Focus)
}

fn edit(machine: &str, edit: Edit) -> Effect {
    let machine = machine.to_owned();
    match edit {
        Edit::Key(key, 1) => Effect::Input(DeskInput::Key { machine, key }),
        Edit::Key(key, times) => Effect::Repeat(times, DeskInput::Key { machine, key }),
        Edit::Text(text) => Effect::Input(DeskInput::Text { machine, text }),
    }
}

fn ask(host: &str, port: u16) -> DeskInput {
    DeskInput::Request { host: host.to_owned(), port, path: "/".into(), from: None }
}

fn request(state: &mut State, host: String, port: u16) -> Vec<Effect> {
    let input = ask(&host, port);
    if state.burst.as_ref().is_some_and(|b| b.host != host || b.port != port) {
        state.burst = None;
    }
    state.picked = None;
    state.request = Some(Shown { host, port, reply: None });
    state.mode = Mode::Map;
    if state.tab == Tab::Terminal {
        state.tab = Tab::Map;
    }
    vec![Effect::Input(input)]
}

fn burst(state: &mut State, host: String, port: u16) -> Vec<Effect> {
    let input = ask(&host, port);
    state.burst = Some(Burst { host, port, sent: BURST, ..Burst::default() });
    vec![Effect::Repeat(BURST, input)]
}

/// The next machine is called as the last one, with the next number.
fn add_machine(state: &mut State) -> Vec<Effect> {
    let cards = &state.picture.cards;
    let taken = |name: &str| cards.iter().any(|c| c.name == name);
    let stem = if cards.iter().any(|c| c.name.starts_with("worker")) { "worker" } else { "node" };
    let mut number = 1;
    while taken(&format!("{stem}{number}")) {
        number += 1;
    }
    vec![Effect::Input(DeskInput::AddMachine { name: format!("{stem}{number}") })]
}

fn toggle_solution(state: &mut State, step: String) -> Vec<Effect> {
    match state.solved.iter().position(|s| *s == step) {
        Some(at) => {
            state.solved.remove(at);
        }
        None => state.solved.push(step),
    }
    Vec::new()
}

/// Another lab begins: what was open in the old one is closed.
fn another_lab(state: &mut State, effect: Effect) -> Vec<Effect> {
    state.menu = None;
    state.solved.clear();
    state.picked = None;
    state.request = None;
    state.burst = None;
    state.paused = false;
    state.dropping = false;
    state.terminal.clear();
    state.told.clear();
    vec![effect]
}

/// Where a reply went: by the places of the cards on the map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stations {
    /// The machine that was asked.
    pub(crate) entry: Option<usize>,
    /// Through the mesh.
    pub(crate) ingress: bool,
    /// The machine that answered.
    pub(crate) end: Option<usize>,
    /// The task that answered.
    pub(crate) task: Option<api::TaskId>,
}

/// The stations of a reply.
pub(crate) fn stations(reply: &HttpReply) -> Stations {
    let mut found = Stations::default();
    for hop in &reply.path {
        match hop {
            Hop::From(_) => {}
            Hop::Port { machine, .. } => found.entry = Some(machine.0 as usize),
            Hop::Ingress { .. } => found.ingress = true,
            Hop::Task { machine, task, .. } => {
                found.end = Some(machine.0 as usize);
                found.task = Some(*task);
            }
            Hop::Container { machine, .. } => found.end = Some(machine.0 as usize),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use shell::{Key, TerminalView};

    fn with_terminal() -> State {
        let terminals = vec![("node1".to_owned(), Rc::new(TerminalView::default()))];
        State {
            terminal: "node1".into(),
            frame: Frame { terminals: Rc::new(terminals), ..Frame::default() },
            ..State::default()
        }
    }

    #[test]
    fn time_runs_ten_times_faster_while_a_command_waits() {
        let mut state = State::default();
        assert_eq!(reduce(state.clone(), Action::Tick(16)).1, [Effect::Advance(16_000)]);
        state.frame.busy = true;
        assert_eq!(reduce(state.clone(), Action::Tick(16)).1, [Effect::Advance(160_000)]);
        state.speed = Speed::Times(1);
        assert_eq!(reduce(state, Action::Tick(16)).1, [Effect::Advance(16_000)]);
    }

    #[test]
    fn paused_time_stands_and_a_long_sleep_is_no_jump() {
        let state = State { paused: true, ..State::default() };
        assert!(reduce(state, Action::Tick(16)).1.is_empty());
        let effects = reduce(State::default(), Action::Tick(60_000)).1;
        assert_eq!(effects, [Effect::Advance(100_000)]);
    }

    #[test]
    fn choosing_a_speed_ends_a_pause() {
        let state = State { paused: true, ..State::default() };
        let (state, _) = reduce(state, Action::Speed(Speed::Times(100)));
        assert!(!state.paused);
    }

    #[test]
    fn keys_go_to_the_open_terminal() {
        let (_, effects) = reduce(with_terminal(), Action::Edits(vec![Edit::Key(Key::Left, 3)]));
        let key = DeskInput::Key { machine: "node1".into(), key: Key::Left };
        assert_eq!(effects, [Effect::Repeat(3, key)]);
    }

    #[test]
    fn a_command_of_the_lesson_goes_into_its_machines_prompt_and_is_not_run() {
        let action = Action::Insert { machine: "node1".into(), text: "docker ps".into() };
        let (state, effects) = reduce(with_terminal(), action);
        assert_eq!(state.tab, Tab::Terminal);
        let insert = DeskInput::Insert { machine: "node1".into(), text: "docker ps".into() };
        assert_eq!(effects, [Effect::Input(insert), Effect::Focus]);
        let nowhere = Action::Insert { machine: "node9".into(), text: "ls".into() };
        assert!(reduce(with_terminal(), nowhere).1.is_empty());
    }

    #[test]
    fn a_resize_is_told_once() {
        let (state, effects) = reduce(with_terminal(), Action::TerminalSize(90, 12));
        assert_eq!(effects.len(), 1);
        assert!(reduce(state, Action::TerminalSize(90, 12)).1.is_empty());
    }

    #[test]
    fn the_same_menu_again_closes_it() {
        let open = Action::Menu(Some(Menu::Help));
        let (state, _) = reduce(State::default(), open.clone());
        assert_eq!(state.menu, Some(Menu::Help));
        assert_eq!(reduce(state, open).0.menu, None);
    }

    #[test]
    fn a_solution_opens_and_closes() {
        let (state, effects) = reduce(State::default(), Action::Solution("a".into()));
        assert!(effects.is_empty());
        assert_eq!(state.solved, ["a"]);
        assert!(reduce(state, Action::Solution("a".into())).0.solved.is_empty());
    }

    #[test]
    fn a_new_machine_takes_the_first_free_number() {
        let (_, effects) = reduce(State::default(), Action::AddMachine);
        assert_eq!(effects, [Effect::Input(DeskInput::AddMachine { name: "node1".into() })]);
    }

    #[test]
    fn the_second_part_is_asked_for_again_only_after_it_failed_and_begins_once() {
        let coming = State { rest: Rest::Coming(40), ..State::default() };
        assert!(reduce(coming.clone(), Action::Retry).1.is_empty());
        let (failed, effects) = reduce(coming, Action::Rest(Rest::Failed("404".into())));
        assert!(effects.is_empty());
        let (state, effects) = reduce(failed, Action::Retry);
        assert_eq!((&state.rest, effects), (&Rest::Coming(0), vec![Effect::Bring]));
        let (state, effects) = reduce(state, Action::Rest(Rest::Here));
        assert_eq!(effects, [Effect::Begin]);
        assert!(reduce(state, Action::Rest(Rest::Here)).1.is_empty());
    }

    #[test]
    fn failures_of_a_burst_are_counted_apart() {
        let (mut state, effects) =
            reduce(State::default(), Action::Burst { host: "node1".into(), port: 80 });
        assert!(matches!(effects.first(), Some(Effect::Repeat(100, _))));
        let reply = HttpReply {
            outcome: HttpOutcome::Refused,
            path: Vec::new(),
            took_us: 1,
            host: "node1".into(),
            address: String::new(),
            port: 80,
            url_path: "/".into(),
        };
        state = reduce(state, Action::Replies(vec![reply.clone(), reply])).0;
        assert_eq!(state.burst.map(|b| (b.failed, b.answers.len())), Some((2, 0)));
    }
}
