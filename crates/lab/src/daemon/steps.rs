//! Swarm calls, one step after the other: from what is known to what is needed next.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "each function looks at one family of requests; the others are not its business"
)]

use super::networks::network;
use super::resolve::resolve;
use super::texts::{invalid, not_found, unavailable};
use super::{Learned, Next, SwarmCall, defaults, filter, texts};
use api::{
    ApiError, ControlRequest, Filters, Network, NetworkResource, Node, NodeId, Request, Response,
    Service, ServiceMode, ServiceStatus, Task, TaskState,
};
use engine::FetchReply;
use engine::registry::Reference;
use share::Rc;

/// Whether a request is the swarm's business (at least in part).
pub(crate) fn concerns_swarm(request: &Request, active_manager: bool) -> bool {
    match request {
        Request::SwarmInspect
        | Request::SwarmUpdate { .. }
        | Request::SwarmUnlockKey
        | Request::NodeList { .. }
        | Request::NodeInspect { .. }
        | Request::NodeUpdate { .. }
        | Request::NodeRemove { .. }
        | Request::ServiceList { .. }
        | Request::ServiceInspect { .. }
        | Request::ServiceCreate { .. }
        | Request::ServiceUpdate { .. }
        | Request::ServiceRemove { .. }
        | Request::ServiceLogs { .. }
        | Request::TaskList { .. }
        | Request::TaskInspect { .. }
        | Request::SecretList { .. }
        | Request::SecretInspect { .. }
        | Request::SecretCreate { .. }
        | Request::SecretUpdate { .. }
        | Request::SecretRemove { .. }
        | Request::ConfigList { .. }
        | Request::ConfigInspect { .. }
        | Request::ConfigCreate { .. }
        | Request::ConfigUpdate { .. }
        | Request::ConfigRemove { .. }
        | Request::DistributionInspect { .. }
        | Request::Info => true,
        Request::NetworkCreate { spec, scope, .. } => {
            spec.driver == "overlay" || scope == "swarm" || (active_manager && spec.ingress)
        }
        Request::NetworkInspect { .. } => true,
        Request::NetworkList { .. }
        | Request::NetworkRemove { .. }
        | Request::NetworkPrune { .. } => active_manager,
        _ => false,
    }
}

/// Answered on every machine, in a swarm or not.
pub(crate) fn works_without_manager(request: &Request) -> bool {
    matches!(
        request,
        Request::Info
            | Request::DistributionInspect { .. }
            | Request::NetworkList { .. }
            | Request::NetworkInspect { .. }
            | Request::NetworkRemove { .. }
            | Request::NetworkPrune { .. }
            | Request::NetworkCreate { .. }
    )
}

/// What a machine outside any swarm says.
pub(crate) fn no_swarm(_request: &Request) -> ApiError {
    unavailable(texts::NO_SWARM)
}

pub(super) type Step = Result<Next, ApiError>;

/// The next step of a call.
pub(crate) fn next(call: &SwarmCall, active: bool, own: Option<NodeId>) -> Next {
    let learned = &call.learned;
    if let Some(error) = &learned.refused
        && !matches!(
            call.request,
            Request::Info | Request::NetworkList { .. } | Request::NetworkPrune { .. }
        )
    {
        return Next::Answer(Err(error.clone()));
    }
    let step = match &call.request {
        Request::SwarmInspect | Request::SwarmUpdate { .. } | Request::SwarmUnlockKey => {
            swarm(&call.request, learned)
        }
        Request::NodeList { .. }
        | Request::NodeInspect { .. }
        | Request::NodeUpdate { .. }
        | Request::NodeRemove { .. } => node(&call.request, learned),
        Request::ServiceCreate { .. } | Request::ServiceUpdate { .. } => write_service(call),
        Request::ServiceList { .. }
        | Request::ServiceInspect { .. }
        | Request::ServiceRemove { .. }
        | Request::ServiceLogs { .. } => service(&call.request, learned),
        Request::TaskList { filters } => tasks(filters, learned),
        Request::TaskInspect { task } => task_inspect(task, learned),
        Request::SecretList { .. }
        | Request::SecretInspect { .. }
        | Request::SecretCreate { .. }
        | Request::SecretUpdate { .. }
        | Request::SecretRemove { .. } => secret(&call.request, learned),
        Request::ConfigList { .. }
        | Request::ConfigInspect { .. }
        | Request::ConfigCreate { .. }
        | Request::ConfigUpdate { .. }
        | Request::ConfigRemove { .. } => config(&call.request, learned),
        Request::NetworkList { .. }
        | Request::NetworkInspect { .. }
        | Request::NetworkCreate { .. }
        | Request::NetworkRemove { .. }
        | Request::NetworkPrune { .. } => network(&call.request, learned, active, own.is_some()),
        Request::DistributionInspect { image } => distribution(image, learned),
        Request::Info => Ok(info(learned, active)),
        other => Ok(Next::Local(other.clone())),
    };
    step.unwrap_or_else(|error| Next::Answer(Err(error)))
}

