use super::*;
use crate::clock::Timestamp;
use std::time::Duration;

fn rules(text: &str, token: &str) -> Rules {
    Rules::of(&RobotsAnswer::from_response(200, text, Timestamp(0)), token)
}

fn allowed(rules: &Rules, path: &str) -> bool {
    rules.allowed(&Url::parse(&format!("https://example.com{path}")).unwrap())
}

#[test]
fn the_agents_groups_are_one_and_the_stars_are_for_the_rest() {
    let text = "User-agent: *\nDisallow: /rest\n\nUser-agent: Harvestman/1.0\nUser-agent: other\nDisallow: /a\n\
                Sitemap: /s\nDisallow: /b\n\nUSER-AGENT: harvestman\nDisallow: /c";
    let own = rules(text, "Harvestman");
    for (path, verdict) in [("/a", false), ("/b", false), ("/c", false), ("/rest", true)] {
        assert_eq!(allowed(&own, path), verdict, "{path}");
    }
    let other = rules(text, "Other");
    assert!(!allowed(&other, "/b") && allowed(&other, "/c"));
    let rest = rules(text, "Harvest");
    assert!(!allowed(&rest, "/rest") && allowed(&rest, "/a"));
    assert!(allowed(&rules("Disallow: /\nUser-agent: x\nDisallow: /x", "Harvestman"), "/"));
}

#[test]
fn a_named_group_without_rules_allows_all() {
    assert!(allowed(&rules("User-agent: *\nDisallow: /\nUser-agent: us\nDisallow:", "us"), "/x"));
}

#[test]
fn the_longest_pattern_wins_and_allow_on_a_tie() {
    let rules = rules(
        "User-agent: *\nDisallow: /\nAllow: /p\nDisallow: /p/x\nAllow: /*.html$\nDisallow: /q\nAllow: /q",
        "us",
    );
    for (path, verdict) in [
        ("/", false),
        ("/page", true),
        ("/p/x", false),
        ("/p/x/a.html", true),
        ("/z/a.html?b", false),
        ("/q", true),
        ("/robots.txt", true),
        ("/robots.txt?x", true),
    ] {
        assert_eq!(allowed(&rules, path), verdict, "{path}");
    }
}

#[test]
fn spellings_of_a_path_are_one() {
    let text = "User-agent: *\nDisallow: /%7ejoe\nDisallow: /caf\u{e9}\nDisallow: /a%2fb\nDisallow: /x|y\n\
                Disallow: /r?u=https://e.com\nDisallow: /*%2Fdeep\nDisallow: /lit%2A";
    let rules = rules(text, "us");
    for (path, verdict) in [
        ("/~joe", false),
        ("/caf%c3%a9", false),
        ("/a%2Fb", false),
        ("/a/b", true),
        ("/x%7Cy", false),
        ("/x|y", false),
        ("/r?u=https://e.com", false),
        ("/r?u=https%3A%2F%2Fe.com", false),
        ("/q?u=/deep", false),
        ("/lit*", false),
        ("/literal", true),
    ] {
        assert_eq!(allowed(&rules, path), verdict, "{path}");
    }
}

#[test]
fn a_crawl_delay_belongs_to_the_names_above_it_and_ends_no_group() {
    let text =
        "User-agent: slow\nCrawl-delay: 2.5\nUser-agent: us\nDisallow: /x\nUser-agent: *\nCrawl-delay: 7";
    let slow = rules(text, "slow");
    assert_eq!(slow.crawl_delay(), Some(Duration::from_millis(2500)));
    assert!(!allowed(&slow, "/x"));
    assert_eq!(rules(text, "us").crawl_delay(), None);
    assert_eq!(rules(text, "else").crawl_delay(), Some(Duration::from_secs(7)));
    for (value, delay) in [
        ("0", Some(Duration::ZERO)),
        ("10 seconds", Some(Duration::from_secs(10))),
        ("99999999999999999999999999", Some(MAX_CRAWL_DELAY)),
        ("-1", None),
        ("soon", None),
        ("1.2.3", None),
        ("", None),
    ] {
        assert_eq!(
            rules(&format!("User-agent: *\nCrawl-delay: {value}"), "us").crawl_delay(),
            delay,
            "{value}"
        );
    }
}

#[test]
fn without_a_file_all_or_nothing_is_allowed() {
    let at = Timestamp(0);
    let none = Rules::of(&RobotsAnswer::from_response(404, "User-agent: *\nDisallow: /", at), "us");
    assert!(allowed(&none, "/x"));
    let down = Rules::of(&RobotsAnswer::unreachable(at), "us");
    assert!(!allowed(&down, "/x") && allowed(&down, "/robots.txt"));
}

#[test]
fn sitemaps_stand_anywhere() {
    let text = "Sitemap: /one.xml\nUser-agent: x\nDisallow: /\nsitemap:https://other.org/two.xml.gz # here\n\
                Sitemap: ftp://e.com/x\nSitemap:\nSite-map: three.xml";
    let base = Url::parse("https://example.com/robots.txt").unwrap();
    let found: Vec<String> = sitemaps(text, &base).into_iter().map(String::from).collect();
    assert_eq!(
        found,
        ["https://example.com/one.xml", "https://other.org/two.xml.gz", "https://example.com/three.xml"]
    );
    assert_eq!(sitemaps(&"Sitemap: /s\n".repeat(5_000), &base).len(), MAX_SITEMAPS);
}

#[test]
fn hostile_patterns_take_no_exponential_time() {
    let stars = format!("User-agent: *\nDisallow: /{}$\n", "*a".repeat(20_000));
    let many = format!("User-agent: *\n{}", "Disallow: /*a*a*a*a*b$\n".repeat(5_000));
    for text in [stars, many] {
        let rules = rules(&text, "us");
        assert!(allowed(&rules, &format!("/{}", "a".repeat(2_000))));
    }
}
