//! A linked module as the splitter sees it: its parts by number, and what each refers to.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use wasm_encoder::reencode::{self, Reencode};
use wasmparser::{
    BinaryReader, DataKind, ElementItems, ElementKind, ExportSectionReader, FunctionBody,
    GlobalSectionReader, ImportSectionReader, KnownCustom, MemorySectionReader, Name,
    NameSectionReader, Operator, Parser, Payload, RelocSectionReader, Table, TypeRef,
    TypeSectionReader,
};

use super::links::Part;

/// Bytes that stand at a fixed address of the memory.
pub(super) struct Data<'a> {
    pub(super) at: u32,
    pub(super) bytes: &'a [u8],
    /// Where the bytes end in the file.
    end: usize,
}

/// What a function's code refers to.
#[derive(Default)]
pub(super) struct Uses {
    pub(super) functions: BTreeSet<u32>,
    pub(super) globals: BTreeSet<u32>,
    pub(super) tables: BTreeSet<u32>,
    /// Constants: addresses of data and places in the function table are among them.
    pub(super) numbers: BTreeSet<u32>,
}

/// A module's parts; functions are numbered with the imported ones first, as in the format.
pub(super) struct Module<'a> {
    /// The file.
    pub(super) bytes: &'a [u8],
    /// Where each section's contents begin in the file.
    sections: Vec<usize>,
    /// The linker's lists of references, where they are kept.
    pub(super) relocations: Vec<RelocSectionReader<'a>>,
    pub(super) types: TypeSectionReader<'a>,
    pub(super) imports: Option<ImportSectionReader<'a>>,
    pub(super) imported: u32,
    /// Each function's type.
    pub(super) functions: Vec<u32>,
    pub(super) tables: Vec<Table<'a>>,
    pub(super) memories: Option<MemorySectionReader<'a>>,
    pub(super) globals: Option<GlobalSectionReader<'a>>,
    pub(super) exports: ExportSectionReader<'a>,
    pub(super) start: Option<u32>,
    /// The function table's filled places: place and function.
    pub(super) places: Vec<(u32, u32)>,
    pub(super) bodies: Vec<FunctionBody<'a>>,
    pub(super) uses: Vec<Uses>,
    pub(super) data: Vec<Data<'a>>,
    pub(super) names: Vec<(u32, &'a str)>,
}

impl<'a> Module<'a> {
    /// Reads a module of the kind the Rust compiler and wasm-bindgen write.
    ///
    /// # Errors
    /// A broken module, or a feature whose splitting is not written.
    pub(super) fn read(wasm: &'a [u8]) -> Result<Self> {
        let nothing = || BinaryReader::new(&[0], 0);
        let mut module = Self {
            bytes: wasm,
            sections: Vec::new(),
            relocations: Vec::new(),
            types: TypeSectionReader::new(nothing())?,
            imports: None,
            imported: 0,
            functions: Vec::new(),
            tables: Vec::new(),
            memories: None,
            globals: None,
            exports: ExportSectionReader::new(nothing())?,
            start: None,
            places: Vec::new(),
            bodies: Vec::new(),
            uses: Vec::new(),
            data: Vec::new(),
            names: Vec::new(),
        };
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.context("the program is no WebAssembly")?;
            if let Some((_, range)) = payload.as_section() {
                module.sections.push(usize::try_from(range.start)?);
            }
            module.section(payload)?;
        }
        if !module.data.is_sorted_by_key(|data| data.at) {
            bail!("cannot split a program whose data are not in the order of their addresses");
        }
        for body in &module.bodies {
            module.uses.push(uses(body.clone())?);
        }
        Ok(module)
    }

    fn section(&mut self, payload: Payload<'a>) -> Result<()> {
        match payload {
            Payload::TypeSection(types) => self.types = types,
            Payload::ImportSection(imports) => {
                for import in imports.clone().into_imports() {
                    match import?.ty {
                        TypeRef::Func(ty) => self.functions.push(ty),
                        other => bail!("cannot split a program that imports {other:?}"),
                    }
                }
                self.imported = u32::try_from(self.functions.len())?;
                self.imports = Some(imports);
            }
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    self.functions.push(ty?);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    self.tables.push(table?);
                }
            }
            Payload::MemorySection(memories) => self.memories = Some(memories),
            Payload::GlobalSection(globals) => self.globals = Some(globals),
            Payload::ExportSection(exports) => self.exports = exports,
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(elements) => {
                for element in elements {
                    let element = element?;
                    let ElementKind::Active { table_index: None | Some(0), offset_expr } =
                        element.kind
                    else {
                        bail!("cannot split a program with elements that are not in its table")
                    };
                    let ElementItems::Functions(functions) = element.items else {
                        bail!("cannot split a program with computed elements")
                    };
                    let start = constant(offset_expr.get_operators_reader().read()?)?;
                    for (place, function) in (start..).zip(functions) {
                        self.places.push((place, function?));
                    }
                }
            }
            Payload::DataSection(data) => {
                for data in data {
                    let data = data?;
                    let DataKind::Active { memory_index: 0, offset_expr } = data.kind else {
                        bail!("cannot split a program with data that has no address")
                    };
                    let at = constant(offset_expr.get_operators_reader().read()?)?;
                    let end = usize::try_from(data.range.end)?;
                    self.data.push(Data { at, bytes: data.data, end });
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::CustomSection(custom) => match custom.as_known() {
                KnownCustom::Name(names) => self.name(names)?,
                KnownCustom::Reloc(list) => self.relocations.push(list),
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn name(&mut self, names: NameSectionReader<'a>) -> Result<()> {
        for part in names {
            if let Name::Function(functions) = part? {
                for naming in functions {
                    let naming = naming?;
                    self.names.push((naming.index, naming.name));
                }
            }
        }
        Ok(())
    }

    /// A function's code, unless it is imported.
    pub(super) fn body(&self, function: u32) -> Option<&FunctionBody<'a>> {
        self.bodies.get(function.checked_sub(self.imported)? as usize)
    }

    /// What a function's code refers to; an imported one refers to nothing.
    pub(super) fn used(&self, function: u32) -> Option<&Uses> {
        self.uses.get(function.checked_sub(self.imported)? as usize)
    }

    /// Where a section's contents begin in the file.
    pub(super) fn section_at(&self, number: u32) -> Option<usize> {
        self.sections.get(number as usize).copied()
    }

    /// The data that hold an address.
    pub(super) fn data_at(&self, address: u32) -> Option<usize> {
        let number = self.data.partition_point(|data| data.at <= address).checked_sub(1)?;
        let data = self.data.get(number)?;
        (((address - data.at) as usize) < data.bytes.len()).then_some(number)
    }

    /// The function or the data whose bytes are at a place in the file.
    pub(super) fn part_at(&self, place: usize) -> Option<Part> {
        let begin = |body: &FunctionBody<'_>| body.range().start as usize;
        if let Some(k) = self.bodies.partition_point(|body| begin(body) <= place).checked_sub(1)
            && place < self.bodies.get(k)?.range().end as usize
        {
            return Some(Part::Function(self.imported + u32::try_from(k).ok()?));
        }
        let number = self.data.partition_point(|data| data.end <= place);
        let data = self.data.get(number)?;
        (place >= data.end - data.bytes.len()).then_some(Part::Data(number))
    }

    /// How many functions there are, the imported ones among them.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.functions.len()).unwrap_or(u32::MAX)
    }
}

