//! Ages, sizes, dates and the natural order of names (go-units, `fvbommel/sortorder`).

use api::{EPOCH_UNIX_S, Timestamp};
use std::cmp::Ordering;

/// go-units `HumanDuration` of whole seconds.
pub(crate) fn human_duration(seconds: u64) -> String {
    let minutes = seconds / 60;
    let hours = (seconds + 1800) / 3600;
    match () {
        () if seconds < 1 => "Less than a second".to_owned(),
        () if seconds == 1 => "1 second".to_owned(),
        () if seconds < 60 => format!("{seconds} seconds"),
        () if minutes == 1 => "About a minute".to_owned(),
        () if minutes < 60 => format!("{minutes} minutes"),
        () if hours == 1 => "About an hour".to_owned(),
        () if hours < 48 => format!("{hours} hours"),
        () if hours < 24 * 7 * 2 => format!("{} days", hours / 24),
        () if hours < 24 * 30 * 2 => format!("{} weeks", hours / 24 / 7),
        () if hours < 24 * 365 * 2 => format!("{} months", hours / 24 / 30),
        () => format!("{} years", hours / 24 / 365),
    }
}

/// The age of an instant, without ` ago`.
pub(crate) fn age(now: Timestamp, then: Timestamp) -> String {
    human_duration(now.since_us(then) / 1_000_000)
}

/// `%.Ng` of `value / scale`, for values of at least 0.
fn significant(value: u128, scale: u128, digits: u32) -> String {
    if value == 0 || scale == 0 {
        return "0".to_owned();
    }
    // exponent of the first digit
    let mut exponent: i32 = 0;
    while value / scale >= 10_u128.pow(exponent.unsigned_abs() + 1) {
        exponent += 1;
    }
    let places = i32::try_from(digits).unwrap_or(3) - 1 - exponent;
    let shift = 10_u128.pow(places.unsigned_abs());
    let (num, den) = if places >= 0 { (value * shift, scale) } else { (value, scale * shift) };
    let mut number = (num + den / 2) / den;
    let mut places = places;
    if number >= 10_u128.pow(digits) {
        number /= 10;
        places -= 1;
        exponent += 1;
    }
    if exponent >= i32::try_from(digits).unwrap_or(3) {
        let text = number.to_string();
        let (first, rest) = text.split_at(1);
        let rest = rest.trim_end_matches('0');
        let dot = if rest.is_empty() { "" } else { "." };
        return format!("{first}{dot}{rest}e+{exponent:02}");
    }
    if places <= 0 {
        return (number * 10_u128.pow(places.unsigned_abs())).to_string();
    }
    let unit = 10_u128.pow(places.unsigned_abs());
    let width = usize::try_from(places).unwrap_or(0);
    let fraction = format!("{:0width$}", number % unit);
    let fraction = fraction.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{}{dot}{fraction}", number / unit)
}

fn scaled_size(value: u64, base: u128, digits: u32, names: &[&str]) -> String {
    let value = u128::from(value);
    let mut scale = 1;
    let mut at = 0;
    while value >= scale * base && at + 1 < names.len() {
        scale *= base;
        at += 1;
    }
    format!("{}{}", significant(value, scale, digits), names.get(at).unwrap_or(&""))
}

const DECIMAL: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
const BINARY: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/// go-units `HumanSizeWithPrecision(…, 3)`: `142MB`.
pub(crate) fn human_size(value: u64) -> String {
    scaled_size(value, 1000, 3, &DECIMAL)
}

/// go-units `HumanSize`: `142.3MB`.
pub(crate) fn human_size_4(value: u64) -> String {
    scaled_size(value, 1000, 4, &DECIMAL)
}

/// go-units `BytesSize`: `1.952GiB`.
pub(crate) fn bytes_size(value: u64) -> String {
    scaled_size(value, 1024, 4, &BINARY)
}

/// Calendar fields of a Unix second: year, month, day, hour, minute, second, weekday.
fn civil(unix_s: i64) -> (i64, i64, i64, i64, i64, i64, i64) {
    let days = unix_s.div_euclid(86_400);
    let second = unix_s.rem_euclid(86_400);
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    let weekday = (days + 4).rem_euclid(7);
    (year, month, day, second / 3600, second / 60 % 60, second % 60, weekday)
}

