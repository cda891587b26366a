//! The pace of a host, as the host sees it.

mod common;

use common::server::{Seen, Server, answer, page};
use common::{FETCHED, World, failed, grant};
use shared::job::{Delay, RobotsMode};
use shared::outcome::{Outcome, Reason};
use shared::robots::{Access, RobotsAnswer};
use std::time::Duration;
use worker::Config;

fn shortest_gap(seen: &[Seen]) -> Duration {
    seen.windows(2).map(|pair| pair[1].at - pair[0].at).min().expect("two requests")
}

#[tokio::test]
async fn the_gap_is_never_under_the_delay() {
    let server = Server::new(|_| page("a page")).await;
    let mut world = World::new(Config::default(), &[server.at]).await;
    let delay = Duration::from_millis(60);
    for concurrency in [None, Some(1)] {
        let mut grant = grant(&server.origin, &["/1", "/2", "/3", "/4", "/5", "/6"]);
        grant.policy.politeness.delay = Delay::Fixed(delay);
        grant.policy.politeness.concurrency = concurrency;
        let next_in = Duration::from_millis(60);
        grant.wait_ms = 60;
        let ended = world.lease(grant).await;
        assert_eq!(ended.visits.len(), 6);
        assert!(ended.report.next_in_ms <= 60 && ended.report.delay_ms == 60, "{:?}", ended.report);
        assert!(next_in >= delay);
    }
    assert_eq!(server.seen().len(), 12);
    assert!(shortest_gap(&server.seen()) >= delay, "{:?}", shortest_gap(&server.seen()));
}

