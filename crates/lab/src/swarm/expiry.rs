//! The life of a node's certificate: renewed in time, expired, tolerated (SwarmKit
//! `ca/renewer.go`, `ca/certificates.go`).
//!
//! **Left out:** pauses between attempts to renew that grow.

use super::*;

const MINUTE_US: u64 = 60_000_000;
/// A certificate says that it was issued so much earlier (SwarmKit `CertBackdate`).
const BACKDATE_US: u64 = 60 * MINUTE_US;

impl Lab {
    /// Sets the time at which the node asks for its next certificate: drawn, in whole minutes,
    /// between half and four fifths of this one's life (`calculateRandomExpiry`).
    pub(super) fn plan_renewal(&mut self, machine: Machine) {
        let now = self.now;
        let Some(m) = self.at_mut(machine) else { return };
        let Some(node) = m.node.as_mut() else { return };
        let Some(certificate) = &node.certificate else { return };
        let life = certificate.not_after.since_us(certificate.issued) + BACKDATE_US;
        let (low, high) = (life / MINUTE_US / 2, life / MINUTE_US * 4 / 5);
        let minutes = m.rng.stream("renewal").range(low, high.max(low + 1));
        let after_issue = (minutes * MINUTE_US).saturating_sub(BACKDATE_US);
        let at = Timestamp(certificate.issued.0 + after_issue).max(now);
        node.renew_at = Some(at);
        let boot = m.boot;
        self.schedule(at, Event::Swarm { machine, boot, step: SwarmStep::RenewInTime });
    }

    /// Asks for a new certificate in the same role, unless one has come meanwhile.
    pub(super) fn renew_in_time(&mut self, machine: Machine) {
        let now = self.now;
        let Some(node) = self.at_mut(machine).and_then(|m| m.node.as_mut()) else { return };
        // a later certificate has a later time; one that stood still comes here late
        if node.renew_at.is_none_or(|at| at > now) || node.renewing.is_some() {
            return;
        }
        node.renew_at = None;
        node.renewing = node.certificate.as_ref().map(|c| c.role);
        self.ask_renewal(machine);
    }

    /// `--force-new-cluster` starts with an expired certificate too; the node, which is its own
    /// authority then, asks for another at once.
    pub(super) fn tolerate_expiry(&mut self, machine: Machine) {
        let Some(m) = self.at_mut(machine) else { return };
        let Some(node) = m.node.as_mut().filter(|n| n.state == LocalNodeState::Error) else {
            return;
        };
        node.state = LocalNodeState::Pending;
        node.error.clear();
        node.renewing = node.certificate.as_ref().map(|c| c.role);
        self.step_later(machine, SwarmStep::Renew);
    }

    /// One of two machines shows the other a certificate that has expired.
    pub(crate) fn mistrust(&self, from: Machine, to: Machine) -> bool {
        let expired = |machine| {
            let certificate = self.at(machine).and_then(|m| m.node.as_ref()?.certificate.as_ref());
            certificate.is_some_and(|c| c.not_after < self.now)
        };
        expired(from) || expired(to)
    }
}
