//! Checks that several kinds of object share: names, versions, image references.
//!
//! SwarmKit: `manager/controlapi/common.go`; image references: `distribution/reference`.

use super::refuse;
use api::{Annotations, ApiError, Code, Meta, Version};

/// A write against a version that is no longer the stored one.
pub(super) const OUT_OF_SEQUENCE: &str = "update out of sequence";
/// A name that is taken.
pub(super) const NAME_CONFLICT: &str = "name conflicts with an existing object";

pub(super) fn check_version(meta: Meta, version: Version) -> Result<(), ApiError> {
    if meta.version == version {
        return Ok(());
    }
    refuse(Code::Unknown, OUT_OF_SEQUENCE)
}

/// Names of services and networks.
pub(super) fn annotations(annotations: &Annotations) -> Result<(), ApiError> {
    let name = &annotations.name;
    if name.is_empty() {
        return refuse(Code::InvalidArgument, "meta: name must be provided");
    }
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !ends_are_alphanumeric(name) || !name.chars().all(inner) {
        return refuse(Code::InvalidArgument, "name must be valid as a DNS name component");
    }
    if name.len() > 63 {
        return refuse(Code::InvalidArgument, "name must be 63 characters or fewer");
    }
    Ok(())
}

/// Names of secrets and configs.
pub(super) fn secret_annotations(annotations: &Annotations) -> Result<(), ApiError> {
    let name = &annotations.name;
    if name.is_empty() {
        return refuse(Code::InvalidArgument, "name must be provided");
    }
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.len() > 64 || !ends_are_alphanumeric(name) || !name.chars().all(inner) {
        return refuse(
            Code::InvalidArgument,
            "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end \
             character must be [a-zA-Z0-9]",
        );
    }
    Ok(())
}

fn ends_are_alphanumeric(text: &str) -> bool {
    let ends = [text.chars().next(), text.chars().last()];
    ends.iter().all(|c| c.is_some_and(|c| c.is_ascii_alphanumeric()))
}

/// Names are compared without regard to case.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// Whether an image reference parses: `[host[:port]/]path[:tag][@digest]`.
pub(super) fn valid_reference(image: &str) -> bool {
    let (rest, digest) = match image.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (image, None),
    };
    if digest.is_some_and(|digest| !valid_digest(digest)) {
        return false;
    }
    let (name, tag) = match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        Some(_) | None => (rest, None),
    };
    if tag.is_some_and(|tag| !valid_tag(tag)) {
        return false;
    }
    let path = match name.split_once('/') {
        Some((host, path)) if is_host(host) => {
            let (host, port) = host.split_once(':').unwrap_or((host, "1"));
            let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
            if !digits || !host.split('.').all(valid_host_part) {
                return false;
            }
            path
        }
        Some(_) | None => name,
    };
    name.len() <= 255 && path.split('/').all(valid_component)
}

fn is_host(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost"
}

fn valid_host_part(part: &str) -> bool {
    ends_are_alphanumeric(part) && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Lower-case letters and digits, joined by `.`, `_`, `__` or dashes.
fn valid_component(part: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators: Vec<&str> =
        part.split(word).filter(|separator| !separator.is_empty()).collect();
    part.starts_with(word)
        && part.ends_with(word)
        && separators.iter().all(|separator| {
            matches!(*separator, "." | "_" | "__") || separator.bytes().all(|b| b == b'-')
        })
}

fn valid_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= 128
        && tag.starts_with(word)
        && tag.chars().all(|c| word(c) || matches!(c, '.' | '-'))
}

fn valid_digest(digest: &str) -> bool {
    digest.split_once(':').is_some_and(|(algorithm, hex)| {
        algorithm.starts_with(|c: char| c.is_ascii_alphabetic())
            && hex.len() >= 32
            && hex.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        for good in [
            "nginx",
            "nginx:1.25",
            "sposigor/app-flask-teste:bad",
            "localhost:5000/a/b__c:1",
            "registry.example.com/x-y",
        ] {
            assert!(valid_reference(good), "{good}");
        }
        for bad in ["", "busybox###", "Nginx", "a//b", "nginx:", "a_-b", "-a", "a@sha256:1"] {
            assert!(!valid_reference(bad), "{bad}");
        }
    }
}
