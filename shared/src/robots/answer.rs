//! What a host said when it was asked for its robots.txt, and for how long that holds.

use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The longest text that is kept, in bytes (RFC 9309 2.5 demands at least 500 KiB).
pub const MAX_TEXT: usize = 512 << 10;
/// How long rules, or the word that there are none, hold (RFC 9309 2.4: at most 24 hours).
pub const VALID: Duration = Duration::from_secs(24 * 3600);
/// How long a denial for want of an answer holds, before the host is asked again.
pub const DENIED_VALID: Duration = Duration::from_secs(5 * 60);

/// What a host said when it was asked for its robots.txt. Kept by host, for all runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RobotsAnswer {
    /// What the answer means.
    pub access: Access,
    /// The file's text, at most 512 KiB; empty unless `access` is by rules.
    pub text: String,
    /// When it was fetched.
    pub fetched_at: Timestamp,
    /// How long it holds, in milliseconds from then.
    pub valid_ms: u64,
}

/// What a robots.txt answer means (RFC 9309 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// There is a file: its rules hold.
    Rules,
    /// There is none (4xx): all is allowed.
    Allowed,
    /// It cannot be had (5xx, no answer): all is denied, for now.
    Denied,
}

impl RobotsAnswer {
    /// What an HTTP answer means. `status` is the last one's after redirects; one that still is a
    /// redirect means that there were too many.
    ///
    /// - 2xx: its rules hold; a page of HTML in its place has none.
    /// - 3xx and 4xx: there is none (RFC 9309 2.3.1.2 and 2.3.1.3), so all is allowed.
    /// - 429: the host asks for patience, which is no word on its rules; as 5xx.
    /// - 5xx and all else: all is denied (RFC 9309 2.3.1.4).
    pub fn from_response(status: u16, text: &str, fetched_at: Timestamp) -> Self {
        match status {
            200..=299 if is_html(text) => Self::of(Access::Allowed, String::new(), fetched_at, VALID),
            200..=299 => Self::of(Access::Rules, capped(text).to_owned(), fetched_at, VALID),
            429 => Self::unreachable(fetched_at),
            300..=499 => Self::of(Access::Allowed, String::new(), fetched_at, VALID),
            _ => Self::unreachable(fetched_at),
        }
    }

    /// There was no answer at all.
    pub fn unreachable(at: Timestamp) -> Self {
        Self::of(Access::Denied, String::new(), at, DENIED_VALID)
    }

    /// Whether it still holds.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        now.since(self.fetched_at) < Duration::from_millis(self.valid_ms)
    }

    fn of(access: Access, text: String, fetched_at: Timestamp, valid: Duration) -> Self {
        let valid_ms = u64::try_from(valid.as_millis()).unwrap_or(u64::MAX);
        RobotsAnswer { access, text, fetched_at, valid_ms }
    }
}

/// The first 512 KiB, without a line that the cap cuts in two.
fn capped(text: &str) -> &str {
    if text.len() <= MAX_TEXT {
        return text;
    }
    let bytes = &text.as_bytes()[..MAX_TEXT];
    // A line break is one byte, so the cut stands between two characters.
    let end = bytes.iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
    &text[..end.unwrap_or(0)]
}

/// Whether a page stands where the file should.
fn is_html(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    ["<!doctype", "<html", "<head", "<body", "<?xml"].iter().any(|start| {
        let head = text.as_bytes().get(..start.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    #[test]
    fn a_status_decides_what_an_answer_means() {
        for (status, access) in [
            (200, Access::Rules),
            (206, Access::Rules),
            (301, Access::Allowed),
            (401, Access::Allowed),
            (403, Access::Allowed),
            (404, Access::Allowed),
            (410, Access::Allowed),
            (429, Access::Denied),
            (500, Access::Denied),
            (503, Access::Denied),
            (0, Access::Denied),
        ] {
            let answer = RobotsAnswer::from_response(status, "User-agent: *", NOW);
            assert_eq!(answer.access, access, "{status}");
            assert_eq!(answer.text.is_empty(), access != Access::Rules, "{status}");
        }
    }

    #[test]
    fn an_answer_holds_for_its_time() {
        let rules = RobotsAnswer::from_response(200, "", NOW);
        let denied = RobotsAnswer::unreachable(NOW);
        let hours = |n: u64| NOW.plus(Duration::from_secs(n * 3600));
        assert!(rules.is_valid(NOW) && rules.is_valid(hours(23)) && !rules.is_valid(hours(24)));
        assert!(denied.is_valid(NOW) && !denied.is_valid(NOW.plus(DENIED_VALID)));
        assert!(rules.is_valid(Timestamp(0)), "a clock that was set back");
    }

    #[test]
    fn a_page_in_its_place_has_no_rules() {
        for text in
            ["\u{feff}\n <!DOCTYPE html><p>User-agent: *\nDisallow: /", "<html>", "<?xml version='1.0'?>"]
        {
            assert_eq!(RobotsAnswer::from_response(200, text, NOW).access, Access::Allowed, "{text}");
        }
        assert_eq!(RobotsAnswer::from_response(200, "<!-- x -->\nDisallow: /", NOW).access, Access::Rules);
    }

    #[test]
    fn a_long_text_is_cut_between_lines() {
        let text = "Disallow: /\u{e9}\n".repeat(60_000);
        let answer = RobotsAnswer::from_response(200, &text, NOW);
        assert!(answer.text.len() <= MAX_TEXT && answer.text.len() > MAX_TEXT - 20);
        assert!(answer.text.ends_with("/\u{e9}"));
        assert_eq!(RobotsAnswer::from_response(200, &"x".repeat(MAX_TEXT + 1), NOW).text, "");
    }
}
