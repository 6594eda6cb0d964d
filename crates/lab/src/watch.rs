//! What a manager's store changes, in the words of its daemon's `docker events`.
//!
//! | | |
//! |---|---|
//! | runs on | every manager, with each entry that it applies |
//! | moby | `daemon/events.go` (`generateClusterEvent`), `daemon/cluster/noderunner.go` |
//!
//! Tasks and the cluster itself are not watched. An update says which of a few things changed.

use api::{Event, Labels, Meta, Object, ServiceMode, Timestamp};
use manager::StoreEvent;
use std::fmt::Debug;

/// An entry older than this is history that a member catches up with, not news.
const NEWS_US: u64 = 2_000_000;

/// The daemon's events for a transaction that was proposed at `at`.
pub(crate) fn news(events: &[StoreEvent], at: Timestamp, now: Timestamp) -> Vec<Event> {
    if now.since_us(at) > NEWS_US {
        return Vec::new();
    }
    events.iter().filter_map(|event| describe(event, now)).collect()
}

fn describe(event: &StoreEvent, now: Timestamp) -> Option<Event> {
    let old = match event {
        StoreEvent::Updated { old, .. } => Some(old),
        StoreEvent::Created(_) | StoreEvent::Removed(_) => None,
    };
    let mut attributes = Labels::new();
    let (kind, id, name, meta) = match event.object() {
        Object::Node(node) => {
            if let Some(Object::Node(old)) = old {
                let (spec, before) = (&node.spec, &old.spec);
                changed(&mut attributes, "availability", &before.availability, &spec.availability);
                changed(&mut attributes, "role", &old.role, &node.role);
                changed(&mut attributes, "state", &old.status.state, &node.status.state);
            }
            let own = &node.spec.annotations.name;
            let name = match &node.description {
                Some(description) if own.is_empty() => &description.hostname,
                Some(_) | None => own,
            };
            ("node", node.id.as_str(), name, node.meta)
        }
        Object::Service(service) => {
            if let Some(Object::Service(old)) = old {
                let image = |spec: &api::ServiceSpec| spec.task.container.image.clone();
                differs(&mut attributes, "image", image(&old.spec), image(&service.spec));
                if let (
                    ServiceMode::Replicated { replicas: before },
                    ServiceMode::Replicated { replicas },
                ) = (&old.spec.mode, &service.spec.mode)
                {
                    differs(&mut attributes, "replicas", before.to_string(), replicas.to_string());
                }
                let state = |status: &Option<api::UpdateStatus>| {
                    status.as_ref().map(|status| status.state.as_str().to_owned())
                };
                if let Some(state_now) = state(&service.update_status) {
                    let before = state(&old.update_status).unwrap_or_default();
                    differs(&mut attributes, "updatestate", before, state_now);
                }
            }
            ("service", service.id.as_str(), &service.spec.annotations.name, service.meta)
        }
        Object::Network(network) => {
            ("network", network.id.as_str(), &network.spec.annotations.name, network.meta)
        }
        Object::Secret(secret) => {
            ("secret", secret.id.as_str(), &secret.spec.annotations.name, secret.meta)
        }
        Object::Config(config) => {
            ("config", config.id.as_str(), &config.spec.annotations.name, config.meta)
        }
        Object::Task(_) | Object::Cluster(_) => return None,
    };
    attributes.insert("name".to_owned(), name.clone());
    let Meta { created_at, updated_at, .. } = meta;
    let (action, at) = match event {
        StoreEvent::Created(_) => ("create", created_at),
        StoreEvent::Updated { .. } => ("update", updated_at),
        StoreEvent::Removed(_) => ("remove", now),
    };
    Some(Event {
        at,
        kind: kind.to_owned(),
        action: action.to_owned(),
        actor_id: id.to_owned(),
        attributes: share::Rc::new(attributes),
        scope: "swarm".to_owned(),
    })
}

/// A word of SwarmKit's in small letters, before and after.
fn changed<T: Debug + PartialEq>(attributes: &mut Labels, what: &str, old: &T, new: &T) {
    if old != new {
        let word = |value: &T| format!("{value:?}").to_lowercase();
        differs(attributes, what, word(old), word(new));
    }
}

/// What was not there before is not named.
fn differs(attributes: &mut Labels, what: &str, old: String, new: String) {
    if old == new {
        return;
    }
    if !old.is_empty() {
        attributes.insert(format!("{what}.old"), old);
    }
    attributes.insert(format!("{what}.new"), new);
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::NodeState;

    #[test]
    fn an_update_names_what_changed() {
        let mut found = Labels::new();
        changed(&mut found, "state", &NodeState::Ready, &NodeState::Down);
        changed(&mut found, "role", &api::NodeRole::Worker, &api::NodeRole::Worker);
        differs(&mut found, "updatestate", String::new(), "updating".to_owned());
        let words: Vec<String> =
            found.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(words, ["state.new=down", "state.old=ready", "updatestate.new=updating"]);
    }

    #[test]
    fn history_is_no_news() {
        let spec = api::SecretSpec {
            annotations: api::Annotations { name: "sec".to_owned(), ..Default::default() },
            ..Default::default()
        };
        let id = api::SecretId::from_random([7; 17]);
        let secret = share::Rc::new(api::Secret { id, meta: Meta::default(), spec });
        let events = [StoreEvent::Created(Object::Secret(secret))];
        let told = news(&events, Timestamp(0), Timestamp(NEWS_US));
        let words: Vec<_> = told.iter().map(|e| (e.kind.as_str(), e.action.as_str())).collect();
        assert_eq!(words, [("secret", "create")]);
        assert!(news(&events, Timestamp(0), Timestamp(NEWS_US + 1)).is_empty());
    }
}
