//! Docker's output: tables, units, Go templates, JSON.

pub(crate) mod inspect;
pub(crate) mod inspect_local;
pub(crate) mod listing;
pub(crate) mod render;
pub(crate) mod table;
pub(crate) mod template;
mod template_eval;
pub(crate) mod tls;
pub(crate) mod units;
