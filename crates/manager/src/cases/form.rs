//! What may stand in a case. A word that is not here is an error that names it: nobody plays a
//! case while looking away from a part of it.

use super::{list, text};
use serde_json::Value;

/// What a value may be.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Whole,
    Number,
    Flag,
    /// One of these texts.
    Word(&'static [&'static str]),
    /// A list of values of one kind.
    List(&'static Kind),
    /// Free names, values of one kind.
    Map(&'static Kind),
    /// These fields and no other.
    Fields(&'static [Field]),
    Either(&'static Kind, &'static Kind),
}

type Field = (&'static str, Kind);

use Kind::{Either, Fields, Flag, List, Map, Number, Text, Whole, Word};

const TEXTS: Kind = List(&Text);
const LABELS: Kind = Map(&Text);
const GENERIC: Kind = Map(&Either(&Whole, &TEXTS));
const STATE: Kind = Word(&[
    "new",
    "pending",
    "assigned",
    "accepted",
    "preparing",
    "ready",
    "starting",
    "running",
    "complete",
    "shutdown",
    "failed",
    "rejected",
    "remove",
    "orphaned",
]);
const NODE_STATE: Kind = Word(&["ready", "down", "unknown", "disconnected"]);
const AVAILABILITY: Kind = Word(&["active", "pause", "drain"]);
const ROLE: Kind = Word(&["worker", "manager"]);
const PROTO: Kind = Word(&["tcp", "udp", "sctp"]);

const NODE: &[Field] = &[
    ("id", Text),
    ("state", NODE_STATE),
    ("availability", AVAILABILITY),
    ("role", ROLE),
    ("hostname", Text),
    ("addr", Text),
    ("labels", LABELS),
    ("engine_labels", LABELS),
    ("platform", Fields(&[("arch", Text), ("os", Text)])),
    ("nano_cpus", Whole),
    ("memory_bytes", Whole),
    ("generic", GENERIC),
    ("plugins", List(&TEXTS)),
    ("description", Flag),
];
const RESERVE: Kind =
    Fields(&[("nano_cpus", Whole), ("memory_bytes", Whole), ("generic", GENERIC)]);
const TASK: &[Field] = &[
    ("id", Text),
    ("service", Text),
    ("slot", Whole),
    ("node", Text),
    ("state", STATE),
    ("desired", STATE),
    ("spec_version", Whole),
    ("reserve", RESERVE),
    ("constraints", TEXTS),
    ("prefs", TEXTS),
    ("platforms", List(&TEXTS)),
    ("host_ports", List(&Fields(&[("port", Whole), ("proto", PROTO)]))),
    ("max_replicas", Whole),
    ("networks", TEXTS),
    ("volumes", TEXTS),
    ("log_driver", Text),
    ("image", Text),
];
const UPDATE: Kind = Fields(&[
    ("parallelism", Whole),
    ("delay_ms", Whole),
    ("monitor_ms", Whole),
    ("failure_action", Word(&["pause", "continue", "rollback"])),
    ("ratio", Number),
    ("order", Word(&["stop-first", "start-first"])),
]);
const RESTART: Kind = Fields(&[
    ("condition", Word(&["none", "on-failure", "any"])),
    ("delay_ms", Whole),
    ("max_attempts", Whole),
    ("window_ms", Whole),
]);
const MODE: Kind = Word(&["none", "replicated", "global", "replicated-job", "global-job"]);
const SERVICE: &[Field] = &[
    ("id", Text),
    ("name", Text),
    ("mode", MODE),
    ("replicas", Whole),
    ("max_concurrent", Whole),
    ("total", Whole),
    ("image", Text),
    ("restart", RESTART),
    ("update", UPDATE),
    ("rollback", UPDATE),
    ("constraints", TEXTS),
    ("reserve", RESERVE),
    ("max_replicas", Whole),
    ("spec_version", Whole),
];
/// A service as the API takes it.
const API_SERVICE: &[Field] = &[
    ("name", Text),
    ("image", Text),
    ("mode", MODE),
    ("replicas", Whole),
    ("max_concurrent", Whole),
    ("total", Whole),
    ("restart_condition", Word(&["none", "on-failure", "any"])),
    ("restart_delay_ms", Whole),
    ("restart_max_attempts", Whole),
    ("restart_window_ms", Whole),
    ("update", UPDATE),
    ("rollback", UPDATE),
    ("constraints", TEXTS),
    ("reserve", RESERVE),
    ("limits", RESERVE),
    ("max_replicas", Whole),
    ("endpoint_mode", Word(&["vip", "dnsrr"])),
    ("ports", List(&List(&Either(&Whole, &Text)))),
    ("networks", TEXTS),
    ("secrets", List(&TEXTS)),
    ("configs", List(&TEXTS)),
    ("mounts", TEXTS),
];
const NODES: Kind = List(&Fields(NODE));
const TASKS: Kind = List(&Fields(TASK));
const SERVICES: Kind = List(&Either(&Text, &Fields(SERVICE)));
const NOTHING: &[Field] = &[];
const NAMED: &[Field] = &[("id", Text), ("name", Text)];
const OF_NODE: &[Field] = &[("node", Text)];
const OF_TASK: &[Field] = &[("task", Text)];
const OF_SERVICE: &[Field] = &[("service", Text)];
const OF_MANAGER: &[Field] = &[("manager", Text)];
const ID: &[Field] = &[("id", Text)];
const SIZED: &[Field] = &[("name", Text), ("size", Whole)];
const FORCE: &[Field] = &[("id", Text), ("force", Flag)];
const SET: &[Field] = &[
    ("image", Text),
    ("name", Text),
    ("replicas", Whole),
    ("mode", MODE),
    ("max_concurrent", Whole),
    ("total", Whole),
    ("ports", List(&List(&Either(&Whole, &Text)))),
    ("networks", TEXTS),
    ("constraints", TEXTS),
];

/// What stands at the beginning of a case of an area.
fn given(area: &str) -> Option<&'static [Field]> {
    Some(match area {
        "constraint-parse" | "constraint-match" => &[("nodes", NODES), ("constraints", TEXTS)],
        "schedule" => &[("nodes", NODES), ("services", SERVICES), ("tasks", TASKS)],
        "orchestrator" => &[
            ("task_history_limit", Whole),
            ("agent", Word(&["none", "auto"])),
            ("nodes", NODES),
            ("services", SERVICES),
            ("tasks", TASKS),
        ],
        "api" => &[("nodes", NODES), ("services", SERVICES), ("tasks", TASKS)],
        "quorum" => &[
            ("managers", TEXTS),
            ("reachable", TEXTS),
            ("asked", Text),
            ("leader", Text),
            ("objects", TEXTS),
        ],
        "daemon-messages" => &[
            ("role", Word(&["manager", "worker", "none"])),
            ("reachable", Whole),
            ("unreachable", Whole),
            ("locked", Flag),
        ],
        "node-status" => &[("nodes", NODES), ("heartbeat_s", Whole)],
        _ => return None,
    })
}

/// What a step carries beside `do` and `expect`.
fn step(area: &str, verb: &str) -> Option<&'static [Field]> {
    match area {
        "constraint-parse" => (verb == "parse").then_some(NOTHING),
        "constraint-match" => (verb == "match").then_some(NOTHING),
        "schedule" => schedule(verb),
        "orchestrator" => orchestrator(verb),
        "api" => api(verb),
        "quorum" => quorum(verb),
        "daemon-messages" => daemon(verb),
        "node-status" => node_status(verb),
        _ => None,
    }
}

fn schedule(verb: &str) -> Option<&'static [Field]> {
    Some(match verb {
        "schedule" => NOTHING,
        "add_tasks" => &[("tasks", TASKS)],
        "add_node" | "update_node" => &[("node", Fields(NODE))],
        "set_state" => &[("task", Text), ("state", STATE)],
        "set_desired" => &[("task", Text), ("desired", STATE), ("state", STATE)],
        "delete_task" => OF_TASK,
        "delete_service" => OF_SERVICE,
        "bump_service" => &[("service", Text), ("spec_version", Whole)],
        "advance_seconds" => &[("seconds", Whole)],
        _ => return None,
    })
}

