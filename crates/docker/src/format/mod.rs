//! Docker's output.
