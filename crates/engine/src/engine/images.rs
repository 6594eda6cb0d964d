//! The engine's image store: names, list, inspect, history, tag, rmi, prune
//! (moby `daemon/images`).

use super::Engine;
use crate::registry::{ImageData, Reference};
use api::{
    ApiError, ContainerId, Digest, Filters, ImageDeletion, ImageHistoryItem, ImageInspect,
    ImageSummary, Response, Timestamp,
};
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::BTreeSet;

/// An image on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Image {
    pub(crate) data: Rc<ImageData>,
    /// `name:tag`, as people write it.
    pub(crate) tags: BTreeSet<String>,
    /// (`name`, manifest digest).
    pub(crate) digests: BTreeSet<(String, Digest)>,
}

/// moby's word for an unknown image.
pub(super) fn no_such_image(reference: &str) -> ApiError {
    ApiError::new(404, format!("No such image: {reference}"))
}

impl Engine {
    /// By id, by name, or by prefix of an id (moby `GetImage`).
    pub(super) fn find_image(&self, text: &str) -> Result<Rc<ImageData>, ApiError> {
        self.lookup(text).map(|(image, _)| Rc::clone(&image.data))
    }

    /// The image and, if it was found by name, that name.
    fn lookup(&self, text: &str) -> Result<(&Image, Option<Reference>), ApiError> {
        let hex = text.strip_prefix("sha256:").unwrap_or(text);
        if let Some(image) = Digest::parse(hex).and_then(|id| self.images.get(&id)) {
            return Ok((image, None));
        }
        let parsed = Reference::parse(text);
        if let Ok(reference) = &parsed {
            let reference = reference.clone().with_default_tag();
            let name = reference.familiar_name();
            let tagged = reference.familiar_tagged();
            let found = match reference.digest {
                Some(digest) => {
                    self.images.values().find(|i| i.digests.contains(&(name.clone(), digest)))
                }
                None => self.images.values().find(|i| i.tags.contains(&tagged)),
            };
            if let Some(image) = found {
                return Ok((image, Some(reference)));
            }
        }
        let is_hex = !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit());
        let mut found =
            self.images.values().filter(|i| is_hex && i.data.id.to_string().starts_with(hex));
        match (found.next(), found.next(), parsed) {
            (Some(image), None, _) => Ok((image, None)),
            (_, _, Ok(reference)) => Err(no_such_image(&reference.with_default_tag().familiar())),
            (_, _, Err(text)) => Err(ApiError::new(400, text)),
        }
    }

    fn summary_of(&self, image: &Image) -> ImageSummary {
        let users = self.containers.values().filter(|c| c.image.id == image.data.id).count();
        ImageSummary {
            id: image.data.id,
            repo_tags: image.tags.iter().cloned().collect(),
            repo_digests: image.digests.iter().cloned().collect(),
            created: Timestamp(0),
            created_before_s: image.data.created_before_s,
            size: image.data.size(),
            labels: image.data.config.labels.clone(),
            containers: u32::try_from(users).unwrap_or(u32::MAX),
        }
    }

    /// Newest first.
    pub(super) fn image_list(&self, filters: &Filters) -> Result<Vec<ImageSummary>, ApiError> {
        super::lists::check_keys(filters, &["before", "dangling", "label", "reference", "since"])?;
        let mut bounds = Vec::new();
        for key in ["before", "since"] {
            for name in filters.get(key).into_iter().flatten() {
                bounds.push((key == "before", self.find_image(name)?.created_before_s));
            }
        }
        let mut all: Vec<ImageSummary> = Vec::new();
        for image in self.images.values() {
            let age = image.data.created_before_s;
            let in_time =
                bounds.iter().all(|(before, b)| if *before { age > *b } else { age < *b });
            let dangling = image.tags.is_empty();
            let wants = filters.get("dangling");
            let fits = wants
                .is_none_or(|v| v.iter().any(|v| matches!(v.as_str(), "true" | "1") == dangling));
            if !in_time || !fits || !super::lists::has_labels(filters, &image.data.config.labels) {
                continue;
            }
            let mut row = self.summary_of(image);
            if let Some(patterns) = filters.get("reference") {
                row.repo_tags.retain(|tag| patterns.iter().any(|p| matches_reference(p, tag)));
                let kept: Vec<String> = row.repo_tags.clone();
                row.repo_digests.retain(|(name, _)| {
                    kept.iter().any(|t| t.rsplit_once(':').is_some_and(|(n, _)| n == name))
                });
                if row.repo_tags.is_empty() {
                    continue;
                }
            }
            all.push(row);
        }
        all.sort_by_key(|row| (row.created_before_s, row.id));
        Ok(all)
    }

    pub(super) fn image_inspect(&self, text: &str) -> Result<Response, ApiError> {
        let (image, _) = self.lookup(text)?;
        let data = &image.data;
        let config = &data.config;
        Ok(Response::Image(Box::new(ImageInspect {
            summary: self.summary_of(image),
            cmd: config.cmd.clone(),
            entrypoint: config.entrypoint.clone(),
            env: config.env.clone(),
            exposed_ports: config.ports.clone(),
            working_dir: config.working_dir.clone(),
            user: config.user.clone(),
            stop_signal: config.stop_signal.clone(),
            volumes: config.volumes.clone(),
            layers: data.layers.iter().map(|layer| layer.diff).collect(),
            history: history(data),
            architecture: "amd64".to_owned(),
            os: "linux".to_owned(),
            author: String::new(),
            comment: String::new(),
        })))
    }

    pub(super) fn image_history(&self, text: &str) -> Result<Response, ApiError> {
        self.lookup(text).map(|(image, _)| Response::History(history(&image.data)))
    }

    /// The image may be asked for by that name from now on; another that had it loses it.
    pub(super) fn tag(&mut self, id: Digest, name: &str) {
        for (other, image) in &mut self.images {
            if *other != id {
                image.tags.remove(name);
            }
        }
        if let Some(image) = self.images.get_mut(&id) {
            image.tags.insert(name.to_owned());
        }
    }

    pub(super) fn image_tag(
        &mut self,
        source: &str,
        target: &str,
        now: Timestamp,
    ) -> Result<Response, ApiError> {
        let id = self.find_image(source)?.id;
        let target = Reference::parse(target).map_err(|text| ApiError::new(400, text))?;
        let name = target.with_default_tag().familiar_tagged();
        self.tag(id, &name);
        self.image_event(now, "tag", &format!("sha256:{id}"), &name);
        Ok(Response::Done)
    }

    pub(super) fn image_event(&mut self, now: Timestamp, action: &str, actor: &str, name: &str) {
        // an image that is gone has no labels to tell of
        let found = if action == "delete" { None } else { self.find_image(actor).ok() };
        let mut attributes = found.map(|image| image.config.labels.clone()).unwrap_or_default();
        attributes.insert("name".to_owned(), name.to_owned());
        self.changed();
        self.event(now, "image", action, actor, attributes);
    }

    /// `docker rmi` (moby `ImageDelete`): a name goes; with the last one the image too.
    pub(super) fn image_remove(
        &mut self,
        text: &str,
        force: bool,
        now: Timestamp,
    ) -> Result<Response, ApiError> {
        let (image, by_name) = self.lookup(text)?;
        let (id, tags) = (image.data.id, image.tags.clone());
        let repositories: BTreeSet<String> = image
            .tags
            .iter()
            .filter_map(|tag| tag.rsplit_once(':').map(|(name, _)| name.to_owned()))
            .chain(image.digests.iter().map(|(name, _)| name.clone()))
            .collect();
        let mut gone = Vec::new();
        match by_name {
            Some(reference) => {
                let tagged = reference.familiar_tagged();
                let last = tags.len() <= 1;
                if last
                    && !force
                    && let Some((user, _)) = self.user_of(id)
                {
                    return Err(ApiError::new(
                        409,
                        format!(
                            "conflict: unable to remove repository reference \"{text}\" (must \
                             force) - container {} is using its referenced image {}",
                            user.short(),
                            id.short()
                        ),
                    ));
                }
                self.untag(id, &tagged, &reference, &mut gone);
                if !last {
                    self.image_event(now, "untag", &format!("sha256:{id}"), &tagged);
                    return Ok(Response::ImageDeleted(gone));
                }
            }
            None => {
                self.refuse_in_use(id, force)?;
                if repositories.len() > 1 && !force {
                    return Err(ApiError::new(
                        409,
                        format!(
                            "conflict: unable to delete {} (must be forced) - image is \
                             referenced in multiple repositories",
                            id.short()
                        ),
                    ));
                }
            }
        }
        self.drop_names(id, &mut gone);
        if self.user_of(id).is_none() {
            self.delete_image(id, &mut gone, now);
        }
        Ok(Response::ImageDeleted(gone))
    }

    fn refuse_in_use(&self, id: Digest, force: bool) -> Result<(), ApiError> {
        let Some((user, running)) = self.user_of(id) else {
            return Ok(());
        };
        if force && !running {
            return Ok(());
        }
        let (how, word) =
            if running { ("cannot be forced", "running") } else { ("must be forced", "stopped") };
        Err(ApiError::new(
            409,
            format!(
                "conflict: unable to delete {} ({how}) - image is being used by {word} \
                 container {}",
                id.short(),
                user.short()
            ),
        ))
    }

    /// A container made of that image, a running one first.
    fn user_of(&self, id: Digest) -> Option<(ContainerId, bool)> {
        let mut users: Vec<(bool, ContainerId)> = self
            .containers
            .values()
            .filter(|c| c.image.id == id)
            .map(|c| (!c.is_running(), c.id))
            .collect();
        users.sort();
        users.first().map(|(stopped, id)| (*id, !stopped))
    }

    fn untag(
        &mut self,
        id: Digest,
        tagged: &str,
        reference: &Reference,
        gone: &mut Vec<ImageDeletion>,
    ) {
        let Some(image) = self.images.get_mut(&id) else {
            return;
        };
        if let Some(digest) = reference.digest {
            let name = reference.familiar_name();
            if image.digests.remove(&(name.clone(), digest)) {
                gone.push(ImageDeletion::Untagged(format!("{name}@sha256:{digest}")));
            }
        } else if image.tags.remove(tagged) {
            gone.push(ImageDeletion::Untagged(tagged.to_owned()));
        }
    }

    fn drop_names(&mut self, id: Digest, gone: &mut Vec<ImageDeletion>) {
        let Some(image) = self.images.get_mut(&id) else {
            return;
        };
        for tag in std::mem::take(&mut image.tags) {
            gone.push(ImageDeletion::Untagged(tag));
        }
        for (name, digest) in std::mem::take(&mut image.digests) {
            gone.push(ImageDeletion::Untagged(format!("{name}@sha256:{digest}")));
        }
    }

    /// The image and those of its layers that no other image has, top first.
    fn delete_image(&mut self, id: Digest, gone: &mut Vec<ImageDeletion>, now: Timestamp) -> u64 {
        let Some(image) = self.images.remove(&id) else {
            return 0;
        };
        gone.push(ImageDeletion::Deleted(format!("sha256:{id}")));
        let text = format!("sha256:{id}");
        self.image_event(now, "delete", &text, &text);
        let mut freed = 0;
        for layer in image.data.layers.iter().rev() {
            if self.has_layer(layer.chain) {
                break;
            }
            freed += layer.size;
            gone.push(ImageDeletion::Deleted(format!("sha256:{}", layer.chain)));
        }
        freed
    }

    /// Whether an image here has that layer (with the same ones below it).
    pub(super) fn has_layer(&self, chain: Digest) -> bool {
        self.images.values().flat_map(|i| &i.data.layers).any(|layer| layer.chain == chain)
    }

    /// Dangling images, or with `dangling=false` all that no container uses.
    pub(super) fn image_prune(
        &mut self,
        filters: &Filters,
        now: Timestamp,
    ) -> Result<Response, ApiError> {
        super::lists::check_keys(filters, &["dangling", "label", "label!", "until"])?;
        let all = filters
            .get("dangling")
            .is_some_and(|v| v.iter().any(|v| matches!(v.as_str(), "false" | "0")));
        let mut doomed: Vec<(u64, Digest)> = self
            .images
            .values()
            .filter(|image| all || (image.tags.is_empty()))
            .filter(|image| self.user_of(image.data.id).is_none())
            .filter(|image| super::lists::has_labels(filters, &image.data.config.labels))
            .map(|image| (image.data.created_before_s, image.data.id))
            .collect();
        doomed.sort();
        let (mut gone, mut reclaimed) = (Vec::new(), 0);
        for (_, id) in doomed {
            self.drop_names(id, &mut gone);
            reclaimed += self.delete_image(id, &mut gone, now);
        }
        let deleted = gone
            .into_iter()
            .map(|line| match line {
                ImageDeletion::Untagged(name) => format!("untagged: {name}"),
                ImageDeletion::Deleted(id) => format!("deleted: {id}"),
            })
            .collect();
        Ok(Response::Pruned { deleted, reclaimed })
    }

    /// An image is on this machine from now on, under that name.
    pub(crate) fn store_image(&mut self, data: Rc<ImageData>, reference: &Reference) {
        let (id, manifest) = (data.id, data.manifest);
        let image = self.images.entry(id).or_insert_with(|| Image {
            data,
            tags: BTreeSet::new(),
            digests: BTreeSet::new(),
        });
        image.digests.insert((reference.familiar_name(), manifest));
        if reference.digest.is_none() {
            self.tag(id, &reference.clone().with_default_tag().familiar_tagged());
        }
        self.changed();
    }

    /// Puts an image there at once, as a machine that came with it (lesson set-ups).
    pub fn preload(&mut self, data: Rc<ImageData>, reference: &Reference) {
        self.store_image(data, reference);
    }

    /// Whether an image of that name is here.
    #[must_use]
    pub fn has_image(&self, text: &str) -> bool {
        self.lookup(text).is_ok()
    }

    pub(super) fn image_summaries(&self) -> Vec<ImageSummary> {
        self.image_list(&Filters::new()).unwrap_or_default()
    }
}

fn history(data: &ImageData) -> Vec<ImageHistoryItem> {
    data.layers
        .iter()
        .rev()
        .enumerate()
        .map(|(k, layer)| ImageHistoryItem {
            id: (k == 0).then_some(data.id),
            created_before_s: data.created_before_s,
            created_by: layer.created_by.clone(),
            size: layer.size,
            comment: String::new(),
        })
        .collect()
}

/// `reference=` patterns match the whole name, with or without its tag (Go's `path.Match`).
fn matches_reference(pattern: &str, tag: &str) -> bool {
    let parts = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
    let matches = |name: &str| {
        let (pattern, name) = (parts(pattern), parts(name));
        pattern.len() == name.len()
            && pattern.iter().zip(&name).all(|(p, n)| crate::files::matches(p, n))
    };
    matches(tag) || tag.rsplit_once(':').is_some_and(|(name, _)| matches(name))
}
