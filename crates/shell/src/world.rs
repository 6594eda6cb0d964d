//! The one file that speaks with the lab.

pub use lab::{
    CallId, Fault, FaultError, HttpReply, Lab, LabConfig, MachineConfig, Origin, RequestId, View,
};
