//! Tools that use the network: `curl`, `wget`, `ping`, `nslookup`, `nc`, `ip` …

mod fetch;
mod names;
mod ping;

use super::{Ctx, Event, Flow};
use crate::sh::step::{Answer, Ask, Facts, Interface};
use fetch::Fetch;
use names::{connect, lookup};
use ping::Ping;
use serde::{Deserialize, Serialize};

/// One of these tools under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Net {
    Fetch(Box<Fetch>),
    Ping(Box<Ping>),
    Lookup,
    Connect,
    /// `ip`, `ifconfig`, `ss`: told by the place's facts.
    Facts,
}

impl Net {
    pub(crate) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "curl" | "wget" => Self::Fetch(Box::default()),
            "ping" => Self::Ping(Box::default()),
            "nslookup" | "dig" | "host" | "getent" => Self::Lookup,
            "nc" | "ncat" | "telnet" => Self::Connect,
            "ip" | "ifconfig" | "ss" | "netstat" => Self::Facts,
            _ => return None,
        })
    }

    pub(crate) fn resume(&mut self, ctx: &mut Ctx<'_>, event: Event) -> Flow {
        match (self, event) {
            (Self::Ping(ping), event) => ping.resume(ctx, event),
            (_, Event::Interrupt) => Flow::Exit(130),
            (Self::Fetch(fetch), event) => fetch.resume(ctx, event),
            (Self::Lookup, event) => lookup(ctx, event),
            (Self::Connect, event) => connect(ctx, event),
            (Self::Facts, Event::Answer(Answer::Facts(facts))) => tell(ctx, &facts),
            (Self::Facts, _) => Flow::Ask(Ask::Facts),
        }
    }
}

fn tell(ctx: &mut Ctx<'_>, facts: &Facts) -> Flow {
    match ctx.name() {
        "ip" => ip(ctx, facts),
        "ifconfig" => {
            let words = ctx.args();
            for i in facts.interfaces.iter().filter(|i| words.first().is_none_or(|w| *w == i.name))
            {
                ctx.print(ifconfig(i));
            }
            Flow::Exit(0)
        }
        _ => {
            ctx.print("State  Recv-Q Send-Q Local Address:Port Peer Address:Port\n");
            for port in &facts.listening {
                ctx.print(format!("LISTEN 0      4096               *:{port:<11} *:*\n"));
            }
            Flow::Exit(0)
        }
    }
}

fn ifconfig(i: &Interface) -> String {
    let addr = i.cidr.split('/').next().unwrap_or("");
    let kind = if i.name == "lo" { "Local Loopback" } else { "Ethernet  HWaddr " };
    let mac = if i.name == "lo" { "" } else { i.mac.as_str() };
    format!(
        "{:<9} Link encap:{kind}{}\n          inet addr:{addr}\n          {}RUNNING  MTU:1500  \
            Metric:1\n\n",
        i.name,
        mac.to_uppercase(),
        if i.up { "UP " } else { "" }
    )
}

fn ip(ctx: &mut Ctx<'_>, facts: &Facts) -> Flow {
    let words = ctx.args();
    let flags: Vec<&str> =
        words.iter().filter(|w| w.starts_with('-')).map(String::as_str).collect();
    let rest: Vec<&str> =
        words.iter().filter(|w| !w.starts_with('-')).map(String::as_str).collect();
    let one_line = flags.iter().any(|f| matches!(*f, "-o" | "-oneline"));
    let brief = flags.iter().any(|f| matches!(*f, "-br" | "-brief"));
    let object = rest.first().copied().unwrap_or("");
    if !object.is_empty() && "address".starts_with(object) {
        let device = rest
            .iter()
            .skip(1)
            .find(|w| !matches!(**w, "show" | "s" | "sh" | "list" | "ls" | "dev"));
        if let Some(device) = device
            && !facts.interfaces.iter().any(|i| i.name == **device)
        {
            ctx.complain(format!("Device \"{device}\" does not exist."));
            return Flow::Exit(1);
        }
        for i in facts.interfaces.iter().filter(|i| device.is_none_or(|d| i.name == *d)) {
            let scope = if i.name == "lo" { "host" } else { "global" };
            let broadcast = if i.broadcast.is_empty() {
                String::new()
            } else {
                format!(" brd {}", i.broadcast)
            };
            let line = format!("inet {}{broadcast} scope {scope} {}", i.cidr, i.name);
            if brief {
                let state = if i.name == "lo" {
                    "UNKNOWN"
                } else if i.up {
                    "UP"
                } else {
                    "DOWN"
                };
                ctx.print(format!("{:<16} {state:<14} {} \n", i.name, i.cidr));
            } else if one_line {
                ctx.print(format!(
                    "{}: {}    {line}\\       valid_lft forever preferred_lft forever\n",
                    i.index, i.name
                ));
            } else {
                ctx.print(link(i));
                ctx.print(format!("    {line}\n       valid_lft forever preferred_lft forever\n"));
            }
        }
        return Flow::Exit(0);
    }
    if !object.is_empty() && "link".starts_with(object) {
        for i in &facts.interfaces {
            ctx.print(link(i));
        }
        return Flow::Exit(0);
    }
    if !object.is_empty() && "route".starts_with(object) {
        if let Some((via, device)) = &facts.default_route {
            ctx.print(format!("default via {via} dev {device} \n"));
        }
        for i in facts.interfaces.iter().filter(|i| i.name != "lo") {
            let addr = i.cidr.split('/').next().unwrap_or("");
            ctx.print(format!(
                "{} dev {} proto kernel scope link src {addr} \n",
                network(&i.cidr),
                i.name
            ));
        }
        return Flow::Exit(0);
    }
    if object.is_empty() {
        ctx.complain("Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }");
        return Flow::Exit(255);
    }
    ctx.complain(format!("Object \"{object}\" is unknown, try \"ip help\"."));
    Flow::Exit(1)
}

fn link(i: &Interface) -> String {
    let (flags, state) = match (i.name.as_str(), i.up) {
        ("lo", _) => ("LOOPBACK,UP,LOWER_UP", "UNKNOWN"),
        (_, true) => ("BROADCAST,MULTICAST,UP,LOWER_UP", "UP"),
        (_, false) => ("NO-CARRIER,BROADCAST,MULTICAST,UP", "DOWN"),
    };
    let (mtu, kind, mac, broadcast) = if i.name == "lo" {
        (65_536, "loopback", "00:00:00:00:00:00", "00:00:00:00:00:00")
    } else {
        (1_500, "ether", i.mac.as_str(), "ff:ff:ff:ff:ff:ff")
    };
    format!(
        "{}: {}: <{flags}> mtu {mtu} qdisc noqueue state {state} group default qlen 1000\n    \
         link/{kind} {mac} brd {broadcast}\n",
        i.index, i.name
    )
}

/// `192.168.0.0/24` of `192.168.0.13/24`.
fn network(cidr: &str) -> String {
    let (addr, length) = cidr.split_once('/').unwrap_or((cidr, "32"));
    let number =
        addr.split('.').fold(0_u32, |n, part| n << 8 | u32::from(part.parse::<u8>().unwrap_or(0)));
    let bits = length.parse::<u32>().unwrap_or(32).min(32);
    let mask = if bits == 0 { 0 } else { u32::MAX << (32 - bits) };
    let [a, b, c, d] = (number & mask).to_be_bytes();
    format!("{a}.{b}.{c}.{d}/{bits}")
}
