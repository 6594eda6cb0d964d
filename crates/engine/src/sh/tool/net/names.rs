//! `nslookup`, `getent`, `dig`, `host`, and `nc`: one question to the network each.

use super::super::files::Args;
use super::super::misc;
use super::super::{Ctx, Event, Flow};
use crate::net::{NetAnswer, NetRequest};
use crate::sh::step::{Answer, Ask};

/// `nslookup`, `dig`, `host`, `getent`.
pub(super) fn lookup(ctx: &mut Ctx<'_>, event: Event) -> Flow {
    let words: Vec<String> =
        ctx.args().into_iter().filter(|w| !w.starts_with(['-', '+', '@'])).collect();
    let getent = ctx.name() == "getent";
    let name = if getent { words.get(1) } else { words.first() };
    let Some(name) = name.cloned() else {
        let usage = format!("Usage: {} [HOST]", ctx.name());
        ctx.complain(usage);
        return Flow::Exit(1);
    };
    let is_address =
        name.split('.').count() == 4 && name.chars().all(|c| c.is_ascii_digit() || c == '.');
    match event {
        Event::Answer(Answer::Net(answer)) => match ctx.name() {
            "getent" => getent_tell(ctx, &name, words.first().map_or("", String::as_str), answer),
            "dig" => dig_tell(ctx, &name, answer),
            "host" => host_tell(ctx, &name, answer),
            _ => nslookup_tell(ctx, &name, answer),
        },
        _ if is_address && !getent => Flow::Ask(Ask::Net(NetRequest::Reverse { addr: name })),
        _ => Flow::Ask(Ask::Net(NetRequest::Dns { name })),
    }
}

