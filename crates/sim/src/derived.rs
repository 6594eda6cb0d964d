//! What follows from the rest of a value and is kept only because making it anew is slow.

use std::ops::{Deref, DerefMut};

/// Left out of comparisons, and to be left out of saves with `#[serde(skip)]`: after a load it
/// is its type's default, and whoever holds it must be able to make it anew from that.
#[derive(Clone, Debug, Default)]
pub struct Derived<T>(pub T);

impl<T> PartialEq for Derived<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Deref for Derived<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Derived<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
