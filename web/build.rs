//! Lists the lessons and puts the first one into the program, so that the page can be used at
//! once. The others are read from beside the page when they are opened.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    let folder = Path::new("../lessons");
    println!("cargo:rerun-if-changed=../lessons");
    let mut names = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            // `x.en.md` is a translation of `x.md`; `comum.md` holds only feedback.
            let stem = name.strip_suffix(".md").unwrap_or_default();
            if !stem.is_empty() && !stem.contains('.') && stem != "comum" {
                names.push(name);
            }
        }
    }
    names.sort();
    let mut list = Vec::new();
    let mut first = String::new();
    for name in names {
        let text = fs::read_to_string(folder.join(&name))?;
        // Other Markdown files of the folder are left alone: a lesson has an `id`.
        if let Some(title) = field(&text, "title").filter(|_| field(&text, "id").is_some()) {
            if list.is_empty() {
                first = text;
            }
            list.push((name, title));
        }
    }
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let code = format!(
        "/// Lessons: file and title.\npub(crate) const LIST: &[(&str, &str)] = &{list:?};\n\
         /// The text of the first.\npub(crate) const FIRST: &str = {first:?};\n"
    );
    fs::write(Path::new(&out).join("lessons.rs"), code)
}

/// A field of the front matter.
fn field(text: &str, name: &str) -> Option<String> {
    let (front, _) = text.strip_prefix("---\n")?.split_once("\n---")?;
    let line = front.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.split(" #").next().unwrap_or_default().trim().to_owned())
}
