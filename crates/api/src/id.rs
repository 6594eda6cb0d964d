//! Identifiers: swarm ids (25 characters of base 36), container and image ids (64 hex digits).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::cmp::Ordering;
use std::fmt;

/// Characters of a swarm id (SwarmKit `identity/randomid.go`).
pub const ID_LEN: usize = 25;

macro_rules! swarm_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name([u8; ID_LEN]);

        impl Ord for $name {
            /// By character. Tables compare ids more than they do anything else, and most
            /// differ early: the first eight characters are one number.
            fn cmp(&self, other: &Self) -> Ordering {
                let head = |id: &Self| id.0.first_chunk().map_or(0, |c| u64::from_be_bytes(*c));
                head(self).cmp(&head(other)).then_with(|| self.0.cmp(&other.0))
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl $name {
            /// Before every other in order.
            pub const LOWEST: Self = Self([b'0'; ID_LEN]);

            /// From 25 characters of `0-9a-z`; anything else is no id.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                parse_id(text).map(Self)
            }

            /// Made of 17 random bytes by SwarmKit's rule (`identity/randomid.go`).
            #[must_use]
            pub fn from_random(bytes: [u8; 17]) -> Self {
                Self(id_from_random(bytes))
            }

            /// All 25 characters.
            #[must_use]
            pub fn as_str(&self) -> &str {
                std::str::from_utf8(&self.0).unwrap_or("")
            }

            /// The first 12 characters, as the client's tables show.
            #[must_use]
            pub fn short(&self) -> &str {
                self.as_str().get(..12).unwrap_or("")
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                Self::parse(&text).ok_or_else(|| D::Error::custom("not an id"))
            }
        }
    };
}

swarm_id!(
    /// A node of the swarm.
    NodeId
);
swarm_id!(
    /// A service.
    ServiceId
);
swarm_id!(
    /// A task.
    TaskId
);
swarm_id!(
    /// A network known to the swarm.
    NetworkId
);
swarm_id!(
    /// A secret.
    SecretId
);
swarm_id!(
    /// A config.
    ConfigId
);
swarm_id!(
    /// The cluster object.
    ClusterId
);
swarm_id!(
    /// An agent's session with the dispatcher.
    SessionId
);

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// From 64 hex digits.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                parse_hex(text).map(Self)
            }

            /// The first 12 hex digits, as the client's tables show.
            #[must_use]
            pub fn short(&self) -> String {
                self.to_string().chars().take(12).collect()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                Self::parse(&text).ok_or_else(|| D::Error::custom("not 64 hex digits"))
            }
        }
    };
}

hex_id!(
    /// A container of one engine, an endpoint or an engine's own network.
    ContainerId
);
hex_id!(
    /// A content digest without its `sha256:` prefix: image ids, manifest digests, layers.
    Digest
);

fn parse_id(text: &str) -> Option<[u8; ID_LEN]> {
    let bytes: [u8; ID_LEN] = text.as_bytes().try_into().ok()?;
    bytes.iter().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()).then_some(bytes)
}

fn parse_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f')) {
        return None;
    }
    let mut out = [0; 32];
    for (slot, k) in out.iter_mut().zip((0..64).step_by(2)) {
        *slot = u8::from_str_radix(text.get(k..k + 2)?, 16).ok()?;
    }
    Some(out)
}

/// 17 random bytes, top bit set, as a big-endian base-36 number of 27 digits; characters 1..26
/// are kept (SwarmKit `identity/randomid.go`).
fn id_from_random(mut bytes: [u8; 17]) -> [u8; ID_LEN] {
    if let Some(first) = bytes.first_mut() {
        *first |= 0x80;
    }
    let mut digits = to_base36(&bytes, 27);
    digits.drain(..1);
    digits.truncate(ID_LEN);
    digits.try_into().unwrap_or([b'0'; ID_LEN])
}

/// A big-endian number in base 36, left-padded with `0` to `width` digits.
#[must_use]
pub fn to_base36(bytes: &[u8], width: usize) -> Vec<u8> {
    let mut number = bytes.to_vec();
    let mut digits = Vec::new();
    while number.iter().any(|b| *b != 0) {
        let mut rest = 0_u32;
        for byte in &mut number {
            let value = rest * 256 + u32::from(*byte);
            *byte = u8::try_from(value / 36).unwrap_or(0);
            rest = value % 36;
        }
        digits.push(char::from_digit(rest, 36).map_or(b'0', |c| c as u8));
    }
    while digits.len() < width {
        digits.push(b'0');
    }
    digits.reverse();
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_25_characters_and_survive_text() {
        let id = NodeId::from_random([7; 17]);
        assert_eq!(id.as_str().len(), 25);
        assert_eq!(NodeId::parse(id.as_str()), Some(id));
        assert_eq!(NodeId::parse("short"), None);
    }

    #[test]
    fn base36_pads_to_the_left() {
        assert_eq!(to_base36(&[36], 4), b"0010".to_vec());
    }
}
