//! One request to the driver on this machine; WebDriver needs no more of HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Longer than any script or page load a journey waits for.
const PATIENCE: Duration = Duration::from_secs(120);

/// Sends `body` as JSON and gives back the answer's `value`; an answer with `error` is an error.
pub(crate) fn request(port: u16, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let body = body.map(Value::to_string).unwrap_or_default();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\
         Content-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let text = receive(BufReader::new(stream))
        .with_context(|| format!("the driver did not answer {method} {path}"))?;
    let answer: Value = serde_json::from_str(&text)?;
    let value = answer["value"].clone();
    if let Some(error) = value["error"].as_str() {
        let message = value["message"].as_str().unwrap_or("");
        bail!("{error}: {}", message.lines().next().unwrap_or(""));
    }
    Ok(value)
}

fn receive(mut reader: impl BufRead) -> Result<String> {
    let mut length = None;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = Some(value.trim().parse::<u64>()?);
        }
        line.clear();
    }
    let length = length.context("it ended early")?;
    let mut body = String::new();
    reader.take(length).read_to_string(&mut body)?;
    Ok(body)
}
