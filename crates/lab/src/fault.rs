//! What may go wrong, by a person's hand or a lesson's.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Something done to the machines from outside. Machines by host name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// The plug is pulled: disk stays, memory goes.
    PowerOff(String),
    /// Power again; dockerd starts by itself.
    PowerOn(String),
    /// The machine stands still, its memory kept (a laptop's lid, a stopped virtual machine).
    Freeze(String),
    /// It goes on where it stood.
    Thaw(String),
    /// The network cable is out.
    Cut(String),
    /// The cable is in again, and of full speed.
    Heal(String),
    /// The cable takes so many milliseconds more each way; 0: as before.
    Slow(String, u64),
    /// The network falls apart into these groups; machines named nowhere form one more.
    Split(Vec<Vec<String>>),
    /// One network again.
    Unsplit,
    /// `systemctl stop docker` (SIGTERM): containers are stopped.
    DaemonStop(String),
    /// `systemctl start docker`.
    DaemonStart(String),
    /// `kill -9` of dockerd: its containers run on.
    DaemonKill(String),
    /// The process of a task is killed from outside the engine's knowledge.
    KillContainer {
        /// Service by name.
        service: String,
        /// Slot, or 0 for any task of the service.
        slot: u64,
    },
    /// The registry refuses this image from now on (`repository:tag` or repository).
    PullFail(String),
    /// The registry gives it again.
    PullWork(String),
    /// The registry does not answer at all.
    RegistryOff,
    /// The registry answers again.
    RegistryOn,
    /// The machine's disk is full: nothing can be pulled or created there.
    Fill(String),
    /// Room on the disk again.
    Empty(String),
}

/// Why a fault could not be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultError {
    /// No machine of that name.
    NoSuchMachine(String),
    /// No running task fits.
    NoSuchTask(String),
    /// Already so (off twice, heal without a cut).
    AlreadySo,
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchMachine(name) => write!(f, "no machine {name}"),
            Self::NoSuchTask(name) => write!(f, "no running task {name}"),
            Self::AlreadySo => f.write_str("already so"),
        }
    }
}

impl std::error::Error for FaultError {}
