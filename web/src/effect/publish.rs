//! What the page is told after each frame: terminals, lesson, decisions, only if they changed.

use super::Runner;
use crate::action::Action;
use crate::lessons;
use crate::state::{Frame, LessonShown, Picked};
use api::Timestamp;
use lesson::markdown::blocks;
use share::Rc;
use shell::TerminalView;

/// Decisions shown under "why".
const WHY: usize = 40;

impl Runner {
    /// The new frame, if anything one can see has changed.
    pub(super) fn publish(&mut self) -> Option<Action> {
        let old = &self.shown;
        let view = self.desk.view();
        let view = if view.revision == old.view.revision && !old.terminals.is_empty() {
            old.view.clone()
        } else {
            Rc::new(view.clone())
        };
        let why = match &self.why_of {
            None => Rc::new(Vec::new()),
            Some(_) if Rc::ptr_eq(&view, &old.view) && !old.why.is_empty() => old.why.clone(),
            Some(picked) => Rc::new(self.decisions(picked)),
        };
        let frame = Frame {
            now: self.desk.now(),
            terminals: self.terminals(),
            busy: self.desk.any_busy(),
            lesson: if self.lesson_changed { self.lesson() } else { old.lesson.clone() },
            marks: if old.marks.len() == self.marks.len() {
                old.marks.clone()
            } else {
                Rc::new(self.marks.clone())
            },
            undo: !self.past.undo.is_empty(),
            redo: !self.past.redo.is_empty(),
            ended: self.ended.take(),
            why,
            view,
        };
        self.lesson_changed = false;
        let same = Rc::ptr_eq(&frame.view, &old.view)
            && Rc::ptr_eq(&frame.terminals, &old.terminals)
            && Rc::ptr_eq(&frame.marks, &old.marks)
            && frame.why == old.why
            && frame.ended.is_none()
            && frame.lesson == old.lesson
            && (frame.busy, frame.undo, frame.redo) == (old.busy, old.undo, old.redo)
            && frame.now.0 / 1_000_000 == old.now.0 / 1_000_000;
        if same {
            return None;
        }
        self.shown = frame.clone();
        Some(Action::Frame(Box::new(frame)))
    }

    /// The terminals, shared with the last frame where they are as they were.
    pub(super) fn terminals(&self) -> Rc<Vec<(String, Rc<TerminalView>)>> {
        let old = &self.shown.terminals;
        let mut changed = false;
        let mut list = Vec::with_capacity(old.len());
        for (k, machine) in self.desk.view().machines.iter().enumerate() {
            let Some(view) = self.desk.terminal(&machine.name) else { continue };
            match old.get(k) {
                Some((name, kept)) if *name == machine.name && **kept == *view => {
                    list.push((name.clone(), kept.clone()));
                }
                _ => {
                    changed = true;
                    list.push((machine.name.clone(), Rc::new(view.clone())));
                }
            }
        }
        if changed || list.len() != old.len() { Rc::new(list) } else { old.clone() }
    }

    pub(super) fn lesson(&self) -> Option<Rc<LessonShown>> {
        let player = self.player.as_ref()?;
        let view = player.view(&self.desk);
        let message = view.message.as_ref().map(|m| blocks(&m.text)).unwrap_or_default();
        let step = view.steps.get(view.current);
        let fill = |text: &str| player.fill(text, &self.desk);
        let solution = step.map(|s| lessons::solution(s, &fill));
        Some(Rc::new(LessonShown {
            file: self.file.clone(),
            next: lessons::after(&self.file),
            message,
            solution: solution.unwrap_or_default(),
            passed_at: self.passed_at.clone(),
            view,
        }))
    }

    /// What the model's own trace says of a thing, newest first.
    pub(super) fn decisions(&self, picked: &Picked) -> Vec<(Timestamp, String)> {
        let names: Vec<String> = match picked {
            Picked::Machine(name) => {
                let node = self.desk.view().machine(name).and_then(|m| m.node_id);
                let short = node.map(|n| n.short().to_owned());
                std::iter::once(name.clone()).chain(short).collect()
            }
            Picked::Task(id) => {
                let swarm = self.desk.view().swarm.as_ref();
                let task = swarm.and_then(|s| s.tasks.iter().find(|t| t.id == *id));
                let name = task.map(|t| match t.slot {
                    0 => t.service_annotations.name.clone(),
                    slot => format!("{}.{slot}", t.service_annotations.name),
                });
                name.into_iter().collect()
            }
        };
        let lines = self.desk.lab().trace().iter().rev();
        let texts = lines.map(|(at, line)| (Timestamp(at.0), line.what.to_string()));
        texts.filter(|(_, t)| names.iter().any(|n| mentions(t, n))).take(WHY).collect()
    }
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
}
