//! The one file that speaks with the lab: daemons, files, the network as a machine sees it.

use api::{LocalNodeState, Request};
pub use lab::{
    Answer, CallId, Fault, FaultError, HttpOutcome, HttpReply, Lab, LabConfig, Machine,
    MachineConfig, Origin, RequestId, View, sh,
};
use lab::{MachineView, sh::Facts, sh::Interface};

/// The engine's words for the network.
pub(crate) type NetRequest = sh::NetRequest;
/// The engine's words for the network.
pub(crate) type NetAnswer = sh::NetAnswer;

/// The name server of the machines.
const SERVER: &str = "192.168.0.1";
/// Seconds a kernel tries to connect before it gives up (Linux: 6 retries of SYN).
const GIVE_UP_US: u64 = 130_000_000;

/// How a question to the network goes on.
pub(crate) enum Way {
    /// The answer, after so many microseconds.
    After(u64, NetAnswer),
    /// A web request is under way.
    Request(RequestId),
}

/// A machine's name.
pub(crate) fn name_of(lab: &Lab, machine: Machine) -> String {
    lab.machines().find(|(m, _)| *m == machine).map(|(_, n)| n.to_owned()).unwrap_or_default()
}

pub(crate) fn view_of(lab: &Lab, machine: Machine) -> Option<&MachineView> {
    lab.view().machines.get(machine.0 as usize).map(share::Rc::as_ref)
}

/// Whether the machine has power.
pub(crate) fn is_on(lab: &Lab, machine: Machine) -> bool {
    view_of(lab, machine).is_some_and(|m| m.powered)
}

/// Whether it has power and does not stand still.
pub(crate) fn is_awake(lab: &Lab, machine: Machine) -> bool {
    view_of(lab, machine).is_some_and(|m| m.powered && !m.frozen)
}

/// Whether dockerd runs on it.
pub(crate) fn daemon_runs(lab: &Lab, machine: Machine) -> bool {
    lab.daemon_answers(machine)
}

pub(crate) fn address_of(lab: &Lab, machine: Machine) -> String {
    view_of(lab, machine).map(|m| m.ip.clone()).unwrap_or_default()
}

/// Microseconds there and back between two machines, if packets pass.
pub(crate) fn round_trip_us(lab: &Lab, from: Machine, to: Machine) -> Option<u64> {
    let (a, b) = (view_of(lab, from)?, view_of(lab, to)?);
    if from == to {
        return Some(52);
    }
    let passes =
        a.link.plugged && b.link.plugged && a.link.part == b.link.part && b.powered && !b.frozen;
    passes.then(|| 412 + 2_000 * (a.link.slow_ms + b.link.slow_ms))
}

/// The machine a name or address means to programs on `from`.
fn resolve(lab: &Lab, from: Machine, host: &str) -> Option<Machine> {
    match host {
        "localhost" | "127.0.0.1" | "0.0.0.0" => Some(from),
        _ => lab.resolve(host),
    }
}

fn looks_like_address(host: &str) -> bool {
    host.split('.').count() == 4 && host.split('.').all(|p| p.parse::<u8>().is_ok())
}

/// Asks the network on behalf of a program on a machine.
pub(crate) fn ask_net(lab: &mut Lab, from: Machine, request: &NetRequest) -> Way {
    let unknown = || NetAnswer::UnknownName { server: SERVER.into() };
    match request {
        NetRequest::Http { host, port, request } => {
            Way::Request(lab.request(Origin::Machine(from), host, *port, &request.path))
        }
        NetRequest::Connect { host, port } => {
            Way::Request(lab.request(Origin::Machine(from), host, *port, "/"))
        }
        NetRequest::Dns { name } => match resolve(lab, from, name) {
            Some(machine) => {
                let addr = if name == "localhost" {
                    "127.0.0.1".to_owned()
                } else {
                    address_of(lab, machine)
                };
                Way::After(500, NetAnswer::Addresses { addrs: vec![addr], server: SERVER.into() })
            }
            None => Way::After(500, unknown()),
        },
        NetRequest::Reverse { addr } => match lab.resolve(addr) {
            Some(machine) => {
                let name = name_of(lab, machine);
                Way::After(500, NetAnswer::Name { name, server: SERVER.into() })
            }
            None => Way::After(500, unknown()),
        },
        NetRequest::Ping { host } => {
            let Some(target) = resolve(lab, from, host) else {
                if looks_like_address(host) {
                    return Way::After(GIVE_UP_US, NetAnswer::NoAnswer { addr: host.clone() });
                }
                return Way::After(500, unknown());
            };
            let addr = match host.as_str() {
                "localhost" => "127.0.0.1".to_owned(),
                host if looks_like_address(host) => host.to_owned(),
                _ => address_of(lab, target),
            };
            match round_trip_us(lab, from, target) {
                Some(took_us) => {
                    Way::After(took_us, NetAnswer::Reached { addr, name: None, took_us })
                }
                None => Way::After(GIVE_UP_US, NetAnswer::NoAnswer { addr }),
            }
        }
    }
}

