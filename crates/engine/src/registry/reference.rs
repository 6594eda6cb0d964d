//! Names of images: `nginx`, `sposigor/app-flask-teste:1`, `host:5000/x@sha256:…`
//! (docker/distribution `reference`).

use api::Digest;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A parsed and completed name of an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference {
    /// Registry host; `docker.io` if none was named.
    pub host: String,
    /// Path at the registry; `library/` is added for official images.
    pub path: String,
    /// Tag, if named.
    pub tag: Option<String>,
    /// Manifest digest, if named.
    pub digest: Option<Digest>,
}

const DEFAULT_HOST: &str = "docker.io";

impl Reference {
    /// Parses what a user typed; the error is docker's text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = || "invalid reference format".to_owned();
        if text.len() == 64 && Digest::parse(text).is_some() {
            return Err(format!(
                "invalid repository name ({text}), cannot specify 64-byte hexadecimal strings"
            ));
        }
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => {
                let hex = digest.strip_prefix("sha256:").ok_or_else(bad)?;
                (name, Some(Digest::parse(hex).ok_or_else(bad)?))
            }
            None => (text, None),
        };
        let (name, tag) = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (name, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(bad());
        }
        let (host, path) = split_host(name);
        if path.chars().any(|c| c.is_ascii_uppercase()) {
            return Err(format!("{}: repository name must be lowercase", bad()));
        }
        if !path.split('/').all(is_component) {
            return Err(bad());
        }
        let path = if host == DEFAULT_HOST && !path.contains('/') {
            format!("library/{path}")
        } else {
            path.to_owned()
        };
        Ok(Self { host: host.to_owned(), path, tag: tag.map(str::to_owned), digest })
    }

    /// The same with tag `latest` if it names neither tag nor digest.
    #[must_use]
    pub fn with_default_tag(mut self) -> Self {
        if self.tag.is_none() && self.digest.is_none() {
            self.tag = Some("latest".to_owned());
        }
        self
    }

    /// Without tag and digest, as people write it: `nginx`, `sposigor/app-flask-teste`.
    #[must_use]
    pub fn familiar_name(&self) -> String {
        if self.host == DEFAULT_HOST {
            self.path.strip_prefix("library/").unwrap_or(&self.path).to_owned()
        } else {
            format!("{}/{}", self.host, self.path)
        }
    }

    /// `name:tag` as people write it, without the digest.
    #[must_use]
    pub fn familiar_tagged(&self) -> String {
        match &self.tag {
            Some(tag) => format!("{}:{tag}", self.familiar_name()),
            None => self.familiar_name(),
        }
    }

    /// Name, tag and digest as people write them.
    #[must_use]
    pub fn familiar(&self) -> String {
        match self.digest {
            Some(digest) => format!("{}@sha256:{digest}", self.familiar_tagged()),
            None => self.familiar_tagged(),
        }
    }

    /// The path at the registry (`library/nginx`), as `Pulling from …` says it.
    #[must_use]
    pub fn remote_path(&self) -> String {
        if self.host == DEFAULT_HOST { self.path.clone() } else { self.familiar_name() }
    }
}

impl fmt::Display for Reference {
    /// The full form: `docker.io/library/nginx:latest`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.path)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match self.digest {
            Some(digest) => write!(f, "@sha256:{digest}"),
            None => Ok(()),
        }
    }
}

/// A first part with a dot, a port or `localhost` is a host.
fn split_host(name: &str) -> (&str, &str) {
    match name.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
            (if host == "index.docker.io" { DEFAULT_HOST } else { host }, path)
        }
        _ => (DEFAULT_HOST, name),
    }
}

fn is_tag(tag: &str) -> bool {
    tag.len() <= 128
        && tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && tag.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

/// Lower-case words joined by `.`, `_`, `__` or dashes.
fn is_component(part: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    part.starts_with(word)
        && part.ends_with(word)
        && part.chars().all(|c| word(c) || matches!(c, '.' | '_' | '-'))
        && !part.contains("..")
        && !part.contains("___")
        && !part.contains("._")
        && !part.contains("_.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_completed_and_shortened_again() {
        let one = Reference::parse("nginx").unwrap();
        assert_eq!(one.familiar(), "nginx");
        let one = one.with_default_tag();
        assert_eq!(one.to_string(), "docker.io/library/nginx:latest");
        assert_eq!(one.familiar(), "nginx:latest");
        assert_eq!(one.remote_path(), "library/nginx");
        let two = Reference::parse("localhost:5000/a/b:v1").unwrap();
        assert_eq!(
            (two.host.as_str(), two.familiar().as_str()),
            ("localhost:5000", "localhost:5000/a/b:v1")
        );
        let hex = "a".repeat(64);
        let three = Reference::parse(&format!("x/y:1@sha256:{hex}")).unwrap();
        assert_eq!(three.familiar_tagged(), "x/y:1");
        assert_eq!(three.digest, Digest::parse(&hex));
    }

    #[test]
    fn bad_names_have_dockers_words() {
        assert_eq!(Reference::parse("").unwrap_err(), "invalid reference format");
        assert_eq!(
            Reference::parse("NGINX").unwrap_err(),
            "invalid reference format: repository name must be lowercase"
        );
        assert!(Reference::parse("a b").is_err());
        assert!(Reference::parse("a:").is_err());
    }
}
