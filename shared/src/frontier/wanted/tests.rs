use super::*;
use crate::job::{PatternsOn, Priority, Within};

fn job(within: Within, seeds: &[&str]) -> Job {
    let mut job = Job::of_seeds(seeds.iter().copied());
    job.scope.within = within;
    job
}

fn wanted(job: &Job) -> Wanted {
    Wanted::new(RunId(1), job)
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn at(url: &Url, depth: u16) -> From<'_> {
    From { url, depth, hops: 0, asked_url: None }
}

/// The verdict on a link, from a page one link away from a seed.
fn link(wanted: &Wanted, from: &str, to: &str) -> Result<String, Reason> {
    wanted.link(at(&url(from), 1), url(to)).map(|admission| admission.url)
}

fn verdicts(wanted: &Wanted, from: &str, expected: &[(&str, Result<(), Reason>)]) {
    for (to, verdict) in expected {
        assert_eq!(link(wanted, from, to).map(drop), *verdict, "{from} -> {to}");
    }
}

const OUT: Result<(), Reason> = Err(Reason::OutOfScope);

#[test]
fn same_host_is_the_pages_or_a_seeds() {
    let wanted = wanted(&job(Within::Host, &["https://a.com/x", "http://b.com:8080"]));
    verdicts(
        &wanted,
        "https://c.com/",
        &[
            ("https://c.com/x", Ok(())),
            ("http://c.com/", Ok(())),
            ("https://c.com./", Ok(())),
            ("https://c.com:8443/", OUT),
            ("https://www.c.com/", OUT),
            ("http://a.com/", Ok(())),
            ("https://b.com:8080/", Ok(())),
            ("https://b.com/", OUT),
        ],
    );
}

#[test]
fn same_site_goes_by_the_public_suffix_list() {
    let wanted = wanted(&job(Within::Site, &["https://a.example.co.uk/", "http://127.0.0.2:8080/"]));
    verdicts(
        &wanted,
        "https://me.github.io/",
        &[
            ("https://b.example.co.uk:8443/", Ok(())),
            ("https://example.co.uk/", Ok(())),
            ("https://other.co.uk/", OUT),
            ("https://you.github.io/", OUT),
            ("https://www.me.github.io/", Ok(())),
            ("http://127.0.0.2:9090/", Ok(())),
            ("http://127.0.0.1:8080/", OUT),
        ],
    );
}

#[test]
fn a_prefix_is_a_seeds_folder_or_that_of_a_page_at_depth_zero() {
    let wanted = wanted(&job(Within::Prefix, &["https://a.com/docs/v1/index.html", "b.com/x"]));
    verdicts(
        &wanted,
        "https://a.com/docs/v2/",
        &[
            ("http://a.com/docs/v1/", Ok(())),
            ("https://a.com/docs/v1/a/b?c", Ok(())),
            ("https://a.com/docs/v1", OUT),
            ("https://a.com/docs/v2/a", OUT),
            ("https://b.com/anything", Ok(())),
            ("https://c.com/docs/v1/", OUT),
        ],
    );
    let moved = url("https://www.a.com/docs/v3/start");
    let from_seed = |to: &str| wanted.link(at(&moved, 0), url(to)).map(drop);
    assert_eq!(from_seed("https://www.a.com/docs/v3/x"), Ok(()));
    assert_eq!(from_seed("https://www.a.com/docs/x"), OUT);
}

#[test]
fn a_path_is_a_seeds_and_what_is_below_it() {
    let wanted = wanted(&job(Within::Path, &["https://a.com/docs", "https://b.com/", "https://c.com/x/"]));
    verdicts(
        &wanted,
        "https://a.com/docs/x",
        &[
            ("https://a.com/docs", Ok(())),
            ("https://a.com/docs/v1/a?b", Ok(())),
            ("https://a.com/docs-old", OUT),
            ("https://a.com/", OUT),
            ("https://b.com/anything", Ok(())),
            ("https://c.com/x", Ok(())),
            ("https://c.com/xy", OUT),
            ("https://d.com/docs", OUT),
        ],
    );
    let moved = url("https://www.a.com/docs");
    let from_seed = |to: &str| wanted.link(at(&moved, 0), url(to)).map(drop);
    assert_eq!(from_seed("https://www.a.com/docs/x"), Ok(()));
    assert_eq!(from_seed("https://www.a.com/blog"), OUT);
}

