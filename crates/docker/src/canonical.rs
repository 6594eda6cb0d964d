//! The one spelling of a command line that lessons compare.
/// x
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalLine {
    /// x
    pub words: Vec<String>,
}
/// x
#[must_use]
pub fn canonical(_argv: &[String]) -> Option<CanonicalLine> { None }
/// x
#[must_use]
pub fn changes_state(_argv: &[String]) -> bool { true }
