//! Where shared values are known again, for `#[serde(with = "share::scope")]`.
//!
//! Allocations are numbered in the order in which their values end, on both ways alike.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What was written or read so far.
#[derive(Default)]
pub(crate) struct Met {
    numbers: BTreeMap<(usize, TypeId), u32>,
    /// Kept alive here: an address is never another value's while it has a number.
    values: Vec<Rc<dyn Any>>,
}

impl Met {
    pub(crate) fn number<T: 'static>(&self, value: &Rc<T>) -> Option<u32> {
        self.numbers.get(&(Rc::as_ptr(value) as usize, TypeId::of::<T>())).copied()
    }

    pub(crate) fn add<T: 'static>(&mut self, value: &Rc<T>) {
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.numbers.insert((Rc::as_ptr(value) as usize, TypeId::of::<T>()), number);
        self.values.push(Rc::<T>::clone(value));
    }

    pub(crate) fn value<T: 'static>(&self, number: u32) -> Option<Rc<T>> {
        let value = self.values.get(usize::try_from(number).ok()?)?;
        Rc::clone(value).downcast().ok()
    }
}

#[derive(Default)]
struct State {
    open: Option<Met>,
    plain: bool,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// What `work` makes of the open scope; nothing where none is open.
pub(crate) fn with<R>(work: impl FnOnce(&mut Met) -> R) -> Option<R> {
    STATE.with_borrow_mut(|state| state.open.as_mut().map(work))
}

/// Puts back what was in force before, also when serde gives up or panics.
struct Restore(Option<State>);

impl Drop for Restore {
    fn drop(&mut self) {
        if let Some(before) = self.0.take() {
            STATE.set(before);
        }
    }
}

fn open() -> Restore {
    let plain = STATE.with_borrow(|state| state.plain);
    let met = (!plain).then(Met::default);
    Restore(Some(STATE.replace(State { open: met, plain })))
}

/// Does `work` with no scope open, and opens none within: for those who look at values and not at
/// how they are kept, such as a digest.
pub fn plainly<R>(work: impl FnOnce() -> R) -> R {
    let _restore = Restore(Some(STATE.replace(State { open: None, plain: true })));
    work()
}

/// Writes `value`, each shared allocation in it once.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let _restore = open();
    value.serialize(serializer)
}

/// Reads what [`serialize`] wrote.
///
/// # Errors
/// Those of the deserializer; a number that no value before it has, or one of another type.
pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let _restore = open();
    T::deserialize(deserializer)
}