/// Unix seconds of an instant.
pub(crate) fn unix_s(at: Timestamp) -> i64 {
    i64::try_from(EPOCH_UNIX_S + at.0 / 1_000_000).unwrap_or(0)
}

fn fraction(at: Timestamp) -> String {
    let micros = at.0 % 1_000_000;
    if micros == 0 {
        return String::new();
    }
    format!(".{}", format!("{micros:06}").trim_end_matches('0'))
}

/// RFC 3339 with as many decimals as needed: `2026-01-01T12:00:00.5Z`.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    let (y, mo, d, h, mi, s, _) = civil(unix_s(at));
    format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}{}Z", fraction(at))
}

/// RFC 3339 with nine decimals, as `logs -t` and `events` print.
pub(crate) fn rfc3339_nano(at: Timestamp) -> String {
    let (y, mo, d, h, mi, s, _) = civil(unix_s(at));
    format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}.{:06}000Z", at.0 % 1_000_000)
}

/// Go's `Time.String()` in UTC: `2026-01-01 12:00:00.5 +0000 UTC`.
pub(crate) fn go_time(at: Timestamp) -> String {
    let (y, mo, d, h, mi, s, _) = civil(unix_s(at));
    format!("{y:04}-{mo:02}-{d:02} {h:02}:{mi:02}:{s:02}{} +0000 UTC", fraction(at))
}

/// Go's `Time.String()` of a whole Unix second.
pub(crate) fn go_time_s(unix_s: i64) -> String {
    let (y, mo, d, h, mi, s, _) = civil(unix_s);
    format!("{y:04}-{mo:02}-{d:02} {h:02}:{mi:02}:{s:02} +0000 UTC")
}

/// RFC 3339 of a whole Unix second.
pub(crate) fn rfc3339_s(unix_s: i64) -> String {
    let (y, mo, d, h, mi, s, _) = civil(unix_s);
    format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}Z")
}

/// Unix seconds of `2026-01-02T15:04:05[.5][Z]` or a part of it (UTC).
pub(crate) fn parse_date(text: &str) -> Option<(i64, u64)> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, ""));
    let parts: Vec<i64> = date.split('-').map(|p| p.parse().ok()).collect::<Option<_>>()?;
    let [year, month, day] = parts.as_slice() else { return None };
    let (clock, decimals) = time.split_once('.').unwrap_or((time, ""));
    let mut clock_parts = [0_i64; 3];
    if !clock.is_empty() {
        for (slot, part) in clock_parts.iter_mut().zip(clock.split(':')) {
            *slot = part.parse().ok()?;
        }
    }
    let micros: u64 = if decimals.is_empty() {
        0
    } else {
        let six: String = decimals.chars().chain("000000".chars()).take(6).collect();
        six.parse().ok()?
    };
    let (y, m) = if *month <= 2 { (year - 1, month + 9) } else { (*year, month - 3) };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * m + 2) / 5 + day - 1;
    let days = era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468;
    let seconds = clock_parts.iter().fold(0, |sum, part| sum * 60 + part);
    Some((days * 86_400 + seconds, micros))
}

/// The natural order of names: runs of digits compare as numbers.
pub(crate) fn natural_cmp(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (mut i, mut k) = (0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(k)) {
        match (x.is_ascii_digit(), y.is_ascii_digit()) {
            (true, true) => {
                let (m, n) = (digit_run(a, i), digit_run(b, k));
                let (p, q) = (skip_zeros(a, i, m), skip_zeros(b, k, n));
                let (run_a, run_b) = (a.get(p..m), b.get(q..n));
                let order = (m - p).cmp(&(n - q)).then(run_a.cmp(&run_b));
                if order.is_ne() {
                    return order;
                }
                // equal numbers: fewer leading zeros first
                let order = (p - i).cmp(&(q - k));
                if order.is_ne() {
                    return order;
                }
                (i, k) = (m, n);
            }
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) if x == y => (i, k) = (i + 1, k + 1),
            (false, false) => return x.cmp(y),
        }
    }
    a.len().cmp(&b.len())
}

