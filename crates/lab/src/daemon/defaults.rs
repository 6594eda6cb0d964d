//! What `service inspect` shows for what was not said (SwarmKit `api/defaults/service.go`).

use api::{RestartPolicy, SECOND_NS, Service, UpdateConfig};
use share::Rc;

/// The service with the defaults in place of what is absent.
pub(crate) fn insert(service: &Rc<Service>) -> Rc<Service> {
    let mut out = Service::clone(service);
    let spec = Rc::make_mut(&mut out.spec);
    spec.task_mut().container.stop_grace_period_ns.get_or_insert(10 * SECOND_NS);
    let restart = spec.task_mut().restart.get_or_insert_with(RestartPolicy::default);
    restart.delay_ns.get_or_insert(5 * SECOND_NS);
    restart.max_attempts.get_or_insert(0);
    // jobs too, which have no use for them
    for config in [&mut spec.update, &mut spec.rollback] {
        let config = config.get_or_insert_with(UpdateConfig::default);
        config.monitor_ns.get_or_insert(5 * SECOND_NS);
    }
    Rc::new(out)
}
