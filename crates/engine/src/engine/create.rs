//! Making a container: what it is to be, checked and completed from its image.

use super::container::{Busy, Container};
use super::{Engine, Job, timing};
use crate::names;
use crate::registry::ImageData;
use api::{
    ApiError, ContainerConfig, ContainerId, ContainerState, HealthConfig, Labels, MountKind,
    MountPoint, Response, Timestamp,
};
use serde::{Deserialize, Serialize};
use share::Rc;
use sim::Streams;
use std::collections::BTreeMap;

/// Smallest memory limit (moby `daemon_unix.go`).
const MIN_MEMORY: i64 = 6 * 1024 * 1024;
/// Tries for a free generated name (moby `daemon/names.go`).
const NAME_TRIES: u32 = 6;

/// A container that is being made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Create {
    pub(crate) call: u64,
    pub(crate) name: String,
    pub(crate) config: Box<ContainerConfig>,
    /// (path, content, mode) of secrets and configs, for a task's container.
    pub(crate) secrets: Vec<(String, Vec<u8>, u32)>,
}

impl Engine {
    /// `docker create`: refused at once or made a moment later.
    pub(super) fn create(
        &mut self,
        create: Create,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<(), ApiError> {
        self.check_create(&create)?;
        self.drawn(now, timing::CREATE, Job::Create(create), rng);
        Ok(())
    }

    fn check_create(&self, create: &Create) -> Result<Rc<ImageData>, ApiError> {
        let Create { name, config, .. } = create;
        if !name.is_empty() {
            check_name(name)?;
        }
        check_config(config)?;
        let image = self.find_image(&config.image)?;
        if !name.is_empty() {
            self.check_free(name)?;
        }
        if self.disk_full {
            return Err(ApiError::new(
                500,
                "failed to create layer: write /var/lib/docker/overlay2: no space left on device",
            ));
        }
        let (entrypoint, cmd) = command(config, &image);
        if entrypoint.is_empty() && cmd.is_empty() {
            return Err(ApiError::new(400, "No command specified"));
        }
        for mount in &config.host.mounts {
            if mount.kind == MountKind::Bind && !self.files.exists(&mount.source) {
                return Err(ApiError::new(
                    400,
                    format!(
                        "invalid mount config for type \"bind\": bind source path does not \
                         exist: {}",
                        mount.source
                    ),
                ));
            }
        }
        Ok(image)
    }

    /// Nobody else may have that name.
    pub(super) fn check_free(&self, name: &str) -> Result<(), ApiError> {
        match self.containers.values().find(|c| c.name == name) {
            Some(other) => Err(ApiError::new(
                409,
                format!(
                    "Conflict. The container name \"/{name}\" is already in use by container \
                     \"{}\". You have to remove (or rename) that container to be able to reuse \
                     that name.",
                    other.id
                ),
            )),
            None => Ok(()),
        }
    }

    /// The container exists from here on.
    pub(super) fn create_now(&mut self, create: Create, now: Timestamp, rng: &mut Streams) {
        let call = create.call;
        let result = self.check_create(&create).and_then(|image| {
            let id = self.new_hex(rng);
            let name = if create.name.is_empty() { self.free_name(rng)? } else { create.name };
            let mut config = complete(*create.config, &image, id);
            if config.host.network_mode == "host" {
                config.hostname.clone_from(&self.facts.hostname);
            }
            let (entrypoint, cmd) = command(&config, &image);
            config.cmd.clone_from(&cmd);
            config.entrypoint = (!entrypoint.is_empty()).then(|| entrypoint.clone());
            let mut words: Vec<String> = entrypoint.into_iter().chain(cmd).collect();
            let mounts = self.make_mounts(&config, &image, now, rng)?;
            let path = words.drain(..1).next().unwrap_or_default();
            let container = Container {
                id,
                name,
                created: now,
                config: Rc::new(config),
                image,
                path,
                args: words,
                state: ContainerState::default(),
                busy: Busy::No,
                restart_count: 0,
                restart_us: timing::RESTART_US,
                endpoints: BTreeMap::new(),
                sandbox_id: String::new(),
                mounts,
                ports: Vec::new(),
                unreleased: false,
                log: Rc::default(),
                partial: [Vec::new(), Vec::new()],
                files: None,
                process: None,
                run: 0,
                stop_asked: false,
                waiters: Vec::new(),
                secrets: create.secrets,
                requests_served: 0,
            };
            self.containers.insert(id, container);
            self.order.push(id);
            self.container_event(now, id, "create", &[]);
            Ok(Response::Created { id: id.to_string(), warnings: Vec::new() })
        });
        self.done(call, result);
    }

    fn free_name(&self, rng: &mut Streams) -> Result<String, ApiError> {
        let draws = rng.stream(&format!("engine/{}/names", self.facts.hostname));
        for retry in 0..NAME_TRIES {
            let name = names::random_name(retry, draws);
            if !self.containers.values().any(|c| c.name == name) {
                return Ok(name);
            }
        }
        Err(ApiError::new(500, "could not generate a free container name"))
    }

    /// Volumes and binds of a new container; volumes that do not exist are made.
    fn make_mounts(
        &mut self,
        config: &ContainerConfig,
        image: &ImageData,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<Vec<MountPoint>, ApiError> {
        let mut mounts = Vec::new();
        for bind in &config.host.binds {
            mounts.push(self.mount_bind(bind, now, rng)?);
        }
        for mount in &config.host.mounts {
            let mut point = match mount.kind {
                MountKind::Bind | MountKind::NamedPipe => MountPoint {
                    kind: "bind".to_owned(),
                    source: mount.source.clone(),
                    propagation: "rprivate".to_owned(),
                    ..MountPoint::default()
                },
                MountKind::Tmpfs => {
                    MountPoint { kind: "tmpfs".to_owned(), ..MountPoint::default() }
                }
                MountKind::Volume => self.mount_volume(
                    &mount.source,
                    &mount.volume_driver,
                    mount.volume_driver_options.clone(),
                    mount.volume_labels.clone(),
                    now,
                    rng,
                )?,
            };
            point.destination.clone_from(&mount.target);
            point.rw = !mount.read_only;
            mounts.push(point);
        }
        for target in &image.config.volumes {
            if !mounts.iter().any(|mount| mount.destination == *target) {
                let none = Labels::new;
                let mut point = self.mount_volume("", "", none(), none(), now, rng)?;
                point.destination.clone_from(target);
                mounts.push(point);
            }
        }
        Ok(mounts)
    }

    /// `-v`: `SOURCE:TARGET[:MODE]`, or `TARGET` alone for a volume without a name.
    fn mount_bind(
        &mut self,
        bind: &str,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<MountPoint, ApiError> {
        let mut words = bind.split(':');
        let first = words.next().unwrap_or_default();
        let (source, target) = match words.next() {
            Some(target) => (first, target),
            None => ("", first),
        };
        let mode = words.next().unwrap_or_default();
        let mut point = if source.starts_with('/') {
            if !self.files.exists(source) {
                self.files
                    .mkdir_all(source, now)
                    .map_err(|error| ApiError::new(500, error.go_text()))?;
            }
            MountPoint {
                kind: "bind".to_owned(),
                source: source.to_owned(),
                propagation: "rprivate".to_owned(),
                ..MountPoint::default()
            }
        } else {
            self.mount_volume(source, "", Labels::new(), Labels::new(), now, rng)?
        };
        point.destination = target.to_owned();
        point.mode = if mode.is_empty() && point.kind == "volume" { "z" } else { mode }.to_owned();
        point.rw = !mode.split(',').any(|word| word == "ro");
        Ok(point)
    }
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let mut chars = name.chars();
    let good = chars.next().is_some_and(|c| c.is_ascii_alphanumeric())
        && name.len() > 1
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if good {
        return Ok(());
    }
    Err(ApiError::new(
        400,
        format!("Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"),
    ))
}

fn check_config(config: &ContainerConfig) -> Result<(), ApiError> {
    let host = &config.host;
    let bad = |text: String| Err(ApiError::new(400, text));
    match host.restart_policy.as_str() {
        "" | "no" | "always" | "unless-stopped" | "on-failure" => {}
        other => return bad(format!("invalid restart policy '{other}'")),
    }
    if host.restart_max_retries > 0 && host.restart_policy != "on-failure" {
        return bad(format!(
            "maximum retry count cannot be used with restart policy '{}'",
            host.restart_policy
        ));
    }
    if host.auto_remove && !matches!(host.restart_policy.as_str(), "" | "no") {
        return bad("can't create 'AutoRemove' container with restart policy".to_owned());
    }
    if host.memory_bytes != 0 && host.memory_bytes < MIN_MEMORY {
        return bad("Minimum memory limit allowed is 6MB".to_owned());
    }
    if !config.stop_signal.is_empty() && crate::app::signal_number(&config.stop_signal).is_none() {
        return bad(format!("Invalid signal: {}", config.stop_signal));
    }
    for dir in config.host.tmpfs.keys().chain(config.host.mounts.iter().map(|m| &m.target)) {
        if !dir.starts_with('/') {
            return bad(format!(
                "invalid mount config for type \"bind\": invalid mount path: '{dir}' mount path \
                 must be absolute"
            ));
        }
    }
    if !config.working_dir.is_empty() && !config.working_dir.starts_with('/') {
        return bad(format!(
            "the working directory '{}' is invalid, it needs to be an absolute path",
            config.working_dir
        ));
    }
    Ok(())
}

/// (entrypoint, command) as they will run: an entrypoint of one's own drops the image's command.
fn command(config: &ContainerConfig, image: &ImageData) -> (Vec<String>, Vec<String>) {
    match &config.entrypoint {
        Some(words) if words.iter().all(String::is_empty) => (Vec::new(), config.cmd.clone()),
        Some(words) => (words.clone(), config.cmd.clone()),
        None if config.cmd.is_empty() => {
            (image.config.entrypoint.clone(), image.config.cmd.clone())
        }
        None => (image.config.entrypoint.clone(), config.cmd.clone()),
    }
}

/// What the user left open comes from the image (moby `daemon/commit.go`, `merge`).
fn complete(mut config: ContainerConfig, image: &ImageData, id: ContainerId) -> ContainerConfig {
    let from = &image.config;
    for entry in &from.env {
        let key = entry.split('=').next().unwrap_or_default();
        if !config.env.iter().any(|own| own.split('=').next() == Some(key)) {
            config.env.push(entry.clone());
        }
    }
    for (key, value) in &from.labels {
        config.labels.entry(key.clone()).or_insert_with(|| value.clone());
    }
    config.exposed_ports.extend(from.ports.iter().copied());
    config.exposed_ports.extend(config.host.port_bindings.keys().copied());
    for (own, image) in [
        (&mut config.working_dir, &from.working_dir),
        (&mut config.user, &from.user),
        (&mut config.stop_signal, &from.stop_signal),
    ] {
        if own.is_empty() {
            own.clone_from(image);
        }
    }
    if config.hostname.is_empty() {
        config.hostname = id.short();
    }
    if config.host.network_mode.is_empty() {
        config.host.network_mode = "default".to_owned();
    }
    if config.host.restart_policy.is_empty() {
        config.host.restart_policy = "no".to_owned();
    }
    config.healthcheck = merge_health(config.healthcheck, from.healthcheck.as_ref());
    config
}

fn merge_health(own: Option<HealthConfig>, image: Option<&HealthConfig>) -> Option<HealthConfig> {
    let Some(mut own) = own else {
        return image.cloned();
    };
    if let (true, Some(image)) = (own.test.is_empty(), image) {
        own.test.clone_from(&image.test);
    }
    (!own.test.is_empty()).then_some(own)
}
