//! Plays a lesson beside a desk: which step, what is met, what to say.
//!
//! The player looks (after each event that changed the view) and never acts; what it wants done
//! for a lesson's start is a list of inputs ([`Player::start`]).

use crate::check::{Claim, Kind, Line, Rule};
use crate::eval::{Binding, Done, Scene};
use crate::explain::{self, Reason};
use crate::facts::facts;
use crate::lesson::{Lesson, Step};
use api::{NodeRole, Timestamp};
use serde::{Deserialize, Serialize};
use share::Rc;
use shell::{Desk, Finished};
use std::collections::BTreeMap;

/// Where a line stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// ○ not yet, or its turn has not come.
    #[default]
    Pending,
    /// ◐ on its way: waiting, or holding but not long enough.
    Waiting,
    /// ● met (or, for `keep` and `never`, not broken).
    Met,
    /// ✗ a `keep` that does not hold, or a `never` that came true.
    Broken,
}

/// What the player keeps of a line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Progress {
    state: State,
    /// Met for good (`ran`, `output`, ticked by a `then`).
    latched: bool,
    /// Its turn has come: since when, and after how many commands of the step.
    started: Option<(Timestamp, usize)>,
    /// Holds unbroken since.
    holds_since: Option<Timestamp>,
}

/// Each machine's role (`manager`, `worker`, empty) and whether it leads.
type Roles = BTreeMap<String, (String, bool)>;

/// What the player says after an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Counts up.
    pub number: u64,
    /// The step it belongs to.
    pub step: String,
    /// What it came from.
    pub from: MessageFrom,
    /// Markdown with its references filled in.
    pub text: String,
}

/// What a message came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageFrom {
    /// Something the step needs is gone.
    Precondition,
    /// A `when` rule.
    Rule,
    /// The first assertion still unmet.
    Assertion,
    /// The step's `done` line.
    Done,
}

/// A lesson being played. A value: kept and undone with the desk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Player {
    lesson: Rc<Lesson>,
    current: usize,
    /// When the current step began.
    began: Timestamp,
    lines: Vec<Progress>,
    bindings: BTreeMap<String, Binding>,
    done: Vec<Done>,
    answers: BTreeMap<String, String>,
    attempts: i64,
    last_attempt: Option<Timestamp>,
    /// An explanation held back while a `within` line still has patience, and when it speaks.
    later: Option<Timestamp>,
    messages: Vec<Message>,
    /// Rules shown in this step: (which, at which attempt).
    shown: Vec<(usize, i64)>,
    /// Hints opened, per step id.
    hints: BTreeMap<String, u32>,
    /// Each machine's role since when, to know it as of a command's start.
    roles: Vec<(Timestamp, Roles)>,
    /// The view's revision last looked at.
    seen: Option<u64>,
}

impl Player {
    /// A player at the first step.
    #[must_use]
    pub fn new(lesson: Rc<Lesson>) -> Self {
        let mut player = Self {
            lesson,
            current: 0,
            began: Timestamp(0),
            lines: Vec::new(),
            bindings: BTreeMap::new(),
            done: Vec::new(),
            answers: BTreeMap::new(),
            attempts: 0,
            last_attempt: None,
            later: None,
            messages: Vec::new(),
            shown: Vec::new(),
            hints: BTreeMap::new(),
            roles: Vec::new(),
            seen: None,
        };
        player.lines = player.fresh_lines();
        player
    }

    fn fresh_lines(&self) -> Vec<Progress> {
        self.step().map(|s| vec![Progress::default(); s.check.lines.len()]).unwrap_or_default()
    }

    /// The lesson.
    #[must_use]
    pub fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    /// Index of the current step; the number of steps once all are passed.
    #[must_use]
    pub const fn current(&self) -> usize {
        self.current
    }

    /// The current step.
    #[must_use]
    pub fn step(&self) -> Option<&Step> {
        self.lesson.steps.get(self.current)
    }

