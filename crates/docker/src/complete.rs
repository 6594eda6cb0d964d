//! Completion.
/// x
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// x
    pub words: Vec<String>,
}
/// x
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// x
    pub command: String,
}
/// x
#[must_use]
pub fn complete(_words: &[String]) -> Completion { Completion { words: Vec::new() } }
/// x
#[must_use]
pub fn commands() -> Vec<Coverage> { Vec::new() }