#[test]
fn patterns_can_look_at_the_path_alone() {
    let mut job = job(Within::Any, &["https://a.com/"]);
    job.scope.include = vec!["^/blog/[a-z]+$".into()];
    job.scope.patterns_on = PatternsOn::Path;
    verdicts(
        &wanted(&job),
        "https://a.com/",
        &[
            ("https://b.org/blog/x?y=1", Ok(())),
            ("https://b.org/x?/blog/y", Err(Reason::NotIncluded)),
            ("https://b.org/x/blog/y", Err(Reason::NotIncluded)),
        ],
    );
}

#[test]
fn a_sitemap_alone_gives_the_prefix_and_beside_seeds_it_does_not() {
    let mut job = job(Within::Prefix, &[]);
    job.seeds.sitemaps = vec!["https://a.com/s/map.xml".into()];
    verdicts(&wanted(&job), "https://a.com/x", &[("https://a.com/s/1", Ok(())), ("https://a.com/1", OUT)]);
    job.seeds.urls = vec!["https://a.com/docs/".into()];
    verdicts(
        &wanted(&job),
        "https://a.com/x",
        &[("https://a.com/s/1", OUT), ("https://a.com/docs/1", Ok(()))],
    );
}

#[test]
fn each_refusal_has_its_reason() {
    let mut job = job(Within::Any, &["https://a.com/"]);
    job.scope.include = vec!["^https://[a-z.]+/in/".into(), "/both/".into()];
    job.scope.exclude = vec![r"\?print=".into(), "/both/out".into()];
    job.limits.url_length = 60;
    let wanted = wanted(&job);
    verdicts(
        &wanted,
        "https://a.com/",
        &[
            ("https://b.org/in/a", Ok(())),
            ("https://b.org/both/a", Ok(())),
            ("https://b.org/both/out", Err(Reason::Excluded)),
            ("https://b.org/in/a?print=1", Err(Reason::Excluded)),
            ("https://b.org/a", Err(Reason::NotIncluded)),
            ("ftp://b.org/in/", Err(Reason::Scheme)),
            ("mailto:a@b.org", Err(Reason::Scheme)),
            ("https://me@b.org/in/", Err(Reason::BadUrl)),
            ("https://b.org/in/a.ZIP?x", Err(Reason::FileType)),
            ("https://b.org/in/in/in/in/in/in", Err(Reason::TrapRepeats)),
            ("https://b.org/in/%aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Err(Reason::TooLong)),
            ("https://b.org/in/?utm_source=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Ok(())),
        ],
    );
    let deep = url("https://a.com/");
    assert_eq!(wanted.link(at(&deep, job.limits.depth), url("https://a.com/in/")), Err(Reason::TooDeep));
    assert!(wanted.link(at(&deep, job.limits.depth - 1), url("https://a.com/in/")).is_ok());
}

#[test]
fn an_admission_says_all() {
    let mut job = job(Within::Host, &["https://a.com/"]);
    let rank = |pattern: &str, priority| Priority { pattern: pattern.into(), priority };
    job.scope.priorities = vec![rank("/first/", 1), rank("/first|/last/", 9)];
    let wanted = wanted(&job);
    let page = url("https://a.com/");
    let mut page = wanted.page(From { url: &page, depth: 2, hops: 1, asked_url: Some("https://x.com/") });
    let link = page.link(url("https://A.com:443/last/?utm_source=x#y")).unwrap();
    let expected = Admission {
        url_id: UrlId::of(RunId(1), "https://a.com/last/"),
        url: "https://a.com/last/".into(),
        host: HostId::of("https://a.com"),
        origin: "https://a.com".into(),
        kind: Kind::Page,
        depth: 3,
        hops: 0,
        prio: 9,
        asked_url: None,
    };
    assert_eq!(link, expected);
    let other = page.link(url("http://a.com/first/")).unwrap();
    assert_eq!(
        (other.host, other.origin.as_str(), other.prio),
        (HostId::of("http://a.com"), "http://a.com", 1)
    );
    assert_eq!(page.link(url("https://a.com/")).unwrap().prio, 5);
    assert_eq!(wanted.rules(), AdmitRules { urls: 10_000_000, urls_per_host: 1_000_000, robots: true });
    job.politeness.robots = RobotsMode::Ignore;
    assert!(!Wanted::new(RunId(1), &job).rules().robots);
}

#[test]
fn a_seed_is_always_in_scope() {
    let mut job = job(Within::Host, &[]);
    job.scope.exclude = vec![".".into()];
    let wanted = wanted(&job);
    let seed = wanted.seed(" a.com/x.pdf#y ", Kind::Page).unwrap();
    assert_eq!((seed.url.as_str(), seed.depth, seed.hops, seed.prio), ("https://a.com/x.pdf", 0, 0, 5));
    assert_eq!(wanted.seed("a.com/map.xml", Kind::Sitemap).unwrap().prio, 1);
    assert_eq!(wanted.seed("ftp://a.com", Kind::Page), Err(Reason::Scheme));
    assert_eq!(wanted.seed("https://a:b@a.com", Kind::Page), Err(Reason::BadUrl));
    assert_eq!(wanted.seed(&format!("a.com/{}", "x".repeat(3_000)), Kind::Page), Err(Reason::TooLong));
}

#[test]
fn the_target_of_a_seed_is_a_seed_and_of_a_link_a_link() {
    let wanted = wanted(&job(Within::Host, &["https://a.com/"]));
    let page = url("https://a.com/x");
    let mut from = From { url: &page, depth: 0, hops: 9, asked_url: None };
    let seed = wanted.redirect(from, url("https://www.b.com/#x"), Kind::Page).unwrap();
    assert_eq!((seed.url.as_str(), seed.depth, seed.hops), ("https://www.b.com/", 0, 10));
    assert_eq!(seed.asked_url.as_deref(), Some("https://a.com/x"));
    from.hops = 10;
    assert_eq!(wanted.redirect(from, url("https://a.com/y"), Kind::Page), Err(Reason::TooManyRedirects));

    let from = From { url: &page, depth: 3, hops: 1, asked_url: Some("https://a.com/first") };
    assert_eq!(wanted.redirect(from, url("https://www.b.com/"), Kind::Page), Err(Reason::OutOfScope));
    assert_eq!(wanted.redirect(from, url("file:///etc/hosts"), Kind::Page), Err(Reason::Scheme));
    assert_eq!(wanted.redirect(from, url("https://a.com/y.zip"), Kind::Page), Err(Reason::FileType));
    let next = wanted.redirect(from, url("http://a.com/y"), Kind::Page).unwrap();
    assert_eq!((next.depth, next.hops, next.asked_url.as_deref()), (3, 2, Some("https://a.com/first")));
}

#[test]
fn entries_of_sitemaps_are_one_link_away() {
    let mut job = job(Within::Host, &["https://a.com/"]);
    job.scope.include = vec!["/p/".into()];
    let map = url("https://m.com/robots.txt");
    let robots = at(&map, 0);
    let wanted_ = wanted(&job);
    let index = wanted_.sitemap_entry(robots, url("https://m.com/index.xml.gz"), Kind::Sitemap).unwrap();
    assert_eq!((index.kind, index.depth, index.prio), (Kind::Sitemap, 1, 1));
    let entry = |to: &str| wanted_.sitemap_entry(at(&map, 1), url(to), Kind::Page);
    assert_eq!(entry("https://m.com/p/1").unwrap().depth, 1);
    assert_eq!(entry("https://a.com/p/1").unwrap().depth, 1);
    assert_eq!(entry("https://c.com/p/1"), Err(Reason::OutOfScope));
    assert_eq!(entry("https://a.com/p/1.zip"), Err(Reason::FileType));
    assert_eq!(entry("https://a.com/1"), Err(Reason::NotIncluded));
    job.limits.depth = 0;
    assert_eq!(wanted(&job).sitemap_entry(robots, url("https://m.com/p/"), Kind::Page), Err(Reason::TooDeep));
}

#[test]
fn many_seeds_are_looked_up_not_searched() {
    let seeds: Vec<String> = (0..20_000).map(|i| format!("https://h{i}.com/d/")).collect();
    for within in [Within::Host, Within::Site, Within::Prefix, Within::Path] {
        let mut job = job(within, &[]);
        job.seeds.urls = seeds.clone();
        let wanted = wanted(&job);
        verdicts(
            &wanted,
            "https://x.org/",
            &[("https://h19999.com/d/x", Ok(())), ("https://h20000.com/d/x", OUT)],
        );
    }
}
