//! The two modules: the first with gates that lead through the function table, the rest that
//! fills the table's places and the memory when it is brought in.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, ImportSection, MemorySection,
    StartSection, TableSection, TypeSection,
};
use wasmparser::{FuncType, GlobalType, MemoryType};

use super::links::Part;
use super::reach::Reach;
use super::read::{Coded, Data, Module, Unsplit, Uses, unsplit};

/// The name under which the rest imports the first part's exports.
const FIRST: &str = "p";

/// Numbers of the old module in a new one.
#[derive(Default)]
struct Numbers {
    functions: BTreeMap<u32, u32>,
    /// Absent: the numbers stay.
    globals: Option<BTreeMap<u32, u32>>,
    tables: Option<BTreeMap<u32, u32>>,
}

fn lost(what: &str, number: u32) -> reencode::Error<Unsplit> {
    unsplit(&format!("{what} {number} is in the other part"))
}

impl Reencode for Numbers {
    type Error = Unsplit;

    fn function_index(&mut self, old: u32) -> Coded<u32> {
        self.functions.get(&old).copied().ok_or_else(|| lost("function", old))
    }

    fn global_index(&mut self, old: u32) -> Coded<u32> {
        let Some(globals) = &self.globals else { return Ok(old) };
        globals.get(&old).copied().ok_or_else(|| lost("global", old))
    }

    fn table_index(&mut self, old: u32) -> Coded<u32> {
        let Some(tables) = &self.tables else { return Ok(old) };
        tables.get(&old).copied().ok_or_else(|| lost("table", old))
    }
}

/// Writes both parts of a module.
pub(super) struct Writer<'m, 'a> {
    pub(super) module: &'m Module<'a>,
    pub(super) gates: &'m [u32],
    pub(super) reach: &'m Reach,
}

/// What the rest takes from the first part.
struct Shared {
    functions: Vec<u32>,
    globals: Vec<u32>,
    tables: Vec<u32>,
}

impl Writer<'_, '_> {
    /// The two modules.
    pub(super) fn parts(&self) -> Result<(Vec<u8>, Vec<u8>)> {
        let shared = self.shared();
        Ok((self.first(&shared)?, self.rest(&shared)?))
    }

    fn kept(&self, function: u32) -> bool {
        self.reach.has(Part::Function(function))
    }

    fn moved(&self) -> impl Iterator<Item = u32> {
        (self.module.imported..self.module.count()).filter(|function| !self.kept(*function))
    }

    /// Gates stand behind the places that the linker used.
    fn gate_place(&self, gate: usize) -> Result<u32> {
        Ok(u32::try_from(self.table_size()? + gate as u64)?)
    }

    fn table_size(&self) -> Result<u64> {
        Ok(self.module.tables.first().context("the program has no table")?.ty.initial)
    }

    fn shared(&self) -> Shared {
        let mut all = Uses::default();
        for function in self.moved() {
            let Some(uses) = self.module.used(function) else { continue };
            all.functions.extend(uses.functions.iter().filter(|f| self.kept(**f)));
            all.globals.extend(&uses.globals);
            all.tables.extend(&uses.tables);
        }
        // The rest puts its functions there, whether or not it calls through it.
        all.tables.insert(0);
        let list = |set: BTreeSet<u32>| set.into_iter().collect();
        Shared {
            functions: list(all.functions),
            globals: list(all.globals),
            tables: list(all.tables),
        }
    }

