//! Converge.
use crate::process::{Call, Input};
use crate::script::Got;
use crate::sub::Io;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Converge;
impl Converge {
    pub(crate) fn start(&mut self, _io: &mut Io<'_>) -> Option<Got> { None }
    pub(crate) fn resume(&mut self, _input: &Input, _io: &mut Io<'_>) -> Option<Got> { None }
    pub(crate) fn open_calls(&self) -> Vec<Call> { Vec::new() }
}
