//! The program in two parts, so that a student on a phone has a prompt before the whole simulator
//! has come.
//!
//! The compiler links one module. Functions named `later_…` are **gates**: what is reached from
//! the module's exports without passing one is the first part, all else is the rest. The page
//! calls no gate before it has brought the rest in (`web/src/platform/rest.rs`): in the first part
//! a gate is a call through a place of the function table that the rest fills.
//!
//! Functions and data are found by what refers to them; the linker is asked for one data segment
//! a symbol and for function places that no ordinary number looks like ([`LINK`]).
//!
//! **Left out:** more than two parts; WebAssembly that neither the compiler nor wasm-bindgen
//! writes (an error says what).

mod reach;
mod read;
mod write;

use std::collections::HashMap;

use anyhow::{Result, bail};

use reach::From;
use read::Module;
use write::Writer;

/// What the linker must do for a program that can be split well.
pub(crate) const LINK: &str = "-Clink-arg=--no-merge-data-segments -Clink-arg=--table-base=40000";

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

/// Splits a linked module with a name section. With `why`, prints for each kept function with
/// that in its name what leads to it: what to ask when the first part grows.
///
/// # Errors
/// No gate is found, or the module has something that cannot be split.
pub(crate) fn split(wasm: &[u8], why: Option<&str>) -> Result<Parts> {
    let module = Module::read(wasm)?;
    let gates: Vec<(u32, &str)> =
        module.names.iter().copied().filter(|(_, name)| is_gate(name)).collect();
    if gates.is_empty() {
        bail!("the program has no function named {GATE}…: there is nothing to split it at");
    }
    let numbers: Vec<u32> = gates.iter().map(|(number, _)| *number).collect();
    let reach = reach::first(&module, &numbers)?;
    if let Some(why) = why {
        explain(&module, &reach, why);
    }
    let (first, rest) = Writer { module: &module, gates: &numbers, reach: &reach }.parts()?;
    let gates = gates.into_iter().map(|(_, name)| name.to_owned()).collect();
    Ok(Parts { first, rest, gates })
}

fn explain(module: &Module<'_>, reach: &reach::Reach, why: &str) {
    let names: HashMap<u32, &str> = module.names.iter().copied().collect();
    for (function, name) in &module.names {
        if name.contains(why) && reach.functions[*function as usize] {
            println!("{name}");
            for from in reach.chain(*function).into_iter().skip(1) {
                match from {
                    From::Function(f) => println!("  <- {}", names.get(&f).unwrap_or(&"?")),
                    From::Data(data) => println!("  <- data at {:#x}", module.data[data].at),
                    From::Outside => println!("  <- the page"),
                }
            }
        }
    }
}

/// `path::Type::later_name`, as the name section has it; a hash may follow.
fn is_gate(name: &str) -> bool {
    let hash = |part: &str| part.len() == 17 && part.starts_with('h');
    name.rsplit("::")
        .find(|part| !hash(part))
        .is_some_and(|part| part.starts_with(GATE) || LATE.contains(&part))
}
