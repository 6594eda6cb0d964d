//! Names for docker's completion, as that machine's daemon would give them.

use crate::desk::Desk;
use crate::world::{self, Machine};
use api::NodeRole;
use docker::Names;

impl Desk {
    /// What may stand in place of the last word of a docker command.
    pub(crate) fn docker_choices(&self, place: Machine, words: &[String]) -> Vec<String> {
        let completion = docker::complete(words);
        let mut out = completion.words;
        let current = words.last().map_or("", String::as_str);
        if let Some(names) = completion.names {
            out.extend(self.names_of(place, names, current));
        }
        out
    }

    fn names_of(&self, place: Machine, names: Names, current: &str) -> Vec<String> {
        let Some(view) = world::view_of(&self.lab, place) else { return Vec::new() };
        if !view.daemon {
            return Vec::new();
        }
        // ids are offered once their beginning is typed
        let with_id = |name: String, id: String| {
            let typed = !current.is_empty() && id.starts_with(current);
            std::iter::once(name).chain(typed.then(|| id.chars().take(12).collect()))
        };
        let manager = view.role == Some(NodeRole::Manager);
        let swarm = self.lab.view().swarm.as_ref().filter(|_| manager);
        match names {
            Names::Containers => view
                .containers
                .iter()
                .flat_map(|c| with_id(c.name.clone(), c.id.to_string()))
                .collect(),
            Names::Images => view.images.clone(),
            Names::Files => self.files(place, place, current),
            Names::Volumes => Vec::new(),
            Names::Networks => {
                let local = ["bridge", "host", "none"].map(str::to_owned).into_iter();
                let overlay = swarm.into_iter().flat_map(|s| &s.networks);
                let overlay = overlay.filter(|n| !n.predefined);
                local.chain(overlay.map(|n| n.spec.annotations.name.clone())).collect()
            }
            Names::Nodes => swarm
                .into_iter()
                .flat_map(|s| &s.nodes)
                .flat_map(|n| {
                    let host = n.description.as_ref().map(|d| d.hostname.clone());
                    with_id(host.unwrap_or_default(), n.id.to_string())
                })
                .filter(|name| !name.is_empty())
                .collect(),
            Names::Services => swarm
                .into_iter()
                .flat_map(|s| &s.services)
                .flat_map(|s| {
                    let service = &s.service;
                    with_id(service.spec.annotations.name.clone(), service.id.to_string())
                })
                .collect(),
            Names::Stacks => swarm
                .into_iter()
                .flat_map(|s| &s.services)
                .filter_map(|s| {
                    s.service.spec.annotations.labels.get("com.docker.stack.namespace").cloned()
                })
                .collect(),
            Names::Secrets => swarm
                .into_iter()
                .flat_map(|s| &s.secrets)
                .map(|s| s.spec.annotations.name.clone())
                .collect(),
            Names::Configs => swarm
                .into_iter()
                .flat_map(|s| &s.configs)
                .map(|c| c.spec.annotations.name.clone())
                .collect(),
        }
    }
}