/// Asks for a list, or goes on with it.
macro_rules! list {
    ($learned:expr, $field:ident, $ask:ident) => {
        match &$learned.$field {
            Some(list) => list,
            None => return Ok(Next::Ask(ControlRequest::$ask)),
        }
    };
}
pub(super) use list;

pub(super) fn answer(response: Response) -> Step {
    Ok(Next::Answer(Ok(response)))
}

pub(super) fn created(id: &str, warnings: Vec<String>) -> Step {
    answer(Response::Created { id: id.to_owned(), warnings })
}

fn swarm(request: &Request, learned: &Learned) -> Step {
    match request {
        Request::SwarmUpdate {
            version,
            spec,
            rotate_worker_token,
            rotate_manager_token,
            rotate_manager_unlock_key,
        } => {
            if learned.done.is_some() {
                return answer(Response::Done);
            }
            Ok(Next::Ask(ControlRequest::UpdateCluster {
                version: *version,
                spec: spec.clone(),
                rotate_worker_token: *rotate_worker_token,
                rotate_manager_token: *rotate_manager_token,
                rotate_manager_unlock_key: *rotate_manager_unlock_key,
            }))
        }
        Request::SwarmUnlockKey => match &learned.unlock_key {
            Some(key) => answer(Response::UnlockKey(key.clone())),
            None => Ok(Next::Ask(ControlRequest::GetUnlockKey)),
        },
        _ => match &learned.cluster {
            Some(cluster) => answer(Response::Cluster(Rc::clone(cluster))),
            None => Ok(Next::Ask(ControlRequest::GetCluster)),
        },
    }
}

fn node(request: &Request, learned: &Learned) -> Step {
    if learned.done.is_some() {
        return answer(Response::Done);
    }
    match request {
        Request::NodeList { filters } => {
            filter::check_nodes(filters)?;
            let all = list!(learned, nodes, ListNodes);
            let found = all.iter().filter(|n| filter::node(filters, n)).cloned().collect();
            answer(Response::Nodes(found))
        }
        Request::NodeInspect { node } => {
            let all = list!(learned, nodes, ListNodes);
            answer(Response::Node(Rc::clone(resolve(all, node)?)))
        }
        Request::NodeUpdate { node, version, spec } => Ok(Next::Ask(ControlRequest::UpdateNode {
            id: *node,
            version: *version,
            spec: spec.clone(),
        })),
        Request::NodeRemove { node, force } => {
            let all = list!(learned, nodes, ListNodes);
            let id = resolve(all, node)?.id;
            Ok(Next::Ask(ControlRequest::RemoveNode { id, force: *force }))
        }
        _ => answer(Response::Done),
    }
}

