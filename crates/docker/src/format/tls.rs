//! What `inspect`, `info` and `swarm ca` show of a root certificate.
//!
//! The swarm keeps the digest of its root only. A certificate of the form that SwarmKit makes
//! (`ca/certificates.go`, `CreateRootCA`: P-256, `CN=swarm-ca`, 20 years) is filled up from it, so
//! that one root is always shown alike and another one differently.
//!
//! **Left out:** the signature; the digits that stand there prove nothing.

use super::render::base64;
use api::Digest;
use serde_json::{Value, json};

/// `CN=swarm-ca` as DER, base64.
pub(crate) const ISSUER_SUBJECT: &str = "MBMxETAPBgNVBAMTCHN3YXJtLWNh";

/// `SubjectPublicKeyInfo` of a P-256 key, up to the point.
const KEY: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\
                     \x3d\x03\x01\x07\x03\x42\x00\x04";
/// Bytes of a point.
const POINT: usize = 64;
/// What stands before each part that is filled up, and how long that part is.
const PARTS: [(&[u8], usize); 5] = [
    (b"\x30\x82\x01\x69\x30\x82\x01\x10\xa0\x03\x02\x01\x02\x02\x14", 20),
    (
        b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x30\x13\x31\x11\x30\x0f\x06\x03\x55\x04\
          \x03\x13\x08swarm-ca\x30\x1e\x17\x0d260101115500Z\x17\x0d451227115500Z\x30\x13\x31\x11\
          \x30\x0f\x06\x03\x55\x04\x03\x13\x08swarm-ca",
        0,
    ),
    (KEY, POINT),
    (
        b"\xa3\x42\x30\x40\x30\x0e\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x01\x06\x30\x0f\
          \x06\x03\x55\x1d\x13\x01\x01\xff\x04\x05\x30\x03\x01\x01\xff\x30\x1d\x06\x03\x55\x1d\x0e\
          \x04\x16\x04\x14",
        20,
    ),
    (b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x03\x47\x00\x30\x44\x02\x20", SIGNATURE),
];
/// Two numbers of 32 bytes with a head of two bytes between them.
const SIGNATURE: usize = 32 + 2 + 32;

/// Bytes that follow from a root: part `part` of the certificate.
fn filling(root: Digest, part: usize, length: usize) -> Vec<u8> {
    let seed = root.0.iter().fold(0_u64, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(9)
    });
    let mut state = seed.wrapping_add(u64::try_from(part).unwrap_or(0));
    let mut bytes: Vec<u8> = (0..length)
        .map(|_| {
            // SplitMix64
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            u8::try_from((mixed ^ (mixed >> 27)) >> 56).unwrap_or(0)
        })
        .collect();
    if length != POINT
        && let Some(first) = bytes.first_mut()
    {
        // a positive number of exactly that many bytes
        *first = *first & 0x7f | 0x40;
    }
    if length == SIGNATURE {
        bytes.splice(32..35, [2, 32, 0x5a]);
    }
    bytes
}

/// The root certificate, as PEM.
pub(crate) fn certificate(root: Digest) -> String {
    let mut der = Vec::new();
    for (part, (head, length)) in PARTS.into_iter().enumerate() {
        der.extend_from_slice(head);
        der.extend(filling(root, part, length));
    }
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    // 48 bytes are 64 letters
    for line in der.chunks(48) {
        text += &base64(line);
        text.push('\n');
    }
    text + "-----END CERTIFICATE-----\n"
}

/// Its public key, base64.
pub(crate) fn public_key(root: Digest) -> String {
    let mut der = KEY.to_vec();
    der.extend(filling(root, 2, POINT));
    base64(&der)
}

/// `TLSInfo`; nothing in it while the root is not known.
pub(crate) fn info(root: Option<Digest>) -> Value {
    match root {
        None => json!({}),
        Some(root) => json!({
            "TrustRoot": certificate(root),
            "CertIssuerSubject": ISSUER_SUBJECT,
            "CertIssuerPublicKey": public_key(root),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_certificate_is_well_formed() {
        let (one, two) = (certificate(Digest([1; 32])), certificate(Digest([2; 32])));
        assert_ne!(one, two);
        assert_eq!(one.len(), two.len());
        // 0x169 bytes and the head of four: seven lines of 64 letters and one of 37 bytes
        let lines: Vec<usize> = one.lines().map(str::len).collect();
        assert_eq!(lines, [27, 64, 64, 64, 64, 64, 64, 64, 40, 25]);
        let key = public_key(Digest([1; 32]));
        assert!(key.starts_with("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"), "{key}");
        assert_eq!(key.len(), 124);
    }
}
