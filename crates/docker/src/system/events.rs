//! `docker system events`, `docker events`: get real time events from the server.
//!
//! Docker: `cli/command/system/events.go`.

use crate::format::listing::unescape;
use crate::format::template::{Data, Kind as DataKind, Template};
use crate::logs::instant;
use crate::prelude::*;
use crate::process::{Call, Input};
use crate::script::Got;
use crate::sub::{Io, Sub, answer_of};
use api::{Event, Item};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

static FLAGS: &[Flag] = &[
    short('f', "filter", Kind::Filter, "Filter output based on conditions provided"),
    flag("format", Kind::Str, "Format the output using the given Go template"),
    flag("since", Kind::Str, "Show all events created since timestamp"),
    flag("until", Kind::Str, "Stream events until this timestamp"),
];

pub(crate) const COMMAND: Command = Command {
    path: "system events",
    usage: "[OPTIONS]",
    short: "Get real time events from the server",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "events", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let now = cx.now();
    let at = |flag: &str| match parsed.get(flag).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => instant(text, now).map(Some),
    };
    let (since, until) = match (at("since"), at("until")) {
        (Ok(since), Ok(until)) => (since, until),
        (Err(why), _) | (_, Err(why)) => return fail(why),
    };
    let format = unescape(parsed.str("format"));
    if let Err(why) = Template::parse(&format) {
        return exit(64, format!("Error parsing format: {why}"));
    }
    let request = Request::Events { since, until, filters: parsed.filters() };
    let (code, text) =
        cx.end_of(|| Sub::Events(Box::new(Events { request, format, call: None })))?;
    if code == 0 { Ok(()) } else { fail(text) }
}

/// The stream of events under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Events {
    request: Request,
    format: String,
    call: Option<Call>,
}

impl Events {
    pub(crate) fn start(&mut self, io: &mut Io<'_>) -> Option<Got> {
        self.call = Some(io.follow(self.request.clone()));
        None
    }

    pub(crate) fn open_calls(&self) -> Vec<Call> {
        self.call.into_iter().collect()
    }

    pub(crate) fn resume(&mut self, input: &Input, io: &mut Io<'_>) -> Option<Got> {
        if let Input::Item(call, Item::Event(event)) = input {
            if Some(*call) == self.call {
                match text(event, &self.format) {
                    Ok(text) => io.out(text + "\n"),
                    Err(why) => return Some(Got::End(1, why)),
                }
            }
            return None;
        }
        let (call, answer) = answer_of(input)?;
        if Some(call) != self.call {
            return None;
        }
        self.call = None;
        Some(match answer {
            Ok(_) => Got::End(0, String::new()),
            Err(error) => Got::End(1, error_text(&error)),
        })
    }
}

fn text(event: &Event, format: &str) -> Result<String, String> {
    if format.is_empty() {
        let mut text = format!(
            "{} {} {} {}",
            units::rfc3339_nano(event.at),
            event.kind,
            event.action,
            event.actor_id
        );
        if !event.attributes.is_empty() {
            let words: Vec<String> =
                event.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
            text += &format!(" ({})", words.join(", "));
        }
        return Ok(text);
    }
    if matches!(format, "json" | "{{json .}}") {
        return Ok(as_json(event).to_string());
    }
    let template = Template::parse(format)?;
    let root = json!({
        "Type": event.kind, "Action": event.action, "Status": event.action,
        "ID": event.actor_id, "From": event.attributes.get("image"),
        "Actor": { "ID": event.actor_id,
                   "Attributes": crate::format::inspect::labels(&event.attributes) },
        "Scope": event.scope, "Time": units::unix_s(event.at), "TimeNano": nanos(event),
    });
    template.execute(&Data { root: &root, kind: DataKind::Struct("events.Message") })
}

fn nanos(event: &Event) -> i64 {
    let micros = i64::try_from(event.at.0 % 1_000_000).unwrap_or(0);
    units::unix_s(event.at) * 1_000_000_000 + micros * 1000
}

fn as_json(event: &Event) -> Value {
    let mut obj = crate::format::inspect::Obj::new();
    if matches!(event.kind.as_str(), "container" | "image") {
        obj = obj
            .put("status", event.action.clone())
            .put("id", event.actor_id.clone())
            .opt("from", event.attributes.get("image").cloned());
    }
    obj.put("Type", event.kind.clone())
        .put("Action", event.action.clone())
        .put(
            "Actor",
            json!({ "ID": event.actor_id,
            "Attributes": crate::format::inspect::labels(&event.attributes) }),
        )
        .put("scope", event.scope.clone())
        .put("time", units::unix_s(event.at))
        .put("timeNano", nanos(event))
        .done()
}
