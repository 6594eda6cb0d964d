//! Volumes of the `local` driver, and the files that a container sees.

use super::{Container, Engine};
use crate::files::{Entry, Errno, FileTree, absolute};
use api::{
    ApiError, ContainerId, Filters, Labels, MountPoint, Response, Timestamp, VolumeResource,
};
use serde::{Deserialize, Serialize};
use sim::Streams;

/// A volume with its files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Volume {
    pub(crate) resource: VolumeResource,
    pub(crate) files: FileTree,
    /// Made for a container, with a name nobody chose.
    pub(crate) anonymous: bool,
}

impl Engine {
    /// By name; made if it is not there. Without a name it gets 64 hex digits.
    pub(super) fn mount_volume(
        &mut self,
        name: &str,
        driver: &str,
        options: Labels,
        labels: Labels,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<MountPoint, ApiError> {
        let made = self.make_volume(name, driver, options, labels, now, rng)?;
        Ok(MountPoint {
            kind: "volume".to_owned(),
            name: made.name.clone(),
            source: made.mountpoint,
            driver: made.driver,
            rw: true,
            ..MountPoint::default()
        })
    }

    fn make_volume(
        &mut self,
        name: &str,
        driver: &str,
        options: Labels,
        labels: Labels,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<VolumeResource, ApiError> {
        if let Some(volume) = self.volumes.get(name) {
            return Ok(volume.resource.clone());
        }
        if !matches!(driver, "" | "local") {
            return Err(ApiError::new(
                404,
                format!("error looking up volume plugin {driver}: plugin \"{driver}\" not found"),
            ));
        }
        let anonymous = name.is_empty();
        let name = if anonymous { self.new_hex(rng).to_string() } else { name.to_owned() };
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(good) {
            return Err(ApiError::new(
                400,
                format!(
                    "create {name}: \"{name}\" includes invalid characters for a local volume \
                     name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to \
                     pass a host directory, use absolute path"
                ),
            ));
        }
        let resource = VolumeResource {
            mountpoint: format!("/var/lib/docker/volumes/{name}/_data"),
            name: name.clone(),
            driver: "local".to_owned(),
            created: now,
            labels,
            options,
        };
        let volume = Volume { resource: resource.clone(), files: FileTree::new(), anonymous };
        self.volumes.insert(name.clone(), volume);
        self.volume_event(now, &name, "create");
        Ok(resource)
    }

    fn volume_event(&mut self, now: Timestamp, name: &str, action: &str) {
        let mut attributes = Labels::new();
        attributes.insert("driver".to_owned(), "local".to_owned());
        self.changed();
        self.event(now, "volume", action, name, attributes);
    }

    pub(super) fn volume_create(
        &mut self,
        name: &str,
        driver: &str,
        options: Labels,
        labels: Labels,
        now: Timestamp,
        rng: &mut Streams,
    ) -> Result<Response, ApiError> {
        let made = self.make_volume(name, driver, options, labels, now, rng)?;
        Ok(Response::Volume(Box::new(made)))
    }

    fn users(&self, volume: &str) -> Vec<ContainerId> {
        let uses = |c: &&Container| c.mounts.iter().any(|mount| mount.name == volume);
        self.containers.values().filter(uses).map(|c| c.id).collect()
    }

    pub(super) fn volume_remove(
        &mut self,
        name: &str,
        force: bool,
        now: Timestamp,
    ) -> Result<Response, ApiError> {
        if !self.volumes.contains_key(name) {
            if force {
                return Ok(Response::Done);
            }
            return Err(ApiError::new(404, format!("get {name}: no such volume")));
        }
        let users = self.users(name);
        if !users.is_empty() {
            let ids: Vec<String> = users.iter().map(ToString::to_string).collect();
            return Err(ApiError::new(
                409,
                format!("remove {name}: volume is in use - [{}]", ids.join(", ")),
            ));
        }
        self.volumes.remove(name);
        self.volume_event(now, name, "destroy");
        Ok(Response::Done)
    }

    pub(super) fn volume_prune(
        &mut self,
        filters: &Filters,
        now: Timestamp,
    ) -> Result<Response, ApiError> {
        super::lists::check_keys(filters, &["label", "label!"])?;
        let gone: Vec<(String, u64)> = self
            .volumes
            .values()
            .filter(|volume| super::lists::has_labels(filters, &volume.resource.labels))
            .filter(|volume| self.users(&volume.resource.name).is_empty())
            .map(|volume| (volume.resource.name.clone(), size(&volume.files)))
            .collect();
        let mut reclaimed = 0;
        for (name, bytes) in &gone {
            reclaimed += bytes;
            self.volumes.remove(name);
            self.volume_event(now, name, "destroy");
        }
        let deleted = gone.into_iter().map(|(name, _)| name).collect();
        Ok(Response::Pruned { deleted, reclaimed })
    }

    pub(super) fn volume_list(&self, filters: &Filters) -> Result<Vec<VolumeResource>, ApiError> {
        super::lists::check_keys(filters, &["dangling", "driver", "label", "name"])?;
        let has = |key: &str, test: &dyn Fn(&str) -> bool| {
            filters.get(key).is_none_or(|values| values.iter().any(|value| test(value)))
        };
        let found = self.volumes.values().map(|volume| &volume.resource).filter(|resource| {
            has("name", &|v| resource.name.contains(v))
                && has("driver", &|v| resource.driver == v)
                && has("dangling", &|v| {
                    matches!(v, "true" | "1") == self.users(&resource.name).is_empty()
                })
                && super::lists::has_labels(filters, &resource.labels)
        });
        Ok(found.cloned().collect())
    }

    pub(super) fn volume_inspect(&self, name: &str) -> Result<Response, ApiError> {
        match self.volumes.get(name) {
            Some(volume) => Ok(Response::Volume(Box::new(volume.resource.clone()))),
            None => Err(ApiError::new(404, format!("get {name}: no such volume"))),
        }
    }

    /// Volumes that were made for that container alone go with it.
    pub(super) fn remove_anonymous(&mut self, container: &Container, now: Timestamp) {
        for mount in &container.mounts {
            let anonymous = self.volumes.get(&mount.name).is_some_and(|v| v.anonymous);
            if anonymous && self.users(&mount.name).is_empty() {
                self.volumes.remove(&mount.name);
                self.volume_event(now, &mount.name, "destroy");
            }
        }
    }

    /// (volume, bytes, containers using it) for `system df`.
    pub(super) fn volume_usage(&self) -> Vec<(VolumeResource, u64, u32)> {
        let row = |volume: &Volume| {
            let users = u32::try_from(self.users(&volume.resource.name).len()).unwrap_or(u32::MAX);
            (volume.resource.clone(), size(&volume.files), users)
        };
        self.volumes.values().map(row).collect()
    }

    /// What is mounted at a place of the container: a file or directory, if it is there.
    fn mounted(&self, mount: &MountPoint) -> Option<Entry> {
        match mount.kind.as_str() {
            "bind" => self.files.get(&mount.source).ok(),
            "volume" => self.volumes.get(&mount.name)?.files.get("/").ok(),
            _ => None,
        }
    }

    /// The files as the container's programs see them: its own with what is mounted in them.
    pub(super) fn view_of(&mut self, id: ContainerId) -> Option<FileTree> {
        let container = self.containers.get_mut(&id)?;
        let mut view = container.own_files().clone();
        let mounts = container.mounts.clone();
        let (read_only, at) = (view.is_read_only(), Timestamp(0));
        view.set_read_only(false);
        for mount in &mounts {
            let Some(entry) = self.mounted(mount) else {
                continue;
            };
            let target = absolute("/", &mount.destination);
            if let Some((parent, _)) = target.rsplit_once('/') {
                let _made = view.mkdir_all(parent, at);
            }
            let _put = view.put(&target, entry, at);
        }
        view.set_read_only(read_only);
        Some(view)
    }

    /// Lets something change the container's files. What changed below a mount goes to where it
    /// comes from; below one that is read-only the whole change is dropped and told as an error.
    pub(super) fn change_view<R>(
        &mut self,
        id: ContainerId,
        change: impl FnOnce(&mut FileTree) -> R,
    ) -> Result<R, Errno> {
        let mut view = self.view_of(id).ok_or(Errno::NoEnt)?;
        let before = view.clone();
        let result = change(&mut view);
        if view == before {
            return Ok(result);
        }
        let container = self.containers.get_mut(&id).ok_or(Errno::NoEnt)?;
        let mounts = container.mounts.clone();
        let own = container.own_files().clone();
        let read_only = view.is_read_only();
        view.set_read_only(false);
        let at = Timestamp(0);
        for mount in &mounts {
            let target = absolute("/", &mount.destination);
            let (Ok(old), Ok(new)) = (before.get(&target), view.get(&target)) else {
                continue;
            };
            if old != new {
                if !mount.rw {
                    return Err(Errno::ReadOnly);
                }
                self.write_back(mount, new)?;
            }
            let below = own.get(&target).unwrap_or_else(|_| Entry::dir(at));
            if mount.kind != "tmpfs" {
                view.put(&target, below, at)?;
            }
        }
        view.set_read_only(read_only);
        if let Some(container) = self.containers.get_mut(&id) {
            container.files = Some(view);
        }
        self.changed();
        Ok(result)
    }

    fn write_back(&mut self, mount: &MountPoint, entry: Entry) -> Result<(), Errno> {
        let at = entry.modified;
        match mount.kind.as_str() {
            "bind" => self.files.put(&mount.source, entry, at),
            "volume" => {
                let volume = self.volumes.get_mut(&mount.name).ok_or(Errno::NoEnt)?;
                volume.files.put("/", entry, at)
            }
            _ => Ok(()),
        }
    }
}

fn size(files: &FileTree) -> u64 {
    files.walk("").iter().filter(|(_, stat)| !stat.dir).map(|(_, stat)| stat.size).sum()
}
