//! Counting members.

use crate::Id;

/// How many of `members` are a majority.
pub const fn quorum(members: u64) -> u64 {
    members / 2 + 1
}

/// SwarmKit's rule for removing a member: those that stay and are reachable must be a
/// majority of those that stay. The leader, who judges, is always reachable.
///
/// SwarmKit: `(*raft.Node).CanRemoveMember`.
pub fn can_remove(
    members: impl IntoIterator<Item = Id>,
    leader: Id,
    removed: Id,
    mut active: impl FnMut(Id) -> bool,
) -> bool {
    let mut all = 0;
    let mut reachable = 0;
    for member in members {
        all += 1;
        if member != removed && (member == leader || active(member)) {
            reachable += 1;
        }
    }
    reachable >= quorum(u64::saturating_sub(all, 1))
}

/// Whether an election with these votes is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VoteResult {
    Won,
    Lost,
    Pending,
}

/// `votes` has one answer for each member, `None` if it has not answered.
pub(crate) fn vote_result(votes: impl Iterator<Item = Option<bool>>) -> VoteResult {
    let (mut all, mut yes, mut missing) = (0, 0, 0);
    for vote in votes {
        all += 1;
        match vote {
            Some(true) => yes += 1,
            Some(false) => {}
            None => missing += 1,
        }
    }
    if yes >= quorum(all) {
        VoteResult::Won
    } else if yes + missing >= quorum(all) {
        VoteResult::Pending
    } else {
        VoteResult::Lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Members are `1..=all`, 1 leads, `dead` are not reachable.
    fn may(all: Id, dead: &[Id], removed: Id) -> bool {
        can_remove(1..=all, 1, removed, |id| !dead.contains(&id))
    }

    #[test]
    fn removal_keeps_a_reachable_majority() {
        assert!(may(3, &[], 2) && may(3, &[], 1));
        assert!(!may(3, &[3], 2) && may(3, &[3], 3));
        assert!(may(2, &[], 2) && may(2, &[], 1));
        assert!(may(2, &[2], 2) && !may(2, &[2], 1));
        assert!(!may(5, &[4, 5], 2) && may(5, &[4, 5], 5));
        assert!(!may(1, &[], 1), "the last member stays");
    }

    #[test]
    fn votes_are_counted_against_all_members() {
        let result = |votes: &[Option<bool>]| vote_result(votes.iter().copied());
        assert_eq!(result(&[Some(true)]), VoteResult::Won);
        assert_eq!(result(&[Some(true), None]), VoteResult::Pending);
        assert_eq!(result(&[Some(true), Some(false)]), VoteResult::Lost);
        assert_eq!(result(&[Some(true), Some(true), None]), VoteResult::Won);
        assert_eq!(result(&[Some(true), Some(false), None]), VoteResult::Pending);
        assert_eq!(result(&[Some(true), Some(false), Some(false)]), VoteResult::Lost);
    }
}