fn orchestrator(verb: &str) -> Option<&'static [Field]> {
    const PARTS: &[&str] =
        &["replicated", "global", "jobs", "orchestrators", "orchestrator", "reaper", "enforcer"];
    Some(match verb {
        "start" => &[("only", List(&Word(PARTS)))],
        "scale" => &[("service", Text), ("replicas", Whole)],
        "update_service" => &[
            ("service", Text),
            ("image", Text),
            ("constraints", TEXTS),
            ("spec_version", Whole),
            ("api", Flag),
        ],
        "delete_service" | "delete_live" | "fail_live" | "complete_live" => OF_SERVICE,
        "set_live" => &[("service", Text), ("state", STATE)],
        "create_task" => &[("task", Fields(TASK))],
        "delete_task" => OF_TASK,
        "set_task" => &[("task", Text), ("state", STATE)],
        "set_node" => &[
            ("node", Text),
            ("state", NODE_STATE),
            ("availability", AVAILABILITY),
            ("role", ROLE),
            ("hostname", Text),
            ("addr", Text),
            ("labels", LABELS),
            ("engine_labels", LABELS),
            ("platform", Fields(&[("arch", Text), ("os", Text)])),
            ("nano_cpus", Whole),
            ("memory_bytes", Whole),
            ("generic", GENERIC),
            ("plugins", List(&TEXTS)),
        ],
        "add_node" => &[("node", Fields(NODE))],
        "delete_node" => OF_NODE,
        "wait_ms" => &[("ms", Whole)],
        _ => return None,
    })
}

