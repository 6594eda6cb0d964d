//! Streams of log lines: `docker logs` and `docker service logs`.

use crate::format::units;
use crate::process::{Call, Input};
use crate::script::{Got, NO_DAEMON, error_text};
use crate::sub::{Io, answer_of};
use api::{Item, Request, dispatch::LogLine};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A stream of lines under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Logs {
    pub(crate) request: Request,
    /// What a 404 says.
    pub(crate) missing: String,
    /// Put the time before each line.
    pub(crate) timestamps: bool,
    /// Task id → what stands before its lines; absent: nothing does.
    pub(crate) prefixes: Option<BTreeMap<String, String>>,
    pub(crate) call: Option<Call>,
}

impl Logs {
    pub(crate) fn start(&mut self, io: &mut Io<'_>) -> Option<Got> {
        self.call = Some(io.follow(self.request.clone()));
        None
    }

    pub(crate) fn open_calls(&self) -> Vec<Call> {
        self.call.into_iter().collect()
    }

    pub(crate) fn resume(&mut self, input: &Input, io: &mut Io<'_>) -> Option<Got> {
        match input {
            Input::Item(call, Item::Log(line)) if Some(*call) == self.call => {
                self.show(line, io);
                return None;
            }
            Input::Item(call, Item::Output { stderr, bytes }) if Some(*call) == self.call => {
                if *stderr {
                    io.err(bytes)
                } else {
                    io.out(bytes)
                }
                return None;
            }
            _ => {}
        }
        let (call, answer) = answer_of(input)?;
        if Some(call) != self.call {
            return None;
        }
        self.call = None;
        Some(match answer {
            Ok(_) => Got::End(0, String::new()),
            Err(error) if error.status != NO_DAEMON && error.is_not_found() => {
                Got::End(1, self.missing.clone())
            }
            Err(error) => Got::End(1, error_text(&error)),
        })
    }

    fn show(&self, line: &LogLine, io: &mut Io<'_>) {
        let mut text = String::new();
        if self.timestamps {
            text += &units::rfc3339_nano(line.at);
            text.push(' ');
        }
        if let Some(prefixes) = &self.prefixes {
            let task = line.task.map(|id| id.to_string()).unwrap_or_default();
            text += prefixes.get(&task).map_or("", String::as_str);
            text += "    | ";
        }
        text += &line.text;
        text.push('\n');
        if line.stderr { io.err(text) } else { io.out(text) }
    }
}

/// `--since`/`--until`: a date, Unix seconds, or a duration before now.
pub(crate) fn instant(text: &str, now: api::Timestamp) -> Result<api::Timestamp, String> {
    let failed =
        || format!("failed to parse value as time or duration: {}", crate::values::quote(text));
    if let Ok(ns) = crate::values::parse_duration(text) {
        let us = u64::try_from(ns / 1000).unwrap_or(0);
        return Ok(api::Timestamp(now.0.saturating_sub(us)));
    }
    let (seconds, micros) = match text.split_once('.').unwrap_or((text, "")) {
        (whole, decimals) if whole.parse::<i64>().is_ok() => {
            let six: String = decimals.chars().chain("000000".chars()).take(6).collect();
            (whole.parse::<i64>().map_err(|_| failed())?, six.parse().map_err(|_| failed())?)
        }
        _ => units::parse_date(text).ok_or_else(failed)?,
    };
    let epoch = i64::try_from(api::EPOCH_UNIX_S).unwrap_or(0);
    let seconds = u64::try_from(seconds - epoch).unwrap_or(0);
    Ok(api::Timestamp(seconds * 1_000_000 + micros))
}

/// The options of a log command; the error is docker's.
pub(crate) fn options(
    parsed: &crate::flags::Parsed,
    now: api::Timestamp,
) -> Result<api::LogOptions, String> {
    let at = |flag: &str| match parsed.get(flag).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => {
            instant(text, now).map(Some).map_err(|why| format!("invalid value for {flag:?}: {why}"))
        }
    };
    let tail = match parsed.get("tail") {
        None | Some("all" | "") => None,
        Some(text) => text.parse().ok(),
    };
    Ok(api::LogOptions {
        stdout: true,
        stderr: true,
        follow: parsed.bool("follow"),
        tail,
        since: at("since")?,
        until: at("until")?,
    })
}
