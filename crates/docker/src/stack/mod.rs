//! `docker stack`: one file a command.

pub(crate) mod deploy;
pub(crate) mod ls;
pub(crate) mod ps;
pub(crate) mod rm;
pub(crate) mod services;