    fn first(&self, shared: &Shared) -> Result<Vec<u8>> {
        let module = self.module;
        let mut numbers = Numbers::default();
        let mut functions = FunctionSection::new();
        for function in 0..module.count() {
            if self.kept(function) || self.gates.contains(&function) {
                let new = u32::try_from(numbers.functions.len())?;
                numbers.functions.insert(function, new);
                if function >= module.imported {
                    functions.function(module.functions[function as usize]);
                }
            }
        }
        let mut out = wasm_encoder::Module::new();
        out.section(&self.types(&mut numbers)?);
        let mut imports = ImportSection::new();
        if let Some(all) = &module.imports {
            numbers.parse_import_section(&mut imports, all.clone())?;
        }
        out.section(&imports).section(&functions);

        let mut tables = TableSection::new();
        for (k, table) in module.tables.iter().enumerate() {
            let mut ty = numbers.table_type(table.ty)?;
            if k == 0 {
                ty.minimum += self.gates.len() as u64;
                ty.maximum = ty.maximum.map(|maximum| maximum.max(ty.minimum));
            }
            tables.table(ty);
        }
        out.section(&tables);
        let mut memories = MemorySection::new();
        if let Some(all) = &module.memories {
            numbers.parse_memory_section(&mut memories, all.clone())?;
        }
        out.section(&memories);
        let mut globals = GlobalSection::new();
        if let Some(all) = &module.globals {
            numbers.parse_global_section(&mut globals, all.clone())?;
        }
        out.section(&globals);

        let mut exports = ExportSection::new();
        numbers.parse_export_section(&mut exports, module.exports.clone())?;
        export(&mut exports, shared, &numbers)?;
        out.section(&exports);
        if let Some(start) = module.start {
            out.section(&StartSection { function_index: numbers.function_index(start)? });
        }
        let kept = module.places.iter().copied().filter(|(_, function)| self.kept(*function));
        out.section(&elements(&mut numbers, kept)?);

        let mut code = CodeSection::new();
        for function in module.imported..module.count() {
            if let Some(gate) = self.gates.iter().position(|gate| *gate == function) {
                code.function(&self.stub(function, self.gate_place(gate)?)?);
            } else if let Some(body) = module.body(function).filter(|_| self.kept(function)) {
                numbers.parse_function_body(&mut code, body.clone())?;
            }
        }
        out.section(&code);
        out.section(&data(self.part_of_data(true)));
        Ok(out.finish())
    }

    fn rest(&self, shared: &Shared) -> Result<Vec<u8>> {
        let module = self.module;
        let mut numbers = Numbers::default();
        let mut out = wasm_encoder::Module::new();
        out.section(&self.types(&mut numbers)?);

        let mut imports = ImportSection::new();
        for (new, old) in shared.functions.iter().enumerate() {
            numbers.functions.insert(*old, u32::try_from(new)?);
            let ty = module.functions[*old as usize];
            imports.import(FIRST, &name('f', new), EntityType::Function(ty));
        }
        let mut tables = BTreeMap::new();
        for (new, old) in shared.tables.iter().enumerate() {
            tables.insert(*old, u32::try_from(new)?);
            let table = module.tables.get(*old as usize).context("a table is missing")?;
            // The first part's is larger: it may be of any size.
            let ty = wasm_encoder::TableType { maximum: None, ..numbers.table_type(table.ty)? };
            imports.import(FIRST, &name('t', new), ty);
        }
        let memory: MemoryType =
            module.memories.clone().context("no memory")?.into_iter().next().context("none")??;
        imports.import(FIRST, &name('m', 0), numbers.memory_type(memory)?);
        let types: Vec<GlobalType> = match &module.globals {
            Some(globals) => {
                globals.clone().into_iter().map(|g| g.map(|g| g.ty)).collect::<Result<_, _>>()?
            }
            None => Vec::new(),
        };
        let mut globals = BTreeMap::new();
        for (new, old) in shared.globals.iter().enumerate() {
            globals.insert(*old, u32::try_from(new)?);
            let ty = types.get(*old as usize).context("a global is missing")?;
            imports.import(FIRST, &name('g', new), numbers.global_type(*ty)?);
        }
        numbers.globals = Some(globals);
        numbers.tables = Some(tables);
        out.section(&imports);

        let mut functions = FunctionSection::new();
        for function in self.moved() {
            let new = u32::try_from(numbers.functions.len())?;
            numbers.functions.insert(function, new);
            functions.function(module.functions[function as usize]);
        }
        out.section(&functions);
        let mut places: Vec<(u32, u32)> =
            module.places.iter().copied().filter(|(_, function)| !self.kept(*function)).collect();
        for (k, gate) in self.gates.iter().enumerate() {
            places.push((self.gate_place(k)?, *gate));
        }
        out.section(&elements(&mut numbers, places.into_iter())?);
        let mut code = CodeSection::new();
        for function in self.moved() {
            let body = module.body(function).context("a function without code")?;
            numbers.parse_function_body(&mut code, body.clone())?;
        }
        out.section(&code);
        out.section(&data(self.part_of_data(false)));
        Ok(out.finish())
    }

