//! What flag values may be: Go's and docker's parsers with their words of complaint.

use crate::flags::Kind;

/// Go's `%q` for the texts people type.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\t' => out += "\\t",
            '\r' => out += "\\r",
            c if c.is_control() => out += &format!("\\x{:02x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Go's `strconv.ParseBool`.
pub(crate) fn parse_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {}: invalid syntax", quote(text))),
    }
}

/// Go's `strconv.ParseUint` with base 0 (decimal, `0x`, `0o`, `0b`).
pub(crate) fn parse_uint(text: &str) -> Result<u64, String> {
    let why = |what: &str| format!("strconv.ParseUint: parsing {}: {what}", quote(text));
    digits(text).ok_or_else(|| why("invalid syntax"))?.ok_or_else(|| why("value out of range"))
}

/// Go's `strconv.ParseInt` with base 0.
pub(crate) fn parse_int(text: &str) -> Result<i64, String> {
    let why = |what: &str| format!("strconv.ParseInt: parsing {}: {what}", quote(text));
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = digits(body)
        .ok_or_else(|| why("invalid syntax"))?
        .ok_or_else(|| why("value out of range"))?;
    let value = i64::try_from(value).map_err(|_| why("value out of range"))?;
    Ok(if negative { -value } else { value })
}

/// None: no number; `Some(None)`: too large.
fn digits(text: &str) -> Option<Option<u64>> {
    let lower = text.to_ascii_lowercase();
    let (radix, body) = match lower.as_str() {
        s if s.starts_with("0x") => (16, lower.get(2..)?),
        s if s.starts_with("0o") => (8, lower.get(2..)?),
        s if s.starts_with("0b") => (2, lower.get(2..)?),
        s if s.len() > 1 && s.starts_with('0') => (8, lower.get(1..)?),
        s => (10, s),
    };
    if body.is_empty() || !body.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    Some(u64::from_str_radix(body, radix).ok())
}

/// Go's `time.ParseDuration`, in nanoseconds.
pub(crate) fn parse_duration(text: &str) -> Result<i64, String> {
    let quoted = quote(text);
    let invalid = || format!("time: invalid duration {quoted}");
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let number_len = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(number_len);
        if number.is_empty() || number == "." {
            return Err(invalid());
        }
        let unit_len = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_len);
        let scale: i128 = match unit {
            "" => return Err(format!("time: missing unit in duration {quoted}")),
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            other => {
                let unit = quote(other);
                return Err(format!("time: unknown unit {unit} in duration {quoted}"));
            }
        };
        total += scaled(number, scale).ok_or_else(invalid)?;
        rest = tail;
    }
    i64::try_from(sign * total).map_err(|_| invalid())
}

/// A decimal number times a whole scale, rounded down.
fn scaled(number: &str, scale: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut value = whole.checked_mul(scale)?;
    let mut unit = scale;
    for c in fraction.chars() {
        unit /= 10;
        value += i128::from(c.to_digit(10)?) * unit;
    }
    Some(value)
}

/// go-units `RAMInBytes`: `512m`, `1.5gb`, `100`.
pub(crate) fn parse_bytes(text: &str) -> Result<i64, String> {
    let invalid = || format!("invalid size: '{text}'");
    let number_len = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(number_len);
    let unit = unit.strip_prefix(' ').unwrap_or(unit).to_ascii_lowercase();
    if number.is_empty() || number.starts_with('.') || number.ends_with('.') {
        return Err(invalid());
    }
    let unit = unit.strip_suffix("ib").or_else(|| unit.strip_suffix('b')).unwrap_or(&unit);
    let scale: i128 = match unit {
        "" => 1,
        "k" => 1 << 10,
        "m" => 1 << 20,
        "g" => 1 << 30,
        "t" => 1 << 40,
        "p" => 1 << 50,
        _ => return Err(invalid()),
    };
    scaled(number, scale).and_then(|v| i64::try_from(v).ok()).ok_or_else(invalid)
}

/// `MemSwapBytes`: a size or -1.
pub(crate) fn parse_swap(text: &str) -> Result<i64, String> {
    if text == "-1" { Ok(-1) } else { parse_bytes(text) }
}

/// `--cpus`, `--limit-cpu`: billionths of a CPU (docker/cli `opts.ParseCPUs`).
pub(crate) fn parse_cpus(text: &str) -> Result<i64, String> {
    let failed = || format!("failed to parse {text} as a rational number");
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text),
    };
    if body.is_empty() || !body.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return Err(failed());
    }
    let decimals = body.split_once('.').map_or(0, |(_, f)| f.trim_end_matches('0').len());
    let value = scaled(body, 1_000_000_000).ok_or_else(failed)?;
    if decimals > 9 {
        return Err("value is too precise".to_owned());
    }
    let value = i64::try_from(value).map_err(|_| failed())?;
    Ok(if negative { -value } else { value })
}

/// A ratio; Go's `strconv.ParseFloat`.
pub(crate) fn parse_float(text: &str) -> Result<f32, String> {
    text.parse::<f32>()
        .map_err(|_| format!("strconv.ParseFloat: parsing {}: invalid syntax", quote(text)))
}

