//! What a page shows of a lesson, ready to draw.

use crate::check::Reference;
use crate::explain::{self, Look};
use crate::lesson::{Ask, Lesson, Step, fill};
use crate::markdown::{Block, Inline};
use crate::player::{Message, MessageFrom, Player, State};
use crate::transcript::Transcript;
use serde::{Deserialize, Serialize};
use shell::Desk;

/// A lesson as it stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LessonView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Minutes, as the author thinks.
    pub minutes: u32,
    /// Blocks before the first step.
    pub intro: Vec<Block>,
    /// All steps.
    pub steps: Vec<StepView>,
    /// Index of the current step; the number of steps once all are passed.
    pub current: usize,
    /// The newest message, if it belongs to the current step or is the last step's `done`.
    pub message: Option<Message>,
}

/// A step as it stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepView {
    /// Its id.
    pub id: String,
    /// Its heading.
    pub heading: String,
    /// What is read, references filled in.
    pub body: Vec<Block>,
    /// Its lines; hidden ones (`as ""`) are left out.
    pub checks: Vec<CheckView>,
    /// Hints opened so far.
    pub hints: Vec<Vec<Block>>,
    /// How many hints there are.
    pub hint_count: u32,
    /// Ways through.
    pub solutions: Vec<Transcript>,
    /// Questions with the answers given.
    pub asks: Vec<(Ask, Option<String>)>,
    /// Passed.
    pub passed: bool,
    /// What is now true.
    pub done: String,
}

/// A line as it stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CheckView {
    /// A sentence.
    pub text: String,
    /// ○ ◐ ● ✗
    pub state: State,
    /// The author's words while it is unmet.
    pub message: String,
    /// What is and what should be.
    pub fact: String,
}

impl Player {
    /// The lesson as it stands at this desk.
    #[must_use]
    pub fn view(&self, desk: &Desk) -> LessonView {
        let lesson = self.lesson();
        let current = self.current();
        let steps = lesson.steps.iter().enumerate().map(|(k, _)| self.step_view(k, desk)).collect();
        let id = self.step().map(|s| s.check.id.as_str()).unwrap_or_default();
        // what a step ended with stands until something is said of the next one
        let said = |m: &&Message| m.step == id || m.from == MessageFrom::Done || self.finished();
        let message = self.messages().last().filter(said);
        LessonView {
            id: lesson.id.clone(),
            title: lesson.title.clone(),
            minutes: lesson.minutes,
            intro: lesson.intro.clone(),
            steps,
            current,
            message: message.cloned(),
        }
    }

    fn step_view(&self, index: usize, desk: &Desk) -> StepView {
        let Some(step) = self.lesson().steps.get(index) else { return StepView::default() };
        let scene = self.scene(desk, 0);
        let look = |r: &Reference| scene.look_up(r);
        let checks = labels(step, &look).into_iter().map(|(k, text)| {
            let (state, reason) = match index.cmp(&self.current()) {
                std::cmp::Ordering::Less => (State::Met, None),
                std::cmp::Ordering::Equal => self.line(k, desk),
                std::cmp::Ordering::Greater => (State::Pending, None),
            };
            let reason = reason.unwrap_or_default();
            CheckView { text, state, message: reason.author, fact: reason.fact }
        });
        let checks = checks.collect();
        let opened = self.hints_open(&step.check.id) as usize;
        StepView {
            checks,
            hints: step.hints.iter().take(opened).cloned().collect(),
            asks: step
                .asks
                .iter()
                .map(|ask| (ask.clone(), self.answers().get(&ask.id).cloned()))
                .collect(),
            passed: index < self.current(),
            ..step.text(&look)
        }
    }
}

impl Lesson {
    /// The lesson before anything has happened: nothing judged, nothing bound. For those who have
    /// no desk yet.
    #[must_use]
    pub fn view(&self) -> LessonView {
        let nothing = |_: &Reference| None;
        let step = |step: &Step| {
            let pending = |(_, text)| CheckView { text, ..CheckView::default() };
            StepView {
                checks: labels(step, &nothing).into_iter().map(pending).collect(),
                asks: step.asks.iter().map(|ask| (ask.clone(), None)).collect(),
                ..step.text(&nothing)
            }
        };
        LessonView {
            id: self.id.clone(),
            title: self.title.clone(),
            minutes: self.minutes,
            intro: self.intro.clone(),
            steps: self.steps.iter().map(step).collect(),
            current: 0,
            message: None,
        }
    }
}

impl Step {
    /// What does not depend on the player.
    fn text(&self, look: Look<'_>) -> StepView {
        let fill = |text: &str| fill(text, look);
        StepView {
            id: self.check.id.clone(),
            heading: fill(&self.heading),
            body: self.body.iter().map(|b| fill_block(b, &fill)).collect(),
            hint_count: u32::try_from(self.hints.len()).unwrap_or(u32::MAX),
            solutions: self.solutions.clone(),
            done: fill(&self.check.done),
            ..StepView::default()
        }
    }
}

/// The lines that are shown: index and sentence.
fn labels(step: &Step, look: Look<'_>) -> Vec<(usize, String)> {
    let all = step.check.lines.iter().map(|line| explain::label(line, look)).enumerate();
    all.filter(|(_, text)| !text.is_empty()).collect()
}

fn fill_block(block: &Block, fill: &dyn Fn(&str) -> String) -> Block {
    let lines = |inlines: &[Inline]| inlines.iter().map(|i| fill_inline(i, fill)).collect();
    let blocks = |list: &[Block]| list.iter().map(|b| fill_block(b, fill)).collect();
    match block {
        Block::Heading(level, i) => Block::Heading(*level, lines(i)),
        Block::Paragraph(i) => Block::Paragraph(lines(i)),
        Block::List(first, items) => Block::List(*first, items.iter().map(|i| blocks(i)).collect()),
        Block::Quote(b) => Block::Quote(blocks(b)),
        Block::Fence { info, text, at } => {
            Block::Fence { info: info.clone(), text: fill(text), at: *at }
        }
        Block::Table(head, rows) => Block::Table(
            head.iter().map(|c| lines(c)).collect(),
            rows.iter().map(|r| r.iter().map(|c| lines(c)).collect()).collect(),
        ),
        Block::Rule => Block::Rule,
        Block::Details { summary, body, at } => {
            Block::Details { summary: summary.clone(), body: blocks(body), at: *at }
        }
    }
}

fn fill_inline(inline: &Inline, fill: &dyn Fn(&str) -> String) -> Inline {
    let all = |list: &[Inline]| list.iter().map(|i| fill_inline(i, fill)).collect();
    match inline {
        Inline::Text(t) => Inline::Text(fill(t)),
        Inline::Code(t) => Inline::Code(fill(t)),
        Inline::Strong(i) => Inline::Strong(all(i)),
        Inline::Emphasis(i) => Inline::Emphasis(all(i)),
        Inline::Link(url, i) => Inline::Link(url.clone(), all(i)),
        Inline::Break => Inline::Break,
    }
}
