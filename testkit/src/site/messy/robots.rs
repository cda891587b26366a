//! The messy site's robots.txt (RFC 9309), and what it denies.

/// The rules, without delay and sitemaps.
pub(crate) const RULES: &str = "\
# A comment\r
User-agent: BadBot
User-agent: WorseBot/2.0
Disallow: /

User-Agent: *
Disallow: /private/ # members only
Allow: /private/open/
Disallow: /*.php$
disallow: /search
Disallow: /cart?
Disallow: /geheim\u{df}/
Disallow:
Unknown-Line: yes
";

/// Whether the rules deny a canonical target.
pub(crate) fn denies(target: &str) -> bool {
    (target.starts_with("/private/") && !target.starts_with("/private/open/"))
        || target.ends_with(".php")
        || target.starts_with("/search")
        || target.starts_with("/cart?")
        || target.starts_with("/geheim%C3%9F/")
}
