//! Health probes (moby `daemon/health.go`).

use super::{Engine, Job};
use api::{ContainerId, ExecConfig, Health, HealthConfig, Timestamp};
use sim::Streams;

/// Defaults where the configuration says 0, microseconds.
const INTERVAL_US: u64 = 30_000_000;
const TIMEOUT_US: u64 = 30_000_000;
const RETRIES: i64 = 3;
/// Results kept.
const LOG: usize = 5;

fn us(ns: i64, default: u64) -> u64 {
    match u64::try_from(ns / 1_000) {
        Ok(0) | Err(_) => default,
        Ok(us) => us,
    }
}

/// The command of a probe, if there is one.
fn command(config: &HealthConfig) -> Option<Vec<String>> {
    let (kind, rest) = config.test.split_first()?;
    match kind.as_str() {
        "CMD" => Some(rest.to_vec()),
        "CMD-SHELL" => {
            let line = rest.first().cloned().unwrap_or_default();
            Some(vec!["/bin/sh".to_owned(), "-c".to_owned(), line])
        }
        _ => None,
    }
}

impl Engine {
    /// The container runs: the first probe comes after one interval.
    pub(super) fn start_health(&mut self, id: ContainerId, now: Timestamp) {
        let Some(container) = self.containers.get_mut(&id) else {
            return;
        };
        let config = container.config.healthcheck.clone();
        let Some(config) = config.filter(|config| command(config).is_some()) else {
            container.state.health = None;
            return;
        };
        container.state.health =
            Some(Health { status: "starting".to_owned(), ..Health::default() });
        let run = container.run;
        self.after(now, us(config.interval_ns, INTERVAL_US), Job::Probe { id, run });
    }

    pub(super) fn probe(&mut self, id: ContainerId, run: u32, now: Timestamp, rng: &mut Streams) {
        let Some(container) = self.containers.get(&id) else {
            return;
        };
        if container.run != run || container.process.is_none() {
            return;
        }
        let Some(config) = container.config.healthcheck.clone() else {
            return;
        };
        let Some(cmd) = command(&config) else {
            return;
        };
        let name = self.new_exec(id, ExecConfig { cmd, ..ExecConfig::default() }, now, rng);
        if let Some(exec) = self.execs.get_mut(&name) {
            exec.started = true;
            exec.probe = Some((now, Vec::new()));
        }
        let timeout = us(config.timeout_ns, TIMEOUT_US);
        self.after(now, timeout, Job::ProbeTimeout { exec: name.clone() });
        self.drawn(now, super::timing::EXEC, Job::Exec { exec: name }, rng);
    }

    pub(super) fn probe_timeout(&mut self, exec: &str, now: Timestamp, _rng: &mut Streams) {
        let Some((timeout, began)) = self.execs.get(exec).and_then(|exec| {
            let config = self.containers.get(&exec.container)?.config.healthcheck.as_ref()?;
            let (began, _) = exec.probe.as_ref()?;
            Some((us(config.timeout_ns, TIMEOUT_US), *began))
        }) else {
            return;
        };
        let id = self.execs.get_mut(exec).map(|exec| {
            exec.probe = None;
            exec.container
        });
        self.exec_ended(exec, 137, now);
        if let Some(id) = id {
            let text = format!("Health check exceeded timeout ({}s)", timeout / 1_000_000);
            self.probe_done(id, began, -1, text.as_bytes(), now);
        }
    }

    /// One result: counts, turns the status, and the next probe is planned.
    pub(super) fn probe_done(
        &mut self,
        id: ContainerId,
        began: Timestamp,
        code: i32,
        output: &[u8],
        now: Timestamp,
    ) {
        let Some(container) = self.containers.get_mut(&id) else {
            return;
        };
        let Some(config) = container.config.healthcheck.clone() else {
            return;
        };
        let started = container.state.started_at.unwrap_or_default();
        let run = container.run;
        let Some(health) = container.state.health.as_mut() else {
            return;
        };
        let text = String::from_utf8_lossy(output).into_owned();
        health.log.push((began, now, code, text));
        if health.log.len() > LOG {
            health.log.remove(0);
        }
        let before = health.status.clone();
        if code == 0 {
            health.failing_streak = 0;
            "healthy".clone_into(&mut health.status);
        } else {
            let in_start_period = health.status == "starting"
                && began.since_us(started)
                    < u64::try_from(config.start_period_ns / 1_000).unwrap_or(0);
            let retries = if config.retries > 0 { config.retries } else { RETRIES };
            if !in_start_period {
                health.failing_streak += 1;
                if i64::from(health.failing_streak) >= retries {
                    "unhealthy".clone_into(&mut health.status);
                }
            }
        }
        let after = health.status.clone();
        if before != after {
            self.container_event(now, id, &format!("health_status: {after}"), &[]);
        }
        self.after(now, us(config.interval_ns, INTERVAL_US), Job::Probe { id, run });
    }
}
