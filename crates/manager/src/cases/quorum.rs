//! Cases of who may be removed from raft.

use super::world::{NOTHING, World};
use super::{Player, build, error_value, list, strings, text};
use crate::{CANNOT_REMOVE, Member, Members};
use api::{ApiError, ControlRequest, NodeRole, NodeSpec, Object, Timestamp};
use serde_json::{Value, json};
use share::Rc;

pub(super) struct Play {
    world: World,
    allowed: bool,
    refused: Option<ApiError>,
}

/// Elections, proposals and restarts are raft's.
pub(super) fn can_play(case: &Value) -> bool {
    list(case, "when")
        .iter()
        .all(|step| matches!(text(step, "do").as_str(), "can_remove" | "demote"))
}

impl Play {
    pub(super) fn new(given: &Value) -> Self {
        let mut world = World::new();
        world.create(Object::Cluster(Rc::new(build::cluster(given))));
        let reachable = strings(list(given, "reachable"));
        let mut members = Members { me: 1, leader: Some(1), ..Members::default() };
        let asked = text(given, "asked");
        for (raft_id, name) in (1..).zip(strings(list(given, "managers"))) {
            let value = json!({ "id": name, "role": "manager" });
            let node = build::node(&mut world.names, &value);
            if asked.ends_with(&format!(" {name}")) {
                members.me = raft_id;
                members.leader = Some(raft_id);
            }
            members.list.push(Member {
                raft_id,
                node: node.id,
                addr: String::new(),
                reachable: reachable.contains(&name),
                since: Timestamp(0),
            });
            world.create(Object::Node(Rc::new(node)));
        }
        world.members = members;
        world.lead(NOTHING);
        Self { world, allowed: true, refused: None }
    }

    fn demote(&mut self, name: &str) -> Option<()> {
        let id = self.world.names.node(name);
        let node = Rc::clone(self.world.store.node(id)?);
        let spec = NodeSpec { desired_role: NodeRole::Worker, ..node.spec.clone() };
        let version = node.meta.version;
        let request = ControlRequest::UpdateNode { id, version, spec: Box::new(spec) };
        let now = self.world.at();
        let World { leader, store, members, rng, .. } = &mut self.world;
        let leader = leader.as_mut()?;
        leader.handle_control(1, request, store, members, now, rng);
        self.world.work();
        let answers = self.world.leader.as_mut()?.take_answers();
        self.refused = answers.into_iter().find_map(|(_, answer)| answer.err());
        Some(())
    }
}

impl Player for Play {
    fn step(&mut self, step: &Value) -> Result<(), String> {
        let name = text(step, "manager");
        let node = self.world.names.node(&name);
        let member = self.world.members.of_node(node).ok_or("no such manager")?;
        self.allowed = self.world.members.can_remove(member.raft_id);
        self.demote(&name).ok_or_else(|| "no such node".to_owned())
    }

    fn look(&mut self, name: &str, wanted: &Value) -> Result<Value, String> {
        match (name, &self.refused) {
            ("allowed", refused) => Ok(json!(self.allowed && refused.is_none())),
            ("raft_error", _) if !self.allowed => Ok(json!(CANNOT_REMOVE)),
            ("demote_error" | "error", Some(error)) => Ok(error_value(error, wanted)),
            _ => Err(format!("no {name}")),
        }
    }
}
