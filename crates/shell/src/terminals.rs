//! The desk's terminals by name, and which of them may look different than they were drawn.
//!
//! **Invariant:** [`Terminals::get_mut`] is the only way to change one, so none is drawn in vain
//! and none is forgotten.

use crate::terminal::Terminal;
use crate::world::Machine;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// See the module's page.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Terminals {
    map: BTreeMap<Machine, Terminal>,
    /// Views are brought up to date before a desk is given away: neither a save nor a comparison
    /// needs any of this.
    #[serde(skip)]
    touched: BTreeSet<Machine>,
}

impl PartialEq for Terminals {
    fn eq(&self, other: &Self) -> bool {
        self.map == other.map
    }
}

impl Terminals {
    pub(crate) fn get(&self, key: &Machine) -> Option<&Terminal> {
        self.map.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &Machine) -> Option<&mut Terminal> {
        self.touched.insert(*key);
        self.map.get_mut(key)
    }

    pub(crate) fn insert(&mut self, key: Machine, terminal: Terminal) {
        self.touched.insert(key);
        self.map.insert(key, terminal);
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &Machine> {
        self.map.keys()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &Terminal> {
        self.map.values()
    }

    /// Which were touched since they were drawn last.
    pub(crate) fn touched(&self) -> Vec<Machine> {
        self.touched.iter().copied().collect()
    }

    /// All are drawn as they are.
    pub(crate) fn drawn(&mut self) {
        self.touched.clear();
    }
}
