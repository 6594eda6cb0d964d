//! Address pools: subnets cut from the cluster's pool, addresses handed out serially.
//!
//! SwarmKit: `manager/allocator/cnmallocator`; libnetwork `ipam`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// An IPv4 network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Subnet {
    base: u32,
    len: u32,
}

impl Subnet {
    /// From `10.0.1.0/24`; host bits are dropped.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (addr, len) = text.split_once('/')?;
        let addr: Ipv4Addr = addr.parse().ok()?;
        let len: u32 = len.parse().ok().filter(|len| *len <= 32)?;
        Some(Self { base: addr.to_bits() & mask(len), len })
    }

    fn last(self) -> u32 {
        self.base | !mask(self.len)
    }

    /// Whether an address lies inside.
    pub(crate) fn contains(self, addr: Ipv4Addr) -> bool {
        addr.to_bits() & mask(self.len) == self.base
    }

    /// Whether all of `other` lies inside.
    pub(crate) fn covers(self, other: Self) -> bool {
        other.len >= self.len && other.base & mask(self.len) == self.base
    }

    /// Whether they share an address.
    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// Subnets of that mask length inside, in order.
    fn cut(self, len: u32) -> impl Iterator<Item = Self> {
        let step = 1_u64 << (32 - len.min(32));
        let (from, last) = (u64::from(self.base), u64::from(self.last()));
        let bases = (0..).map(move |n| from + n * step).take_while(move |base| *base <= last);
        bases.filter_map(move |base| u32::try_from(base).ok().map(|base| Self { base, len }))
    }
}

impl std::fmt::Display for Subnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from_bits(self.base), self.len)
    }
}

fn mask(len: u32) -> u32 {
    u32::MAX.checked_shl(32 - len.min(32)).unwrap_or(0)
}

/// The first subnet of the pools that overlaps none in use.
pub(crate) fn free_subnet(pools: &[String], len: u32, used: &BTreeSet<Subnet>) -> Option<Subnet> {
    pools
        .iter()
        .filter_map(|pool| Subnet::parse(pool))
        .flat_map(|pool| pool.cut(len.max(pool.len)))
        .find(|subnet| !used.iter().any(|other| other.overlaps(*subnet)))
}

/// Addresses of one subnet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pool {
    subnet: Subnet,
    /// Where addresses are taken from: the subnet or a range in it.
    range: Subnet,
    used: BTreeSet<u32>,
    last: u32,
}

impl Pool {
    pub(crate) fn new(subnet: Subnet, range: Option<Subnet>) -> Self {
        let range = range.unwrap_or(subnet);
        // network and broadcast address belong to nobody
        let used = BTreeSet::from([subnet.base, subnet.last()]);
        Self { subnet, range, used, last: range.base.wrapping_sub(1) }
    }

    /// The next address after the last one given that is free, wrapping at the end.
    pub(crate) fn next(&mut self) -> Option<String> {
        let (first, last) = (self.range.base, self.range.last());
        let from = self.last.wrapping_add(1);
        let from = if (first..=last).contains(&from) { from } else { first };
        let found = (from..=last).chain(first..from).find(|addr| !self.used.contains(addr))?;
        self.used.insert(found);
        self.last = found;
        Some(format!("{}/{}", Ipv4Addr::from_bits(found), self.subnet.len))
    }

    /// Takes one particular address; false if it is taken or outside.
    pub(crate) fn take(&mut self, cidr: &str) -> bool {
        address(cidr)
            .is_some_and(|addr| self.subnet.contains(addr) && self.used.insert(addr.to_bits()))
    }

    /// Gives an address back.
    pub(crate) fn release(&mut self, cidr: &str) {
        if let Some(addr) = address(cidr)
            && addr.to_bits() != self.subnet.base
            && addr.to_bits() != self.subnet.last()
        {
            self.used.remove(&addr.to_bits());
        }
    }
}

/// The address of `10.0.1.2/24` or `10.0.1.2`.
pub(crate) fn address(cidr: &str) -> Option<Ipv4Addr> {
    cidr.split('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subnets_come_in_order_and_skip_used_ones() {
        let pools = ["10.0.0.0/8".to_owned()];
        let mut used = BTreeSet::new();
        let first = free_subnet(&pools, 24, &used).unwrap();
        assert_eq!(first.to_string(), "10.0.0.0/24");
        used.insert(first);
        used.insert(Subnet::parse("10.0.1.128/25").unwrap());
        assert_eq!(free_subnet(&pools, 24, &used).unwrap().to_string(), "10.0.2.0/24");
    }

    #[test]
    fn addresses_are_serial_and_released_ones_come_last() {
        let mut pool = Pool::new(Subnet::parse("10.0.1.0/29").unwrap(), None);
        let mut next = || pool.next();
        assert_eq!(next().unwrap(), "10.0.1.1/29");
        assert_eq!(next().unwrap(), "10.0.1.2/29");
        pool.release("10.0.1.1/29");
        assert_eq!(pool.next().unwrap(), "10.0.1.3/29");
        assert!(pool.take("10.0.1.4/29"));
        assert!(!pool.take("10.0.1.4/29"));
        assert_eq!(pool.next().unwrap(), "10.0.1.5/29");
        assert_eq!(pool.next().unwrap(), "10.0.1.6/29");
        assert_eq!(pool.next().unwrap(), "10.0.1.1/29");
        assert_eq!(pool.next(), None);
    }
}
