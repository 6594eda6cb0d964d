//! Dates in programs' logs.

use api::{EPOCH_UNIX_S, Timestamp};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Year, month (from 0), day, hour, minute, second of an instant (UTC; H. Hinnant's
/// `civil_from_days`).
pub(super) fn civil(at: Timestamp) -> (u64, usize, u64, u64, u64, u64) {
    let unix = EPOCH_UNIX_S + at.0 / 1_000_000;
    let (days, second) = (unix / 86_400 + 719_468, unix % 86_400);
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 2 } else { shifted - 10 };
    let year = year + era * 400 + u64::from(month < 2);
    (year, month as usize, day, second / 3_600, second / 60 % 60, second % 60)
}

/// `01/Jan/2026 12:00:05`, as Werkzeug writes it.
pub(super) fn werkzeug(at: Timestamp) -> String {
    let (year, month, day, h, m, s) = civil(at);
    let name = MONTHS.get(month).copied().unwrap_or_default();
    format!("{day:02}/{name}/{year} {h:02}:{m:02}:{s:02}")
}

/// `01/Jan/2026:12:00:05 +0000`, as nginx writes it.
pub(super) fn nginx(at: Timestamp) -> String {
    format!("{} +0000", werkzeug(at).replacen(' ', ":", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lab_starts_at_noon_of_new_year() {
        assert_eq!(werkzeug(Timestamp::from_ms(5_000)), "01/Jan/2026 12:00:05");
        assert_eq!(nginx(Timestamp::from_ms(86_400_000 * 59)), "01/Mar/2026:12:00:00 +0000");
        assert_eq!(civil(Timestamp::from_ms(86_400_000 * 790)).0, 2028);
    }
}
