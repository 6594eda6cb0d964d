//! Attach.
use crate::process::{Call, Input};
use crate::script::Got;
use crate::sub::Io;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attach;
impl Attach {
    pub(crate) fn start(&mut self, _io: &mut Io<'_>) -> Option<Got> { None }
    pub(crate) fn resume(&mut self, _input: &Input, _io: &mut Io<'_>) -> Option<Got> { None }
    pub(crate) fn open_calls(&self) -> Vec<Call> { Vec::new() }
}
impl Attach {
    pub(crate) fn on_interrupt(&mut self, _io: &mut Io<'_>) -> bool { false }
    pub(crate) fn is_raw(&self) -> bool { false }
}
