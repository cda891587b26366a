//! A robots.txt, compiled for one user agent.

use super::answer::{Access, RobotsAnswer};
use super::lines::{Line, lines};
use super::pattern::Pattern;
use super::spelling::{Of, normal, other_slashes};
use std::cmp::Reverse;
use std::time::Duration;
use url::{Position, Url};

/// The longest `Crawl-delay` that is understood; a longer one counts as this.
pub const MAX_CRAWL_DELAY: Duration = Duration::from_secs(24 * 3600);

/// A robots.txt, compiled for one user agent.
pub struct Rules {
    denied: bool,
    /// The most specific first; of two alike the one that allows.
    rules: Vec<(Pattern, bool)>,
    crawl_delay: Option<Duration>,
}

impl Rules {
    /// Compiles an answer for a product token (`Harvestman`).
    ///
    /// The groups that name the token are one (RFC 9309 2.2.1), whatever its case; where none does,
    /// those for `*`.
    pub fn of(answer: &RobotsAnswer, product_token: &str) -> Self {
        let text = match answer.access {
            Access::Rules => answer.text.as_str(),
            Access::Allowed | Access::Denied => "",
        };
        let Group { mut rules, crawl_delay } = group_of(text, product_token);
        let folders: Vec<_> = rules
            .iter()
            .filter(|(_, allow)| *allow)
            .filter_map(|(pattern, _)| Some((pattern.folder_of_index()?, true)))
            .collect();
        rules.extend(folders);
        rules.sort_by_key(|(pattern, allow)| (Reverse(pattern.len()), !allow));
        Rules { denied: answer.access == Access::Denied, rules, crawl_delay }
    }

    /// Whether this URL may be fetched. `/robots.txt` always may.
    pub fn allowed(&self, url: &Url) -> bool {
        if url.path() == "/robots.txt" {
            return true;
        }
        if self.denied || self.rules.is_empty() {
            return !self.denied;
        }
        let path = normal(&url[Position::BeforePath..Position::AfterQuery], Of::Path);
        let others = other_slashes(&path);
        let matches =
            |pattern: &Pattern| pattern.matches(&path) || others.iter().any(|other| pattern.matches(other));
        self.rules.iter().find(|(pattern, _)| matches(pattern)).is_none_or(|(_, allow)| *allow)
    }

    /// `Crawl-delay` of the matching group, if any; the longest if there are several.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }
}

/// What a file says to one agent.
#[derive(Default)]
struct Group {
    rules: Vec<(Pattern, bool)>,
    crawl_delay: Option<Duration>,
}

impl Group {
    fn add(&mut self, line: Line<'_>) {
        match line {
            Line::Rule { pattern: "", .. } => {}
            Line::Rule { allow, pattern } => self.rules.push((Pattern::new(pattern), allow)),
            Line::CrawlDelay(text) => self.crawl_delay = self.crawl_delay.max(seconds(text)),
            Line::Agent(_) | Line::Sitemap(_) => {}
        }
    }
}

/// Merges the groups of an agent, or else those for all. Only a rule ends the names of a group:
/// other lines, `Crawl-delay` among them, must not (RFC 9309 2.2.4), but count for the names above.
fn group_of(text: &str, product_token: &str) -> Group {
    let token = product_token.to_lowercase();
    let (mut own, mut all) = (Group::default(), Group::default());
    let (mut is_own, mut is_all, mut is_named) = (false, false, false);
    let mut naming = false;
    for line in lines(text) {
        if let Line::Agent(name) = line {
            if !naming {
                (naming, is_own, is_all) = (true, false, false);
            }
            let name = token_of(name).to_lowercase();
            is_all |= name == "*";
            is_own |= name == token;
            is_named |= name == token;
            continue;
        }
        naming &= !matches!(line, Line::Rule { .. });
        if is_own {
            own.add(line);
        }
        if is_all {
            all.add(line);
        }
    }
    if is_named { own } else { all }
}

/// The product token of a `User-agent` line: without a version or other words behind it.
fn token_of(name: &str) -> &str {
    name.split(|c: char| c.is_whitespace() || "/,;(".contains(c)).next().unwrap_or_default()
}

/// Seconds, fractions too; what is no number is not heeded.
fn seconds(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let seconds: f64 = text[..end].parse().ok()?;
    Some(Duration::try_from_secs_f64(seconds).map_or(MAX_CRAWL_DELAY, |delay| delay.min(MAX_CRAWL_DELAY)))
}