fn digit_run(text: &[u8], from: usize) -> usize {
    let len = text.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
    from + len
}

fn skip_zeros(text: &[u8], from: usize, to: usize) -> usize {
    let zeros = text.iter().skip(from).take(to - from).take_while(|b| **b == b'0').count();
    from + zeros
}

/// docker's `formatter.Ellipsis`: at most `len` columns, the last one an ellipsis.
pub(crate) fn ellipsis(text: &str, len: usize) -> String {
    if text.chars().count() <= len {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(len.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// First letter upper, as docker's `command.PrettyPrint` words states.
pub(crate) fn pretty(word: &str) -> String {
    let mut chars = word.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().collect::<String>() + &chars.as_str().to_lowercase(),
        None => String::new(),
    }
}

/// `reference.FamiliarString` without the digest when there is a tag: what lists show.
pub(crate) fn image_without_digest(image: &str) -> String {
    let Some((name, _)) = image.split_once('@') else { return image.to_owned() };
    let last = name.rsplit('/').next().unwrap_or(name);
    if last.contains(':') { name.to_owned() } else { image.to_owned() }
}

/// The first 12 characters of an id.
pub(crate) fn short_id(id: &str) -> String {
    let id = id.strip_prefix("sha256:").unwrap_or(id);
    id.chars().take(12).collect()
}

/// Go's `Duration.String()` of nanoseconds.
pub(crate) fn go_duration(ns: i64) -> String {
    if ns == 0 {
        return "0s".to_owned();
    }
    let sign = if ns < 0 { "-" } else { "" };
    let ns = ns.unsigned_abs();
    let decimal = |value: u64, unit: u64| {
        let digits = unit.to_string().len() - 1;
        let fraction = format!("{:0digits$}", value % unit);
        let fraction = fraction.trim_end_matches('0');
        let dot = if fraction.is_empty() { "" } else { "." };
        format!("{}{dot}{fraction}", value / unit)
    };
    let text = match ns {
        ns if ns < 1_000 => format!("{ns}ns"),
        ns if ns < 1_000_000 => format!("{}µs", decimal(ns, 1_000)),
        ns if ns < 1_000_000_000 => format!("{}ms", decimal(ns, 1_000_000)),
        ns => {
            let seconds = format!("{}s", decimal(ns % 60_000_000_000, 1_000_000_000));
            let minutes = ns / 60_000_000_000;
            match (minutes / 60, minutes % 60) {
                (0, 0) => seconds,
                (0, minutes) => format!("{minutes}m{seconds}"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}"),
            }
        }
    };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ages() {
        assert_eq!(bytes_size(2_095_644_672), "1.952GiB");
        assert_eq!(human_size(142_300_000), "142MB");
        assert_eq!(human_size(1_240), "1.24kB");
        assert_eq!(human_size(999_600), "1e+03kB");
        assert_eq!(human_duration(89 * 60), "About an hour");
        assert_eq!(human_duration(90_000), "25 hours");
        assert_eq!(human_duration(1_728_000), "2 weeks");
        assert_eq!(go_duration(5_000_000_000), "5s");
        assert_eq!(go_duration(90_000_000_000), "1m30s");
        assert_eq!(go_duration(2160 * 3_600_000_000_000), "2160h0m0s");
    }

    #[test]
    fn dates() {
        assert_eq!(rfc3339(Timestamp(1_500_000)), "2026-01-01T12:00:01.5Z");
        let (s, us) = parse_date("2026-01-01T12:00:01.5").expect("date");
        assert_eq!((s, us), (unix_s(Timestamp(1_000_000)), 500_000));
    }

    #[test]
    fn names_in_natural_order() {
        let mut names = ["s10", "s2", "s02", "a", "1"];
        names.sort_by(|a, b| natural_cmp(a, b));
        assert_eq!(names, ["1", "a", "s2", "s02", "s10"]);
    }
}