fn service(request: &Request, learned: &Learned) -> Step {
    match request {
        Request::ServiceList { filters, status } => {
            filter::check_services(filters)?;
            let all = list!(learned, services, ListServices);
            let found: Vec<_> = all.iter().filter(|s| filter::service(filters, s)).collect();
            if !status {
                let list = found.into_iter().map(|s| (Rc::clone(s), None)).collect();
                return answer(Response::Services(list));
            }
            let tasks = list!(learned, tasks, ListTasks);
            let with = |s: &Rc<Service>| (Rc::clone(s), Some(service_status(s, tasks)));
            answer(Response::Services(found.into_iter().map(with).collect()))
        }
        Request::ServiceInspect { service, insert_defaults } => {
            let all = list!(learned, services, ListServices);
            let found = resolve(all, service)?;
            let found = if *insert_defaults { defaults::insert(found) } else { Rc::clone(found) };
            answer(Response::Service(found))
        }
        Request::ServiceRemove { service } => {
            if learned.done.is_some() {
                return answer(Response::Done);
            }
            let all = list!(learned, services, ListServices);
            Ok(Next::Ask(ControlRequest::RemoveService(resolve(all, service)?.id)))
        }
        Request::ServiceLogs { service, options } => {
            if learned.subscribed {
                return Ok(Next::Stream);
            }
            let all = list!(learned, services, ListServices);
            let (mut services, mut tasks) = (Vec::new(), Vec::new());
            match resolve(all, service) {
                Ok(found) => services.push(found.id),
                Err(error) => {
                    let all = list!(learned, tasks, ListTasks);
                    match resolve(all, service) {
                        Ok(found) => tasks.push(found.id),
                        Err(_) => return Err(error),
                    }
                }
            }
            Ok(Next::Ask(ControlRequest::SubscribeLogs {
                services,
                tasks,
                options: options.clone(),
            }))
        }
        _ => answer(Response::Done),
    }
}

/// Counts for `docker service ls` (SwarmKit `controlapi.ListServiceStatuses`).
pub(crate) fn service_status(service: &Service, tasks: &[Rc<Task>]) -> ServiceStatus {
    let mut status = ServiceStatus::default();
    let iteration = service.job_status.as_ref().map(|j| j.job_iteration);
    let (mut counted, mut job) = (false, false);
    match service.spec.mode {
        ServiceMode::Replicated { replicas } => status.desired_tasks = replicas,
        ServiceMode::Global => counted = true,
        ServiceMode::ReplicatedJob { max_concurrent, .. } => {
            status.desired_tasks = max_concurrent;
            job = true;
        }
        ServiceMode::GlobalJob => (counted, job) = (true, true),
    }
    for task in tasks.iter().filter(|t| t.service_id == Some(service.id)) {
        if job && task.job_iteration != iteration {
            continue;
        }
        if task.status.state == TaskState::Running {
            status.running_tasks += 1;
        }
        if job && task.status.state == TaskState::Complete {
            status.completed_tasks += 1;
        }
        let wanted = task.desired_state == TaskState::Running
            || (job
                && task.desired_state == TaskState::Complete
                && task.status.state != TaskState::Complete);
        if counted && wanted {
            status.desired_tasks += 1;
        }
    }
    status
}

fn write_service(call: &SwarmCall) -> Step {
    let learned = &call.learned;
    let (spec, query) = match &call.request {
        Request::ServiceCreate { spec, query_registry }
        | Request::ServiceUpdate { spec, query_registry, .. } => (spec, *query_registry),
        _ => return answer(Response::Done),
    };
    let mut spec = spec.clone();
    let mut warnings = Vec::new();
    // an image without a tag is asked for, warned of and kept with the default one (docker's
    // client library, `imageWithTagString`)
    if let Some(reference) = unpinned(&spec.task.container.image) {
        spec.task_mut().container.image = reference.familiar();
    }
    if query && let Some(reference) = unpinned(&spec.task.container.image) {
        let Some(reply) = &learned.digest else { return Ok(Next::Registry(reference)) };
        match reply.as_ref() {
            FetchReply::Found { image, .. } => {
                let pinned = Reference { digest: Some(image.manifest), ..reference };
                spec.task_mut().container.image = pinned.familiar();
                spec.task_mut().placement.platforms =
                    vec![api::Platform { architecture: "amd64".into(), os: "linux".into() }];
            }
            FetchReply::Denied | FetchReply::NoManifest | FetchReply::Unreachable { .. } => {
                warnings.push(texts::digest_warning(&spec.task.container.image));
            }
        }
    }
    if let Some(id) = &learned.done {
        return created(id, warnings);
    }
    if !spec.task.networks.is_empty() {
        let networks = list!(learned, networks, ListNetworks);
        if learned.local.is_none() {
            return Ok(Next::Local(Request::NetworkList { filters: Filters::new() }));
        }
        let local = local_networks(learned);
        for attachment in &mut spec.task_mut().networks {
            attachment.target = service_network(networks, local, &attachment.target)?;
        }
    }
    if let Some(name) = &call.name {
        spec.annotations.name.clone_from(name);
    }
    Ok(Next::Ask(match &call.request {
        Request::ServiceUpdate { service, version, rollback, .. } => {
            ControlRequest::UpdateService {
                id: *service,
                version: *version,
                spec,
                rollback: rollback == "previous",
            }
        }
        _ => ControlRequest::CreateService(spec),
    }))
}

