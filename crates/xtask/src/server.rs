//! A static file server on the loopback interface: what GitHub Pages does, and no more.
//!
//! One thread a connection, one request a connection. Must not know what it serves.
//!
//! **Invariant:** a request never reaches a file outside the folder.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

/// How many ports above the wished one are tried.
const TRIES: u16 = 100;

/// Listens on `port` or the next free one above it.
///
/// # Errors
/// When a hundred ports in a row are taken.
pub fn bind(port: u16) -> Result<TcpListener> {
    let last = port.saturating_add(TRIES);
    (port..=last)
        .find_map(|port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).ok())
        .with_context(|| format!("no free port from {port} to {last} on 127.0.0.1"))
}

/// Answers until the process ends. The folder stands under `prefix`, which begins and ends with
/// a slash; nothing else is found.
pub fn serve(listener: &TcpListener, folder: &Path, prefix: &str) {
    for stream in listener.incoming().flatten() {
        let (folder, prefix) = (folder.to_path_buf(), prefix.to_owned());
        thread::spawn(move || {
            // A browser that goes away in the middle is nothing to report.
            let _ = answer(&stream, &folder, &prefix);
        });
    }
}

fn answer(stream: &TcpStream, folder: &Path, prefix: &str) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut reader = BufReader::new(stream.take(64 * 1024));
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let mut words = first.split_whitespace();
    let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or("/"));
    let (status, kind, body) = match method {
        "GET" | "HEAD" => match target.strip_prefix(prefix) {
            Some(rest) => respond(folder, rest),
            None => not_found(),
        },
        _ => ("405 Method Not Allowed", TEXT, b"only GET and HEAD\n".to_vec()),
    };
    let mut out = stream;
    write!(
        out,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    if method != "HEAD" {
        out.write_all(&body)?;
    }
    out.flush()
}

const TEXT: &str = "text/plain; charset=utf-8";

/// Status, kind, body.
type Answer = (&'static str, &'static str, Vec<u8>);

fn respond(folder: &Path, target: &str) -> Answer {
    let found = file(folder, target).and_then(|path| Some((mime(&path), fs::read(path).ok()?)));
    match found {
        Some((kind, body)) => ("200 OK", kind, body),
        None => not_found(),
    }
}

fn not_found() -> Answer {
    ("404 Not Found", TEXT, b"not found\n".to_vec())
}

/// The file a request means.
fn file(folder: &Path, target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next().unwrap_or("/");
    let path = PathBuf::from(decode(path)?.trim_start_matches('/').to_owned());
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    let full = folder.join(path);
    Some(if full.is_dir() { full.join("index.html") } else { full })
}

/// Undoes `%20` and the like.
fn decode(text: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            out.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

/// A browser refuses to compile a program while it streams in unless its kind is right.
fn mime(path: &Path) -> &'static str {
    match path.extension().and_then(|ext| ext.to_str()).unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "md" => "text/markdown; charset=utf-8",
        "txt" => TEXT,
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_stays_inside_the_folder() {
        let folder = Path::new("site");
        assert_eq!(file(folder, "/../secret"), None);
        assert_eq!(file(folder, "/a/%2e%2e/%2e%2e/secret"), None);
        assert_eq!(file(folder, "/a%2"), None);
        assert_eq!(file(folder, "/a%20b.md?x=1"), Some(folder.join("a b.md")));
        assert_eq!(file(folder, "//etc/passwd"), Some(folder.join("etc/passwd")));
    }

    #[test]
    fn a_file_is_served_with_its_kind_and_a_missing_one_is_not_found() {
        let folder = std::env::temp_dir().join(format!("enxame-server-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a.wasm"), b"\0asm").unwrap();
        let listener = bind(20_000).unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = folder.clone();
        thread::spawn(move || serve(&listener, &served, "/sub/"));
        let ask = |path: &str| {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
            write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            text
        };
        let found = ask("/sub/a.wasm");
        assert!(found.starts_with("HTTP/1.1 200 OK"), "{found}");
        assert!(found.contains("Content-Type: application/wasm\r\n"), "{found}");
        assert!(found.ends_with("\r\n\r\n\0asm"), "{found}");
        assert!(ask("/sub/b").starts_with("HTTP/1.1 404"));
        assert!(ask("/a.wasm").starts_with("HTTP/1.1 404"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
