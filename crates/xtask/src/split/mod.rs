//! The program in two parts, so that a student on a phone has a prompt before the whole simulator
//! has come.
//!
//! The compiler links one module. Functions named `later_…` are **gates**: what is reached from
//! the module's exports without passing one is the first part, all else is the rest. The page
//! calls no gate before it has brought the rest in (`web/src/platform/rest.rs`): in the first part
//! a gate is a call through a place of the function table that the rest fills.
//!
//! Which data the first part needs is read from the module as the linker wrote it, with its list
//! of references ([`LINK`]); which functions, from the module as it is after all that is done
//! with it later. The linker is asked for one data segment a symbol, which nothing after it may
//! join or cut, and for function places that no ordinary number looks like.
//!
//! **Left out:** more than two parts; WebAssembly that neither the compiler nor wasm-bindgen
//! writes (an error says what).

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "WebAssembly's hundreds of instructions and sections are not listed for the few meant"
)]

mod links;
mod reach;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{HashMap, HashSet};

use anyhow::{Result, bail};

use links::{Links, Part};
use reach::Reach;
use read::Module;
use write::Writer;

/// What the linker must do for a program that can be split well.
pub(crate) const LINK: &str = "-Clink-arg=--no-merge-data-segments \
     -Clink-arg=--table-base=40000 -Clink-arg=--emit-relocs";

/// How a gate's name begins, after its path.
const GATE: &str = "later_";

/// Gates in code that is not ours. The names of HTML's characters weigh 23 kB compressed: the page
/// reads no text with `&` before the rest is there (`web/src/effect/front.rs`).
const LATE: [&str; 1] = ["scan_entity"];

/// A program in two parts.
pub(crate) struct Parts {
    /// What the page starts with.
    pub(crate) first: Vec<u8>,
    /// What it brings in next; its imports are the first part's exports.
    pub(crate) rest: Vec<u8>,
    /// The gates' names.
    pub(crate) gates: Vec<String>,
}

/// Splits a program, given as it was linked and as it is to be shipped, both with their names.
/// With `why`, prints for each kept function with that in its name what leads to it: what to ask
/// when the first part grows.
///
/// # Errors
/// No gate is found, a module has something that cannot be split, or the data are not the ones
/// that were linked.
pub(crate) fn split(linked: &[u8], wasm: &[u8], why: Option<&str>) -> Result<Parts> {
    let linked = Module::read(linked)?;
    let module = Module::read(wasm)?;
    let (before, _) = gates(&linked);
    let (gates, names) = gates(&module);
    if gates.is_empty() || before.is_empty() {
        bail!("the program has no function named {GATE}…: there is nothing to split it at");
    }
    let needed = reach::follow(&Links::listed(&linked)?, reach::roots(&linked)?, &before);
    if let Some(why) = why {
        explain(&linked, &needed, why);
    }
    let mut roots = reach::roots(&module)?;
    roots.extend(needed_data(&linked, &needed, &module)?.into_iter().map(Part::Data));
    let reach = reach::follow(&Links::seen(&module), roots, &gates);
    let (first, rest) = Writer { module: &module, gates: &gates, reach: &reach }.parts()?;
    Ok(Parts { first, rest, gates: names })
}

/// The gates' numbers and names.
fn gates(module: &Module<'_>) -> (Vec<u32>, Vec<String>) {
    let gates = module.names.iter().filter(|(_, name)| is_gate(name));
    gates.map(|(number, name)| (*number, (*name).to_owned())).unzip()
}

/// The data of a module that stand where the linked one's needed data stood.
fn needed_data(linked: &Module<'_>, needed: &Reach, module: &Module<'_>) -> Result<Vec<usize>> {
    let known: HashMap<u32, &[u8]> = linked.data.iter().map(|data| (data.at, data.bytes)).collect();
    if let Some(other) = module.data.iter().find(|data| known.get(&data.at) != Some(&data.bytes)) {
        bail!("other data were linked at {:#x}: this is not the program that ships", other.at);
    }
    let linked = linked.data.iter().enumerate();
    let at: HashSet<u32> =
        linked.filter(|(k, _)| needed.has(Part::Data(*k))).map(|(_, data)| data.at).collect();
    let data = module.data.iter().enumerate();
    Ok(data.filter(|(_, data)| at.contains(&data.at)).map(|(k, _)| k).collect())
}

fn explain(module: &Module<'_>, reach: &Reach, why: &str) {
    let names: HashMap<u32, &str> = module.names.iter().copied().collect();
    for (function, name) in &module.names {
        if name.contains(why) && reach.has(Part::Function(*function)) {
            println!("{name}");
            for from in reach.chain(Part::Function(*function)) {
                match from {
                    Part::Function(f) => println!("  <- {}", names.get(&f).unwrap_or(&"?")),
                    Part::Data(data) => println!("  <- data at {:#x}", module.data[data].at),
                }
            }
        }
    }
}

/// `path::Type::later_name`: as the linker has it or as wasm-bindgen does, in plain letters; a
/// hash may follow.
fn is_gate(name: &str) -> bool {
    let hash = |part: &str| part.len() == 17 && part.starts_with('h');
    let name = format!("{:#}", rustc_demangle::demangle(name));
    name.rsplit("::")
        .find(|part| !hash(part))
        .is_some_and(|part| part.starts_with(GATE) || LATE.contains(&part))
}