/// The reference whose digest is asked for, unless the image names one.
fn unpinned(image: &str) -> Option<Reference> {
    let reference = Reference::parse(image).ok()?;
    reference.digest.is_none().then(|| reference.with_default_tag())
}

pub(super) fn local_networks(learned: &Learned) -> &[NetworkResource] {
    match learned.local.as_ref().map(|r| r.as_ref().map(Box::as_ref)) {
        Some(Ok(Response::Networks(list))) => list,
        Some(Ok(_) | Err(_)) | None => &[],
    }
}

/// The id of the network a service wants (moby `populateNetworkID`).
fn service_network(
    networks: &[Rc<Network>],
    local: &[NetworkResource],
    target: &str,
) -> Result<String, ApiError> {
    match resolve(networks, target) {
        Ok(found) => Ok(found.id.to_string()),
        Err(error) => {
            let here = local.iter().find(|n| n.id == target || n.name == target);
            match here {
                // `host` and `bridge` are known to every swarm under their names
                Some(here) if matches!(here.name.as_str(), "bridge" | "host" | "none") => {
                    resolve(networks, &here.name).map(|n| n.id.to_string())
                }
                Some(here) if here.scope != "swarm" => Err(ApiError::new(
                    403,
                    format!(
                        "The network {} cannot be used with services. Only networks scoped to \
                         the swarm can be used, such as those created with the overlay driver.",
                        here.name
                    ),
                )),
                Some(_) | None => Err(error),
            }
        }
    }
}

fn tasks(filters: &Filters, learned: &Learned) -> Step {
    filter::check_tasks(filters)?;
    let mut filters = filters.clone();
    if let Some(wanted) = filters.get("service").cloned() {
        let all = list!(learned, services, ListServices);
        let ids: Result<_, _> =
            wanted.iter().map(|w| resolve(all, w).map(|s| s.id.to_string())).collect();
        filters.insert("service".into(), ids?);
    }
    if let Some(wanted) = filters.get("node").cloned() {
        let all = list!(learned, nodes, ListNodes);
        let ids: Result<_, _> =
            wanted.iter().map(|w| resolve(all, w).map(|n| n.id.to_string())).collect();
        filters.insert("node".into(), ids?);
    }
    let fresh_only = filters.get("_up-to-date").is_some_and(|v| v.contains("true"));
    if fresh_only {
        let _ = list!(learned, services, ListServices);
        let _ = list!(learned, nodes, ListNodes);
    }
    let all = list!(learned, tasks, ListTasks);
    let services = learned.services.as_deref().unwrap_or_default();
    let nodes = learned.nodes.as_deref().unwrap_or_default();
    let found = all
        .iter()
        .filter(|t| filter::task(&filters, t))
        .filter(|t| !fresh_only || up_to_date(t, services, nodes))
        .cloned()
        .collect();
    answer(Response::Tasks(found))
}

/// Made for the service's present spec, on a node that fits it (SwarmKit
/// `manager/controlapi/task.go`).
fn up_to_date(task: &Task, services: &[Rc<Service>], nodes: &[Rc<Node>]) -> bool {
    let service = services.iter().find(|s| Some(s.id) == task.service_id);
    let node = nodes.iter().find(|node| Some(node.id) == task.node_id);
    service.is_some_and(|service| !manager::is_task_dirty(service, task, node))
}

fn task_inspect(task: &str, learned: &Learned) -> Step {
    let all = list!(learned, tasks, ListTasks);
    answer(Response::Task(Rc::clone(resolve(all, task)?)))
}

