//! Secrets and configs: create, relabel, remove. Both follow one set of rules.
//!
//! SwarmKit: `manager/controlapi/secret.go`, `config.go`.

use super::{Answer, common, not_found, refuse};
use crate::Store;
use crate::store::Draft;
use api::{
    ApiError, Code, Config, ConfigId, ConfigSpec, ContainerSpec, ControlResponse, FileReference,
    Meta, Secret, SecretId, SecretSpec, Version,
};
use share::Rc;

/// A secret as it may be shown.
pub(super) fn without_data(secret: &Rc<Secret>) -> Rc<Secret> {
    let spec = SecretSpec { data: Vec::new(), ..secret.spec.clone() };
    Rc::new(Secret { spec, ..Secret::clone(secret) })
}

fn check_size(word: &str, size: usize, limit: usize) -> Result<(), ApiError> {
    if (1..limit).contains(&size) {
        return Ok(());
    }
    let text = format!("{word} data must be larger than 0 and less than {limit} bytes");
    refuse(Code::InvalidArgument, text)
}

/// Names of the services that use one of these, or the refusal to remove it.
fn check_unused(
    store: &Store,
    word: &str,
    name: &str,
    id: &str,
    references: impl Fn(&ContainerSpec) -> &[FileReference],
) -> Result<(), ApiError> {
    let users: Vec<&str> = store
        .services()
        .filter(|service| {
            references(&service.spec.task.container).iter().any(|reference| reference.id == id)
        })
        .map(|service| service.spec.annotations.name.as_str())
        .collect();
    let noun = match users.len() {
        0 => return Ok(()),
        1 => "service",
        _ => "services",
    };
    let users = users.join(", ");
    let text = format!("{word} '{name}' is in use by the following {noun}: {users}");
    refuse(Code::InvalidArgument, text)
}

pub(super) fn create_secret(draft: &mut Draft<'_>, spec: SecretSpec) -> Answer {
    common::secret_annotations(&spec.annotations)?;
    if !spec.driver.is_empty() {
        // a driver is a plugin, and no machine here has any (recording g_objects t=60617)
        return refuse(Code::Unknown, format!("plugin {:?} not found", spec.driver));
    }
    check_size("secret", spec.data.len(), 512_000)?;
    let name = &spec.annotations.name;
    if draft.secrets().any(|other| common::same_name(&other.spec.annotations.name, name)) {
        return refuse(Code::AlreadyExists, format!("secret {name} already exists"));
    }
    let id = SecretId::from_random(draft.id_bytes());
    draft.create_secret(Secret { id, meta: Meta::default(), spec });
    answer_secret(draft, id)
}

fn answer_secret(draft: &Draft<'_>, id: SecretId) -> Answer {
    match draft.secret(id) {
        Some(found) => Ok(ControlResponse::Secret(without_data(found))),
        None => not_found("secret", id),
    }
}

pub(super) fn update_secret(
    draft: &mut Draft<'_>,
    id: SecretId,
    version: Version,
    spec: &SecretSpec,
) -> Answer {
    let Some(old) = draft.secret(id).cloned() else { return not_found("secret", id) };
    let renamed = old.spec.annotations.name != spec.annotations.name;
    // the client sends no data when it only changes labels
    if renamed || (!spec.data.is_empty() && spec.data != old.spec.data) {
        return refuse(Code::InvalidArgument, "only updates to Labels are allowed");
    }
    common::check_version(old.meta, version)?;
    let labels = spec.annotations.labels.clone();
    draft.update_secret(id, |object| object.spec.annotations.labels = labels);
    answer_secret(draft, id)
}

pub(super) fn remove_secret(draft: &mut Draft<'_>, id: SecretId) -> Answer {
    let Some(found) = draft.secret(id).cloned() else {
        return refuse(Code::NotFound, format!("could not find secret {id}"));
    };
    let name = &found.spec.annotations.name;
    check_unused(draft, "secret", name, id.as_str(), |container| &container.secrets)?;
    draft.remove_secret(id);
    Ok(ControlResponse::Done)
}

pub(super) fn create_config(draft: &mut Draft<'_>, spec: ConfigSpec) -> Answer {
    common::secret_annotations(&spec.annotations)?;
    check_size("config", spec.data.len(), 1_024_000)?;
    let name = &spec.annotations.name;
    if draft.configs().any(|other| common::same_name(&other.spec.annotations.name, name)) {
        return refuse(Code::AlreadyExists, format!("config {name} already exists"));
    }
    let id = ConfigId::from_random(draft.id_bytes());
    draft.create_config(Config { id, meta: Meta::default(), spec });
    answer_config(draft, id)
}

fn answer_config(draft: &Draft<'_>, id: ConfigId) -> Answer {
    match draft.config(id) {
        Some(found) => Ok(ControlResponse::Config(Rc::clone(found))),
        None => not_found("config", id),
    }
}

pub(super) fn update_config(
    draft: &mut Draft<'_>,
    id: ConfigId,
    version: Version,
    spec: &ConfigSpec,
) -> Answer {
    let Some(old) = draft.config(id).cloned() else { return not_found("config", id) };
    let renamed = old.spec.annotations.name != spec.annotations.name;
    // the client sends no data when it only changes labels
    if renamed || (!spec.data.is_empty() && spec.data != old.spec.data) {
        return refuse(Code::InvalidArgument, "only updates to Labels are allowed");
    }
    common::check_version(old.meta, version)?;
    let labels = spec.annotations.labels.clone();
    draft.update_config(id, |object| object.spec.annotations.labels = labels);
    answer_config(draft, id)
}

pub(super) fn remove_config(draft: &mut Draft<'_>, id: ConfigId) -> Answer {
    let Some(found) = draft.config(id).cloned() else {
        return refuse(Code::NotFound, format!("could not find config {id}"));
    };
    let name = &found.spec.annotations.name;
    check_unused(draft, "config", name, id.as_str(), |container| &container.configs)?;
    draft.remove_config(id);
    Ok(ControlResponse::Done)
}
