//! The world's one value.

use crate::{
    Answer, CallId, Fault, FaultError, HttpReply, LabConfig, Machine, MachineConfig, Origin,
    RequestId, View,
};
use api::{Request, Timestamp};
use serde::{Deserialize, Serialize};

/// The world. See the crate's page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lab {
    config: LabConfig,
    now: Timestamp,
    view: View,
    next_call: u64,
    next_request: u64,
    answers: Vec<(CallId, Answer)>,
    replies: Vec<(RequestId, HttpReply)>,
}

impl Lab {
    /// All machines on, in no swarm.
    #[must_use]
    pub fn new(config: LabConfig) -> Self {
        Self {
            config,
            now: Timestamp(0),
            view: View::default(),
            next_call: 0,
            next_request: 0,
            answers: Vec::new(),
            replies: Vec::new(),
        }
    }

    /// The present instant.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Host names in order.
    pub fn machines(&self) -> impl Iterator<Item = (Machine, &str)> {
        (0..).map(Machine).zip(self.config.machines.iter().map(|m| m.name.as_str()))
    }

    /// A machine by host name.
    #[must_use]
    pub fn machine(&self, name: &str) -> Option<Machine> {
        self.machines().find(|(_, n)| *n == name).map(|(m, _)| m)
    }

    /// One more machine, with the next free address. Its index.
    pub fn add_machine(&mut self, name: &str) -> Machine {
        let k = u32::try_from(self.config.machines.len()).unwrap_or(u32::MAX);
        self.config.machines.push(MachineConfig::numbered(name, k));
        Machine(k)
    }

    /// Asks a machine's daemon. Answers come through [`Self::take_answers`].
    pub fn call(&mut self, machine: Machine, request: Request) -> CallId {
        let _ = (machine, request);
        self.next_call += 1;
        let id = CallId(self.next_call);
        self.answers.push((id, Answer::NoDaemon));
        id
    }

    /// Bytes into an attached stream.
    pub fn send(&mut self, call: CallId, bytes: Vec<u8>) {
        let _ = (call, bytes);
    }

    /// No further interest in a call: nothing more comes for it.
    pub fn cancel(&mut self, call: CallId) {
        self.answers.retain(|(id, _)| *id != call);
    }

    /// What came since the last time, in order.
    pub fn take_answers(&mut self) -> Vec<(CallId, Answer)> {
        std::mem::take(&mut self.answers)
    }

    /// A web request to `host` (a machine's name or address, `localhost`).
    pub fn request(&mut self, from: Origin, host: &str, port: u16, path: &str) -> RequestId {
        let _ = (from, host, port, path);
        self.next_request += 1;
        RequestId(self.next_request)
    }

    /// What became of web requests since the last time.
    pub fn take_replies(&mut self) -> Vec<(RequestId, HttpReply)> {
        std::mem::take(&mut self.replies)
    }

    /// Does something to the machines from outside, at once.
    ///
    /// # Errors
    /// When there is nothing to do it to.
    pub fn fault(&mut self, fault: &Fault) -> Result<(), FaultError> {
        let _ = fault;
        Err(FaultError::AlreadySo)
    }

    /// Processes exactly one event due at or before `until` (true), else moves the clock to
    /// `until` (false).
    pub fn step(&mut self, until: Timestamp) -> bool {
        self.now = self.now.max(until);
        false
    }

    /// When the next event is due.
    #[must_use]
    pub const fn next_event(&self) -> Option<Timestamp> {
        None
    }

    /// Nothing is under way but heartbeats and ticks.
    #[must_use]
    pub const fn quiet(&self) -> bool {
        true
    }

    /// The world as it may be seen.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }
}
