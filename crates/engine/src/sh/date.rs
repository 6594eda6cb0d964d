//! Dates of the simulated clock (UTC).

use api::{EPOCH_UNIX_S, Timestamp};

/// A moment in the civil calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words say it")]
pub struct Civil {
    pub year: i64,
    pub month: u32,
    pub day: u32,
    pub hour: u64,
    pub minute: u64,
    pub second: u64,
    pub micros: u64,
    /// 0 is Sunday.
    pub weekday: u32,
    /// Seconds since 1970.
    pub unix: u64,
}

const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: &[&str] =
    &["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

impl Civil {
    /// Of an instant of the lab.
    #[must_use]
    pub fn at(instant: Timestamp) -> Self {
        let unix = EPOCH_UNIX_S + instant.0 / 1_000_000;
        let days = i64::try_from(unix / 86_400).unwrap_or(0);
        let (year, month, day) = civil(days);
        let of_day = unix % 86_400;
        Self {
            year,
            month,
            day,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            micros: instant.0 % 1_000_000,
            weekday: u32::try_from((days + 4).rem_euclid(7)).unwrap_or(0),
            unix,
        }
    }

    fn month_name(&self) -> &'static str {
        MONTHS.get(self.month as usize - 1).copied().unwrap_or("")
    }

    fn day_name(&self) -> &'static str {
        DAYS.get(self.weekday as usize).copied().unwrap_or("")
    }

    /// `ls -l`'s: `Jan  1 12:00`.
    #[must_use]
    pub fn listing(&self) -> String {
        let month = self.month_name().get(..3).unwrap_or("");
        format!("{month} {:>2} {:02}:{:02}", self.day, self.hour, self.minute)
    }

    /// By a format of `date(1)`.
    #[must_use]
    pub fn format(&self, format: &str) -> String {
        let mut out = String::new();
        let mut chars = format.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let plain = chars.next_if_eq(&'-').is_some();
            let Some(letter) = chars.next() else { break };
            match self.piece(letter) {
                Some(text) if plain => out.push_str(text.trim_start_matches(['0', ' '])),
                Some(text) => out.push_str(&text),
                None => out.extend(['%', letter]),
            }
        }
        out
    }

    fn piece(&self, letter: char) -> Option<String> {
        let short = |name: &str| name.get(..3).unwrap_or("").to_owned();
        Some(match letter {
            'Y' => self.year.to_string(),
            'y' => format!("{:02}", self.year % 100),
            'm' => format!("{:02}", self.month),
            'd' => format!("{:02}", self.day),
            'e' => format!("{:>2}", self.day),
            'H' => format!("{:02}", self.hour),
            'I' => format!("{:02}", (self.hour + 11) % 12 + 1),
            'M' => format!("{:02}", self.minute),
            'S' => format!("{:02}", self.second),
            'N' => format!("{:09}", self.micros * 1000),
            'p' => if self.hour < 12 { "AM" } else { "PM" }.to_owned(),
            's' => self.unix.to_string(),
            'a' => short(self.day_name()),
            'A' => self.day_name().to_owned(),
            'b' | 'h' => short(self.month_name()),
            'B' => self.month_name().to_owned(),
            'u' => (if self.weekday == 0 { 7 } else { self.weekday }).to_string(),
            'w' => self.weekday.to_string(),
            'F' => self.format("%Y-%m-%d"),
            'T' => self.format("%H:%M:%S"),
            'R' => self.format("%H:%M"),
            'D' => self.format("%m/%d/%y"),
            'c' => self.format("%a %b %e %H:%M:%S %Y"),
            'Z' => "UTC".to_owned(),
            'z' => "+0000".to_owned(),
            'n' => "\n".to_owned(),
            't' => "\t".to_owned(),
            '%' => "%".to_owned(),
            _ => return None,
        })
    }
}

/// Year, month and day of a number of days since 1970 (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}
