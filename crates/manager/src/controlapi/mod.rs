//! Control API: what users ask of the swarm, checked in SwarmKit's order with its words.
//!
//! | | |
//! |---|---|
//! | runs on | the leader; daemons pass calls to it |
//! | writes | specs, and removes objects |
//! | SwarmKit | `manager/controlapi` |
//!
//! Reads see what is committed. A write is one transaction: it either changes the draft and is
//! answered when that is committed, or leaves the draft alone and is refused at once.
//!
//! **Left out:** filters (the daemon applies them), the check of templates in specs, external CAs.

mod cluster;
mod common;
mod network;
mod node;
mod secret;
mod service;
mod spec;

pub(crate) use node::with_manager_status;
pub(crate) use spec::validate as validate_service;

use crate::store::Draft;
use crate::{Members, Store};
use api::{ApiError, Code, ControlRequest, ControlResponse};
use share::Rc;

/// What the API answers.
pub(crate) type Answer = Result<ControlResponse, ApiError>;

fn refuse<T>(code: Code, text: impl AsRef<str>) -> Result<T, ApiError> {
    Err(ApiError::rpc(code, text))
}

fn not_found<T>(kind: &str, id: impl std::fmt::Display) -> Result<T, ApiError> {
    refuse(Code::NotFound, format!("{kind} {id} not found"))
}

/// The answer to a read; `None`: the call writes.
pub(crate) fn read(request: &ControlRequest, store: &Store, members: &Members) -> Option<Answer> {
    use ControlRequest as Ask;
    use ControlResponse as Say;
    let answer = match request {
        Ask::GetCluster => cluster::get(store),
        Ask::GetUnlockKey => cluster::unlock_key(store),
        Ask::ListNodes => {
            let nodes = store.nodes().map(|node| with_manager_status(node, members));
            Ok(Say::Nodes(nodes.collect()))
        }
        Ask::GetNode(id) => match store.node(*id) {
            Some(node) => Ok(Say::Node(with_manager_status(node, members))),
            None => not_found("node", id),
        },
        Ask::ListServices => Ok(Say::Services(store.services().cloned().collect())),
        Ask::GetService(id) => match store.service(*id) {
            Some(service) => Ok(Say::Service(Rc::clone(service))),
            None => not_found("service", id),
        },
        Ask::ListTasks => Ok(Say::Tasks(store.tasks().cloned().collect())),
        Ask::GetTask(id) => match store.task(*id) {
            Some(task) => Ok(Say::Task(Rc::clone(task))),
            None => not_found("task", id),
        },
        Ask::ListNetworks => Ok(Say::Networks(store.networks().cloned().collect())),
        Ask::GetNetwork(id) => match store.network(*id) {
            Some(network) => Ok(Say::Network(Rc::clone(network))),
            None => not_found("network", id),
        },
        Ask::ListSecrets => Ok(Say::Secrets(store.secrets().map(secret::without_data).collect())),
        Ask::GetSecret(id) => match store.secret(*id) {
            Some(found) => Ok(Say::Secret(secret::without_data(found))),
            None => not_found("secret", id),
        },
        Ask::ListConfigs => Ok(Say::Configs(store.configs().cloned().collect())),
        Ask::GetConfig(id) => match store.config(*id) {
            Some(config) => Ok(Say::Config(Rc::clone(config))),
            None => not_found("config", id),
        },
        Ask::UpdateCluster { .. }
        | Ask::UpdateNode { .. }
        | Ask::RemoveNode { .. }
        | Ask::CreateService(_)
        | Ask::UpdateService { .. }
        | Ask::RemoveService(_)
        | Ask::RemoveTask(_)
        | Ask::CreateNetwork(_)
        | Ask::RemoveNetwork(_)
        | Ask::CreateSecret(_)
        | Ask::UpdateSecret { .. }
        | Ask::RemoveSecret(_)
        | Ask::CreateConfig(_)
        | Ask::UpdateConfig { .. }
        | Ask::RemoveConfig(_)
        | Ask::SubscribeLogs { .. } => return None,
    };
    Some(answer)
}

/// Checks a write and, if it stands, makes its changes.
pub(crate) fn write(request: ControlRequest, draft: &mut Draft<'_>, members: &Members) -> Answer {
    use ControlRequest as Ask;
    match request {
        Ask::UpdateCluster {
            version,
            spec,
            rotate_worker_token,
            rotate_manager_token,
            rotate_manager_unlock_key,
        } => {
            let rotate = cluster::Rotate {
                worker_token: rotate_worker_token,
                manager_token: rotate_manager_token,
                unlock_key: rotate_manager_unlock_key,
            };
            cluster::update(draft, version, &spec, rotate)
        }
        Ask::UpdateNode { id, version, spec } => node::update(draft, members, id, version, *spec),
        Ask::RemoveNode { id, force } => node::remove(draft, members, id, force),
        Ask::CreateService(spec) => service::create(draft, &spec),
        Ask::UpdateService { id, version, spec, rollback } => {
            service::update(draft, id, version, &spec, rollback)
        }
        Ask::RemoveService(id) => service::remove(draft, id),
        Ask::RemoveTask(id) => {
            if draft.task(id).is_none() {
                return not_found("task", id);
            }
            draft.remove_task(id);
            Ok(ControlResponse::Done)
        }
        Ask::CreateNetwork(spec) => network::create(draft, *spec),
        Ask::RemoveNetwork(id) => network::remove(draft, id),
        Ask::CreateSecret(spec) => secret::create_secret(draft, *spec),
        Ask::UpdateSecret { id, version, spec } => secret::update_secret(draft, id, version, &spec),
        Ask::RemoveSecret(id) => secret::remove_secret(draft, id),
        Ask::CreateConfig(spec) => secret::create_config(draft, *spec),
        Ask::UpdateConfig { id, version, spec } => secret::update_config(draft, id, version, &spec),
        Ask::RemoveConfig(id) => secret::remove_config(draft, id),
        // reads are answered before, subscriptions by the log broker
        Ask::GetCluster
        | Ask::GetUnlockKey
        | Ask::ListNodes
        | Ask::GetNode(_)
        | Ask::ListServices
        | Ask::GetService(_)
        | Ask::ListTasks
        | Ask::GetTask(_)
        | Ask::ListNetworks
        | Ask::GetNetwork(_)
        | Ask::ListSecrets
        | Ask::GetSecret(_)
        | Ask::ListConfigs
        | Ask::GetConfig(_)
        | Ask::SubscribeLogs { .. } => refuse(Code::Unimplemented, "unknown call"),
    }
}
