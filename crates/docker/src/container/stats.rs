//! `docker container stats`, `docker stats`:
//! display a live stream of container(s) resource usage statistics.
//!
//! Docker: `cli/command/container/stats.go`.

use crate::prelude::*;
use crate::process::{Call, Input, Step};
use crate::script::Got;
use crate::sub::{Io, Sub, answer_of};
use api::{Item, Stats};
use serde::{Deserialize, Serialize};

static FLAGS: &[Flag] = &[
    short('a', "all", Kind::Bool, "Show all containers (default shows just running)"),
    flag("format", Kind::Str, "Pretty-print images using a Go template"),
    flag("no-stream", Kind::Bool, "Disable streaming stats and only pull the first result"),
    flag("no-trunc", Kind::Bool, "Do not truncate output"),
];

pub(crate) const COMMAND: Command = Command {
    path: "container stats",
    usage: "[OPTIONS] [CONTAINER...]",
    short: "Display a live stream of container(s) resource usage statistics",
    args: Args::AtLeast(0),
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

pub(crate) const LEGACY: Command = Command { path: "stats", aliases: &[], ..COMMAND };

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let mut names = parsed.args.clone();
    if names.is_empty() {
        let request = Request::ContainerList {
            all: parsed.bool("all"),
            limit: -1,
            size: false,
            filters: api::Filters::new(),
        };
        let Response::Containers(containers) = cx.ask(request)? else { return confused() };
        names = containers.iter().map(|container| container.id.to_string()).collect();
    }
    let display = Display {
        rows: names.into_iter().map(|name| (name, None, None)).collect(),
        once: parsed.bool("no-stream"),
        full: parsed.bool("no-trunc"),
        format: parsed.str("format").to_owned(),
    };
    let (code, text) = cx.end_of(|| Sub::Top(Box::new(display)))?;
    if code == 0 { Ok(()) } else { fail(text) }
}

/// The table of `docker stats`, drawn anew every half second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Display {
    /// Container, its open stream, its newest sample.
    rows: Vec<(String, Option<Call>, Option<Stats>)>,
    once: bool,
    full: bool,
    format: String,
}

impl Display {
    /// Whether the screen is in use.
    pub(crate) const fn is_screen(&self) -> bool {
        !self.once
    }

    pub(crate) fn start(&mut self, io: &mut Io<'_>) -> Option<Got> {
        let once = self.once;
        for (name, call, _) in &mut self.rows {
            *call = Some(io.follow(Request::ContainerStats { container: name.clone(), once }));
        }
        if once && self.rows.is_empty() {
            return self.end(io);
        }
        if !once {
            io.steps.push(Step::Sleep(500));
        }
        None
    }

    pub(crate) fn open_calls(&self) -> Vec<Call> {
        self.rows.iter().filter_map(|(_, call, _)| *call).collect()
    }

    fn end(&self, io: &mut Io<'_>) -> Option<Got> {
        Some(match self.text() {
            Ok(text) => {
                io.out(text);
                Got::End(0, String::new())
            }
            Err(why) => Got::End(1, why),
        })
    }

    pub(crate) fn resume(&mut self, input: &Input, io: &mut Io<'_>) -> Option<Got> {
        if let Input::Item(call, Item::Stats(stats)) = input {
            if let Some((_, _, slot)) = self.rows.iter_mut().find(|row| row.1 == Some(*call)) {
                *slot = Some((**stats).clone());
            }
            return None;
        }
        if *input == Input::Timer {
            match self.text() {
                Ok(text) if io.env.stdout_tty => {
                    let lines = text.lines().map(str::to_owned).collect();
                    io.steps.push(Step::Screen(Some(lines)));
                }
                Ok(text) => io.out(text),
                Err(why) => return Some(Got::End(1, why)),
            }
            io.steps.push(Step::Sleep(500));
            return None;
        }
        let (call, answer) = answer_of(input)?;
        let row = self.rows.iter_mut().find(|row| row.1 == Some(call))?;
        row.1 = None;
        if let Err(error) = answer {
            return Some(Got::End(1, error_text(&error)));
        }
        if self.once && self.open_calls().is_empty() {
            return self.end(io);
        }
        None
    }

    fn text(&self) -> Result<String, String> {
        let listing = Listing {
            type_name: "*container.statsContext",
            table: "{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t\
                    {{.BlockIO}}\t{{.PIDs}}",
            quiet: "{{.ID}}",
            headers: &[
                ("Container", "CONTAINER"),
                ("ID", "CONTAINER ID"),
                ("Name", "NAME"),
                ("CPUPerc", "CPU %"),
                ("MemUsage", "MEM USAGE / LIMIT"),
                ("MemPerc", "MEM %"),
                ("NetIO", "NET I/O"),
                ("BlockIO", "BLOCK I/O"),
                ("PIDs", "PIDS"),
            ],
            rows: self.rows.iter().map(|(name, _, stats)| row(name, stats, self.full)).collect(),
        };
        listing.render(&self.format, false)
    }
}

fn row(name: &str, stats: &Option<Stats>, full: bool) -> Row {
    let percent = |centi: u64| format!("{}.{:02}%", centi / 100, centi % 100);
    let dashes = "--".to_owned();
    let values = match stats {
        None => [
            name.to_owned(),
            dashes.clone(),
            dashes.clone(),
            "-- / --".into(),
            dashes.clone(),
            dashes.clone(),
            dashes.clone(),
            dashes,
        ],
        Some(s) => {
            let share = (s.memory_bytes * 10_000).checked_div(s.memory_limit_bytes).unwrap_or(0);
            let pair =
                |a: u64, b: u64| format!("{} / {}", units::human_size(a), units::human_size(b));
            [
                if full { s.id.clone() } else { units::short_id(&s.id) },
                s.name.clone(),
                percent(s.cpu_centi_percent),
                format!(
                    "{} / {}",
                    units::bytes_size(s.memory_bytes),
                    units::bytes_size(s.memory_limit_bytes)
                ),
                percent(share),
                pair(s.net_rx_bytes, s.net_tx_bytes),
                pair(s.block_read_bytes, s.block_write_bytes),
                s.pids.to_string(),
            ]
        }
    };
    let fields = ["ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"];
    let mut row: Row = fields.into_iter().zip(values.map(serde_json::Value::from)).collect();
    row.insert("Container", name.into());
    row
}
