//! Checks of a service's spec that need no store, in SwarmKit's order.
//!
//! SwarmKit: `manager/controlapi/service.go`.

use super::{common, refuse};
use crate::scheduler::constraint;
use api::{
    ApiError, Code, ContainerSpec, EndpointMode, EndpointSpec, FileReference, HealthConfig,
    PublishMode, Resources, RestartPolicy, ServiceMode, ServiceSpec, UpdateConfig,
};
use std::collections::{BTreeMap, BTreeSet};

type Checked = Result<(), ApiError>;

/// The least memory, 4 MiB.
const MIN_MEMORY: i64 = 4 << 20;
/// The least CPU, a thousandth.
const MIN_NANO_CPUS: i64 = 1_000_000;
const MILLISECOND_NS: i64 = 1_000_000;

fn invalid(text: impl AsRef<str>) -> Checked {
    refuse(Code::InvalidArgument, text)
}

/// Checks all of a spec. The mode stands apart because on the wire it can be missing.
pub(crate) fn validate(spec: &ServiceSpec, mode: Option<ServiceMode>) -> Checked {
    common::annotations(&spec.annotations)?;
    resources(&spec.task.limits)?;
    resources(&spec.task.reservations)?;
    restart(spec.task.restart.as_ref())?;
    if let Err(text) = constraint::parse(&spec.task.placement.constraints) {
        return refuse(Code::Unknown, text);
    }
    references(&spec.task.container.secrets, "secret")?;
    references(&spec.task.container.configs, "config")?;
    container(&spec.task.container)?;
    self::mode(mode)?;
    if matches!(mode, Some(ServiceMode::ReplicatedJob { .. } | ServiceMode::GlobalJob)) {
        if spec.update.is_some() {
            return invalid("Jobs may not have an update config");
        }
    } else {
        update(spec.update.as_ref())?;
        update(spec.rollback.as_ref())?;
    }
    endpoint(&spec.endpoint)
}

fn resources(resources: &Resources) -> Checked {
    if resources.nano_cpus != 0 && resources.nano_cpus < MIN_NANO_CPUS {
        return invalid(format!(
            "invalid cpu value {}: Must be at least 0.001",
            cpus(resources.nano_cpus)
        ));
    }
    if resources.memory_bytes != 0 && resources.memory_bytes < MIN_MEMORY {
        let bytes = resources.memory_bytes;
        return invalid(format!("invalid memory value {bytes}: Must be at least 4MiB"));
    }
    Ok(())
}

/// A number of CPUs as Go's `%g` prints it: `0.0005`, `4.2e-08`.
fn cpus(nano: i64) -> String {
    let sign = if nano < 0 { "-" } else { "" };
    let digits = nano.unsigned_abs().to_string();
    let exponent = i64::try_from(digits.len()).unwrap_or(0) - 10;
    let significant = digits.trim_end_matches('0');
    let (first, rest) = significant.split_at(significant.len().min(1));
    let point = |rest: &str| if rest.is_empty() { String::new() } else { format!(".{rest}") };
    if exponent < -4 {
        return format!("{sign}{first}{}e-{:02}", point(rest), -exponent);
    }
    let padded = format!("{:0>10}", digits);
    let (whole, fraction) = padded.split_at(padded.len() - 9);
    format!("{sign}{whole}{}", point(fraction.trim_end_matches('0')))
}

fn restart(policy: Option<&RestartPolicy>) -> Checked {
    let Some(policy) = policy else { return Ok(()) };
    if policy.delay_ns.is_some_and(|delay| delay < 0) {
        return invalid("TaskSpec: restart-delay cannot be negative");
    }
    if policy.window_ns.is_some_and(|window| window < 0) {
        return invalid("TaskSpec: restart-window cannot be negative");
    }
    Ok(())
}

