//! What the page runs before a gate is passed: functions and data, found from the exports on.
//!
//! A constant that is the address of data or a place in the function table counts as a reference,
//! whatever it means. That can only keep too much. What it cannot see is an address computed from
//! outside the data it means; a picture drawn before and after the rest has come would differ, and
//! a journey compares them.

use std::collections::HashMap;

use wasmparser::ExternalKind;

use super::read::Module;

/// What the first part keeps.
pub(super) struct Reach {
    /// By function number.
    pub(super) functions: Vec<bool>,
    /// By data number.
    pub(super) data: Vec<bool>,
    function_from: Vec<From>,
    data_from: Vec<From>,
}

impl Reach {
    /// The functions and data that lead to a function, from it to the outside.
    pub(super) fn chain(&self, function: u32) -> Vec<From> {
        let mut chain = vec![From::Function(function)];
        while let Some(last) = chain.last().copied().filter(|last| *last != From::Outside) {
            chain.push(match last {
                From::Outside => From::Outside,
                From::Function(function) => self.function_from[function as usize],
                From::Data(data) => self.data_from[data],
            });
        }
        chain
    }
}

struct Walk<'m, 'a> {
    module: &'m Module<'a>,
    gates: &'m [u32],
    places: HashMap<u32, u32>,
    reach: Reach,
    functions: Vec<(u32, From)>,
    data: Vec<(usize, From)>,
}

/// What refers to something: the chain behind it tells why a part is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    Outside,
    Function(u32),
    Data(usize),
}

/// Follows the program from its exports and stops at the gates, which are not kept.
pub(super) fn first(module: &Module<'_>, gates: &[u32]) -> anyhow::Result<Reach> {
    let mut walk = Walk {
        module,
        gates,
        places: module.places.iter().copied().collect(),
        reach: Reach {
            functions: vec![false; module.functions.len()],
            data: vec![false; module.data.len()],
            function_from: vec![From::Outside; module.functions.len()],
            data_from: vec![From::Outside; module.data.len()],
        },
        functions: module.start.map(|start| (start, From::Outside)).into_iter().collect(),
        data: Vec::new(),
    };
    for export in module.exports.clone() {
        let export = export?;
        if export.kind == ExternalKind::Func {
            walk.functions.push((export.index, From::Outside));
        }
    }
    for function in 0..module.imported {
        walk.functions.push((function, From::Outside));
    }
    while walk.step() {}
    Ok(walk.reach)
}

impl Walk<'_, '_> {
    fn step(&mut self) -> bool {
        if let Some((function, from)) = self.functions.pop() {
            let kept = self.reach.functions.get_mut(function as usize);
            if let Some(kept) = kept.filter(|k| !**k && !self.gates.contains(&function)) {
                *kept = true;
                self.reach.function_from[function as usize] = from;
                let from = From::Function(function);
                if let Some(uses) = self.module.used(function) {
                    self.functions.extend(uses.functions.iter().map(|f| (*f, from)));
                    for number in &uses.numbers {
                        self.number(*number, from);
                    }
                }
            }
            return true;
        }
        let Some((data, from)) = self.data.pop() else { return false };
        if !std::mem::replace(&mut self.reach.data[data], true) {
            self.reach.data_from[data] = from;
            let part = &self.module.data[data];
            let skip = part.at.wrapping_neg() as usize % 4;
            for word in part.bytes.get(skip..).unwrap_or_default().as_chunks::<4>().0 {
                self.number(u32::from_le_bytes(*word), From::Data(data));
            }
        }
        true
    }

    fn number(&mut self, number: u32, from: From) {
        if let Some(function) = self.places.get(&number) {
            self.functions.push((*function, from));
        }
        // The data are in the order of their addresses.
        let all = &self.module.data;
        let Some(at) = all.partition_point(|data| data.at <= number).checked_sub(1) else { return };
        if ((number - all[at].at) as usize) < all[at].bytes.len() {
            self.data.push((at, from));
        }
    }
}
