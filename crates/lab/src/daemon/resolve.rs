//! From what a person typed to one object: exact id, then exact name, then a unique id prefix
//! (moby `daemon/cluster/helpers.go`).

use super::texts::{invalid, not_found};
use api::{ApiError, Config, Network, Node, Secret, Service, Task};
use share::Rc;

/// Something that people refer to by id or name.
pub(crate) trait Named {
    /// The word in `… not found`.
    const WORD: &'static str;
    /// All 25 characters.
    fn id(&self) -> &str;
    /// What else it is called.
    fn name(&self) -> String;
}

macro_rules! named {
    ($kind:ty, $word:literal, $item:ident => $name:expr) => {
        impl Named for $kind {
            const WORD: &'static str = $word;
            fn id(&self) -> &str {
                self.id.as_str()
            }
            fn name(&self) -> String {
                let $item = self;
                $name
            }
        }
    };
}

named!(Node, "node", n => n.description.as_ref().map(|d| d.hostname.clone()).unwrap_or_default());
named!(Service, "service", s => s.spec.annotations.name.clone());
named!(Task, "task", t => t.name());
named!(Network, "network", n => n.spec.annotations.name.clone());
named!(Secret, "secret", s => s.spec.annotations.name.clone());
named!(Config, "config", c => c.spec.annotations.name.clone());

/// The one object meant by `reference`.
pub(crate) fn resolve<'a, T: Named>(
    all: &'a [Rc<T>],
    reference: &str,
) -> Result<&'a Rc<T>, ApiError> {
    if let Some(exact) = all.iter().find(|o| o.id() == reference) {
        return Ok(exact);
    }
    let mut found: Vec<&Rc<T>> = all.iter().filter(|o| o.name() == reference).collect();
    if found.is_empty() && !reference.is_empty() {
        found = all.iter().filter(|o| o.id().starts_with(reference)).collect();
    }
    match found.as_slice() {
        [] => Err(not_found(format!("{} {reference} not found", T::WORD))),
        [one] => Ok(one),
        several => Err(invalid(format!(
            "{} {reference} is ambiguous ({} matches found)",
            T::WORD,
            several.len()
        ))),
    }
}
