//! Labs for tests: real ones, driven through the lab's own doors, looked at as the page does.

use crate::picture::{Hues, Picture, hues};
use api::{
    Availability, PortConfig, Request, Response, ServiceSpec, SwarmInit, SwarmJoin, Timestamp,
};
use lab::{Answer, CallId, Fault, HttpReply, Lab, LabConfig, Machine, Origin};

/// A lab and how it was seen last.
pub(crate) struct Scene {
    pub(crate) lab: Lab,
    hues: Hues,
}

impl Scene {
    /// Machines `node1`… in no swarm.
    pub(crate) fn loose(machines: u32) -> Self {
        let names: Vec<String> = (1..=machines).map(|k| format!("node{k}")).collect();
        let config = LabConfig::with_names(7, names.iter().map(String::as_str));
        Self { lab: Lab::new(config), hues: Hues::new() }
    }

    /// The same in one swarm, the first ones managers.
    pub(crate) fn swarm(managers: u32, machines: u32) -> Self {
        let mut scene = Self::loose(machines);
        let addr = scene.lab.config().machines[0].ip.clone();
        let init = SwarmInit { advertise_addr: addr.clone(), ..SwarmInit::default() };
        scene.ask(0, Request::SwarmInit(Box::new(init)));
        let Response::Cluster(cluster) = scene.ask(0, Request::SwarmInspect) else {
            panic!("no cluster")
        };
        for k in 1..machines {
            let token = if k < managers { &cluster.manager_token } else { &cluster.worker_token };
            let join = SwarmJoin {
                remote_addrs: vec![format!("{addr}:2377")],
                join_token: token.clone(),
                ..SwarmJoin::default()
            };
            scene.ask(k, Request::SwarmJoin(Box::new(join)));
        }
        scene
    }

    /// Asks a daemon and waits for the answer.
    pub(crate) fn ask(&mut self, machine: u32, request: Request) -> Response {
        let call = self.lab.call(Machine(machine), request);
        self.answer(call)
    }

    fn answer(&mut self, call: CallId) -> Response {
        let until = Timestamp(self.lab.now().0 + 30_000_000);
        loop {
            for (id, answer) in self.lab.take_answers() {
                match answer {
                    Answer::Done(result) if id == call => return result.unwrap(),
                    Answer::Done(_) | Answer::NoDaemon | Answer::Item(_) => {}
                }
            }
            assert!(self.lab.step(until), "no answer");
        }
    }

    /// A service that listens on 5000 and is published at `port`.
    pub(crate) fn service(&mut self, name: &str, replicas: u64, port: u16) {
        let mut spec = ServiceSpec::default();
        spec.annotations.name = name.into();
        spec.task_mut().container.image = "sposigor/app-flask-teste:1".into();
        spec.mode = api::ServiceMode::Replicated { replicas };
        if port > 0 {
            let mapped =
                PortConfig { target_port: 5000, published_port: port, ..PortConfig::default() };
            spec.endpoint.ports = vec![mapped];
        }
        self.ask(0, Request::ServiceCreate { spec: Box::new(spec), query_registry: true });
    }

    /// Takes a node out.
    pub(crate) fn drain(&mut self, name: &str) {
        let swarm = self.lab.view().swarm.clone().unwrap();
        let id = self.lab.view().machine(name).unwrap().node_id.unwrap();
        let node = swarm.node(id).unwrap();
        let mut spec = node.spec.clone();
        spec.availability = Availability::Drain;
        let version = node.meta.version;
        self.ask(0, Request::NodeUpdate { node: id, version, spec: Box::new(spec) });
    }

    pub(crate) fn fault(&mut self, fault: &Fault) {
        self.lab.fault(fault).unwrap();
    }

    pub(crate) fn pass(&mut self, seconds: u64) {
        self.pass_ms(seconds * 1000);
    }

    pub(crate) fn pass_ms(&mut self, ms: u64) {
        let until = Timestamp(self.lab.now().0 + ms * 1000);
        self.lab.run_until(until);
    }

    /// A request from outside, and what came of it.
    pub(crate) fn request(&mut self, host: &str, port: u16) -> HttpReply {
        let _ = self.lab.take_replies();
        let id = self.lab.request(Origin::Outside, host, port, "/");
        self.pass(60);
        let mut replies = self.lab.take_replies().into_iter();
        replies.find(|(found, _)| *found == id).unwrap().1
    }

