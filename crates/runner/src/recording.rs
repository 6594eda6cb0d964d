//! A recording of a real Docker, as its README describes the file.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// One machine of the topology.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Host name.
    pub node: String,
    /// eth0.
    pub ip: String,
    /// Further interfaces.
    #[serde(default)]
    pub extra: Vec<Value>,
}

/// What the recorder set up without recording it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Setup {
    /// Milliseconds since the scenario's start, when it was written down.
    #[serde(deserialize_with = "seconds")]
    pub t: u64,
    /// Managers and workers, by name.
    pub swarm: Option<SwarmSetup>,
    /// Pulled on every node.
    pub images: Vec<String>,
    /// Node → path → content.
    pub files: BTreeMap<String, BTreeMap<String, String>>,
    /// (node, command) in order.
    pub run: Vec<(String, String)>,
    /// A wait afterwards, in milliseconds.
    #[serde(deserialize_with = "seconds")]
    pub then_s: u64,
    /// What each layer takes from now on, in milliseconds.
    #[serde(deserialize_with = "seconds")]
    pub pull_layer_s: u64,
}

fn seconds<'de, D: serde::Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
    let value = Option::<f64>::deserialize(d)?;
    Ok(value.map(ms).unwrap_or_default())
}

/// Seconds as whole milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "recorded times are small and not negative"
)]
fn ms(seconds: f64) -> u64 {
    (seconds * 1000.0).round().max(0.0) as u64
}

/// Who is what in the swarm that stands before the first command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SwarmSetup {
    /// The first one initialises.
    pub managers: Vec<String>,
    /// The rest.
    pub workers: Vec<String>,
}

/// A recorded command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    /// Milliseconds since the scenario's start.
    #[serde(deserialize_with = "seconds")]
    pub t: u64,
    /// Where it was typed.
    pub node: String,
    /// What was typed.
    pub cmd: String,
    /// What the terminal showed.
    pub screen: String,
    /// Exit status.
    pub exit: i32,
    /// Milliseconds it took.
    pub ms: u64,
    /// Of the run without a terminal.
    pub stdout: Option<String>,
    /// Of the run without a terminal.
    pub stderr: Option<String>,
    /// Of the run without a terminal, where it differs.
    pub exit_nopty: Option<i32>,
    /// Does not count.
    pub unscored: Option<Value>,
    /// Ctrl-C after so many seconds.
    pub ctrl_c_after_s: Option<f64>,
    /// How often it was sent.
    pub ctrl_c_sent: Option<u32>,
    /// (seconds after the start, what was typed).
    pub keys: Vec<(f64, String)>,
    /// Ended by the recorder.
    pub killed_after_s: Option<f64>,
}

impl Step {
    /// When Ctrl-C is first sent, milliseconds after the start.
    #[must_use]
    pub fn ctrl_c_ms(&self) -> Option<u64> {
        self.ctrl_c_after_s.map(ms)
    }

    /// When the recorder ended it, milliseconds after the start.
    #[must_use]
    pub fn killed_ms(&self) -> Option<u64> {
        self.killed_after_s.map(ms)
    }

    /// Keys by milliseconds after the start.
    #[must_use]
    pub fn key_times(&self) -> Vec<(u64, String)> {
        self.keys.iter().map(|(at, text)| (ms(*at), text.clone())).collect()
    }
}

/// A line of the file after the header.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// A command.
    Command(Box<Step>),
    /// What was set up.
    Setup(Box<Setup>),
    /// Anything else that happened.
    Event {
        /// Milliseconds since the scenario's start.
        t: u64,
        /// `daemon-kill`, `section`, …
        event: String,
        /// Where.
        node: String,
        /// The whole object.
        all: Value,
    },
}

/// A recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Its machines in order.
    pub topology: Vec<Host>,
    /// Everything after the header, in file order.
    pub lines: Vec<Line>,
}

impl Recording {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read or is no recording.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is no recording", path.display()))
    }

    /// Reads a text.
    ///
    /// # Errors
    /// If it is no recording.
    pub fn parse(text: &str) -> Result<Self> {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let header: Value = serde_json::from_str(lines.next().context("it is empty")?)?;
        let topology = serde_json::from_value(header.get("topology").cloned().unwrap_or_default())
            .context("no topology")?;
        let lines = lines.map(parse_line).collect::<Result<_>>()?;
        Ok(Self { topology, lines })
    }

    /// Command steps in file order, with the number of their section.
    #[must_use]
    pub fn commands(&self) -> Vec<(usize, &Step)> {
        let mut section = 0;
        let mut out = Vec::new();
        for line in &self.lines {
            match line {
                Line::Event { event, .. } if event == "section" => section += 1,
                Line::Command(step) => out.push((section, step.as_ref())),
                Line::Event { .. } | Line::Setup(_) => {}
            }
        }
        out
    }
}

fn parse_line(line: &str) -> Result<Line> {
    let all: Value = serde_json::from_str(line)?;
    if all.get("cmd").is_some() {
        return Ok(Line::Command(Box::new(serde_json::from_value(all)?)));
    }
    let event = all.get("event").and_then(Value::as_str).unwrap_or_default().to_owned();
    if event == "setup" {
        return Ok(Line::Setup(Box::new(serde_json::from_value(all)?)));
    }
    let t = ms(all.get("t").and_then(Value::as_f64).unwrap_or_default());
    let node = all.get("node").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Line::Event { t, event, node, all })
}
