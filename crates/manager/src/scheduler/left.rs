//! Which of a row of positions are left, and which is the k-th of them.

/// Positions below a bound, in order, some of them left. Putting one in, taking one out and
/// finding the k-th cost the logarithm of the bound (a Fenwick tree of counts).
#[derive(Debug)]
pub(super) struct Left {
    /// `sums[i]`: how many are left among the `i & -i` positions up to `i - 1`.
    sums: Vec<u32>,
    left: u32,
}

impl Left {
    /// None left of `bound` positions.
    pub(super) fn none(bound: usize) -> Self {
        Self { sums: vec![0; bound + 1], left: 0 }
    }

    /// All left of `bound` positions.
    pub(super) fn all(bound: usize) -> Self {
        let bound = u32::try_from(bound).unwrap_or(u32::MAX - 1);
        Self { sums: (0..=bound).map(|at| at & at.wrapping_neg()).collect(), left: bound }
    }

    /// How many are left.
    pub(super) fn count(&self) -> u32 {
        self.left
    }

    /// Puts a position in that is not.
    pub(super) fn put(&mut self, at: usize) {
        self.left += 1;
        self.each_sum_over(at, |sum| *sum += 1);
    }

    /// Takes a position out that is in.
    pub(super) fn take(&mut self, at: usize) {
        self.left -= 1;
        self.each_sum_over(at, |sum| *sum -= 1);
    }

    fn each_sum_over(&mut self, at: usize, change: impl Fn(&mut u32)) {
        let mut index = at + 1;
        while let Some(sum) = self.sums.get_mut(index) {
            change(sum);
            index += index & index.wrapping_neg();
        }
    }

    /// The position with `before` others left before it.
    pub(super) fn nth(&self, mut before: u32) -> Option<usize> {
        if before >= self.left {
            return None;
        }
        let mut at = 0;
        let mut step = self.sums.len().next_power_of_two() / 2;
        while step > 0 {
            if let Some(sum) = self.sums.get(at + step)
                && *sum <= before
            {
                at += step;
                before -= sum;
            }
            step /= 2;
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_of_what_is_left() {
        for bound in 0..40 {
            let mut stream = sim::Stream::new(u64::try_from(bound).unwrap_or(0), "left");
            let mut plain: Vec<usize> = (0..bound).collect();
            let mut left = Left::all(bound);
            while let Some(index) = stream.pick(left.count()) {
                let at = left.nth(index);
                assert_eq!(at, Some(plain.remove(index as usize)));
                left.take(at.unwrap_or(0));
                assert_eq!(left.nth(left.count()), None);
            }
            assert!(plain.is_empty());
            left.put(bound);
            for at in (0..bound).rev().step_by(3) {
                left.put(at);
                assert_eq!(left.nth(0), Some(at));
            }
        }
    }
}
