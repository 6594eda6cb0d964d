//! Image references: `nginx` → `docker.io/library/nginx:latest` (`docker/distribution`).

/// A reference taken apart, in its full form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// `docker.io`, `localhost:5000`.
    domain: String,
    /// `library/nginx`.
    path: String,
    pub(crate) tag: String,
    pub(crate) digest: String,
}

const INVALID: &str = "invalid reference format";

fn is_path_part(text: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let starts = text.starts_with(word) && text.ends_with(word);
    starts && text.chars().all(|c| word(c) || matches!(c, '.' | '_' | '-'))
}

/// `reference.ParseNormalizedNamed`.
pub(crate) fn parse(text: &str) -> Result<Reference, String> {
    let invalid = || INVALID.to_owned();
    let (name, digest) = text.split_once('@').map_or((text, ""), |(name, digest)| (name, digest));
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match name.get(slash..).and_then(|last| last.find(':')) {
        Some(colon) => {
            let (name, tag) = name.split_at(slash + colon);
            (name, tag.get(1..).unwrap_or(""))
        }
        None => (name, ""),
    };
    if text.ends_with(':') || name.is_empty() {
        return Err(invalid());
    }
    let (domain, path) = match name.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => {
            (first.to_owned(), rest.to_owned())
        }
        Some(_) => ("docker.io".to_owned(), name.to_owned()),
        None => ("docker.io".to_owned(), format!("library/{name}")),
    };
    if path.chars().any(|c| c.is_ascii_uppercase()) {
        return Err(format!("{INVALID}: repository name must be lowercase"));
    }
    if !path.split('/').all(is_path_part) {
        return Err(invalid());
    }
    let tag_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if !tag.chars().all(tag_char) || tag.starts_with(['.', '-']) || tag.len() > 128 {
        return Err(invalid());
    }
    let hex = digest.split_once(':').map_or("", |(_, hex)| hex);
    if text.contains('@') && (hex.len() < 32 || !hex.chars().all(|c| c.is_ascii_hexdigit())) {
        return Err(invalid());
    }
    Ok(Reference { domain, path, tag: tag.to_owned(), digest: digest.to_owned() })
}

impl Reference {
    /// Neither tag nor digest.
    pub(crate) fn is_name_only(&self) -> bool {
        self.tag.is_empty() && self.digest.is_empty()
    }

    /// With `latest` if it has neither tag nor digest.
    pub(crate) fn tagged(mut self) -> Self {
        if self.is_name_only() {
            self.tag = "latest".to_owned();
        }
        self
    }

    fn end(&self) -> String {
        let tag = if self.tag.is_empty() { String::new() } else { format!(":{}", self.tag) };
        let digest =
            if self.digest.is_empty() { String::new() } else { format!("@{}", self.digest) };
        tag + &digest
    }

    /// `docker.io/library/nginx:latest`.
    pub(crate) fn full(&self) -> String {
        format!("{}/{}{}", self.domain, self.path, self.end())
    }

    /// `nginx:latest`.
    pub(crate) fn familiar(&self) -> String {
        if self.domain != "docker.io" {
            return self.full();
        }
        format!("{}{}", self.path.strip_prefix("library/").unwrap_or(&self.path), self.end())
    }
}