    /// All steps are passed.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.current >= self.lesson.steps.len()
    }

    /// Everything said so far.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Answers given so far.
    #[must_use]
    pub const fn answers(&self) -> &BTreeMap<String, String> {
        &self.answers
    }

    /// Opens one more hint of the current step. Their number now.
    pub fn open_hint(&mut self) -> u32 {
        let Some((id, count)) = self.step().map(|s| (s.check.id.clone(), s.hints.len())) else {
            return 0;
        };
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let opened = self.hints.entry(id).or_default();
        *opened = (*opened + 1).min(count);
        *opened
    }

    /// Hints opened of a step.
    #[must_use]
    pub fn hints_open(&self, step: &str) -> u32 {
        self.hints.get(step).copied().unwrap_or(0)
    }

    /// Answers a question; an attempt.
    pub fn answer(&mut self, id: &str, value: &str, desk: &Desk) {
        self.answers.insert(id.to_owned(), value.to_owned());
        self.seen = None;
        let before = self.met_count();
        let step = self.current;
        self.look(desk);
        if self.current == step {
            self.attempt(desk, None, before);
        }
    }

    /// Begins the current step anew at this instant (after undo or reset).
    pub fn restart_step(&mut self, desk: &Desk) {
        self.began = desk.now();
        self.lines = self.fresh_lines();
        self.done.clear();
        self.shown.clear();
        self.attempts = 0;
        self.last_attempt = None;
        self.later = None;
        self.seen = None;
        self.look(desk);
    }

    /// Looks at the desk after an event, with the commands that ended in it.
    /// Whether anything a page shows may have changed.
    pub fn observe(&mut self, desk: &Desk, finished: &[Finished]) -> bool {
        self.remember_roles(desk);
        if finished.is_empty() && self.seen == Some(desk.view().revision) && !self.time_matters() {
            return false;
        }
        let mut changed = false;
        for command in finished {
            let step = self.current;
            let before = self.met_count();
            let (role, led) = self.role_at(&command.machine, command.started);
            self.done.push(Done { finished: command.clone(), role, led });
            changed = true;
            self.look(desk);
            // what was typed for an earlier step is no attempt at this one
            let own = self.current == step && command.started >= self.began;
            if own && self.is_attempt(desk) {
                self.attempt(desk, Some(command), before);
            }
        }
        changed |= self.look(desk);
        self.explain_late(desk) || changed
    }

    /// Patience is over: the explanation that was held back is given.
    fn explain_late(&mut self, desk: &Desk) -> bool {
        if self.later.is_none_or(|at| desk.now() < at) {
            return false;
        }
        self.later = None;
        let Some((_, reason)) = self.first_unmet(desk) else { return false };
        self.say(MessageFrom::Assertion, reason.text());
        true
    }

    /// Time alone can change a line: one is held for `stable`, or `within` runs out.
    fn time_matters(&self) -> bool {
        let Some(step) = self.step() else { return false };
        self.later.is_some()
            || step.check.lines.iter().zip(&self.lines).any(|(line, p)| {
                line.mode.stable_ms.is_some() && p.holds_since.is_some() && p.state != State::Met
            })
    }

    fn met_count(&self) -> usize {
        self.lines.iter().filter(|p| p.state == State::Met).count()
    }

    /// Judges all lines; passes the step when it can. Whether anything changed.
    fn look(&mut self, desk: &Desk) -> bool {
        self.seen = Some(desk.view().revision);
        let before = (self.current, self.lines.clone(), self.bindings.clone());
        self.bind(desk);
        self.judge_lines(desk);
        while self.passes() {
            self.pass(desk);
            self.bind(desk);
            self.judge_lines(desk);
        }
        before != (self.current, self.lines.clone(), self.bindings.clone())
    }

    /// Binds variables to their newest match and refreshes what was seen of bound objects.
    fn bind(&mut self, desk: &Desk) {
        let lesson = Rc::clone(&self.lesson);
        let Some(step) = lesson.steps.get(self.current) else { return };
        for line in &step.check.lines {
            for claim in &line.claims {
                let Claim::Let { var, object, at_start } = claim else { continue };
                let known = self.bindings.get(var);
                if known.is_some_and(|b| b.frozen || *at_start) {
                    continue;
                }
                let scene = self.scene(desk, 0);
                let newest = scene
                    .select(object)
                    .and_then(|list| list.into_iter().max_by(|a, b| a.order().cmp(&b.order())));
                let found = newest.map(|fact| (fact.kind, fact.id.clone()));
                match found {
                    Some((kind, id)) => {
                        let seen = BTreeMap::new();
                        self.bindings
                            .insert(var.clone(), Binding { kind, id, frozen: false, seen });
                    }
                    None if !*at_start => {
                        self.bindings.remove(var);
                    }
                    None => {}
                }
            }
        }
        for binding in self.bindings.values_mut() {
            let fact = facts(binding.kind, desk)
                .and_then(|all| all.into_iter().find(|f| f.id == binding.id));
            if let Some(fact) = fact {
                let names = binding.kind.fields().iter().chain(["name", "id"].iter());
                binding.seen = names
                    .filter_map(|f| fact.field(f).map(|value| ((*f).to_owned(), value)))
                    .collect();
            }
        }
    }

    pub(crate) fn scene<'a>(&'a self, desk: &'a Desk, from: usize) -> Scene<'a> {
        Scene {
            desk,
            bindings: &self.bindings,
            done: self.done.get(from..).unwrap_or(&[]),
            answers: &self.answers,
            attempts: self.attempts,
        }
    }

    fn judge_lines(&mut self, desk: &Desk) {
        let lesson = Rc::clone(&self.lesson);
        let Some(step) = lesson.steps.get(self.current) else { return };
        let now = desk.now();
        let mut http_later = Vec::new();
        for (index, line) in step.check.lines.iter().enumerate() {
            self.start_line(index, line, now);
            let asks = line.claims.iter().any(|c| matches!(c, Claim::Http { .. }));
            let watched = line.mode.keep || line.mode.never || line.mode.stable_ms.is_some();
            if asks && !watched {
                http_later.push(index);
            } else {
                self.judge_line(index, line, desk);
            }
        }
        // a request into a copy of the lab costs more than a look: only once the rest holds
        let rest_holds = step
            .check
            .lines
            .iter()
            .enumerate()
            .filter(|(k, _)| !http_later.contains(k))
            .all(|(k, line)| self.counts_as_met(k, line));
        for index in http_later {
            if let Some(line) = step.check.lines.get(index) {
                if rest_holds {
                    self.judge_line(index, line, desk);
                } else if let Some(p) = self.lines.get_mut(index) {
                    p.state = if p.latched { State::Met } else { State::Pending };
                }
            }
        }
    }

    /// A line that does not begin with `then` starts with the step; a `then` line when all above
    /// are met, which ticks those for good.
    fn start_line(&mut self, index: usize, line: &Line, now: Timestamp) {
        if self.lines.get(index).is_none_or(|p| p.started.is_some()) {
            return;
        }
        if !line.then {
            let began = self.began;
            if let Some(p) = self.lines.get_mut(index) {
                p.started = Some((began, 0));
            }
            return;
        }
        let lesson = Rc::clone(&self.lesson);
        let Some(step) = lesson.steps.get(self.current) else { return };
        let above = step.check.lines.iter().take(index).enumerate();
        if above.clone().all(|(k, l)| self.counts_as_met(k, l)) {
            for (k, l) in above {
                let ticked = !l.mode.keep && !l.mode.never && !is_par(l);
                if let Some(p) = self.lines.get_mut(k).filter(|_| ticked) {
                    p.latched = true;
                }
            }
            let commands = self.done.len();
            if let Some(p) = self.lines.get_mut(index) {
                p.started = Some((now, commands));
            }
        }
    }

    fn judge_line(&mut self, index: usize, line: &Line, desk: &Desk) {
        let now = desk.now();
        let Some(progress) = self.lines.get(index) else { return };
        let Some((since, from)) = progress.started else { return };
        if progress.latched {
            if let Some(p) = self.lines.get_mut(index) {
                p.state = State::Met;
            }
            return;
        }
        if line.mode.never && progress.state == State::Broken {
            return;
        }
        let scene = self.scene(desk, from);
        let verdicts: Vec<Option<bool>> = line.claims.iter().map(|c| scene.judge(c)).collect();
        let holds = verdicts.contains(&Some(true));
        let decided = holds || verdicts.iter().all(Option::is_some);
        let stays = line.claims.iter().any(stays_met);
        let waiting = line.mode.within_ms.is_some_and(|ms| {
            let from = self.last_attempt.map_or(since, |t| t.max(since));
            self.last_attempt.is_some() && now.since_us(from) < ms * 1000
        });
        let Some(p) = self.lines.get_mut(index) else { return };
        if line.mode.never || line.mode.keep {
            if decided {
                let good = if line.mode.never { !holds } else { holds };
                p.state = if good { State::Met } else { State::Broken };
            }
            return;
        }
        if !holds {
            p.holds_since = None;
            p.state = if waiting { State::Waiting } else { State::Pending };
            return;
        }
        let held_since = *p.holds_since.get_or_insert(now);
        let long = line.mode.stable_ms.is_none_or(|ms| now.since_us(held_since) >= ms * 1000);
        p.state = if long { State::Met } else { State::Waiting };
        p.latched = long && stays;
    }

    fn counts_as_met(&self, index: usize, line: &Line) -> bool {
        is_par(line) || self.lines.get(index).is_some_and(|p| p.state == State::Met)
    }

    fn passes(&self) -> bool {
        self.step().is_some_and(|step| {
            !step.check.lines.is_empty()
                && step.check.lines.iter().enumerate().all(|(k, l)| self.counts_as_met(k, l))
        })
    }

    fn pass(&mut self, desk: &Desk) {
        let done = self.step().map(|s| s.check.done.clone()).unwrap_or_default();
        if !done.is_empty() {
            let text = self.scene(desk, 0).fill(&done);
            self.say(MessageFrom::Done, text);
        }
        for binding in self.bindings.values_mut() {
            binding.frozen = true;
        }
        self.current += 1;
        self.began = desk.now();
        self.lines = self.fresh_lines();
        self.done.clear();
        self.shown.clear();
        self.attempts = 0;
        self.last_attempt = None;
        self.later = None;
    }

    fn say(&mut self, from: MessageFrom, text: String) {
        let number = self.messages.last().map_or(1, |m| m.number + 1);
        let step = self.step().map(|s| s.check.id.clone()).unwrap_or_default();
        self.messages.push(Message { number, step, from, text });
    }

    /// A command that fails or changes something, or one that a `when ran` rule names.
    fn is_attempt(&self, desk: &Desk) -> bool {
        let Some(last) = self.done.last() else { return false };
        let f = &last.finished;
        if f.failed() || f.changes_state || f.changed_files {
            return true;
        }
        let scene = self.scene(desk, 0);
        self.step().is_some_and(|step| {
            step.feedback.iter().flat_map(|r| &r.when).any(|claim| match claim {
                Claim::Ran { glob, on, failing } => {
                    let crate::check::Value::Text(pattern) = glob else { return false };
                    scene.ran(last, &scene.fill(pattern), on.as_ref(), *failing, false)
                }
                Claim::Let { .. }
                | Claim::Exists(_)
                | Claim::Count(..)
                | Claim::Field { .. }
                | Claim::Output { .. }
                | Claim::Http { .. }
                | Claim::Answer { .. }
                | Claim::Commands(_)
                | Claim::Error(..)
                | Claim::After(_)
                | Claim::Lost(_) => false,
            })
        })
    }

    /// After an attempt: at most one message, in the format's order.
    fn attempt(&mut self, desk: &Desk, command: Option<&Finished>, met_before: usize) {
        self.attempts += 1;
        self.last_attempt = Some(desk.now());
        self.later = None;
        self.judge_lines(desk);
        if let Some(text) = self.lost_object(desk) {
            self.say(MessageFrom::Precondition, text);
            return;
        }
        if let Some((rule, text)) = self.rule(desk, command) {
            self.shown.push((rule, self.attempts));
            self.say(MessageFrom::Rule, text);
            return;
        }
        if self.met_count() > met_before {
            return;
        }
        match self.first_unmet(desk) {
            Some((Some(patience_ms), _)) => {
                self.later = Some(Timestamp(desk.now().0 + patience_ms * 1000));
            }
            Some((None, reason)) => self.say(MessageFrom::Assertion, reason.text()),
            None => {}
        }
    }

    /// An object that an earlier step bound and this one needs is gone.
    fn lost_object(&self, desk: &Desk) -> Option<String> {
        let step = self.step()?;
        let text: Vec<&str> = step.check.lines.iter().map(|l| l.source.as_str()).collect();
        let used = |var: &str| text.iter().any(|t| t.contains(&format!("{{{var}")));
        let (var, binding) = self.bindings.iter().find(|(var, binding)| {
            binding.frozen
                && matches!(binding.kind, Kind::Service | Kind::Node | Kind::Network)
                && used(var)
                && facts(binding.kind, desk)
                    .is_some_and(|all| !all.iter().any(|f| f.id == binding.id))
        })?;
        let name = binding.seen.get("name").unwrap_or(var);
        let kind = binding.kind.name_pt();
        Some(format!(
            "O {kind} {name}, de que este passo precisa, foi removido. Volte ao início do passo \
             ou crie-o de novo."
        ))
    }

    /// The first matching rule not shown in the last two attempts.
    fn rule(&self, desk: &Desk, command: Option<&Finished>) -> Option<(usize, String)> {
        let step = self.step()?;
        let scene = self.scene(desk, 0);
        let recent =
            |k: usize| self.shown.iter().any(|(rule, at)| *rule == k && self.attempts - at <= 2);
        step.feedback.iter().enumerate().find_map(|(k, rule)| {
            let hit = !recent(k) && self.rule_holds(rule, &scene, command);
            hit.then(|| (k, scene.fill(&rule.text)))
        })
    }

    /// In a `when`, a `ran`, `output` or `error` is about the attempt just made.
    fn rule_holds(&self, rule: &Rule, scene: &Scene<'_>, command: Option<&Finished>) -> bool {
        let last = self.done.last().filter(|_| command.is_some());
        let just = Scene { done: last.map(std::slice::from_ref).unwrap_or(&[]), ..*scene };
        rule.when.iter().all(|claim| match claim {
            Claim::Ran { glob, on, failing } => {
                let crate::check::Value::Text(pattern) = glob else { return false };
                let pattern = scene.fill(pattern);
                last.is_some_and(|d| scene.ran(d, &pattern, on.as_ref(), *failing, false))
            }
            Claim::Output { .. } | Claim::Error(..) => just.judge(claim) == Some(true),
            Claim::Let { .. }
            | Claim::Exists(_)
            | Claim::Count(..)
            | Claim::Field { .. }
            | Claim::Http { .. }
            | Claim::Answer { .. }
            | Claim::Commands(_)
            | Claim::After(_)
            | Claim::Lost(_) => scene.judge(claim) == Some(true),
        })
    }

    /// The first line still unmet: its patience in milliseconds, and why it is unmet.
    fn first_unmet(&self, desk: &Desk) -> Option<(Option<u64>, Reason)> {
        let step = self.step()?;
        let (_, line) =
            step.check.lines.iter().enumerate().find(|(k, l)| !self.counts_as_met(*k, l))?;
        Some((line.mode.within_ms, explain::reason(line, &self.scene(desk, 0))))
    }

    fn remember_roles(&mut self, desk: &Desk) {
        let mut now = BTreeMap::new();
        for machine in &desk.view().machines {
            let role = machine.role.map_or("", NodeRole::as_str).to_owned();
            now.insert(machine.name.clone(), (role, machine.leads));
        }
        if self.roles.last().is_none_or(|(_, roles)| *roles != now) {
            self.roles.push((desk.now(), now));
        }
        // one older than any command still running is enough
        if self.roles.len() > 64 {
            self.roles.remove(0);
        }
    }

    fn role_at(&self, machine: &str, at: Timestamp) -> (String, bool) {
        let then = self.roles.iter().rev().find(|(since, _)| *since <= at);
        let known = then.or(self.roles.first()).and_then(|(_, roles)| roles.get(machine));
        known.cloned().unwrap_or_default()
    }

    /// The state of a line of the current step, and why it is unmet.
    #[must_use]
    pub fn line(&self, index: usize, desk: &Desk) -> (State, Option<Reason>) {
        let line = self.step().and_then(|s| s.check.lines.get(index));
        let (Some(line), Some(progress)) = (line, self.lines.get(index)) else {
            return (State::Pending, None);
        };
        let from = progress.started.map_or(0, |(_, from)| from);
        let open = !matches!(progress.state, State::Met) && progress.started.is_some();
        (progress.state, open.then(|| explain::reason(line, &self.scene(desk, from))))
    }

    /// Text with references to bound objects filled in as of now.
    #[must_use]
    pub fn fill(&self, text: &str, desk: &Desk) -> String {
        self.scene(desk, 0).fill(text)
    }
}

/// `commands <= N` is a challenge's par and never blocks.
fn is_par(line: &Line) -> bool {
    line.claims.iter().all(|c| matches!(c, Claim::Commands(_)))
}

/// `ran` and `output` stay met; a `let` line too, as what it bound may end.
const fn stays_met(claim: &Claim) -> bool {
    matches!(claim, Claim::Ran { .. } | Claim::Output { .. })
}