fn references(references: &[FileReference], word: &str) -> Checked {
    let mut targets: BTreeMap<&str, &str> = BTreeMap::new();
    for reference in references {
        if reference.id.is_empty() || reference.name.is_empty() {
            return invalid(format!("malformed {word} reference"));
        }
        if reference.target.is_empty() {
            return invalid(format!(
                "malformed file {word} reference, invalid target file name provided"
            ));
        }
        if let Some(other) = targets.insert(&reference.target, &reference.name) {
            let (name, target) = (&reference.name, &reference.target);
            return invalid(format!(
                "{word} references '{other}' and '{name}' have a conflicting target: '{target}'"
            ));
        }
    }
    Ok(())
}

fn container(container: &ContainerSpec) -> Checked {
    let image = &container.image;
    if image.is_empty() {
        return invalid("ContainerSpec: image reference must be provided");
    }
    if !common::valid_reference(image) {
        return invalid(format!("ContainerSpec: {image:?} is not a valid repository/tag"));
    }
    let mut targets = BTreeSet::new();
    for mount in &container.mounts {
        if !targets.insert(&mount.target) {
            return invalid(format!("ContainerSpec: duplicate mount point: {}", mount.target));
        }
    }
    container.healthcheck.as_ref().map_or(Ok(()), health)
}

fn health(check: &HealthConfig) -> Checked {
    let times = [
        ("Interval", check.interval_ns),
        ("Timeout", check.timeout_ns),
        ("StartPeriod", check.start_period_ns),
    ];
    for (name, ns) in times {
        if ns != 0 && ns < MILLISECOND_NS {
            return invalid(format!(
                "ContainerSpec: {name} in HealthConfig cannot be less than 1ms"
            ));
        }
    }
    if check.retries < 0 {
        return invalid("ContainerSpec: Retries in HealthConfig cannot be negative");
    }
    Ok(())
}

/// A count above the signed range is a negative number that was sent unsigned.
fn negative(count: u64) -> bool {
    i64::try_from(count).is_err()
}

fn mode(mode: Option<ServiceMode>) -> Checked {
    match mode {
        None => invalid("Unrecognized service mode"),
        Some(ServiceMode::Replicated { replicas }) if negative(replicas) => {
            invalid("Number of replicas must be non-negative")
        }
        Some(ServiceMode::ReplicatedJob { max_concurrent, .. }) if negative(max_concurrent) => {
            invalid("Maximum concurrent jobs must not be negative")
        }
        Some(ServiceMode::ReplicatedJob { total_completions, .. })
            if negative(total_completions) =>
        {
            invalid("Total completed jobs must not be negative")
        }
        Some(
            ServiceMode::Replicated { .. }
            | ServiceMode::Global
            | ServiceMode::ReplicatedJob { .. }
            | ServiceMode::GlobalJob,
        ) => Ok(()),
    }
}

fn update(config: Option<&UpdateConfig>) -> Checked {
    let Some(config) = config else { return Ok(()) };
    if config.delay_ns < 0 {
        return invalid("TaskSpec: update-delay cannot be negative");
    }
    if config.monitor_ns.is_some_and(|monitor| monitor < 0) {
        return invalid("TaskSpec: update-monitor cannot be negative");
    }
    if !(0.0..=1.0).contains(&config.max_failure_ratio) {
        return invalid("TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1");
    }
    Ok(())
}

fn endpoint(endpoint: &EndpointSpec) -> Checked {
    let mut published = BTreeSet::new();
    for port in &endpoint.ports {
        if endpoint.mode == EndpointMode::Dnsrr && port.publish_mode == PublishMode::Ingress {
            return invalid(
                "EndpointSpec: port published with ingress mode can't be used with dnsrr mode",
            );
        }
        if port.published_port != 0 && !published.insert((port.protocol, port.published_port)) {
            return invalid("EndpointSpec: duplicate published ports provided");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::cpus;

    #[test]
    fn cpu_numbers_print_as_in_go() {
        assert_eq!(cpus(42), "4.2e-08");
        assert_eq!(cpus(1), "1e-09");
        assert_eq!(cpus(500_000), "0.0005");
        assert_eq!(cpus(99_999), "9.9999e-05");
        assert_eq!(cpus(-1_000_000_000), "-1");
    }
}
