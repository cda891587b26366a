//! Crawler traps: URLs that a site makes up without end. What ordinary sites have passes:
//! `/2024/11/11/`, `/a/a/`, a search form with many fields.

use crate::job::Limits;
use crate::outcome::Reason;
use url::Url;

/// The longest run of segments whose repetition is looked for: `/a/b/a/b` is a run of two.
const LONGEST_RUN: usize = 32;
/// How often one parameter may be given, with whatever values.
const SAME_NAME: usize = 12;

/// Whether a URL looks like a trap.
///
/// # Errors
/// [`Reason::TrapSegments`], [`Reason::TrapRepeats`] or [`Reason::TrapQuery`].
pub fn check(url: &Url, limits: &Limits) -> Result<(), Reason> {
    check_path(url.path(), limits)?;
    match url.query() {
        Some(query) => check_query(query, limits),
        None => Ok(()),
    }
}

fn check_path(path: &str, limits: &Limits) -> Result<(), Reason> {
    // The path begins with `/`, and a `/` at its end begins no further segment.
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let most = usize::from(limits.path_segments);
    let repeats = usize::from(limits.segment_repeats.max(1));
    let count = path.bytes().filter(|b| *b == b'/').count() + 1;
    if count > most && !path.is_empty() {
        return Err(Reason::TrapSegments);
    }
    if count <= repeats {
        return Ok(());
    }
    let segments: Vec<&str> = path.split('/').collect();
    let longest = (count / (repeats + 1)).min(LONGEST_RUN);
    match (1..=longest).any(|run| repeats_more(&segments, run, repeats)) {
        true => Err(Reason::TrapRepeats),
        false => Ok(()),
    }
}

/// Whether some `run` segments stand there more than `repeats` times in a row.
fn repeats_more(segments: &[&str], run: usize, repeats: usize) -> bool {
    let mut same = 0;
    segments.iter().zip(&segments[run..]).any(|(one, next)| {
        same = if one == next { same + 1 } else { 0 };
        same >= run * repeats
    })
}

fn check_query(query: &str, limits: &Limits) -> Result<(), Reason> {
    let most = usize::from(limits.query_params);
    let repeats = usize::from(limits.segment_repeats.max(1));
    let count = query.split('&').filter(|pair| !pair.is_empty()).count();
    if count > most {
        return Err(Reason::TrapQuery);
    }
    if count <= repeats {
        return Ok(());
    }
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_unstable();
    let same = pairs.windows(repeats + 1).any(|w| w[0] == w[repeats]);
    let mut names: Vec<&str> = pairs.into_iter().map(name).collect();
    names.sort_unstable();
    let named = names.windows(SAME_NAME + 1).any(|w| w[0] == w[SAME_NAME]);
    if same || named { Err(Reason::TrapQuery) } else { Ok(()) }
}

fn name(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rest: &str) -> Result<(), Reason> {
        check(&Url::parse(&format!("https://example.com/{rest}")).unwrap(), &Limits::default())
    }

    #[test]
    fn ordinary_urls_pass() {
        for rest in [
            "",
            "2024/11/11/",
            "11/11/11/",
            "a/a/a",
            "a/b/a/b/a/b/",
            "en/en/products/en/",
            "?q=1&page=2&sort=up&color=red&color=blue&color=green&color=black",
            "?a&b&c&d&e&f&g&h&i&j&k&l",
            "?&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&",
            "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/",
        ] {
            assert_eq!(of(rest), Ok(()), "{rest}");
        }
    }

    #[test]
    fn endless_urls_are_cut() {
        for (rest, reason) in [
            ("1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21", Reason::TrapSegments),
            ("a/a/a/a", Reason::TrapRepeats),
            ("x/a/a/a/a/y", Reason::TrapRepeats),
            ("a/b/a/b/a/b/a/b", Reason::TrapRepeats),
            ("x/a/b/c/a/b/c/a/b/c/a/b/c/", Reason::TrapRepeats),
            ("////////", Reason::TrapRepeats),
            ("?n=1&n=1&n=1&n=1", Reason::TrapQuery),
            ("?n=1&n=2&n=3&n=4&n=5&n=6&n=7&n=8&n=9&n=10&n=11&n=12&n=13", Reason::TrapQuery),
            ("?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q&r&s&t&u&v&w&x&y", Reason::TrapQuery),
        ] {
            assert_eq!(of(rest), Err(reason), "{rest}");
        }
    }

    #[test]
    fn the_jobs_limits_hold() {
        let limits = Limits { path_segments: 2, segment_repeats: 0, query_params: 0, ..Limits::default() };
        let of = |text: &str| check(&Url::parse(text).unwrap(), &limits);
        assert_eq!(of("https://e.com/"), Ok(()));
        assert_eq!(of("https://e.com/a/b/"), Ok(()));
        assert_eq!(of("https://e.com/a/b/c"), Err(Reason::TrapSegments));
        assert_eq!(of("https://e.com/a/a"), Err(Reason::TrapRepeats));
        assert_eq!(of("https://e.com/?a"), Err(Reason::TrapQuery));
    }

    #[test]
    fn a_path_of_a_thousand_segments_costs_little() {
        let limits = Limits { path_segments: u16::MAX, ..Limits::default() };
        let path: String = (0..1_000).map(|i| if i % 3 == 0 { "a/" } else { "b/" }).collect();
        let url = Url::parse(&format!("https://e.com/{path}")).unwrap();
        assert_eq!(check(&url, &limits), Err(Reason::TrapRepeats));
    }
}
