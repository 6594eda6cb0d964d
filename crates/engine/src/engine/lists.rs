//! `docker ps` and what filters mean (moby `daemon/list.go`).

use super::{Container, Engine};
use api::{ApiError, ContainerStatusWord, ContainerSummary, Filters, Labels, Protocol};

/// moby's word for a filter that a list does not have.
pub(super) fn check_keys(filters: &Filters, known: &[&str]) -> Result<(), ApiError> {
    match filters.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(ApiError::new(400, format!("Invalid filter '{key}'"))),
        None => Ok(()),
    }
}

/// `label=KEY` or `label=KEY=VALUE`, all of them; `label!` none of them.
pub(super) fn has_labels(filters: &Filters, labels: &Labels) -> bool {
    let matches = |wanted: &String| match wanted.split_once('=') {
        Some((key, value)) => labels.get(key).is_some_and(|own| own == value),
        None => labels.contains_key(wanted),
    };
    filters.get("label").is_none_or(|all| all.iter().all(matches))
        && filters.get("label!").is_none_or(|all| !all.iter().any(matches))
}

const KEYS: &[&str] = &[
    "ancestor",
    "before",
    "exited",
    "expose",
    "health",
    "id",
    "is-task",
    "isolation",
    "label",
    "name",
    "network",
    "publish",
    "since",
    "status",
    "volume",
];

const STATUSES: &[&str] =
    &["created", "dead", "exited", "paused", "removing", "restarting", "running"];

impl Engine {
    pub(super) fn container_list(
        &self,
        all: bool,
        limit: i64,
        filters: &Filters,
    ) -> Result<Vec<ContainerSummary>, ApiError> {
        check_keys(filters, KEYS)?;
        for status in filters.get("status").into_iter().flatten() {
            if !STATUSES.contains(&status.as_str()) {
                return Err(ApiError::new(400, format!("Invalid filter 'status={status}'")));
            }
        }
        let bounds = (self.bound(filters, "before")?, self.bound(filters, "since")?);
        // a status asked for, or a number of rows, shows those that do not run too
        let all = all
            || limit > 0
            || ["status", "exited", "before", "since"].iter().any(|k| filters.contains_key(*k));
        let rows = self.order.iter().enumerate().rev().filter(|(place, _)| {
            bounds.0.is_none_or(|before| *place < before)
                && bounds.1.is_none_or(|since| *place > since)
        });
        let rows = rows
            .filter_map(|(_, id)| self.containers.get(id))
            .filter(|c| all || shows(c))
            .filter(|c| self.fits(c, filters))
            .map(Container::summary);
        Ok(match usize::try_from(limit) {
            Ok(limit) if limit > 0 => rows.take(limit).collect(),
            Ok(_) | Err(_) => rows.collect(),
        })
    }

    fn bound(&self, filters: &Filters, key: &str) -> Result<Option<usize>, ApiError> {
        let Some(name) = filters.get(key).and_then(|values| values.first()) else {
            return Ok(None);
        };
        let id = self.find(name)?;
        Ok(self.order.iter().position(|other| *other == id))
    }

    fn fits(&self, container: &Container, filters: &Filters) -> bool {
        let has = |key: &str, test: &dyn Fn(&str) -> bool| {
            filters.get(key).is_none_or(|values| values.iter().any(|value| test(value)))
        };
        let port = |text: &str, publish: bool| {
            let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
            let number: u16 = number.parse().unwrap_or(0);
            let exposed = container.config.exposed_ports.iter();
            let named = |p: Protocol| p.as_str() == protocol;
            if publish {
                container.ports.iter().any(|bound| {
                    named(bound.protocol) && bound.bindings.iter().any(|(_, host)| *host == number)
                })
            } else {
                exposed.into_iter().any(|(own, p)| *own == number && named(*p))
            }
        };
        let health = container.state.health.as_ref().map_or("none", |h| h.status.as_str());
        let task = container.config.labels.contains_key("com.docker.swarm.task.id");
        has("name", &|v| format!("/{}", container.name).contains(v.trim_matches(['^', '$'])))
            && has("id", &|v| container.id.to_string().starts_with(v))
            && has("status", &|v| container.state.status.as_str() == v)
            && has("exited", &|v| {
                container.state.finished_at.is_some()
                    && !container.is_running()
                    && container.state.exit_code.to_string() == v
            })
            && has("ancestor", &|v| {
                self.find_image(v).is_ok_and(|image| image.id == container.image.id)
            })
            && has("health", &|v| v == health)
            && has("publish", &|v| port(v, true))
            && has("expose", &|v| port(v, false))
            && has("is-task", &|v| matches!(v, "true" | "1") == task)
            && has("network", &|v| {
                container.endpoints.iter().any(|(name, e)| name == v || e.network_id == v)
            })
            && has("volume", &|v| {
                container.mounts.iter().any(|m| m.name == v || m.destination == v || m.source == v)
            })
            && has_labels(filters, &container.config.labels)
    }
}

/// Without `-a`: what runs, waits to run again or is paused.
fn shows(container: &Container) -> bool {
    container.is_running() || container.state.status == ContainerStatusWord::Restarting
}
