//! Places without an end. Each trap page leads one step deeper, so that a crawler without limits
//! never stops, and one with limits spends little.

use crate::site::random::Random;

/// Where the traps begin; linked from the home page.
pub(crate) const ENTRIES: [&str; 4] =
    ["/calendar/2026/01", "/session/list?sid=0", "/maze/a/b/", "/grow?step=0"];

/// Whether a target is inside a trap.
pub(crate) fn is_trap(target: &str) -> bool {
    ["/calendar/", "/session/", "/maze/", "/grow?", "/loop/"].iter().any(|start| target.starts_with(start))
}

/// The link that leads deeper.
pub(crate) fn deeper(target: &str) -> String {
    if let Some(rest) = target.strip_prefix("/calendar/") {
        let mut numbers = rest.split('/').map(|n| n.parse::<u32>().unwrap_or(1));
        let (year, month) = (numbers.next().unwrap_or(2026), numbers.next().unwrap_or(1));
        let (year, month) = if month >= 12 { (year.saturating_add(1), 1) } else { (year, month + 1) };
        return format!("/calendar/{year}/{month:02}");
    }
    if target.starts_with("/session/") {
        let text = target.bytes().fold(0u64, |sum, b| sum.wrapping_mul(31).wrapping_add(u64::from(b)));
        return format!("/session/list?sid={:016x}", Random::of(text, 31, 0).next());
    }
    if target.starts_with("/maze/") {
        return "a/b/".to_owned();
    }
    format!("{target}&f{}=x", target.len())
}

/// Where a redirect loop goes next.
pub(crate) fn loop_next(target: &str) -> String {
    match target {
        "/loop/self" => "/loop/self",
        "/loop/a" => "/loop/b",
        _ => "/loop/a",
    }
    .to_owned()
}
