//! The lines of a pull: one a layer, redrawn on a terminal (`pkg/jsonmessage`).

use crate::format::units;
use crate::process::{Call, Input, Step};
use crate::script::{Got, error_text};
use crate::sub::{Io, answer_of};
use api::{Item, PullItem, Request};
use serde::{Deserialize, Serialize};

/// A pull under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pull {
    image: String,
    all_tags: bool,
    /// Nothing but the end is told.
    quiet: bool,
    /// `docker run` tells on stderr what `docker pull` tells on stdout.
    to_stderr: bool,
    call: Option<Call>,
    /// Layer → its line.
    layers: Vec<(String, String)>,
}

impl Pull {
    pub(crate) fn new(image: &str, all_tags: bool, quiet: bool, to_stderr: bool) -> Self {
        Self { image: image.to_owned(), all_tags, quiet, to_stderr, call: None, layers: Vec::new() }
    }

    pub(crate) fn start(&mut self, io: &mut Io<'_>) -> Option<Got> {
        let request = Request::ImagePull { image: self.image.clone(), all_tags: self.all_tags };
        self.call = Some(io.follow(request));
        None
    }

    pub(crate) fn open_calls(&self) -> Vec<Call> {
        self.call.into_iter().collect()
    }

    pub(crate) fn resume(&mut self, input: &Input, io: &mut Io<'_>) -> Option<Got> {
        if let Input::Item(call, Item::Pull(item)) = input {
            if Some(*call) == self.call && !self.quiet {
                self.show(item, io);
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

    fn tell(&self, text: String, io: &mut Io<'_>) {
        if self.to_stderr { io.err(text) } else { io.out(text) }
    }

    fn show(&mut self, item: &PullItem, io: &mut Io<'_>) {
        let terminal = if self.to_stderr { io.env.stderr_tty } else { io.env.stdout_tty };
        match item {
            PullItem::Line(line) => {
                self.layers.clear();
                self.tell(format!("{line}\n"), io);
            }
            PullItem::Layer { id, status, current, total } => {
                let bar = bar(*current, *total, io.env.columns);
                if !terminal {
                    // the bar's steps are not for pipes
                    if bar.is_empty() {
                        self.tell(format!("{id}: {status}\n"), io);
                    }
                    return;
                }
                let line = format!("{id}: {status} {bar}");
                match self.layers.iter_mut().find(|(layer, _)| layer == id) {
                    Some((_, old)) => *old = line,
                    None => self.layers.push((id.clone(), line)),
                }
                let lines = self.layers.iter().map(|(_, line)| line.clone()).collect();
                io.steps.push(Step::Redraw(lines));
            }
        }
    }
}

/// `[====>    ]  1.2MB/3.4MB`.
fn bar(current: u64, total: u64, columns: u32) -> String {
    if current == 0 && total == 0 {
        return String::new();
    }
    let now = units::human_size_4(current);
    if total == 0 {
        return format!("{now:>8}");
    }
    let filled = usize::try_from((current * 100 / total / 2).min(50)).unwrap_or(50);
    let numbers = if current > total {
        format!("{now:>8}")
    } else {
        format!("{now:>8}/{}", units::human_size_4(total))
    };
    if columns > 110 {
        format!("[{}>{}] {numbers}", "=".repeat(filled), " ".repeat(50 - filled))
    } else {
        numbers
    }
}
