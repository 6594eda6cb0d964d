//! Who refers to whom in a module: the edges that `reach.rs` follows.
//!
//! In the module as the linker wrote it every reference is listed (`--emit-relocs`), so also one
//! to an address before the data it means, as compilers fold them. That list does not survive
//! what is done with the module afterwards; the data and their addresses do.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use wasmparser::{BinaryReader, RelocationEntry, RelocationType};

use super::read::Module;

/// A function by its number, or data by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Function(u32),
    Data(usize),
}

/// What each part refers to.
#[derive(Default)]
pub(super) struct Links(HashMap<Part, Vec<Part>>);

impl Links {
    pub(super) fn of(&self, part: Part) -> &[Part] {
        self.0.get(&part).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, from: Part, to: Part) {
        self.0.entry(from).or_default().push(to);
    }

    /// From the linker's list.
    ///
    /// # Errors
    /// The module has no list of what its code refers to, or a reference of an unknown kind.
    pub(super) fn listed(module: &Module<'_>) -> Result<Self> {
        let mut links = Self::default();
        let places: HashMap<u32, u32> = module.places.iter().copied().collect();
        if module.relocations.is_empty() {
            bail!("the linker listed no references (--emit-relocs)");
        }
        for list in &module.relocations {
            let Some(section) = module.section_at(list.section_index()) else { continue };
            for entry in list.entries() {
                let entry = entry?;
                let at = section + entry.offset as usize;
                let from = module.part_at(at).context("a reference from nowhere")?;
                if let Some(to) = target(module, &places, at, &entry)? {
                    links.add(from, to);
                }
            }
        }
        Ok(links)
    }

    /// From the code and the words of the data: a constant that is a place in the function table
    /// counts as a reference, whatever it means. Data are not looked for.
    pub(super) fn seen(module: &Module<'_>) -> Self {
        let mut links = Self::default();
        let places: HashMap<u32, u32> = module.places.iter().copied().collect();
        for function in module.imported..module.count() {
            let from = Part::Function(function);
            let Some(uses) = module.used(function) else { continue };
            let named = uses.numbers.iter().filter_map(|number| places.get(number));
            for to in uses.functions.iter().chain(named) {
                links.add(from, Part::Function(*to));
            }
        }
        for (number, data) in module.data.iter().enumerate() {
            let skip = data.at.wrapping_neg() as usize % 4;
            for word in data.bytes.get(skip..).unwrap_or_default().as_chunks::<4>().0 {
                if let Some(function) = places.get(&u32::from_le_bytes(*word)) {
                    links.add(Part::Data(number), Part::Function(*function));
                }
            }
        }
        links
    }
}

/// What is referred to at a place of the file; nothing where that is neither code nor data.
fn target(
    module: &Module<'_>,
    places: &HashMap<u32, u32>,
    at: usize,
    entry: &RelocationEntry,
) -> Result<Option<Part>> {
    use RelocationType as Kind;
    let bytes = module.bytes.get(at..).context("a reference outside the program")?;
    let mut reader = BinaryReader::new(bytes, 0);
    let value = match entry.ty {
        Kind::FunctionIndexLeb | Kind::MemoryAddrLeb => reader.read_var_u32()?,
        Kind::TableIndexSleb | Kind::MemoryAddrSleb => reader.read_var_i32()?.cast_unsigned(),
        Kind::TableIndexI32 | Kind::MemoryAddrI32 => reader.read_u32()?,
        Kind::TypeIndexLeb | Kind::GlobalIndexLeb | Kind::TableNumberLeb => return Ok(None),
        other => bail!("cannot split a program with references of the kind {other:?}"),
    };
    Ok(match entry.ty {
        Kind::FunctionIndexLeb => Some(Part::Function(value)),
        Kind::TableIndexSleb | Kind::TableIndexI32 => {
            places.get(&value).map(|function| Part::Function(*function))
        }
        // What is written there is the address of the symbol and something added to it.
        _ => {
            let addend = i32::try_from(entry.addend)?.cast_unsigned();
            module.data_at(value.wrapping_sub(addend)).map(Part::Data)
        }
    })
}
