//! What a status means for the next step.

use chrono::{DateTime, NaiveDateTime};
use http::{HeaderMap, StatusCode, header};
use shared::clock::Timestamp;
use shared::pacing::RETRY_AFTER_CEILING;
use std::time::Duration;

/// Whether the same request may succeed later.
pub fn is_retryable(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502 | 503 | 504 | 520..=524)
}

/// Whether the status asks to go elsewhere (RFC 9110 15.4). 300, 304, 305 and 306 do not.
pub fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// `Retry-After` (RFC 9110 10.2.3): seconds, or a date in any of the three forms. A date that is
/// past is no wait; more than the ceiling is the ceiling; what cannot be read is nothing.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map(Duration::from_secs).unwrap_or(RETRY_AFTER_CEILING)
    } else {
        Timestamp(http_date(text)?).since(now)
    };
    Some(wait.min(RETRY_AFTER_CEILING))
}

fn http_date(text: &str) -> Option<i64> {
    // The day of the week says nothing new, and is wrong at times.
    let date = text.split_once(", ").or_else(|| text.split_once(' '))?.1;
    if let Ok(date) = DateTime::parse_from_rfc2822(date) {
        return Some(date.timestamp_millis());
    }
    ["%d-%b-%y %H:%M:%S GMT", "%b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(date, form).ok())
        .map(|date| date.and_utc().timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, value.parse().unwrap());
        // 1994-11-06T08:49:07Z, half a minute before the dates below.
        retry_after(&headers, Timestamp(784_111_747_000)).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(read("0"), Some(0));
        assert_eq!(read(" 120 "), Some(120));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(30));
        assert_eq!(read("Sunday, 06-Nov-94 08:49:37 GMT"), Some(30));
        assert_eq!(read("Sun Nov  6 08:49:37 1994"), Some(30));
    }

    #[test]
    fn past_huge_and_senseless_values_do_no_harm() {
        assert_eq!(read("Sun, 06 Nov 1993 08:49:37 GMT"), Some(0));
        assert_eq!(read("999999999"), Some(RETRY_AFTER_CEILING.as_secs()));
        assert_eq!(read("99999999999999999999999999"), Some(RETRY_AFTER_CEILING.as_secs()));
        assert_eq!(read("Fri, 31 Dec 9999 23:59:59 GMT"), Some(RETRY_AFTER_CEILING.as_secs()));
        for value in ["", "-1", "soon", "1.5", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(read(value), None, "{value}");
        }
    }

    #[test]
    fn statuses_are_told_apart() {
        let all: Vec<u16> =
            (100..600).filter(|&code| StatusCode::from_u16(code).is_ok_and(is_retryable)).collect();
        assert_eq!(all, [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524]);
        let all: Vec<u16> =
            (100..600).filter(|&code| StatusCode::from_u16(code).is_ok_and(is_redirect)).collect();
        assert_eq!(all, [301, 302, 303, 307, 308]);
    }
}
