//! Dates and times as people write them, given back as RFC 3339.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// A text that is longer is no date.
const LONGEST: usize = 200;

/// A date as `2026-11-23`, or a moment as RFC 3339; a time without a zone is taken as UTC.
/// `month_first` decides 11/12/2026. `format` is a pattern (strftime), tried alone.
pub fn date(text: &str, month_first: bool, format: Option<&str>) -> Option<String> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    match format {
        Some(format) => by_format(text, format),
        None => standard(text).or_else(|| written(text, month_first)),
    }
}

fn by_format(text: &str, format: &str) -> Option<String> {
    if let Ok(moment) = DateTime::parse_from_str(text, format) {
        return Some(moment_text(moment));
    }
    if let Ok(moment) = NaiveDateTime::parse_from_str(text, format) {
        return Some(moment_text(moment.and_utc().fixed_offset()));
    }
    NaiveDate::parse_from_str(text, format).ok().map(|date| date.to_string())
}

fn moment_text(moment: DateTime<FixedOffset>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// RFC 3339, RFC 2822, and ISO 8601 as it is mostly written.
fn standard(text: &str) -> Option<String> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(date.to_string());
    }
    if let Ok(moment) = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)) {
        return Some(moment_text(moment));
    }
    ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M%z"]
        .iter()
        .find_map(|pattern| DateTime::parse_from_str(text, pattern).ok())
        .map(moment_text)
}

static YEAR_FIRST: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|\D)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:\D|$)").ok());
static YEAR_LAST: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|\D)(\d{1,2})([-/.]) ?(\d{1,2})[-/.] ?(\d{4}|\d{2})(?:\D|$)").ok());
static DAY_NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|\D)(\d{1,2})(?:\.|st|nd|rd|th|er|º)?[\s-]+(?:de\s+|of\s+)?(\p{L}{3,})\.?,?[\s-]+(?:de\s+)?(\d{4})(?:\D|$)").ok()
});
static MONTH_NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|\P{L})(\p{L}{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?:\D|$)").ok()
});
static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:^|[^\d:])(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?\s*(?:([ap])\.?m\b\.?)?\s*(z\b|utc|gmt|[+-]\d{2}:?\d{2})?").ok()
});

fn captures<'t>(pattern: &LazyLock<Option<Regex>>, text: &'t str) -> Option<Captures<'t>> {
    pattern.as_ref().and_then(|regex| regex.captures(text))
}

fn written(text: &str, month_first: bool) -> Option<String> {
    let date = calendar_date(text, month_first)?;
    let Some(time) = captures(&TIME, text) else { return Some(date.to_string()) };
    let part = |n: usize| time.get(n).and_then(|m| m.as_str().parse::<u32>().ok());
    let hour = match (part(1)?, time.get(4).map(|m| m.as_str().to_ascii_lowercase())) {
        (hour @ 1..=12, Some(half)) => hour % 12 + if half == "p" { 12 } else { 0 },
        (_, Some(_)) => return None,
        (hour, None) => hour,
    };
    let time_of_day = NaiveTime::from_hms_opt(hour, part(2)?, part(3).unwrap_or(0))?;
    let zone = time.get(5).map_or(Some(0), |m| offset(m.as_str()))?;
    let zone = FixedOffset::east_opt(zone)?;
    date.and_time(time_of_day).and_local_timezone(zone).single().map(moment_text)
}

/// Seconds east of Greenwich.
fn offset(zone: &str) -> Option<i32> {
    if zone.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Some(0);
    }
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let seconds = digits.get(..2)?.parse::<i32>().ok()? * 3600 + digits.get(2..)?.parse::<i32>().ok()? * 60;
    Some(if zone.starts_with('-') { -seconds } else { seconds })
}