fn api(verb: &str) -> Option<&'static [Field]> {
    Some(match verb {
        "create_service" => API_SERVICE,
        "update_service" => {
            &[("service", Text), ("set", Fields(SET)), ("rollback", Flag), ("version", Whole)]
        }
        "remove_service" => OF_SERVICE,
        "update_service_id" | "remove_service_id" | "get_service_id" => ID,
        "create_node" => NODE,
        "create_task" => TASK,
        "create_secret" | "create_config" | "create_network" => NAMED,
        "api_create_secret" | "api_create_config" => SIZED,
        "api_create_network" => &[
            ("name", Text),
            ("driver", Text),
            ("ingress", Flag),
            ("attachable", Flag),
            ("labels", LABELS),
        ],
        "remove_node" => FORCE,
        "remove_secret" | "remove_config" | "remove_network" | "remove_task" => ID,
        "remove_ingress" => NOTHING,
        _ => return None,
    })
}

fn quorum(verb: &str) -> Option<&'static [Field]> {
    Some(match verb {
        "can_remove" | "demote" | "raft_leave" | "restart" | "start" | "stop"
        | "force_new_cluster" => OF_MANAGER,
        "propose" => &[("object", Text), ("manager", Text)],
        "wait_election" => NOTHING,
        "wait_seconds" => &[("seconds", Whole)],
        "join_manager" => &[("count", Whole), ("manager", Text)],
        _ => return None,
    })
}

fn daemon(verb: &str) -> Option<&'static [Field]> {
    Some(match verb {
        "leave" => &[("force", Flag)],
        "unlock" => &[("key", Text)],
        "init" | "join" | "node_list" | "service_list" | "unlock_key" => NOTHING,
        _ => return None,
    })
}

fn node_status(verb: &str) -> Option<&'static [Field]> {
    Some(match verb {
        "register" | "heartbeat" | "silence" => OF_NODE,
        "new_leader" => NOTHING,
        "task" => TASK,
        "report" => &[("node", Text), ("task", Text), ("state", STATE)],
        "advance_hours" => &[("hours", Whole)],
        "advance_seconds" => &[("seconds", Whole)],
        _ => return None,
    })
}

const CASE: [&str; 8] = ["name", "area", "source", "verified", "note", "given", "when", "expect"];

/// What stands in a case and is not known, each with its place; empty: all is known.
pub(super) fn unknown(case: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let area = text(case, "area");
    for key in case.as_object().into_iter().flatten().map(|(key, _)| key) {
        if !CASE.contains(&key.as_str()) {
            found.push(format!("unknown field {key}"));
        }
    }
    let Some(fields) = given(&area) else {
        found.push(format!("unknown area {area}"));
        return found;
    };
    if let Some(value) = case.get("given") {
        judge("given", Fields(fields), value, &mut found);
    }
    for (number, value) in list(case, "when").iter().enumerate() {
        let verb = text(value, "do");
        let Some(fields) = step(&area, &verb) else {
            found.push(format!("unknown step {verb}"));
            continue;
        };
        let place = format!("when[{number}]");
        for (key, value) in value.as_object().into_iter().flatten() {
            match fields.iter().find(|(name, _)| name == key) {
                Some((_, kind)) => judge(&format!("{place}.{key}"), *kind, value, &mut found),
                None if matches!(key.as_str(), "do" | "expect" | "note") => {}
                None => found.push(format!("unknown field {place}.{key}")),
            }
        }
    }
    found
}

fn judge(place: &str, kind: Kind, value: &Value, found: &mut Vec<String>) {
    let mut inner = Vec::new();
    let fits = match kind {
        Text => value.is_string(),
        Whole => value.is_i64() || value.is_u64(),
        Number => value.is_number(),
        Flag => value.is_boolean(),
        Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        List(of) => {
            for (number, value) in value.as_array().into_iter().flatten().enumerate() {
                judge(&format!("{place}[{number}]"), *of, value, &mut inner);
            }
            value.is_array()
        }
        Map(of) => {
            for (key, value) in value.as_object().into_iter().flatten() {
                judge(&format!("{place}.{key}"), *of, value, &mut inner);
            }
            value.is_object()
        }
        Fields(fields) => {
            for (key, value) in value.as_object().into_iter().flatten() {
                let place = format!("{place}.{key}");
                match fields.iter().find(|(name, _)| name == key) {
                    Some((_, kind)) => judge(&place, *kind, value, &mut inner),
                    None => inner.push(format!("unknown field {place}")),
                }
            }
            value.is_object()
        }
        Either(a, b) => {
            judge(place, *a, value, &mut inner);
            if !inner.is_empty() {
                inner.clear();
                judge(place, *b, value, &mut inner);
            }
            true
        }
    };
    if !fits {
        found.push(format!("unknown value {place}: {value}"));
    }
    found.append(&mut inner);
}
