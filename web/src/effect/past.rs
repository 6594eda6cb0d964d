//! Coming back: undo, redo, the start of a step.

use super::Runner;
use crate::platform::storage::Act;
use crate::state::Mark;
use lesson::Player;
use shell::Desk;

/// Undo goes back over so many commands.
const UNDO: usize = 30;

/// A point to come back to.
#[derive(Clone)]
pub(super) struct Kept {
    desk: Desk,
    player: Option<Player>,
    acts: usize,
    marks: usize,
    passed: usize,
}

/// Points behind and points ahead.
#[derive(Default)]
pub(super) struct Past {
    pub(super) undo: Vec<Kept>,
    pub(super) redo: Vec<(Kept, Vec<Act>, Vec<Mark>)>,
    pub(super) step_start: Option<Kept>,
}

impl Runner {
    pub(super) fn here(&self) -> Kept {
        Kept {
            desk: self.desk.clone(),
            player: self.player.clone(),
            acts: self.acts.len(),
            marks: self.marks.len(),
            passed: self.passed_at.len(),
        }
    }

    pub(super) fn remember(&mut self) {
        if self.past.undo.len() >= UNDO {
            self.past.undo.remove(0);
        }
        self.past.undo.push(self.here());
    }

    pub(super) fn undo(&mut self) {
        if let Some(kept) = self.past.undo.pop() {
            let now = self.here();
            let acts = self.acts.split_off(kept.acts.min(self.acts.len()));
            let marks = self.marks.split_off(kept.marks.min(self.marks.len()));
            self.past.redo.push((now, acts, marks));
            self.go_to(kept);
        }
    }

    pub(super) fn redo(&mut self) {
        if let Some((kept, acts, marks)) = self.past.redo.pop() {
            self.past.undo.push(self.here());
            self.acts.extend(acts);
            self.marks.extend(marks);
            self.go_to(kept);
        }
    }

    pub(super) fn back_to_step(&mut self) {
        if let Some(kept) = self.past.step_start.clone() {
            self.remember();
            self.acts.truncate(kept.acts);
            self.marks.truncate(kept.marks);
            self.go_to(kept);
            if let Some(player) = &mut self.player {
                player.restart_step(&self.desk);
            }
        }
    }

    pub(super) fn go_to(&mut self, kept: Kept) {
        self.desk = kept.desk;
        self.player = kept.player;
        self.passed_at.truncate(kept.passed);
        self.journal.rewrite(&self.acts);
        self.journal.clock(self.desk.now().0);
        self.lesson_changed = true;
    }
}