/// Checks a value for its flag.
pub(crate) fn check(kind: Kind, text: &str) -> Result<(), String> {
    match kind {
        Kind::Bool => parse_bool(text).map(drop),
        Kind::Int => parse_int(text).map(drop),
        Kind::Uint => parse_uint(text).map(drop),
        Kind::Uint16 => narrow(text, u64::from(u16::MAX)),
        Kind::Uint32 => narrow(text, u64::from(u32::MAX)),
        Kind::Float => parse_float(text).map(drop),
        Kind::Decimal => parse_cpus(text).map(drop),
        Kind::Bytes => parse_swap_or_bytes(text),
        Kind::Duration => parse_duration(text).map(drop),
        Kind::Positive => match parse_duration(text)? {
            ns if ns < 0 => Err("duration cannot be negative".to_owned()),
            _fine => Ok(()),
        },
        Kind::Filter => {
            let fits = text.is_empty() || text.contains('=');
            fits.then_some(()).ok_or_else(|| "bad format of filter (expected name=value)".into())
        }
        Kind::Env => match text.split('=').next() {
            Some("") | None => Err(format!("invalid environment variable: {text}")),
            Some(_) => Ok(()),
        },
        Kind::Label => label(text),
        Kind::IpAddr => match text.trim().parse::<std::net::IpAddr>() {
            Ok(_) => Ok(()),
            Err(_) => Err(format!("{text} is not an ip address")),
        },
        Kind::Host => host(text),
        Kind::Map => {
            let fits = text.contains('=');
            fits.then_some(()).ok_or_else(|| format!("invalid argument: {text}")).or(Ok(()))
        }
        Kind::StringMap => {
            let fits = text.contains('=');
            fits.then_some(()).ok_or_else(|| format!("{text} must be formatted as key=value"))
        }
        Kind::Generic => generic(text),
        Kind::Pref => pref(text),
        Kind::Ulimit => crate::service::parse::ulimit(text).map(drop),
        Kind::Port => crate::service::parse::ports(text).map(drop),
        Kind::Mount => match crate::service::parse::mount(text) {
            Err(why) if !why.starts_with(crate::service::parse::BAD_MOUNT_TYPE) => Err(why),
            Ok(_) | Err(_) => Ok(()),
        },
        Kind::Network => crate::service::parse::network(text).map(drop),
        Kind::Secret => crate::service::parse::file_reference(text, "secret").map(drop),
        Kind::ConfigRef => crate::service::parse::file_reference(text, "config").map(drop),
        Kind::ExternalCa => external_ca(text),
        Kind::Pools => {
            text.split(',').try_for_each(|pool| match crate::swarm::parse_cidr(pool.trim()) {
                Some(_) => Ok(()),
                None => Err(format!("invalid string being converted to CIDR: {}", pool.trim())),
            })
        }
        Kind::Command => crate::service::parse::shell_words(text).map(drop),
        Kind::Str
        | Kind::List
        | Kind::Strings
        | Kind::CredentialSpec
        | Kind::GpuRequest
        | Kind::Pem
        | Kind::NodeAddr => Ok(()),
    }
}

fn narrow(text: &str, max: u64) -> Result<(), String> {
    match parse_uint(text)? {
        value if value > max => {
            Err(format!("strconv.ParseUint: parsing {}: value out of range", quote(text)))
        }
        _fine => Ok(()),
    }
}

fn parse_swap_or_bytes(text: &str) -> Result<(), String> {
    parse_bytes(text).map(drop)
}

fn label(text: &str) -> Result<(), String> {
    let key = text.split('=').next().unwrap_or("");
    if key.trim_start().is_empty() {
        return Err(format!("invalid label '{text}': empty name"));
    }
    if key.contains([' ', '\t', '\n']) {
        return Err(format!("label '{key}' contains whitespaces"));
    }
    Ok(())
}

fn host(text: &str) -> Result<(), String> {
    match text.split_once(':') {
        Some((name, ip)) if !name.is_empty() => {
            let fits = ip == "host-gateway" || ip.parse::<std::net::IpAddr>().is_ok();
            fits.then_some(())
                .ok_or_else(|| format!("invalid IP address in add-host: {}", quote(ip)))
        }
        Some(_) | None => Err(format!("bad format for add-host: {}", quote(text))),
    }
}

fn generic(text: &str) -> Result<(), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok(()),
        Some(_) | None => {
            Err(format!("invalid generic-resource format `{text}` expected `name=value`"))
        }
    }
}

fn pref(text: &str) -> Result<(), String> {
    match text.split_once('=') {
        None => Err("placement preference must be of the format \"<strategy>=<arg>\"".to_owned()),
        Some((strategy, _)) if !strategy.eq_ignore_ascii_case("spread") => {
            Err(format!("unsupported placement preference {strategy} (only spread is supported)"))
        }
        Some(_) => Ok(()),
    }
}

fn external_ca(text: &str) -> Result<(), String> {
    for field in text.split(',') {
        if !field.contains('=') {
            return Err(format!("invalid field '{field}' must be a key=value pair"));
        }
    }
    Ok(())
}
