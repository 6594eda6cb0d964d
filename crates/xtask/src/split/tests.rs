//! A program of three functions, written by hand as a linker would write it, and its two parts.

use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataSection, Encode, ExportKind, ExportSection,
    Function, FunctionSection, MemorySection, MemoryType, NameMap, NameSection, RefType,
    TableSection, TableType, TypeSection,
};
use wasmparser::{DataKind, ElementKind, Parser, Payload};

use super::read::{Module, constant};
use super::split;

/// Where the data stand; `LEFT`, `SMALL` and `RIGHT` are neighbours.
const LEFT: u32 = 1024;
const SMALL: u32 = 1028;
const RIGHT: u32 = 1032;
const DIGITS: u32 = 2048;
/// The first part reads the digits from this far before them.
const FOLDED: u32 = 200;

/// `run` reads `SMALL` and the digits and calls the gate, which reads `LEFT` and `RIGHT`.
/// `listed`: with the linker's list of references.
fn program(listed: bool) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    functions.function(0).function(0);
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 4,
        maximum: Some(4),
        shared: false,
    });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export("run", ExportKind::Func, 0);
    let reads = |addresses: &[u32], calls: Option<u32>| {
        let mut function = Function::new([]);
        let mut code = function.instructions();
        for address in addresses {
            code.i32_const(address.cast_signed()).drop();
        }
        if let Some(called) = calls {
            code.call(called);
        }
        code.end();
        function
    };
    let first = [SMALL, DIGITS - FOLDED];
    let rest = [LEFT, RIGHT];
    let mut code = CodeSection::new();
    code.function(&reads(&first, Some(1))).function(&reads(&rest, None));
    let mut data = DataSection::new();
    for (at, bytes) in [(LEFT, "left"), (SMALL, "smal"), (RIGHT, "righ"), (DIGITS, "0001")] {
        data.active(0, &ConstExpr::i32_const(at.cast_signed()), bytes.bytes());
    }

    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&functions).section(&tables).section(&memories);
    module.section(&exports).section(&code).section(&data);
    if listed {
        let mut bodies = Vec::new();
        code.encode(&mut bodies);
        // The section's size stands before its contents.
        let contents = &bodies[1..];
        let mut list = Vec::new();
        5_u32.encode(&mut list);
        let all: Vec<u32> = first.iter().chain(&rest).copied().collect();
        list.push(u8::try_from(all.len()).unwrap());
        for address in all {
            let mut written = vec![0x41];
            address.cast_signed().encode(&mut written);
            let at = contents.windows(written.len()).position(|bytes| bytes == written).unwrap();
            let addend = if address == DIGITS - FOLDED { -FOLDED.cast_signed() } else { 0 };
            list.push(4); // R_WASM_MEMORY_ADDR_SLEB
            u32::try_from(at + 1).unwrap().encode(&mut list);
            0_u32.encode(&mut list);
            addend.encode(&mut list);
        }
        module.section(&CustomSection { name: "reloc.CODE".into(), data: list.into() });
    }
    let mut names = NameSection::new();
    let mut of_functions = NameMap::new();
    of_functions.append(0, "run");
    of_functions.append(1, "_ZN3web6effect12later_runner17h0123456789abcdefE");
    names.functions(&of_functions);
    module.section(&names);
    module.finish()
}

/// The data of a part, by address.
fn data(wasm: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let mut all = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::DataSection(data) = payload.expect("a part") else { continue };
        for data in data {
            let data = data.expect("data");
            let DataKind::Active { offset_expr, .. } = data.kind else { panic!("no address") };
            let at = offset_expr.get_operators_reader().read().expect("an address");
            all.push((constant(at).expect("a constant"), data.data.to_vec()));
        }
    }
    all
}

/// The places of the table that a part fills.
fn filled(wasm: &[u8]) -> Vec<u32> {
    let mut all = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::ElementSection(elements) = payload.expect("a part") else { continue };
        for element in elements {
            let ElementKind::Active { offset_expr, .. } = element.expect("elements").kind else {
                panic!("no place")
            };
            let at = offset_expr.get_operators_reader().read().expect("a place");
            all.push(constant(at).expect("a constant"));
        }
    }
    all
}

#[test]
fn the_first_part_has_the_data_it_reads_and_the_rest_does_not_write_over_them() {
    let parts = split(&program(true), &program(false), None).expect("it can be split");
    assert_eq!(data(&parts.first), [(SMALL, b"smal".to_vec()), (DIGITS, b"0001".to_vec())]);
    assert_eq!(data(&parts.rest), [(LEFT, b"left".to_vec()), (RIGHT, b"righ".to_vec())]);
}

#[test]
fn a_gate_leads_through_a_new_place_of_the_table_that_the_rest_fills() {
    let parts = split(&program(true), &program(false), None).expect("it can be split");
    let first = Module::read(&parts.first).expect("a module");
    assert_eq!(first.tables[0].ty.initial, 5);
    assert!(first.uses[1].numbers.contains(&4));
    assert_eq!(filled(&parts.rest), [4]);
}

#[test]
fn a_program_without_the_linkers_list_is_refused() {
    let error = split(&program(false), &program(false), None).err().expect("an error");
    assert!(error.to_string().contains("--emit-relocs"), "{error}");
}
