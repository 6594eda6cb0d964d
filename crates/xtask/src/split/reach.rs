//! What the page runs before a gate is passed: the parts found from its exports on.

use std::collections::HashMap;

use wasmparser::ExternalKind;

use super::links::{Links, Part};
use super::read::Module;

/// What the first part keeps; each with what led to it, nothing where that is the page.
#[derive(Default)]
pub(super) struct Reach(HashMap<Part, Option<Part>>);

impl Reach {
    pub(super) fn has(&self, part: Part) -> bool {
        self.0.contains_key(&part)
    }

    /// The parts that led to this one, from the nearest to the outermost.
    pub(super) fn chain(&self, part: Part) -> impl Iterator<Item = Part> {
        std::iter::successors(Some(part), |part| self.0.get(part).copied().flatten()).skip(1)
    }
}

/// What the page can call or jump to by itself.
///
/// # Errors
/// The exports cannot be read.
pub(super) fn roots(module: &Module<'_>) -> anyhow::Result<Vec<Part>> {
    let mut roots: Vec<Part> = module.start.map(Part::Function).into_iter().collect();
    for export in module.exports.clone() {
        let export = export?;
        // wasm-bindgen asks these for types and takes them out.
        let asked = export.name.starts_with("__wbindgen_describe_");
        if export.kind == ExternalKind::Func && !asked {
            roots.push(Part::Function(export.index));
        }
    }
    roots.extend((0..module.imported).map(Part::Function));
    Ok(roots)
}

/// Follows the references from the roots and stops at the gates, which are not kept.
pub(super) fn follow(links: &Links, roots: Vec<Part>, gates: &[u32]) -> Reach {
    let mut reach = Reach::default();
    let mut next: Vec<(Part, Option<Part>)> = roots.into_iter().map(|part| (part, None)).collect();
    while let Some((part, from)) = next.pop() {
        if matches!(part, Part::Function(f) if gates.contains(&f)) || reach.has(part) {
            continue;
        }
        reach.0.insert(part, from);
        next.extend(links.of(part).iter().map(|to| (*to, Some(part))));
    }
    reach
}
