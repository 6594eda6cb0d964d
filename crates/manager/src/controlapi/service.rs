//! Services: create, update, roll back, remove.
//!
//! SwarmKit: `manager/controlapi/service.go`.

use super::{Answer, common, not_found, refuse, spec};
use crate::Store;
use crate::allocator::needs_ingress;
use crate::orchestrator::is_job;
use crate::store::Draft;
use api::{
    ApiError, Code, ConfigId, ControlResponse, EndpointSpec, FileReference, JobStatus, Meta,
    NetworkId, PortConfig, Protocol, PublishMode, SecretId, Service, ServiceId, ServiceSpec,
    UpdateState, UpdateStatus, Version,
};
use share::Rc;
use std::collections::BTreeSet;

pub(super) fn create(draft: &mut Draft<'_>, spec: &ServiceSpec) -> Answer {
    validate(draft, spec)?;
    check_port_conflicts(draft, &spec.endpoint, None)?;
    let mut service = Service {
        id: ServiceId::from_random(draft.id_bytes()),
        meta: Meta::default(),
        spec: Rc::new(spec.clone()),
        spec_version: Some(Version(0)),
        previous_spec: None,
        previous_spec_version: None,
        endpoint: None,
        update_status: None,
        job_status: None,
    };
    check_ingress(draft, &service)?;
    check_files_exist(draft, spec)?;
    let name = &spec.annotations.name;
    if draft.services().any(|other| common::same_name(&other.spec.annotations.name, name)) {
        return refuse(
            Code::AlreadyExists,
            format!("{}: service {name} already exists", common::NAME_CONFLICT),
        );
    }
    if is_job(&service) {
        service.job_status = Some(JobStatus { job_iteration: 0, last_execution: Some(draft.now) });
    }
    let id = service.id;
    draft.create_service(service);
    answer(draft, id)
}

fn answer(draft: &Draft<'_>, id: ServiceId) -> Answer {
    match draft.service(id) {
        Some(service) => Ok(ControlResponse::Service(Rc::clone(service))),
        None => not_found("service", id),
    }
}

pub(super) fn update(
    draft: &mut Draft<'_>,
    id: ServiceId,
    version: Version,
    spec: &ServiceSpec,
    rollback: bool,
) -> Answer {
    validate(draft, spec)?;
    let Some(old) = draft.service(id).cloned() else { return not_found("service", id) };
    if spec.endpoint != old.spec.endpoint {
        check_port_conflicts(draft, &spec.endpoint, Some(id))?;
    }
    check_files_exist(draft, spec)?;
    if std::mem::discriminant(&old.spec.mode) != std::mem::discriminant(&spec.mode) {
        return refuse(Code::Unimplemented, "service mode change is not allowed");
    }
    if old.spec.annotations.name != spec.annotations.name {
        return refuse(Code::Unimplemented, "renaming services is not supported");
    }
    let mut new = Service::clone(&old);
    if rollback {
        let Some(previous) = old.previous_spec.clone() else {
            let text = format!("service {id} does not have a previous spec");
            return refuse(Code::FailedPrecondition, text);
        };
        new.spec = previous;
        new.spec_version = old.previous_spec_version;
        new.previous_spec = Some(Rc::clone(&old.spec));
        new.previous_spec_version = old.spec_version;
        new.update_status = Some(UpdateStatus {
            state: UpdateState::RollbackStarted,
            started_at: Some(draft.now),
            completed_at: None,
            message: "manually requested rollback".to_owned(),
        });
    } else {
        new.previous_spec = Some(Rc::clone(&old.spec));
        new.previous_spec_version = old.spec_version;
        new.spec = Rc::new(spec.clone());
        new.spec_version = Some(version);
        new.update_status = None;
    }
    if is_job(&new) {
        let iteration = old.job_status.as_ref().map_or(0, |status| status.job_iteration);
        new.job_status =
            Some(JobStatus { job_iteration: iteration + 1, last_execution: Some(draft.now) });
    }
    check_ingress(draft, &new)?;
    common::check_version(old.meta, version)?;
    draft.update_service(id, |service| *service = new);
    answer(draft, id)
}

