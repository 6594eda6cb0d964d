//! What every command's page uses.

pub(crate) use crate::command::{Args, COMMAND as COMMAND_DEFAULTS, Command};
pub(crate) use crate::flags::{Flag, Kind, Parsed, flag, short};
pub(crate) use crate::format::listing::{Listing, Row};
pub(crate) use crate::format::units;
pub(crate) use crate::objects;
pub(crate) use crate::script::{Cx, Flow, confused, error_text, exit, fail, not_found_text};
pub(crate) use api::{Request, Response};