fn nslookup_tell(ctx: &mut Ctx<'_>, name: &str, answer: NetAnswer) -> Flow {
    let server = match &answer {
        NetAnswer::Addresses { server, .. }
        | NetAnswer::Name { server, .. }
        | NetAnswer::UnknownName { server } => server.clone(),
        _ => {
            ctx.print(";; connection timed out; no servers could be reached\n\n");
            return Flow::Exit(1);
        }
    };
    ctx.print(format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n"));
    match answer {
        NetAnswer::Addresses { addrs, .. } => {
            ctx.print("Non-authoritative answer:\n");
            for addr in addrs {
                ctx.print(format!("Name:\t{name}\nAddress: {addr}\n"));
            }
            ctx.print("\nNon-authoritative answer:\n\n");
            Flow::Exit(0)
        }
        NetAnswer::Name { name: found, .. } => {
            let mut parts: Vec<&str> = name.split('.').collect();
            parts.reverse();
            let zone = parts.join(".");
            ctx.print(format!(
                "Non-authoritative answer:\n{zone}.in-addr.arpa\tname = {found}\n\n"
            ));
            Flow::Exit(0)
        }
        _ => {
            ctx.print(format!(
                "** server can't find {name}: NXDOMAIN\n\n** server can't find {name}: NXDOMAIN\n\n"
            ));
            Flow::Exit(1)
        }
    }
}

fn getent_tell(ctx: &mut Ctx<'_>, name: &str, base: &str, answer: NetAnswer) -> Flow {
    let NetAnswer::Addresses { addrs, .. } = answer else { return Flow::Exit(2) };
    for (k, addr) in addrs.iter().enumerate() {
        if base.starts_with("ahosts") {
            let label = if k == 0 { format!("STREAM {name}") } else { "STREAM".into() };
            ctx.print(format!("{addr:<15} {label}\n{addr:<15} DGRAM\n{addr:<15} RAW\n"));
        } else {
            ctx.print(format!("{addr:<15} {name}\n"));
        }
    }
    Flow::Exit(0)
}

fn dig_tell(ctx: &mut Ctx<'_>, name: &str, answer: NetAnswer) -> Flow {
    let short = ctx.words.iter().any(|w| w == "+short");
    let addrs = match answer {
        NetAnswer::Addresses { addrs, .. } => addrs,
        NetAnswer::Name { name, .. } => vec![format!("{name}.")],
        NetAnswer::UnknownName { .. } => Vec::new(),
        _ => {
            ctx.print(";; connection timed out; no servers could be reached\n");
            return Flow::Exit(9);
        }
    };
    if short {
        for addr in addrs {
            ctx.print(format!("{addr}\n"));
        }
        return Flow::Exit(0);
    }
    let status = if addrs.is_empty() { "NXDOMAIN" } else { "NOERROR" };
    ctx.print(format!(
        ";; ->>HEADER<<- opcode: QUERY, status: {status}\n\n;; QUESTION \
            SECTION:\n;{name}.\t\t\tIN\tA\n"
    ));
    if !addrs.is_empty() {
        ctx.print("\n;; ANSWER SECTION:\n");
        for addr in addrs {
            ctx.print(format!("{name}.\t\t600\tIN\tA\t{addr}\n"));
        }
    }
    Flow::Exit(0)
}

fn host_tell(ctx: &mut Ctx<'_>, name: &str, answer: NetAnswer) -> Flow {
    match answer {
        NetAnswer::Addresses { addrs, .. } => {
            for addr in addrs {
                ctx.print(format!("{name} has address {addr}\n"));
            }
            Flow::Exit(0)
        }
        NetAnswer::Name { name: found, .. } => {
            ctx.print(format!("{name} domain name pointer {found}.\n"));
            Flow::Exit(0)
        }
        NetAnswer::UnknownName { .. } => {
            ctx.print(format!("Host {name} not found: 3(NXDOMAIN)\n"));
            Flow::Exit(1)
        }
        _ => {
            ctx.print(";; connection timed out; no servers could be reached\n");
            Flow::Exit(1)
        }
    }
}

/// `nc`: does something listen there?
pub(super) fn connect(ctx: &mut Ctx<'_>, event: Event) -> Flow {
    let (args, values) = Args::new(&ctx.args(), "wip");
    let (Some(host), Some(port)) =
        (args.rest.first(), args.rest.get(1).and_then(|p| p.parse::<u16>().ok()))
    else {
        let name = ctx.name().to_owned();
        ctx.complain(format!("usage: {name} [-vz] [-w timeout] [destination] [port]"));
        return Flow::Exit(1);
    };
    let verbose = args.has('v', "");
    match event {
        Event::Start => {
            let ask = Ask::Net(NetRequest::Connect { host: host.clone(), port });
            let limit = values.iter().find(|(c, _)| *c == 'w');
            match limit.and_then(|(_, v)| misc::duration_us(v)) {
                Some(us) => Flow::Within { ask, us },
                None => Flow::Ask(ask),
            }
        }
        Event::Answer(Answer::Net(answer)) => {
            let (addr, outcome) = match answer {
                NetAnswer::Reached { addr, .. } => {
                    if verbose {
                        ctx.complain(format!(
                            "Connection to {host} ({addr}) {port} port [tcp/*] succeeded!"
                        ));
                    }
                    return Flow::Exit(0);
                }
                NetAnswer::Refused { addr } => (addr, "Connection refused"),
                NetAnswer::Unreachable { addr } => (addr, "Network is unreachable"),
                NetAnswer::UnknownName { .. } => {
                    ctx.complain(format!(
                        "nc: getaddrinfo for host \"{host}\" port {port}: Name or service not known"
                    ));
                    return Flow::Exit(1);
                }
                NetAnswer::NoAnswer { addr } | NetAnswer::EmptyReply { addr } => {
                    (addr, "Connection timed out")
                }
                _ => (String::new(), "Connection refused"),
            };
            if verbose {
                ctx.complain(format!(
                    "nc: connect to {host} ({addr}) port {port} (tcp) failed: {outcome}"
                ));
            }
            Flow::Exit(1)
        }
        _ => {
            if verbose {
                ctx.complain(format!(
                    "nc: connect to {host} port {port} (tcp) timed out: Operation now in progress"
                ));
            }
            Flow::Exit(1)
        }
    }
}