/// A web request's end in the words of the tools.
pub(crate) fn net_answer(reply: &HttpReply, connect_only: bool) -> NetAnswer {
    let addr = if reply.address.is_empty() { reply.host.clone() } else { reply.address.clone() };
    match &reply.outcome {
        HttpOutcome::Ok { .. } | HttpOutcome::Empty if connect_only => {
            NetAnswer::Reached { addr, name: None, took_us: reply.took_us }
        }
        HttpOutcome::Ok { status, body, .. } => NetAnswer::Http {
            addr,
            response: sh::HttpResponse {
                status: *status,
                content_type: "text/html; charset=utf-8".into(),
                server: String::new(),
                body: body.clone(),
            },
            took_us: reply.took_us,
        },
        HttpOutcome::Refused => NetAnswer::Refused { addr },
        HttpOutcome::NoAnswer => NetAnswer::NoAnswer { addr },
        HttpOutcome::Empty => NetAnswer::EmptyReply { addr },
        HttpOutcome::UnknownHost => NetAnswer::UnknownName { server: SERVER.into() },
        HttpOutcome::Unreachable => NetAnswer::Unreachable { addr },
    }
}

/// Who and where a machine is.
pub(crate) fn facts(lab: &Lab, machine: Machine) -> Facts {
    let Some(view) = view_of(lab, machine) else { return Facts::default() };
    let mut interfaces = vec![interface("lo", "127.0.0.1/8", "", machine)];
    for (name, address) in &view.addresses {
        if matches!(name.as_str(), "lo" | "docker0" | "docker_gwbridge") {
            continue;
        }
        let length = if name == "eth0" { 24 } else { 16 };
        let cidr =
            if address.contains('/') { address.clone() } else { format!("{address}/{length}") };
        let mut card = interface(name, &cidr, "", machine);
        card.up = view.link.plugged || name != "eth0";
        interfaces.push(card);
    }
    interfaces.push(interface("docker0", "172.17.0.1/16", "172.17.255.255", machine));
    if view.swarm == LocalNodeState::Active {
        // eth1 holds 172.18.0.0/16, so dockerd takes the next default network
        interfaces.push(interface("docker_gwbridge", "172.19.0.1/16", "172.19.255.255", machine));
    }
    for (index, card) in (1..).zip(&mut interfaces) {
        card.index = index;
    }
    let mut processes = vec![(1, "root".to_owned(), "/sbin/init".to_owned())];
    if view.daemon {
        processes.push((DOCKERD_PID, "root".into(), "dockerd".into()));
        processes.push((DOCKERD_PID + 9, "root".into(), "containerd".into()));
    }
    Facts {
        hostname: view.name.clone(),
        interfaces,
        default_route: Some(("192.168.0.1".into(), "eth0".into())),
        uptime_us: lab.now().0,
        processes,
        memory: (25_276_502_016, 1_900_000_000),
        cpus: 2,
        listening: view.ports.iter().map(|p| p.port).collect(),
    }
}

/// The process id of dockerd on every machine.
pub(crate) const DOCKERD_PID: u32 = 312;

fn interface(name: &str, cidr: &str, broadcast: &str, machine: Machine) -> Interface {
    let last = u8::try_from((machine.0 + 13) % 256).unwrap_or(0);
    let third = u8::try_from(name.len()).unwrap_or(0);
    Interface {
        name: name.into(),
        index: 0,
        cidr: cidr.into(),
        broadcast: broadcast.into(),
        mac: format!("02:42:c0:a8:{third:02x}:{last:02x}"),
        up: true,
    }
}

/// Asks a machine's daemon for a program on `from`: its own socket, or another machine's over
/// the network.
pub(crate) fn call(lab: &mut Lab, from: Machine, to: Machine, request: Request) -> Option<CallId> {
    if from != to && round_trip_us(lab, from, to).is_none() {
        return None;
    }
    Some(lab.call(to, request))
}
