//! The lines of a robots.txt. What people write is read generously, as RFC 9309 2.2.4 suggests:
//! the slips in spelling that Google's parser knows, a space where the colon should be.

/// A line that says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// A group begins, or has one more name.
    Agent(&'a str),
    /// A rule of the group.
    Rule {
        /// Or else disallowed.
        allow: bool,
        /// The path's pattern, as written.
        pattern: &'a str,
    },
    /// Seconds between two requests.
    CrawlDelay(&'a str),
    /// A sitemap; belongs to no group.
    Sitemap(&'a str),
}

#[derive(Clone, Copy)]
enum Key {
    Agent,
    Allow,
    Disallow,
    CrawlDelay,
    Sitemap,
}

const KEYS: [(&str, Key); 16] = [
    ("disallow", Key::Disallow),
    ("allow", Key::Allow),
    ("user-agent", Key::Agent),
    ("useragent", Key::Agent),
    ("user agent", Key::Agent),
    ("crawl-delay", Key::CrawlDelay),
    ("crawldelay", Key::CrawlDelay),
    ("crawl delay", Key::CrawlDelay),
    ("sitemap", Key::Sitemap),
    ("site-map", Key::Sitemap),
    ("site map", Key::Sitemap),
    ("dissallow", Key::Disallow),
    ("dissalow", Key::Disallow),
    ("disalow", Key::Disallow),
    ("diasllow", Key::Disallow),
    ("disallaw", Key::Disallow),
];

/// The lines that say something, in order. Lines end in LF, CR or CRLF; a byte order mark, also a
/// broken one, is no part of the first.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let text = text.trim_start_matches(['\u{feff}', '\u{fffd}']);
    text.split('\n').flat_map(|line| line.split('\r')).filter_map(line)
}

fn line(line: &str) -> Option<Line<'_>> {
    let line = line.find('#').map_or(line, |comment| &line[..comment]).trim();
    let (key, rest) = KEYS.iter().find_map(|(name, key)| {
        let head = line.as_bytes().get(..name.len())?;
        head.eq_ignore_ascii_case(name.as_bytes()).then(|| (*key, &line[name.len()..]))
    })?;
    let value = rest.trim_start();
    let value = match value.strip_prefix(':') {
        Some(value) => value.trim_start(),
        None if value.len() < rest.len() => value,
        None => return None,
    };
    Some(match key {
        Key::Agent => Line::Agent(value),
        Key::Allow => Line::Rule { allow: true, pattern: value },
        Key::Disallow => Line::Rule { allow: false, pattern: value },
        Key::CrawlDelay => Line::CrawlDelay(value),
        Key::Sitemap => Line::Sitemap(value),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_generously() {
        let text = "\u{feff}USER-AGENT : Foo # us\r\nDissallow:/a\rallow /b c\n\n# Disallow: /c\nHost: x\n\
                    \t crawl-delay:\t2.5\nSitemap: https://e.com/s\nDisallow\nDisallowed: /\nDisallow:";
        let rule = |allow, pattern| Line::Rule { allow, pattern };
        let expected = [
            Line::Agent("Foo"),
            rule(false, "/a"),
            rule(true, "/b c"),
            Line::CrawlDelay("2.5"),
            Line::Sitemap("https://e.com/s"),
            rule(false, ""),
        ];
        assert_eq!(lines(text).collect::<Vec<_>>(), expected);
    }
}
