//! The standard `Rc`, known to [`crate::scope`].

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::rc;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::scope;

/// A shared value, as [`std::rc::Rc`], with its names.
///
/// Two of the same allocation are equal without a look at the value: it must equal itself.
pub struct Rc<T>(rc::Rc<T>);

/// How a value is written in a scope.
#[derive(Serialize, Deserialize)]
enum Written<T> {
    /// The first time.
    #[serde(rename = "+")]
    Value(T),
    /// Again: its number.
    #[serde(rename = "=")]
    Number(u32),
}

impl<T> Rc<T> {
    /// `value`, shared from now on.
    pub fn new(value: T) -> Self {
        Self(rc::Rc::new(value))
    }

    /// Whether both are the same allocation.
    #[must_use]
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        rc::Rc::ptr_eq(&this.0, &other.0)
    }

    /// The value itself where nobody else holds it.
    ///
    /// # Errors
    /// What was given, where others hold it too.
    pub fn try_unwrap(this: Self) -> Result<T, Self> {
        rc::Rc::try_unwrap(this.0).map_err(Self)
    }
}

impl<T: Clone> Rc<T> {
    /// The value, to change: a copy of its own where others hold it too.
    pub fn make_mut(this: &mut Self) -> &mut T {
        rc::Rc::make_mut(&mut this.0)
    }

    /// The value itself, or a copy where others hold it too.
    pub fn unwrap_or_clone(this: Self) -> T {
        rc::Rc::unwrap_or_clone(this.0)
    }
}

impl<T> Clone for Rc<T> {
    fn clone(&self) -> Self {
        Self(rc::Rc::clone(&self.0))
    }
}

impl<T: Default> Default for Rc<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Deref for Rc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> AsRef<T> for Rc<T> {
    fn as_ref(&self) -> &T {
        &self.0
    }
}

impl<T> Borrow<T> for Rc<T> {
    fn borrow(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Rc<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: fmt::Debug> fmt::Debug for Rc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: PartialEq> PartialEq for Rc<T> {
    fn eq(&self, other: &Self) -> bool {
        Self::ptr_eq(self, other) || **self == **other
    }
}

impl<T: Eq> Eq for Rc<T> {}

impl<T: Serialize + 'static> Serialize for Rc<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match scope::with(|met| met.number(&self.0)) {
            None => (**self).serialize(serializer),
            Some(Some(number)) => Written::<&T>::Number(number).serialize(serializer),
            Some(None) => {
                let written = Written::Value(&**self).serialize(serializer)?;
                scope::with(|met| met.add(&self.0));
                Ok(written)
            }
        }
    }
}

impl<'de, T: Deserialize<'de> + 'static> Deserialize<'de> for Rc<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if scope::with(|_| ()).is_none() {
            return T::deserialize(deserializer).map(Self::new);
        }
        match Written::<T>::deserialize(deserializer)? {
            Written::Value(value) => {
                let value = Self::new(value);
                scope::with(|met| met.add(&value.0));
                Ok(value)
            }
            Written::Number(number) => scope::with(|met| met.value(number))
                .flatten()
                .map(Self)
                .ok_or_else(|| Error::custom(format!("no shared value has the number {number}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rc;
    use crate::plainly;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Held {
        #[serde(with = "crate::scope")]
        values: Vec<Rc<Vec<Rc<String>>>>,
    }

    fn held() -> Held {
        let word = Rc::new("ab".to_owned());
        let two = Rc::new(vec![Rc::clone(&word), word]);
        Held { values: vec![Rc::clone(&two), Rc::new(vec![Rc::new("ab".to_owned())]), two] }
    }

    #[test]
    fn each_allocation_is_written_once() {
        let text = serde_json::to_string(&held()).unwrap();
        let first = r#"{"+":[{"+":"ab"},{"=":0}]}"#;
        let other = r#"{"+":[{"+":"ab"}]}"#;
        assert_eq!(text, format!(r#"{{"values":[{first},{other},{{"=":1}}]}}"#));
    }

    #[test]
    fn what_was_shared_is_shared_again() {
        let text = serde_json::to_string(&held()).unwrap();
        let again: Held = serde_json::from_str(&text).unwrap();
        assert_eq!(again, held());
        let [one, other, two] = again.values.as_slice() else { panic!("three") };
        assert!(Rc::ptr_eq(one, two) && !Rc::ptr_eq(one, other));
        assert!(Rc::ptr_eq(&one[0], &one[1]) && !Rc::ptr_eq(&one[0], &other[0]));
    }

    #[test]
    fn outside_of_a_scope_it_is_its_value() {
        let plain = r#"[["ab","ab"],["ab"],["ab","ab"]]"#;
        assert_eq!(serde_json::to_string(&held().values).unwrap(), plain);
        assert_eq!(
            plainly(|| serde_json::to_string(&held()).unwrap()),
            format!(r#"{{"values":{plain}}}"#)
        );
        let read: Vec<Rc<Vec<Rc<String>>>> = serde_json::from_str(plain).unwrap();
        assert_eq!(read, held().values);
    }

    #[test]
    fn a_number_of_nothing_or_of_another_type_is_an_error() {
        for text in [
            r#"{"values":[{"=":0}]}"#,
            r#"{"values":[{"+":[{"+":"ab"}]},{"=":0}]}"#,
            r#"{"values":[{"+":[{"=":0}]}]}"#,
        ] {
            let error = serde_json::from_str::<Held>(text).unwrap_err();
            assert!(error.to_string().starts_with("no shared value has the number 0"), "{error}");
        }
        // and the scope that failed is closed
        assert_eq!(serde_json::to_string(&Rc::new(1)).unwrap(), "1");
    }

    #[test]
    fn a_copy_changes_alone() {
        let one = Rc::new(1);
        let mut other = Rc::clone(&one);
        *Rc::make_mut(&mut other) += 1;
        assert_eq!((*one, *other), (1, 2));
        assert_eq!(Rc::try_unwrap(one), Ok(1));
    }
}