fn secret(request: &Request, learned: &Learned) -> Step {
    if let Some(id) = &learned.done {
        return match request {
            Request::SecretCreate { .. } => created(id, Vec::new()),
            _ => answer(Response::Done),
        };
    }
    match request {
        Request::SecretList { filters } => {
            filter::check_files(filters)?;
            let all = list!(learned, secrets, ListSecrets);
            let found = all.iter().filter(|s| filter::secret(filters, s)).cloned().collect();
            answer(Response::Secrets(found))
        }
        Request::SecretCreate { spec } => Ok(Next::Ask(ControlRequest::CreateSecret(spec.clone()))),
        Request::SecretInspect { secret } => {
            let all = list!(learned, secrets, ListSecrets);
            answer(Response::Secret(Rc::clone(resolve(all, secret)?)))
        }
        Request::SecretUpdate { secret, version, spec } => {
            let all = list!(learned, secrets, ListSecrets);
            let id = resolve(all, secret)?.id;
            let (version, spec) = (*version, spec.clone());
            Ok(Next::Ask(ControlRequest::UpdateSecret { id, version, spec }))
        }
        Request::SecretRemove { secret } => {
            let all = list!(learned, secrets, ListSecrets);
            Ok(Next::Ask(ControlRequest::RemoveSecret(resolve(all, secret)?.id)))
        }
        _ => answer(Response::Done),
    }
}

fn config(request: &Request, learned: &Learned) -> Step {
    if let Some(id) = &learned.done {
        return match request {
            Request::ConfigCreate { .. } => created(id, Vec::new()),
            _ => answer(Response::Done),
        };
    }
    match request {
        Request::ConfigList { filters } => {
            filter::check_files(filters)?;
            let all = list!(learned, configs, ListConfigs);
            let found = all.iter().filter(|c| filter::config(filters, c)).cloned().collect();
            answer(Response::Configs(found))
        }
        Request::ConfigCreate { spec } => Ok(Next::Ask(ControlRequest::CreateConfig(spec.clone()))),
        Request::ConfigInspect { config } => {
            let all = list!(learned, configs, ListConfigs);
            answer(Response::Config(Rc::clone(resolve(all, config)?)))
        }
        Request::ConfigUpdate { config, version, spec } => {
            let all = list!(learned, configs, ListConfigs);
            let id = resolve(all, config)?.id;
            let (version, spec) = (*version, spec.clone());
            Ok(Next::Ask(ControlRequest::UpdateConfig { id, version, spec }))
        }
        Request::ConfigRemove { config } => {
            let all = list!(learned, configs, ListConfigs);
            Ok(Next::Ask(ControlRequest::RemoveConfig(resolve(all, config)?.id)))
        }
        _ => answer(Response::Done),
    }
}

fn distribution(image: &str, learned: &Learned) -> Step {
    let reference = Reference::parse(image).map_err(invalid)?.with_default_tag();
    let Some(reply) = &learned.digest else { return Ok(Next::Registry(reference)) };
    match reply.as_ref() {
        FetchReply::Found { image, .. } => answer(Response::Distribution {
            digest: image.manifest,
            platforms: vec![api::Platform { architecture: "amd64".into(), os: "linux".into() }],
        }),
        FetchReply::Denied => Err(ApiError::new(
            403,
            "errors:\ndenied: requested access to the resource is denied\nunauthorized: \
             authentication required\n",
        )),
        FetchReply::NoManifest => Err(not_found("manifest unknown: manifest unknown")),
        FetchReply::Unreachable { reason } => Err(ApiError::new(500, reason.clone())),
    }
}

fn info(learned: &Learned, active: bool) -> Next {
    if learned.local.is_none() {
        return Next::Local(Request::Info);
    }
    if active && learned.refused.is_none() {
        if learned.cluster.is_none() {
            return Next::Ask(ControlRequest::GetCluster);
        }
        if learned.nodes.is_none() {
            return Next::Ask(ControlRequest::ListNodes);
        }
    }
    Next::Answer(match &learned.local {
        Some(result) => result.clone().map(|r| *r),
        None => Ok(Response::Done),
    })
}