/// A place that is written as a constant.
pub(super) fn constant(operator: Operator<'_>) -> Result<u32> {
    match operator {
        Operator::I32Const { value } => Ok(value.cast_unsigned()),
        other => bail!("cannot split a program with a place that is computed: {other:?}"),
    }
}

/// Walks over code and notes what it refers to; the copy that comes out is thrown away.
struct Note<'u>(&'u mut Uses);

impl Reencode for Note<'_> {
    type Error = Unsplit;

    fn function_index(&mut self, function: u32) -> Coded<u32> {
        self.0.functions.insert(function);
        Ok(function)
    }

    fn global_index(&mut self, global: u32) -> Coded<u32> {
        self.0.globals.insert(global);
        Ok(global)
    }

    fn table_index(&mut self, table: u32) -> Coded<u32> {
        self.0.tables.insert(table);
        Ok(table)
    }

    fn mem_arg(&mut self, argument: wasmparser::MemArg) -> Coded<wasm_encoder::MemArg> {
        self.0.numbers.insert(u32::try_from(argument.offset).unwrap_or(u32::MAX));
        reencode::utils::mem_arg(&mut wasm_encoder::reencode::RoundtripReencoder, argument)
            .map_err(|error| unsplit(&error.to_string()))
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Coded<wasm_encoder::Instruction<'a>> {
        if let Operator::I32Const { value } = operator {
            self.0.numbers.insert(value.cast_unsigned());
        }
        reencode::utils::instruction(self, operator)
    }

    fn data_index(&mut self, _: u32) -> Coded<u32> {
        Err(unsplit("cannot split a program that copies data"))
    }

    fn element_index(&mut self, _: u32) -> Coded<u32> {
        Err(unsplit("cannot split a program that copies elements"))
    }
}

/// Why a part of a program cannot be written.
#[derive(Debug)]
pub(super) struct Unsplit(pub(super) String);

impl std::fmt::Display for Unsplit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unsplit {}

/// What re-encoding gives.
pub(super) type Coded<T> = Result<T, reencode::Error<Unsplit>>;

/// The error, as re-encoding wants it.
pub(super) fn unsplit(why: &str) -> reencode::Error<Unsplit> {
    reencode::Error::UserError(Unsplit(why.to_owned()))
}

fn uses(body: FunctionBody<'_>) -> Result<Uses> {
    let mut uses = Uses::default();
    let mut thrown_away = wasm_encoder::CodeSection::new();
    Note(&mut uses).parse_function_body(&mut thrown_away, body)?;
    Ok(uses)
}
