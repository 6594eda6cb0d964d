//! A 64-bit digest of any serializable value, the same on every platform.
//!
//! FNV-1a over an explicit byte encoding: one tag byte for each kind of value, integers
//! as eight (or sixteen) little-endian bytes, lengths written out. It is for comparing two
//! runs, not for keeping anything safe: FNV is easy to collide on purpose.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

/// FNV-1a with 64 bits (Fowler, Noll, Vo).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self::new()
    }
}

impl Fnv {
    /// The state before any byte.
    pub const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Takes the bytes in, in order.
    pub fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// The hash of all bytes so far.
    pub const fn finish(self) -> u64 {
        self.0
    }

    fn tagged(&mut self, tag: u8, bytes: &[u8]) {
        self.write(&[tag]);
        self.write(bytes);
    }

    fn text(&mut self, tag: u8, text: &[u8]) {
        self.tagged(tag, &(text.len() as u64).to_le_bytes());
        self.write(text);
    }
}

/// The digest of `value` as serde shows it; names of types and fields count.
///
/// What is shared in the value counts as often as it is met: how a value is kept is no part of it.
///
/// A value that refuses to be serialized gets a digest of its error text, so it still
/// differs from every value that does not refuse.
pub fn digest<T: Serialize + ?Sized>(value: &T) -> u64 {
    let mut hash = Fnv::new();
    if let Err(Refused(text)) = share::plainly(|| value.serialize(&mut hash)) {
        hash.text(b'!', text.as_bytes());
    }
    hash.finish()
}

/// Why a value could not be serialized.
#[derive(Debug)]
pub struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

macro_rules! integers {
    ($tag:literal as $wide:ty: $($method:ident($kind:ty)),*) => {
        $(fn $method(self, value: $kind) -> Result<(), Refused> {
            self.tagged($tag, &<$wide>::from(value).to_le_bytes());
            Ok(())
        })*
    };
}

impl Serializer for &mut Fnv {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    integers!(b'i' as i64: serialize_i8(i8), serialize_i16(i16), serialize_i32(i32));
    integers!(b'i' as i64: serialize_i64(i64));
    integers!(b'I' as i128: serialize_i128(i128));
    integers!(b'u' as u64: serialize_u8(u8), serialize_u16(u16), serialize_u32(u32));
    integers!(b'u' as u64: serialize_u64(u64));
    integers!(b'U' as u128: serialize_u128(u128));
    integers!(b'c' as u32: serialize_char(char));
    integers!(b'b' as u8: serialize_bool(bool));

    fn serialize_f32(self, value: f32) -> Result<(), Refused> {
        self.tagged(b'f', &value.to_bits().to_le_bytes());
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Refused> {
        self.tagged(b'd', &value.to_bits().to_le_bytes());
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Refused> {
        self.text(b's', value.as_bytes());
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Refused> {
        self.text(b'y', value);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Refused> {
        self.write(b"n");
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refused> {
        self.write(b"o");
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Refused> {
        self.write(b"0");
        Ok(())
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), Refused> {
        self.text(b'N', name.as_bytes());
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Refused> {
        self.text(b'v', variant.as_bytes());
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        self.text(b'w', variant.as_bytes());
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Refused> {
        self.write(b"[");
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Refused> {
        self.write(b"(");
        Ok(self)
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Self, Refused> {
        self.text(b't', name.as_bytes());
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self, Refused> {
        self.text(b'T', variant.as_bytes());
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Refused> {
        self.write(b"{");
        Ok(self)
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Self, Refused> {
        self.text(b'r', name.as_bytes());
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self, Refused> {
        self.text(b'R', variant.as_bytes());
        Ok(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

macro_rules! list {
    ($($name:ident::$method:ident),*) => {
        $(impl ser::$name for &mut Fnv {
            type Ok = ();
            type Error = Refused;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
                value.serialize(&mut **self)
            }

            fn end(self) -> Result<(), Refused> {
                self.write(b"]");
                Ok(())
            }
        })*
    };
}

list!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! record {
    ($($name:ident),*) => {
        $(impl ser::$name for &mut Fnv {
            type Ok = ();
            type Error = Refused;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                field: &'static str,
                value: &T,
            ) -> Result<(), Refused> {
                self.text(b'k', field.as_bytes());
                value.serialize(&mut **self)
            }

            fn end(self) -> Result<(), Refused> {
                self.write(b"]");
                Ok(())
            }
        })*
    };
}

record!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for &mut Fnv {
    type Ok = ();
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Refused> {
        self.write(b"]");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fnv_is_the_published_one() {
        let mut hash = Fnv::new();
        hash.write(b"foobar");
        assert_eq!(hash.finish(), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn lengths_and_kinds_keep_values_apart() {
        assert_ne!(digest(&("ab", "c")), digest(&("a", "bc")));
        assert_ne!(digest(&vec![vec![1], vec![2]]), digest(&vec![vec![1, 2], vec![]]));
        assert_ne!(digest(&Some(1u8)), digest(&1u8));
        assert_ne!(digest(&1u32), digest(&1i32));
        assert_eq!(digest(&1u32), digest(&1usize), "the width of a machine does not count");
    }
}
