use super::*;
use shared::clock::Timestamp;
use shared::ids::{HostId, Incarnation, LeaseId, RunId, SegmentId, UrlId};
use shared::job::Job;
use shared::messages::Task;
use shared::robots::{Access, RobotsAnswer};
use shared::warc::{Exchange, SegmentWriter};
use std::sync::Arc;

fn plan() -> Plan {
    Plan::new(RunId(1), Arc::new(Job::of_seeds(["https://a.example/"]))).ok().unwrap()
}

fn visit(kind: Kind, outcome: Outcome) -> Visit {
    let url = "https://a.example/x".to_owned();
    let task =
        Task { url_id: UrlId::of(RunId(1), &url), url, kind, depth: 0, hops: 0, tries: 0, asked_url: None };
    Visit {
        lease: LeaseId(7),
        host: HostId(1),
        task,
        at: Timestamp(5),
        took_ms: 1,
        status: Some(200),
        final_url: None,
        record: None,
        digest: None,
        outcome,
        robots: None,
    }
}

/// A segment with one page, whose record the visit is given.
fn archive(visit: &mut Visit, content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut writer = SegmentWriter::new(RunId(1), SegmentId::new(), Incarnation::new("w"), Timestamp(1));
    let mut headers = http::HeaderMap::new();
    headers.insert("content-type", content_type.parse().unwrap());
    let (span, digest) = writer.exchange(&Exchange {
        url: &visit.task.url,
        at: visit.at,
        peer: None,
        method: "GET",
        request_headers: &http::HeaderMap::new(),
        version: http::Version::HTTP_11,
        status: http::StatusCode::OK,
        response_headers: &headers,
        body,
        truncated: None,
        rendered: None,
    });
    visit.record = Some(span);
    visit.digest = Some(digest);
    writer.finish(vec![visit.clone()]).to_vec()
}

fn visited(plan: &Plan, visit: &Visit, bytes: &[u8]) -> Vec<ParsedVisit> {
    let at =
        SegmentRef { segment: SegmentId::new(), object: "o".into(), offset: 1000, len: bytes.len() as u64 };
    Place { plan, at: &at, bytes, random: 1.0 }.visit(visit).endings
}

fn page(ending: &ParsedVisit) -> &ClosedPage {
    match &ending.ending {
        Ending::Closed(page) => page,
        retry => panic!("{retry:?}"),
    }
}

const FETCHED: Outcome = Outcome::Fetched { truncated: false };

#[test]
fn a_page_is_read_from_its_record() {
    let plan = plan();
    let mut visit = visit(Kind::Page, FETCHED);
    let bytes = archive(&mut visit, "text/html", b"<title>T</title><a href=/y>y</a>");
    let endings = visited(&plan, &visit, &bytes);
    let page = page(&endings[0]);
    assert_eq!((&page.end, page.links.len(), page.bytes), (&PageEnd::Fetched, 1, 32));
    assert_eq!(page.record.map(|(offset, _)| offset), visit.record.map(|span| span.offset + 1000));
    assert_eq!(page.parsed.as_ref().and_then(|parsed| parsed.title.as_deref()), Some("T"));
}

#[test]
fn a_redirect_within_the_lease_is_two_endings() {
    let plan = plan();
    let mut visit = visit(Kind::Page, FETCHED);
    visit.final_url = Some("https://a.example/z#f".to_owned());
    let bytes = archive(&mut visit, "text/html", b"<a href=y>y</a>");
    let endings = visited(&plan, &visit, &bytes);
    assert_eq!(page(&endings[0]).end, PageEnd::Redirected("https://a.example/z".into()));
    assert!(page(&endings[0]).links.is_empty() && endings[0].unasked.is_none());
    let last = page(&endings[1]);
    assert_eq!(
        (last.url.as_str(), last.asked_url.as_deref()),
        ("https://a.example/z", Some("https://a.example/x"))
    );
    assert_eq!(endings[1].unasked.as_ref().map(|a| a.url_id), Some(endings[1].url_id));
    assert_eq!(last.links[0].url, "https://a.example/y");
}

