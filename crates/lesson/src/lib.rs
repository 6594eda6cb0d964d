//! TEACHING: lesson file → steps → checks → feedback → progress.
//!
//! Reads lesson files, judges their claims on what a [`shell::Desk`] shows and on finished
//! commands, and says in Portuguese what is still missing. It must not know how to change the
//! world: it can only propose an input.
//!
//! **Invariant:** nothing here holds a mutable desk while a learner plays.

pub mod check;
pub mod diagnostic;
mod eval;
pub mod explain;
mod facts;
mod grammar;
pub mod lesson;
pub mod markdown;
pub mod player;
pub mod proof;
pub mod script;
mod token;
pub mod transcript;
pub mod view;

pub use diagnostic::{Diagnostic, Place, Severity};
pub use lesson::{Ask, Cluster, Lesson, Step};
pub use player::{Message, MessageFrom, Player, State};
pub use script::{Next, Script, lab_config, ready_desk};
pub use view::{CheckView, LessonView, StepView};
