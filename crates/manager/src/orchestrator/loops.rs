//! The orchestrators with what they share, in the order in which they are called.

use super::{
    constraintenforcer::ConstraintEnforcer, global::Global, jobs::Jobs, replicated::Replicated,
    restart::Supervisor, taskinit, taskreaper::TaskReaper, update::Updater,
};
use crate::Store;
use crate::store::{Draft, StoreEvent};
use api::Timestamp;
use serde::{Deserialize, Serialize};

/// Which of them run: all, but in tests of one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Enabled {
    pub(crate) orchestrators: bool,
    pub(crate) reaper: bool,
    pub(crate) enforcer: bool,
}

/// Orchestrators, restart supervisor, updater, reaper, enforcer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Loops {
    enabled: Enabled,
    restart: Supervisor,
    updater: Updater,
    replicated: Replicated,
    global: Global,
    jobs: Jobs,
    reaper: TaskReaper,
    enforcer: ConstraintEnforcer,
}

impl Loops {
    /// A full pass over the store.
    pub(crate) fn elected(draft: &mut Draft<'_>, enabled: Enabled) -> Self {
        let mut this = Self {
            enabled,
            restart: Supervisor::default(),
            updater: Updater::default(),
            replicated: Replicated::elected(draft),
            global: Global::elected(draft),
            jobs: Jobs::elected(draft),
            reaper: TaskReaper::elected(draft, draft.now),
            enforcer: ConstraintEnforcer::elected(draft),
        };
        if enabled.orchestrators {
            taskinit::check_tasks(draft, &mut this.restart, &mut this.replicated, &mut this.global);
        }
        this
    }

    pub(crate) fn on_event(&mut self, event: &StoreEvent, store: &Store, now: Timestamp) {
        if self.enabled.enforcer {
            self.enforcer.on_event(event);
        }
        if self.enabled.reaper {
            self.reaper.on_event(event, store, now);
        }
        if self.enabled.orchestrators {
            self.updater.on_event(event);
            self.replicated.on_event(event, store, &mut self.restart);
            self.global.on_event(event, store);
            self.jobs.on_event(event, store);
        }
    }

    pub(crate) fn run(&mut self, draft: &mut Draft<'_>) {
        if self.enabled.enforcer {
            self.enforcer.run(draft);
        }
        if self.enabled.reaper {
            self.reaper.run(draft);
        }
        if !self.enabled.orchestrators {
            return;
        }
        for id in self.restart.run(draft) {
            let service = draft.task(id).and_then(|task| task.service_id);
            if let Some(service) = service.and_then(|id| draft.service(id)).cloned() {
                self.restart.restart(draft, &service, id);
            }
        }
        self.replicated.run(draft, &mut self.restart, &mut self.updater);
        self.jobs.run(draft, &mut self.restart);
        self.global.run(draft, &mut self.restart, &mut self.updater);
        self.updater.run(draft, &mut self.restart);
    }

    pub(crate) fn next_wakeup(&self, now: Timestamp) -> Option<Timestamp> {
        let reaper = self.reaper.next_wakeup().filter(|_| self.enabled.reaper);
        let times = [self.restart.next_wakeup(now), self.updater.next_wakeup(), reaper];
        times.into_iter().flatten().min()
    }
}