#[test]
fn failures_are_tried_again_until_they_are_not() {
    let plan = plan();
    let failed = |reason, retry| Outcome::Failed { reason, retry, retry_after_ms: Some(9_000) };
    let mut timeout = visit(Kind::Page, failed(Reason::Timeout, true));
    match &visited(&plan, &timeout, b"")[0].ending {
        Ending::Retry { reason: Reason::Timeout, due_in } => assert_eq!(due_in.as_secs(), 9),
        other => panic!("{other:?}"),
    }
    timeout.task.tries = 2;
    assert_eq!(page(&visited(&plan, &timeout, b"")[0]).end, PageEnd::Failed(Reason::Timeout));
    let gone = visit(Kind::Page, failed(Reason::Http(404), false));
    assert_eq!(page(&visited(&plan, &gone, b"")[0]).end, PageEnd::Failed(Reason::Http(404)));
    let denied = visit(Kind::Page, failed(Reason::RobotsDenied, false));
    assert_eq!(page(&visited(&plan, &denied, b"")[0]).end, PageEnd::Cut(Reason::RobotsDenied));
}

#[test]
fn a_redirect_goes_back_to_the_frontier() {
    let plan = plan();
    let elsewhere = visit(Kind::Page, Outcome::Redirected { to: "https://b.example/#x".into() });
    let endings = visited(&plan, &elsewhere, b"");
    assert_eq!(page(&endings[0]).end, PageEnd::Redirected("https://b.example/".into()));
    assert_eq!(page(&endings[0]).links[0].hops, 1);
    let mut far = elsewhere.clone();
    far.task.depth = 3;
    let endings = visited(&plan, &far, b"");
    assert_eq!(page(&endings[0]).refused, [(Reason::OutOfScope, 1)]);
}

#[test]
fn sitemaps_are_read_packed_or_not_and_not_without_end() {
    let plan = plan();
    let text = b"<sitemapindex><sitemap><loc>/s2.xml</loc></sitemap></sitemapindex>";
    let mut visit = visit(Kind::Sitemap, FETCHED);
    let bytes = archive(&mut visit, "application/xml", text);
    let endings = visited(&plan, &visit, &bytes);
    let found = &page(&endings[0]).links[0];
    assert_eq!((found.url.as_str(), found.kind, found.hops), ("https://a.example/s2.xml", Kind::Sitemap, 1));
    visit.task.hops = sitemap::DEEPEST;
    assert_eq!(page(&visited(&plan, &visit, &bytes)[0]).refused, [(Reason::TooDeep, 1)]);
}

#[test]
fn robots_name_sitemaps() {
    let plan = plan();
    let mut robots = visit(Kind::Robots, FETCHED);
    robots.robots = Some(RobotsAnswer {
        access: Access::Rules,
        text: "Sitemap: /s.xml\nSitemap: https://a.example/t.xml".into(),
        fetched_at: Timestamp(1),
        valid_ms: 1,
    });
    let bytes = archive(&mut robots, "text/plain", b"Sitemap: /s.xml");
    let endings = visited(&plan, &robots, &bytes);
    let urls: Vec<_> = page(&endings[0]).links.iter().map(|link| link.url.as_str()).collect();
    assert_eq!(urls, ["https://a.example/s.xml", "https://a.example/t.xml"]);
}

#[test]
fn a_robots_txt_that_was_known_before_names_its_sitemaps_too() {
    let plan = plan();
    let mut robots = visit(Kind::Robots, FETCHED);
    let text = "Sitemap: /s.xml".into();
    robots.robots = Some(RobotsAnswer { access: Access::Rules, text, fetched_at: Timestamp(1), valid_ms: 1 });
    let endings = visited(&plan, &robots, b"");
    assert_eq!(page(&endings[0]).end, PageEnd::Fetched);
    assert_eq!(page(&endings[0]).links[0].url, "https://a.example/s.xml");
}

#[test]
fn bytes_that_are_not_those_stored_are_fetched_again_and_close_the_page_at_last() {
    let plan = plan();
    let mut visit = visit(Kind::Page, FETCHED);
    let mut bytes = archive(&mut visit, "text/html", b"<title>T</title>");
    let span = visit.record.unwrap();
    bytes[(span.offset + span.len / 2) as usize] ^= 0xff;
    let again = visited(&plan, &visit, &bytes);
    assert!(matches!(again[0].ending, Ending::Retry { reason: Reason::Corrupt, .. }), "{again:?}");
    visit.task.tries = plan.job.limits.tries - 1;
    assert_eq!(page(&visited(&plan, &visit, &bytes)[0]).end, PageEnd::Failed(Reason::Corrupt));
    visit.record = None;
    assert_eq!(page(&visited(&plan, &visit, b"")[0]).end, PageEnd::Failed(Reason::Corrupt));
}
