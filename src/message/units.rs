//! Numbers as people read them: bytes, percentages, spans of time. Does not know what they measure.

use std::time::Duration;

const BINARY: (f64, [&str; 6]) = (1024.0, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);
const DECIMAL: (f64, [&str; 6]) = (1000.0, ["B", "kB", "MB", "GB", "TB", "PB"]);

/// Memory in binary units as `docker stats` writes it, to three digits: `20.9 MiB`, `512 MiB`.
pub fn memory(bytes: u64) -> String {
    let (value, unit) = scale(bytes, BINARY);
    format!("{} {unit}", digits(value, 3))
}

/// Memory for a narrow column: `21M`, `1.5G`; binary units as in [`memory`].
pub fn memory_short(bytes: u64) -> String {
    short(bytes, BINARY)
}

/// Traffic for a narrow column: `1.2k`, `21M`; decimal units as `docker stats` has them for network
/// and block I/O.
pub fn traffic_short(bytes: u64) -> String {
    short(bytes, DECIMAL)
}

/// A percentage with one digit after the point, two where it is below ten as `docker stats` shows
/// small shares.
pub fn percent(value: f64) -> String {
    format!("{value:.0$}", if value < 10.0 { 2 } else { 1 })
}

/// A span in its largest unit, for a narrow column: `45s`, `12m`, `3h`, `2d`.
pub fn span_short(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A span in its two largest units: `45 s`, `12 min 5 s`, `3 h 20 min`, `2 d 4 h`.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (large, large_unit, small, small_unit) = match seconds {
        0..60 => return format!("{seconds} s"),
        60..3_600 => (seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => (seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => (seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    };
    match small {
        0 => format!("{large} {large_unit}"),
        _ => format!("{large} {large_unit} {small} {small_unit}"),
    }
}

/// Two times as a span, with date and zone once where they are the same.
pub fn from_to(first: &str, last: &str) -> String {
    let words = |time: &str| -> Option<[String; 3]> {
        let words: Vec<String> = time.split(' ').map(str::to_owned).collect();
        words.try_into().ok()
    };
    match (words(first), words(last)) {
        _ if first == last => first.to_owned(),
        (Some([date, first, zone]), Some([other_date, last, other_zone]))
            if date == other_date && zone == other_zone =>
        {
            format!("{date} {first} to {last} {zone}")
        }
        _ => format!("{first} to {last}"),
    }
}

/// `1 container`, `2 containers`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn short(bytes: u64, units: (f64, [&'static str; 6])) -> String {
    let (value, unit) = scale(bytes, units);
    format!("{}{}", digits(value, 2), &unit[..1])
}

/// Divides until the value, as it will be rounded, has at most three digits before its point.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown, fifty-two bits are kept")]
fn scale(bytes: u64, (step, units): (f64, [&'static str; 6])) -> (f64, &'static str) {
    let mut value = bytes as f64;
    let mut unit = 0;
    while value.round() >= 1000.0 && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    (value, units[unit])
}

/// `value` to `significant` digits, never fewer than it has before its point, without zeros at the end.
fn digits(value: f64, significant: usize) -> String {
    let whole = match value {
        ..10.0 => 1,
        10.0..100.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.0$}", significant.saturating_sub(whole));
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_times_share_is_said_once() {
        let check = |last, expected| {
            assert_eq!(from_to("2026-11-22 09:00:00 CET", last), expected);
        };
        check("2026-11-22 09:00:00 CET", "2026-11-22 09:00:00 CET");
        check("2026-11-22 09:01:00 CET", "2026-11-22 09:00:00 to 09:01:00 CET");
        check("2026-11-23 09:01:00 CET", "2026-11-22 09:00:00 CET to 2026-11-23 09:01:00 CET");
        check("2026-11-22 09:01:00 GMT", "2026-11-22 09:00:00 CET to 2026-11-22 09:01:00 GMT");
        check("soon", "2026-11-22 09:00:00 CET to soon");
    }

    #[test]
    fn memory_reads_as_docker_writes_it() {
        let check = |bytes: u64, long: &str, narrow: &str| {
            assert_eq!((memory(bytes).as_str(), memory_short(bytes).as_str()), (long, narrow));
        };
        check(0, "0 B", "0B");
        check(999, "999 B", "999B");
        check(1_000, "0.98 KiB", "1K");
        check(331_776, "324 KiB", "324K");
        check(21_913_600, "20.9 MiB", "21M");
        check(512 << 20, "512 MiB", "512M");
        check(1_023 << 20, "1 GiB", "1G");
        check(25_276_514_304, "23.5 GiB", "24G");
        check(u64::MAX, "16384 PiB", "16384P");
    }

    #[test]
    fn traffic_is_decimal() {
        let check = |bytes: u64, narrow: &str| assert_eq!(traffic_short(bytes), narrow);
        check(626, "626B");
        check(1_112, "1.1k");
        check(20_971_520, "21M");
        check(999_600, "1M");
    }

    #[test]
    fn spans_have_one_or_two_units() {
        let check = |seconds: u64, long: &str, narrow: &str| {
            let of = Duration::from_secs(seconds);
            assert_eq!((span(of).as_str(), span_short(of).as_str()), (long, narrow));
        };
        check(0, "0 s", "0s");
        check(59, "59 s", "59s");
        check(60, "1 min", "1m");
        check(725, "12 min 5 s", "12m");
        check(12_000, "3 h 20 min", "3h");
        check(187_200, "2 d 4 h", "2d");
    }

    #[test]
    fn percentages_keep_what_can_be_seen() {
        let check = |value: f64, expected: &str| assert_eq!(percent(value), expected);
        check(0.0, "0.00");
        check(6.254, "6.25");
        check(51.87, "51.9");
        check(212.0, "212.0");
    }
}