#[tokio::test]
async fn without_a_delay_several_requests_are_under_way() {
    let server = Server::new(|_| page("a page")).await;
    let mut world = World::new(Config::default(), &[server.at]).await;
    let paths: Vec<String> = (0..200).map(|n| format!("/{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let ended = world.lease(grant(&server.origin, &paths)).await;
    assert!(ended.visits.iter().all(|visit| visit.outcome == FETCHED));
    assert_eq!((ended.visits.len(), ended.report.next_in_ms), (200, 0));
    let mut seen = server.paths();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 200);
}

#[tokio::test]
async fn a_wait_is_waited_and_time_that_is_over_is_over() {
    let server = Server::new(|_| page("a page")).await;
    let mut world = World::new(Config::default(), &[server.at]).await;
    let mut late = grant(&server.origin, &["/a"]);
    late.wait_ms = 150;
    let granted = std::time::Instant::now();
    world.lease(late).await;
    assert!(server.seen()[0].at - granted >= Duration::from_millis(150));

    let mut over = grant(&server.origin, &["/b", "/c"]);
    over.wait_ms = 5_000;
    over.left_ms = 1_000;
    let ids: Vec<_> = over.tasks.iter().map(|task| task.url_id).collect();
    let ended = world.lease(over).await;
    assert_eq!((ended.report.not_begun, ended.visits.len()), (ids, 0));
    assert!((3_000..=5_000).contains(&ended.report.next_in_ms), "{}", ended.report.next_in_ms);
    assert_eq!(server.paths(), ["/a"]);
}

#[tokio::test]
async fn a_pause_that_the_host_asks_for_ends_the_lease() {
    for (header, pause) in [("120", 120), ("99999999", 3600), ("Fri, 31 Dec 9999 23:59:59 GMT", 3600)] {
        for status in [429, 503] {
            let server = Server::new(move |_| {
                answer(&format!("{status} Busy"), &format!("Retry-After: {header}\r\n"), "")
            })
            .await;
            let mut world = World::new(Config::default(), &[server.at]).await;
            let mut grant = grant(&server.origin, &["/a", "/b"]);
            grant.policy.politeness.concurrency = Some(1);
            let ended = world.lease(grant).await;
            let reason = Reason::Http(status);
            let expected = Outcome::Failed { reason, retry: true, retry_after_ms: Some(pause * 1000) };
            assert_eq!(ended.visits[0].outcome, expected);
            assert_eq!((ended.visits.len(), ended.report.not_begun.len()), (1, 1));
            let next = ended.report.next_in_ms;
            assert!((pause * 1000 - 5000..=pause * 1000).contains(&next), "{header}: {next}");
            assert_eq!((ended.report.failures, ended.report.down), (1, false));
        }
    }
}

#[tokio::test]
async fn a_pause_that_is_past_is_the_hosts_own_back_off() {
    let server = Server::new(|seen| match seen.target.as_str() {
        "/busy" => answer("503 Busy", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", ""),
        _ => page("a page"),
    })
    .await;
    let mut world = World::new(Config::default(), &[server.at]).await;
    let mut grant = grant(&server.origin, &["/busy", "/next"]);
    grant.policy.politeness.concurrency = Some(1);
    let ended = world.lease(grant).await;
    let outcome = Outcome::Failed { reason: Reason::Http(503), retry: true, retry_after_ms: Some(0) };
    assert_eq!(ended.visit("/busy").outcome, outcome);
    assert_eq!(ended.visit("/next").outcome, FETCHED);
    assert!(shortest_gap(&server.seen()) >= Duration::from_millis(500), "half of the first back-off");
    assert_eq!(ended.report.failures, 0);
}

const RULES: &str = "User-agent: *\nDisallow: /private\nCrawl-delay: 0.08\n";

fn with_robots(robots: Option<Vec<u8>>) -> impl Fn(&Seen) -> Option<Vec<u8>> {
    move |seen| if seen.target == "/robots.txt" { robots.clone() } else { page("a page") }
}

#[tokio::test]
async fn robots_txt_is_the_first_request_and_rules_the_others() {
    let server = Server::new(with_robots(answer("200 OK", "", RULES))).await;
    let mut world = World::new(Config::default(), &[server.at]).await;
    let mut grant = grant(&server.origin, &["/robots.txt", "/private/a", "/b", "/c"]);
    grant.policy.politeness.robots = RobotsMode::Obey;
    let ended = world.lease(grant.clone()).await;
    assert_eq!(server.paths(), ["/robots.txt", "/b", "/c"]);
    assert!(shortest_gap(&server.seen()) >= Duration::from_millis(80));
    let robots = ended.visit("/robots.txt");
    assert_eq!((&robots.outcome, robots.status), (&FETCHED, Some(200)));
    assert_eq!(ended.body(robots), RULES.as_bytes());
    let denied = ended.visit("/private/a");
    assert_eq!((&denied.outcome, denied.status), (&failed(Reason::RobotsDenied, false), None));
    assert!(denied.record.is_none());
    let answer = ended.report.robots.clone().expect("the answer is reported");
    assert_eq!((answer.access, answer.text.as_str()), (Access::Rules, RULES));
    assert_eq!(robots.robots.as_ref(), Some(&answer));

    // Known from before, it is not asked for again, and its own task is closed at once.
    let again = common::grant(&server.origin, &["/robots.txt", "/private/b", "/d"]);
    let again =
        shared::messages::Grant { robots: Some(answer.clone()), policy: grant.policy, wait_ms: 80, ..again };
    let ended = world.lease(again).await;
    assert_eq!(server.paths(), ["/robots.txt", "/b", "/c", "/d"]);
    assert_eq!(ended.visit("/robots.txt").robots, Some(answer));
    assert!(ended.visit("/robots.txt").record.is_none());
    assert_eq!(ended.report.robots, None);
}

#[tokio::test]
async fn a_robots_txt_that_cannot_be_had_shuts_the_host() {
    for robots in [answer("503 Busy", "", ""), answer("500 Broken", "", ""), None] {
        let server = Server::new(with_robots(robots)).await;
        let mut world = World::new(Config::default(), &[server.at]).await;
        let mut grant = grant(&server.origin, &["/robots.txt", "/a", "/b"]);
        grant.policy.politeness.robots = RobotsMode::Obey;
        grant.failures = 2;
        let ids: Vec<_> = grant.tasks.iter().map(|task| task.url_id).collect();
        let ended = world.lease(grant).await;
        assert_eq!((&ended.report.not_begun, ended.visits.len()), (&ids, 0), "all stays open");
        assert_eq!((ended.report.down, ended.report.failures), (false, 3));
        // The third failure in a row: a back-off of 4 s with jitter, and then it is asked for again.
        assert!((2_000..=4_000).contains(&ended.report.next_in_ms), "{}", ended.report.next_in_ms);
        let robots = ended.report.robots.unwrap();
        assert!(robots.access == Access::Denied && robots.valid_ms <= 4_000);
        assert_eq!(server.paths(), ["/robots.txt"]);
    }
}

#[tokio::test]
async fn robots_txt_may_be_missing_or_elsewhere() {
    let other = Server::at("127.0.0.3", |_| answer("200 OK", "", "User-agent: *\nDisallow: /x\n")).await;
    let elsewhere = format!("Location: {}/robots.txt\r\n", other.origin);
    let cases = [
        (answer("404 Not Found", "", ""), Access::Allowed),
        (answer("403 Forbidden", "", ""), Access::Allowed),
        (answer("302 Found", "Location: /robots.txt\r\n", ""), Access::Allowed),
        (answer("302 Found", "Location: ftp://x/\r\n", ""), Access::Allowed),
        (answer("301 Moved", &elsewhere, ""), Access::Rules),
    ];
    for (robots, access) in cases {
        let server = Server::new(with_robots(robots)).await;
        let mut world = World::new(Config::default(), &[server.at, other.at]).await;
        let mut grant = grant(&server.origin, &["/x"]);
        grant.policy.politeness.robots = RobotsMode::Obey;
        grant.policy.request.headers.insert("X-Secret".into(), "secret".into());
        grant.policy.request.cookies.insert("login".into(), "secret".into());
        let ended = world.lease(grant).await;
        let answer: RobotsAnswer = ended.report.robots.unwrap();
        assert_eq!(answer.access, access);
        let outcome = if access == Access::Rules { failed(Reason::RobotsDenied, false) } else { FETCHED };
        assert_eq!(ended.visits[0].outcome, outcome);
        assert!(server.seen()[0].head.contains("secret"));
    }
    assert_eq!(other.paths(), ["/robots.txt"]);
    assert!(!other.seen()[0].head.contains("secret"), "the job's own headers stay with its host");
}
