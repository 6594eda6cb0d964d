//! What a committed transaction did to one object.

use api::{Node, Object, Task};
use serde::{Deserialize, Serialize};
use share::Rc;

/// One change of a committed transaction, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StoreEvent {
    /// A new object.
    Created(Object),
    /// An object before and after.
    Updated {
        /// Before.
        old: Object,
        /// After.
        new: Object,
    },
    /// The last value of an object that is gone.
    Removed(Object),
}

impl StoreEvent {
    /// The value after the change, or the last one.
    #[must_use]
    pub fn object(&self) -> &Object {
        match self {
            Self::Created(object) | Self::Removed(object) | Self::Updated { new: object, .. } => {
                object
            }
        }
    }

    /// Whether the object is gone.
    #[must_use]
    pub fn is_removal(&self) -> bool {
        matches!(self, Self::Removed(_))
    }

    /// Whether the object is new.
    #[must_use]
    pub fn is_creation(&self) -> bool {
        matches!(self, Self::Created(_))
    }

    pub(crate) fn task(&self) -> Option<&Rc<Task>> {
        if let Object::Task(task) = self.object() { Some(task) } else { None }
    }

    pub(crate) fn old_task(&self) -> Option<&Rc<Task>> {
        if let Self::Updated { old: Object::Task(task), .. } = self { Some(task) } else { None }
    }

    pub(crate) fn node(&self) -> Option<&Rc<Node>> {
        if let Object::Node(node) = self.object() { Some(node) } else { None }
    }

    pub(crate) fn old_node(&self) -> Option<&Rc<Node>> {
        if let Self::Updated { old: Object::Node(node), .. } = self { Some(node) } else { None }
    }
}
