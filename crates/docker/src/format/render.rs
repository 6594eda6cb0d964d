//! JSON as docker prints it, and `inspect`'s `--format`.

use super::listing;
use super::template::{Data, Kind, Template};
use serde_json::Value;

/// Standard base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let at = |k: usize| u32::from(chunk.get(k).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for k in 0..4 {
            if k > chunk.len() {
                out.push('=');
            } else {
                let digit = usize::try_from(word >> (18 - 6 * k) & 63).unwrap_or(0);
                out.push(char::from(DIGITS.get(digit).copied().unwrap_or(b'=')));
            }
        }
    }
    out
}

/// JSON as docker prints it: four blanks, Go's way with empty arrays and objects.
pub(crate) fn indent(value: &Value) -> String {
    let mut out = String::new();
    write_indented(value, 0, &mut out);
    out
}

fn write_indented(value: &Value, depth: usize, out: &mut String) {
    let pad = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", depth));
    };
    match value {
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (k, item) in items.iter().enumerate() {
                if k > 0 {
                    out.push(',');
                }
                pad(out, depth + 1);
                write_indented(item, depth + 1, out);
            }
            pad(out, depth);
            out.push(']');
        }
        Value::Object(map) if !map.is_empty() => {
            out.push('{');
            for (k, (key, item)) in map.iter().enumerate() {
                if k > 0 {
                    out.push(',');
                }
                pad(out, depth + 1);
                *out += &Value::from(key.clone()).to_string();
                *out += ": ";
                write_indented(item, depth + 1, out);
            }
            pad(out, depth);
            out.push('}');
        }
        other => *out += &other.to_string(),
    }
}

/// What `inspect` prints for the objects found, with or without `--format`.
pub(crate) fn render(found: &[Value], format: &str, kind: Kind) -> Result<String, String> {
    if format.is_empty() {
        return Ok(indent(&Value::Array(found.to_vec())) + "\n");
    }
    if format == "json" {
        return Ok(Value::Array(found.to_vec()).to_string() + "\n");
    }
    let template = Template::parse(&listing::unescape(format))
        .map_err(|why| format!("Template parsing error: {why}"))?;
    let mut text = String::new();
    for value in found {
        let data = Data { root: value, kind };
        text += &template.execute(&data).map_err(|why| format!("template parsing error: {why}"))?;
        text.push('\n');
    }
    Ok(text)
}