    /// How the page sees it now.
    pub(crate) fn picture(&mut self) -> Picture {
        self.hues = hues(&self.hues, self.lab.view());
        Picture::of(self.lab.view(), &self.hues)
    }
}

mod tests {
    use super::*;
    use crate::action::stations;
    use crate::picture::{Shape, Standing, managers_up, shape};
    use lab::HttpOutcome;

    #[test]
    fn loose_machines_are_cards_outside_any_swarm() {
        let picture = Scene::loose(2).picture();
        assert!(!picture.swarm);
        assert_eq!(picture.cards.len(), 2);
        assert!(picture.cards.iter().all(|c| c.standing == Standing::None && c.powered));
    }

    #[test]
    fn a_published_service_is_on_its_nodes_and_on_every_port() {
        let mut scene = Scene::swarm(1, 3);
        scene.service("web", 2, 5000);
        scene.pass(40);
        let picture = scene.picture();
        assert_eq!(picture.cards[0].standing, Standing::Leader);
        assert_eq!(picture.cards[1].standing, Standing::Worker);
        let boxes: Vec<_> = picture.cards.iter().flat_map(|c| &c.tasks).collect();
        assert_eq!(boxes.len(), 2);
        assert!(boxes.iter().all(|t| shape(t.state) == Shape::Running), "{boxes:?}");
        assert!(picture.cards.iter().all(|c| c.ports == [5000]), "{:?}", picture.cards);
        assert_eq!(picture.services[0].ports, [(5000, 5000, "tcp")]);
        assert!(picture.services[0].vip.as_deref().is_some_and(|v| v.starts_with("10.0.0.")));
    }

    #[test]
    fn a_request_passes_entry_ingress_and_task() {
        let mut scene = Scene::swarm(1, 3);
        scene.service("web", 1, 5000);
        scene.pass(40);
        let reply = scene.request("node3", 5000);
        assert!(matches!(reply.outcome, HttpOutcome::Ok { .. }), "{reply:?}");
        let went = stations(&reply);
        assert_eq!(went.entry, Some(2));
        assert!(went.ingress);
        let picture = scene.picture();
        let (card, _) = picture.task(went.task.unwrap()).unwrap();
        assert_eq!(card.unwrap().name, picture.cards[went.end.unwrap()].name);
    }

    #[test]
    fn ended_tasks_stand_behind_their_successor() {
        let mut scene = Scene::swarm(1, 2);
        scene.service("web", 1, 0);
        scene.pass(30);
        scene.fault(&Fault::KillContainer { service: "web".into(), slot: 1 });
        scene.pass(30);
        let picture = scene.picture();
        let boxes: Vec<_> = picture.cards.iter().flat_map(|c| &c.tasks).collect();
        assert_eq!(boxes.len(), 1, "{boxes:?}");
        assert_eq!(boxes[0].behind.len(), 1);
        assert_eq!(shape(boxes[0].behind[0]), Shape::Failed);
    }

    #[test]
    fn a_task_that_fits_nowhere_waits_without_a_node() {
        let mut scene = Scene::swarm(1, 1);
        scene.drain("node1");
        scene.service("web", 2, 0);
        scene.pass(5);
        let picture = scene.picture();
        assert_eq!(picture.waiting.len(), 2);
        assert!(!picture.waiting[0].error.is_empty());
    }

    #[test]
    fn a_cut_manager_counts_for_itself_only() {
        let mut scene = Scene::swarm(3, 3);
        scene.pass(5);
        assert_eq!(managers_up(scene.lab.view()), 3);
        scene.fault(&Fault::Cut("node1".into()));
        assert_eq!(managers_up(scene.lab.view()), 2);
        scene.fault(&Fault::PowerOff("node2".into()));
        assert_eq!(managers_up(scene.lab.view()), 1);
    }

    #[test]
    fn a_service_keeps_its_hue_while_others_come_and_go() {
        let mut scene = Scene::swarm(1, 1);
        scene.service("b", 1, 0);
        let first = scene.picture().services[0].hue;
        scene.service("a", 1, 0);
        let picture = scene.picture();
        let hue = |name: &str| picture.services.iter().find(|s| s.name == name).map(|s| s.hue);
        assert_eq!(hue("b"), Some(first));
        assert_ne!(hue("a"), Some(first));
    }
}
