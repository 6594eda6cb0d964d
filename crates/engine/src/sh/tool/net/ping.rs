//! `ping`. Texts are those of iputils.

use super::super::files::Args;
use super::super::misc;
use super::super::{Ctx, Event, Flow};
use crate::net::{NetAnswer, NetRequest};
use crate::sh::step::{Answer, Ask};
use api::Timestamp;
use serde::{Deserialize, Serialize};

/// `ping`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ping {
    host: String,
    count: Option<u64>,
    interval_us: u64,
    wait_us: u64,
    quiet: bool,
    sent: u64,
    times: Vec<u64>,
    first: Option<Timestamp>,
    last: Timestamp,
    headed: bool,
    sleeping: bool,
}

impl Ping {
    pub(super) fn resume(&mut self, ctx: &mut Ctx<'_>, event: Event) -> Flow {
        match event {
            Event::Start => {
                let (args, values) = Args::new(&ctx.args(), "ciWwsIt");
                let value = |letter: char| {
                    let found = values.iter().find(|(c, _)| *c == letter);
                    found.map(|(_, v)| v.clone())
                };
                let us = |letter: char| value(letter).and_then(|v| misc::duration_us(&v));
                self.count = value('c').and_then(|n| n.parse().ok());
                self.interval_us = us('i').unwrap_or(1_000_000).max(2_000);
                self.wait_us = us('W').unwrap_or(1_000_000);
                self.quiet = args.has('q', "");
                let Some(host) = args.rest.first() else {
                    ctx.complain("ping: usage error: Destination address required");
                    return Flow::Exit(1);
                };
                self.host = host.clone();
                self.first = Some(ctx.now);
                self.send(ctx)
            }
            Event::Answer(Answer::Net(answer)) => self.answered(ctx, answer),
            // either a pause is over, or an answer did not come in time
            Event::Answer(_) => {
                if self.sleeping {
                    self.sleeping = false;
                    return self.send(ctx);
                }
                if !self.headed {
                    self.header(ctx, &self.host.clone());
                }
                self.after(ctx)
            }
            Event::Interrupt => {
                ctx.print("\n");
                self.statistics(ctx);
                Flow::Exit(i32::from(self.times.is_empty()))
            }
            Event::Stdin(_) | Event::Eof => Flow::Read,
        }
    }

    fn send(&mut self, ctx: &mut Ctx<'_>) -> Flow {
        self.sent += 1;
        self.last = ctx.now;
        let ask = Ask::Net(NetRequest::Ping { host: self.host.clone() });
        let us = if self.headed { self.interval_us } else { self.wait_us.max(5_000_000) };
        Flow::Within { ask, us: if self.count == Some(self.sent) { self.wait_us } else { us } }
    }

    fn header(&mut self, ctx: &mut Ctx<'_>, addr: &str) {
        self.headed = true;
        ctx.print(format!("PING {} ({addr}) 56(84) bytes of data.\n", self.host));
    }

    fn answered(&mut self, ctx: &mut Ctx<'_>, answer: NetAnswer) -> Flow {
        match answer {
            NetAnswer::Reached { addr, name, took_us } => {
                if !self.headed {
                    self.header(ctx, &addr);
                }
                self.times.push(took_us);
                let from = match name {
                    Some(name) => format!("{name} ({addr})"),
                    None if addr == self.host => addr,
                    None => format!("{addr} ({addr})"),
                };
                if !self.quiet {
                    let (seq, time) = (self.sent, ms(took_us));
                    ctx.print(format!(
                        "64 bytes from {from}: icmp_seq={seq} ttl=64 time={time} ms\n"
                    ));
                }
            }
            NetAnswer::UnknownName { .. } => {
                ctx.complain(format!("ping: {}: Name or service not known", self.host));
                return Flow::Exit(2);
            }
            NetAnswer::Unreachable { .. } => {
                ctx.complain("ping: connect: Network is unreachable");
                return Flow::Exit(2);
            }
            NetAnswer::NoAnswer { addr } if !self.headed => {
                let addr = if addr.is_empty() { self.host.clone() } else { addr };
                self.header(ctx, &addr);
            }
            _ => {}
        }
        self.after(ctx)
    }

    fn after(&mut self, ctx: &mut Ctx<'_>) -> Flow {
        if self.count.is_some_and(|count| self.sent >= count) {
            self.statistics(ctx);
            return Flow::Exit(i32::from(self.times.is_empty()));
        }
        let spent = ctx.now.since_us(self.last);
        self.sleeping = true;
        Flow::Ask(Ask::Sleep(self.interval_us.saturating_sub(spent)))
    }

    fn statistics(&self, ctx: &mut Ctx<'_>) {
        let received = self.times.len() as u64;
        let loss = (self.sent - received) * 100 / self.sent.max(1);
        let span = self.first.map_or(0, |first| ctx.now.since_us(first) / 1000);
        ctx.print(format!("\n--- {} ping statistics ---\n", self.host));
        ctx.print(format!(
            "{} packets transmitted, {received} received, {loss}% packet loss, time {span}ms\n",
            self.sent
        ));
        if received == 0 {
            return;
        }
        let (low, high) =
            (self.times.iter().min().unwrap_or(&0), self.times.iter().max().unwrap_or(&0));
        let mean = self.times.iter().sum::<u64>() / received;
        let variance = self.times.iter().map(|t| t.abs_diff(mean).pow(2)).sum::<u64>() / received;
        let part = |us: u64| format!("{}.{:03}", us / 1000, us % 1000);
        ctx.print(format!(
            "rtt min/avg/max/mdev = {}/{}/{}/{} ms\n",
            part(*low),
            part(mean),
            part(*high),
            part(variance.isqrt())
        ));
    }
}

/// Three digits that count, as ping prints them.
fn ms(us: u64) -> String {
    match us {
        0..1_000 => format!("0.{us:03}"),
        1_000..10_000 => format!("{}.{:02}", us / 1000, us % 1000 / 10),
        10_000..100_000 => format!("{}.{}", us / 1000, us % 1000 / 100),
        _ => (us / 1000).to_string(),
    }
}