    fn types(&self, numbers: &mut Numbers) -> Result<TypeSection> {
        let mut types = TypeSection::new();
        numbers.parse_type_section(&mut types, self.module.types.clone())?;
        Ok(types)
    }

    /// A gate in the first part: the same call, through the table's place.
    fn stub(&self, gate: u32, place: u32) -> Result<Function> {
        let ty = self.module.functions[gate as usize];
        let types: Vec<FuncType> =
            self.module.types.clone().into_iter_err_on_gc_types().collect::<Result<_, _>>()?;
        let parameters = types.get(ty as usize).context("a type is missing")?.params().len();
        let mut stub = Function::new([]);
        let mut code = stub.instructions();
        for parameter in 0..parameters {
            code.local_get(u32::try_from(parameter)?);
        }
        code.i32_const(place.cast_signed()).call_indirect(0, ty).end();
        Ok(stub)
    }

    /// With their numbers.
    fn part_of_data(&self, first: bool) -> impl Iterator<Item = (usize, &Data<'_>)> {
        let parts = self.module.data.iter().enumerate();
        parts.filter(move |(k, _)| self.reach.has(Part::Data(*k)) == first)
    }
}

/// Short names for what the rest imports; none begins as wasm-bindgen's do.
fn name(kind: char, number: usize) -> String {
    format!("{kind}{number:x}")
}

fn export(exports: &mut ExportSection, shared: &Shared, numbers: &Numbers) -> Result<()> {
    for (k, old) in shared.functions.iter().enumerate() {
        let new = numbers.functions.get(old).context("a shared function is missing")?;
        exports.export(&name('f', k), ExportKind::Func, *new);
    }
    for (k, table) in shared.tables.iter().enumerate() {
        exports.export(&name('t', k), ExportKind::Table, *table);
    }
    exports.export(&name('m', 0), ExportKind::Memory, 0);
    for (k, global) in shared.globals.iter().enumerate() {
        exports.export(&name('g', k), ExportKind::Global, *global);
    }
    Ok(())
}

/// Neighbouring places share a segment.
fn elements(
    numbers: &mut Numbers,
    places: impl Iterator<Item = (u32, u32)>,
) -> Result<ElementSection> {
    let mut runs: Vec<(u32, Vec<u32>)> = Vec::new();
    for (place, function) in places {
        let function = numbers.function_index(function)?;
        match runs.last_mut() {
            Some((start, run)) if *start as usize + run.len() == place as usize => {
                run.push(function);
            }
            _ => runs.push((place, vec![function])),
        }
    }
    let mut section = ElementSection::new();
    for (start, run) in runs {
        let at = ConstExpr::i32_const(start.cast_signed());
        section.active(None, &at, Elements::Functions(run.into()));
    }
    Ok(section)
}

/// Neighbours share a segment, over a gap that costs less than a segment's head. A gap where the
/// other part's data stand is none: what is written there would undo them.
fn data<'d>(parts: impl Iterator<Item = (usize, &'d Data<'d>)>) -> DataSection {
    const GAP: usize = 8;
    let mut runs: Vec<(u32, Vec<u8>)> = Vec::new();
    let mut before = None;
    for (number, part) in parts {
        let next = before.is_some_and(|before: usize| before + 1 == number);
        before = Some(number);
        let last = runs.last_mut().filter(|_| next).and_then(|(start, run)| {
            let gap = (part.at - *start) as usize - run.len();
            (gap <= GAP).then_some((run, gap))
        });
        match last {
            Some((run, gap)) => {
                run.resize(run.len() + gap, 0);
                run.extend_from_slice(part.bytes);
            }
            None => runs.push((part.at, part.bytes.to_vec())),
        }
    }
    let mut section = DataSection::new();
    for (start, run) in runs {
        section.active(0, &ConstExpr::i32_const(start.cast_signed()), run);
    }
    section
}
