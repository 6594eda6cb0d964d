//! `docker service`: one file a command.

pub(crate) mod create;
pub(crate) mod create_flags;
pub(crate) mod inspect;
pub(crate) mod logs;
pub(crate) mod ls;
pub(crate) mod options;
pub(crate) mod parse;
pub(crate) mod pretty;
pub(crate) mod progress;
pub(crate) mod ps;
pub(crate) mod rm;
pub(crate) mod rollback;
pub(crate) mod scale;
pub(crate) mod tasks;
pub(crate) mod update;
pub(crate) mod update_flags;
pub(crate) mod update_spec;
pub(crate) mod updaters;
