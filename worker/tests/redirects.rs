//! Redirects go back to the frontier, but for cookie walls and for those who wait.

mod common;

use common::server::{Seen, Server, answer, page, redirect};
use common::{FETCHED, World, failed, grant};
use shared::messages::Grant;
use shared::outcome::{Outcome, Reason};
use worker::Config;

fn site(seen: &Seen) -> Option<Vec<u8>> {
    let has_cookie = seen.header("cookie").is_some_and(|cookies| cookies.contains("pass=1"));
    match seen.target.as_str() {
        "/wall" if !has_cookie => redirect("/set", ""),
        "/set" => redirect("/wall", "Set-Cookie: pass=1; Path=/\r\n"),
        "/self-wall" if !has_cookie => redirect("/self-wall", "Set-Cookie: pass=1\r\n"),
        "/new-each-time" => {
            let count = seen.header("cookie").map_or(0, |cookies| cookies.len());
            redirect("/new-each-time", &format!("Set-Cookie: n=1{}\r\n", "0".repeat(count)))
        }
        "/ping" => redirect("/pong", ""),
        "/pong" => redirect("/ping", ""),
        "/away" => redirect("http://127.0.0.9:9/there#top", ""),
        "/split" => answer("302 Found", "Location: /x\r\nLocation: /y\r\n", ""),
        "/broken" => answer("302 Found", "Location: http://[::1\r\n", ""),
        path if path.starts_with("/hop") => {
            let hops: u32 = path["/hop".len()..].parse().ok()?;
            if hops == 0 { page("at last") } else { redirect(&format!("hop{}", hops - 1), "") }
        }
        _ => page("a page"),
    }
}

fn alone(mut grant: Grant, urgent: bool) -> Grant {
    grant.policy.politeness.concurrency = Some(1);
    grant.urgent = urgent;
    grant
}

fn to(server: &Server, path: &str) -> Outcome {
    Outcome::Redirected { to: format!("{}{path}", server.origin) }
}

#[tokio::test]
async fn redirects_go_back_to_the_frontier() {
    let server = Server::new(site).await;
    let mut world = World::new(Config::default(), &[server.at]).await;
    let ended = world
        .lease(alone(grant(&server.origin, &["/hop3", "/ping", "/away", "/split", "/broken"]), false))
        .await;
    assert_eq!(ended.visit("/hop3").outcome, to(&server, "/hop2"));
    assert_eq!(ended.visit("/ping").outcome, to(&server, "/pong"));
    assert_eq!(ended.visit("/split").outcome, to(&server, "/x"));
    let away = Outcome::Redirected { to: "http://127.0.0.9:9/there".into() };
    assert_eq!(ended.visit("/away").outcome, away);
    assert_eq!(ended.visit("/broken").outcome, failed(Reason::BadRedirect, false));
    for visit in &ended.visits {
        assert!(visit.record.is_some() && visit.final_url.is_none() && visit.status == Some(302));
    }
    assert_eq!(server.seen().len(), 5);
}

#[tokio::test]
async fn a_cookie_wall_is_passed_and_the_pass_is_carried_on() {
    let server = Server::new(site).await;
    let mut world = World::new(Config::default(), &[server.at]).await;
    let mut first = grant(&server.origin, &["/self-wall", "/other"]);
    first.policy.request.cookies.insert("own".into(), "job".into());
    let ended = world.lease(alone(first, false)).await;
    let visit = ended.visit("/self-wall");
    assert_eq!((&visit.outcome, visit.status), (&FETCHED, Some(200)));
    assert_eq!(visit.final_url.as_deref(), Some(visit.task.url.as_str()));
    assert_eq!(ended.body(visit), b"a page");
    assert_eq!(server.paths(), ["/self-wall", "/self-wall", "/other"]);
    assert_eq!(server.seen()[2].header("cookie"), Some("own=job; pass=1"));

    let jar = ended.report.jar.expect("the cookie is reported");
    assert!(!jar.contains("job"), "the job's own cookies are not carried on");
    let next = Grant { jar: Some(jar), ..grant(&server.origin, &["/wall"]) };
    let ended = world.lease(alone(next, false)).await;
    assert_eq!(ended.visit("/wall").outcome, FETCHED);
    assert_eq!(ended.report.jar, None, "nothing new");
}

#[tokio::test]
async fn a_wall_two_steps_away_is_passed_when_somebody_waits() {
    let server = Server::new(site).await;
    let mut world = World::new(Config::default(), &[server.at]).await;
    let ended = world.lease(alone(grant(&server.origin, &["/wall"]), true)).await;
    let visit = ended.visit("/wall");
    assert_eq!(visit.outcome, FETCHED);
    assert_eq!(server.paths(), ["/wall", "/set", "/wall"]);
    let manifest = shared::warc::manifest(&ended.segments[0]).unwrap();
    assert_eq!(manifest.visits.len(), 1, "a chain is one visit");
    assert!(world.segment(true).await.at.len > 0, "announced as urgent");
}

#[tokio::test]
async fn chains_and_loops_end() {
    let server = Server::new(site).await;
    let mut world = World::new(Config::default(), &[server.at]).await;
    let mut urgent = alone(grant(&server.origin, &["/hop5", "/hop6", "/ping", "/new-each-time"]), true);
    urgent.policy.max_redirects = 5;
    let ended = world.lease(urgent).await;
    let visit = ended.visit("/hop5");
    assert_eq!(visit.outcome, FETCHED);
    assert_eq!(visit.final_url, Some(format!("{}/hop0", server.origin)));
    assert_eq!(ended.body(visit), b"at last");
    for path in ["/hop6", "/ping", "/new-each-time"] {
        assert_eq!(ended.visit(path).outcome, failed(Reason::TooManyRedirects, false), "{path}");
    }
    assert_eq!(server.seen().len(), 6 + 6 + 2 + 6);
}

#[tokio::test]
async fn redirects_that_came_before_count() {
    let server = Server::new(site).await;
    let mut world = World::new(Config::default(), &[server.at]).await;
    let mut urgent = alone(grant(&server.origin, &["/hop2"]), true);
    urgent.tasks[0].hops = 4;
    let ended = world.lease(urgent).await;
    assert_eq!(ended.visits[0].outcome, failed(Reason::TooManyRedirects, false));
}

#[tokio::test]
async fn a_redirect_into_what_robots_txt_denies_is_not_followed() {
    let server = Server::new(|seen| match seen.target.as_str() {
        "/robots.txt" => answer("200 OK", "", "User-agent: *\nDisallow: /private\n"),
        "/open" => redirect("/private", ""),
        _ => page("private"),
    })
    .await;
    let mut world = World::new(Config::default(), &[server.at]).await;
    let mut urgent = alone(grant(&server.origin, &["/open"]), true);
    urgent.policy.politeness.robots = shared::job::RobotsMode::Obey;
    let ended = world.lease(urgent).await;
    assert_eq!(ended.visits[0].outcome, failed(Reason::RobotsDenied, false));
    assert_eq!(server.paths(), ["/robots.txt", "/open"]);
}
