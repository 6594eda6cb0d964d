//! A bounded queue of bytes between two programs.

use serde::{Deserialize, Serialize};

/// Linux's pipe size.
pub(crate) const CAPACITY: usize = 65_536;

/// Bytes written and not yet read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pipe {
    bytes: Vec<u8>,
    /// Never full: the reader takes it when the writer has ended (`$( )`).
    unbounded: bool,
}

impl Pipe {
    pub(crate) fn unbounded() -> Self {
        Self { bytes: Vec::new(), unbounded: true }
    }

    pub(crate) fn filled(bytes: Vec<u8>) -> Self {
        Self { bytes, unbounded: false }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        !self.unbounded && self.bytes.len() >= CAPACITY
    }

    /// Takes what fits of `from`.
    pub(crate) fn write(&mut self, from: &mut Vec<u8>) {
        let room = if self.unbounded {
            from.len()
        } else {
            CAPACITY.saturating_sub(self.bytes.len()).min(from.len())
        };
        self.bytes.extend(from.drain(..room));
    }

    /// Everything there.
    pub(crate) fn read(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Up to and with the first line's end, or everything if `all` and there is none.
    pub(crate) fn read_line(&mut self, all: bool) -> Option<Vec<u8>> {
        match self.bytes.iter().position(|b| *b == b'\n') {
            Some(end) => Some(self.bytes.drain(..=end).collect()),
            None if all && !self.bytes.is_empty() => Some(self.read()),
            None => None,
        }
    }

    /// Puts back what a reader did not want.
    pub(crate) fn unread(&mut self, bytes: Vec<u8>) {
        self.bytes.splice(0..0, bytes);
    }
}

impl Pipe {
    pub(crate) fn is_unbounded(&self) -> bool {
        self.unbounded
    }

    pub(crate) fn has_line(&self) -> bool {
        self.bytes.contains(&b'\n')
    }
}

impl Pipe {
    /// Takes everything, room or not.
    pub(crate) fn force(&mut self, from: &mut Vec<u8>) {
        self.bytes.append(from);
    }
}
