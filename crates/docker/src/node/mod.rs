//! `docker node`: one file a command.

pub(crate) mod demote;
pub(crate) mod inspect;
pub(crate) mod ls;
pub(crate) mod promote;
pub(crate) mod ps;
pub(crate) mod rm;
pub(crate) mod update;