fn calendar_date(text: &str, month_first: bool) -> Option<NaiveDate> {
    let number = |found: &Captures<'_>, n: usize| found.get(n).and_then(|m| m.as_str().parse::<u32>().ok());
    if let Some(found) = captures(&YEAR_FIRST, text) {
        return NaiveDate::from_ymd_opt(
            year(found.get(1)?.as_str())?,
            number(&found, 2)?,
            number(&found, 3)?,
        );
    }
    if let Some(found) = captures(&YEAR_LAST, text) {
        let (first, second) = (number(&found, 1)?, number(&found, 3)?);
        let year = year(found.get(4)?.as_str())?;
        let dots = found.get(2).is_some_and(|m| m.as_str() == ".");
        let (day, month) = if month_first && !dots { (second, first) } else { (first, second) };
        // Where one way is no date, it was the other.
        return NaiveDate::from_ymd_opt(year, month, day)
            .or_else(|| (!dots).then(|| NaiveDate::from_ymd_opt(year, day, month)).flatten());
    }
    if let Some(found) = captures(&DAY_NAMED, text)
        && let Some(month) = month(found.get(2)?.as_str())
    {
        return NaiveDate::from_ymd_opt(year(found.get(3)?.as_str())?, month, number(&found, 1)?);
    }
    let found = captures(&MONTH_NAMED, text)?;
    NaiveDate::from_ymd_opt(year(found.get(3)?.as_str())?, month(found.get(1)?.as_str())?, number(&found, 2)?)
}

/// Two digits are of 1970 to 2069 (POSIX has 1969 to 2068).
fn year(digits: &str) -> Option<i32> {
    let year: i32 = digits.parse().ok()?;
    Some(match digits.len() {
        2 if year >= 70 => 1900 + year,
        2 => 2000 + year,
        _ => year,
    })
}

/// The beginnings of the months' names in English, German, French, Spanish, Italian, Portuguese and
/// Dutch.
const MONTHS: [&[&str]; 12] = [
    &["jan", "jän", "ene", "gen"],
    &["feb", "fév", "fev"],
    &["mar", "mär", "mrt", "maa"],
    &["apr", "avr", "abr"],
    &["may", "mai", "mei", "mag"],
    &["jun", "juin", "giu"],
    &["jul", "juil", "lug"],
    &["aug", "aoû", "aou", "ago"],
    &["sep", "set"],
    &["oct", "okt", "ott", "out"],
    &["nov"],
    &["dec", "dez", "déc", "dic"],
];

fn month(name: &str) -> Option<u32> {
    let name = name.to_lowercase();
    let place = MONTHS.iter().position(|begins| begins.iter().any(|begin| name.starts_with(begin)))?;
    u32::try_from(place + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_people_write_them() {
        for (text, expected) in [
            ("2026-11-23", Some("2026-11-23")),
            ("2026-11-23T10:20:30Z", Some("2026-11-23T10:20:30Z")),
            ("2026-11-23T10:20:30+01:00", Some("2026-11-23T10:20:30+01:00")),
            ("2026-11-23T10:20", Some("2026-11-23T10:20:00Z")),
            ("2026-11-23 10:20:30", Some("2026-11-23T10:20:30Z")),
            ("2026-11-23T10:20+0100", Some("2026-11-23T10:20:00+01:00")),
            ("Mon, 23 Nov 2026 10:20:30 +0000", Some("2026-11-23T10:20:30Z")),
            ("23 Nov 2026", Some("2026-11-23")),
            ("23rd of November, 2026", Some("2026-11-23")),
            ("November 23, 2026", Some("2026-11-23")),
            ("Posted on Nov. 23rd, 2026 at 3:05 pm", Some("2026-11-23T15:05:00Z")),
            ("23.11.2026", Some("2026-11-23")),
            ("23. März 2026, 10:20 Uhr", Some("2026-03-23T10:20:00Z")),
            ("1er août 2026", Some("2026-08-01")),
            ("23 de noviembre de 2026", Some("2026-11-23")),
            ("11/12/2026", Some("2026-11-12")),
            ("23/11/2026", Some("2026-11-23")),
            ("1.2.70", Some("1970-02-01")),
            ("31.02.2026", None),
            ("12:30", None),
            ("yesterday", None),
            ("", None),
            ("25:00 2026-11-23", None),
        ] {
            assert_eq!(date(text, true, None).as_deref(), expected, "{text}");
        }
        assert_eq!(date("11/12/2026", false, None).as_deref(), Some("2026-12-11"));
    }

    #[test]
    fn a_pattern_is_tried_alone() {
        assert_eq!(date("20261123", true, Some("%Y%m%d")).as_deref(), Some("2026-11-23"));
        assert_eq!(date("23|11|2026 10h", true, Some("%d|%m|%Y %Hh")).as_deref(), Some("2026-11-23"));
        assert_eq!(
            date("23|11|2026 10h05", true, Some("%d|%m|%Y %Hh%M")).as_deref(),
            Some("2026-11-23T10:05:00Z")
        );
        assert_eq!(date("2026-11-23", true, Some("%Y%m%d")), None);
    }
}