pub(super) fn remove(draft: &mut Draft<'_>, id: ServiceId) -> Answer {
    if draft.service(id).is_none() {
        return not_found("service", id);
    }
    draft.remove_service(id);
    Ok(ControlResponse::Done)
}

fn validate(store: &Store, spec: &ServiceSpec) -> Result<(), ApiError> {
    spec::validate(spec, Some(spec.mode))?;
    for config in &spec.task.networks {
        let network = NetworkId::parse(&config.target).and_then(|id| store.network(id));
        if let Some(network) = network.filter(|network| network.spec.ingress) {
            let name = &network.spec.annotations.name;
            return refuse(
                Code::InvalidArgument,
                format!("Service cannot be explicitly attached to the ingress network {name:?}"),
            );
        }
    }
    Ok(())
}

fn check_ingress(store: &Store, service: &Service) -> Result<(), ApiError> {
    if needs_ingress(service) && store.ingress().is_none() {
        let text = "service needs ingress network, but no ingress network is present";
        return refuse(Code::FailedPrecondition, text);
    }
    Ok(())
}

/// New mesh ports clash with anything others publish, new host ports with others' mesh ports
/// only: two services on one host port are the scheduler's business.
fn check_port_conflicts(
    store: &Store,
    endpoint: &EndpointSpec,
    own: Option<ServiceId>,
) -> Result<(), ApiError> {
    let published = |mode: PublishMode| -> BTreeSet<(Protocol, u16)> {
        endpoint
            .ports
            .iter()
            .filter(|port| port.publish_mode == mode && port.published_port != 0)
            .map(|port| (port.protocol, port.published_port))
            .collect()
    };
    let (mesh, host) = (published(PublishMode::Ingress), published(PublishMode::Host));
    for service in store.services().filter(|service| Some(service.id) != own) {
        let allocated = service.endpoint.as_ref().map_or(&[][..], |endpoint| &endpoint.ports);
        for port in service.spec.endpoint.ports.iter().chain(allocated) {
            let key = (port.protocol, port.published_port);
            match port.publish_mode {
                PublishMode::Host if mesh.contains(&key) => {
                    return in_use(port, service, "a host-published port");
                }
                PublishMode::Ingress if mesh.contains(&key) || host.contains(&key) => {
                    return in_use(port, service, "an ingress port");
                }
                PublishMode::Host | PublishMode::Ingress => {}
            }
        }
    }
    Ok(())
}

fn in_use(port: &PortConfig, by: &Service, how: &str) -> Result<(), ApiError> {
    let name = &by.spec.annotations.name;
    let text = format!(
        "port '{}' is already in use by service '{name}' ({}) as {how}",
        port.published_port, by.id
    );
    refuse(Code::InvalidArgument, text)
}

fn check_files_exist(store: &Store, spec: &ServiceSpec) -> Result<(), ApiError> {
    let secret = |reference: &FileReference| {
        let found = SecretId::parse(&reference.id).and_then(|id| store.secret(id));
        found.is_some_and(|secret| secret.spec.annotations.name == reference.name)
    };
    let config = |reference: &FileReference| {
        let found = ConfigId::parse(&reference.id).and_then(|id| store.config(id));
        found.is_some_and(|config| config.spec.annotations.name == reference.name)
    };
    missing(&spec.task.container.secrets, "secret", secret)?;
    missing(&spec.task.container.configs, "config", config)
}

fn missing(
    references: &[FileReference],
    word: &str,
    found: impl Fn(&FileReference) -> bool,
) -> Result<(), ApiError> {
    let names: Vec<&str> = references
        .iter()
        .filter(|reference| !found(reference))
        .map(|reference| reference.name.as_str())
        .collect();
    let word = match names.len() {
        0 => return Ok(()),
        1 => word.to_owned(),
        _ => format!("{word}s"),
    };
    refuse(Code::InvalidArgument, format!("{word} not found: {}", names.join(", ")))
}
