//! What other projects' suites assert about robots.txt, where the facts lie beside the checkout.

mod facts;

use serde_json::Value;
use shared::clock::Timestamp;
use shared::robots::{RobotsAnswer, Rules, sitemaps};
use std::time::Duration;
use url::Url;

fn text(file: &Value) -> Option<String> {
    match (file["text"].as_str(), file["base64"].as_str()) {
        (Some(text), _) => Some(text.to_owned()),
        (None, Some(base64)) => {
            let bytes = data_encoding::BASE64.decode(base64.as_bytes()).expect("base 64");
            Some(String::from_utf8_lossy(&bytes).into_owned())
        }
        (None, None) => None,
    }
}

/// The product token, as a job's user agent has it.
fn token(agent: &Value) -> &str {
    agent.as_str().unwrap_or("*").split('/').next().unwrap_or_default()
}

fn answer(facts: &Value, case: &Value) -> Option<RobotsAnswer> {
    let text = text(&facts["files"][case["robots"].as_str()?])?;
    Some(RobotsAnswer::from_response(200, &text, Timestamp(0)))
}

#[test]
fn every_verdict_that_all_agree_on_is_ours() {
    let Some(facts) = facts::read("robots.json") else { return };
    let base = Url::parse("http://example.com/").expect("a URL");
    let (mut wrong, mut differing, mut asked) = (Vec::new(), 0, 0);
    for case in facts["cases"].as_array().expect("cases") {
        let answer = answer(&facts, case).expect("a file");
        let url = base.join(case["url"].as_str().expect("a URL")).expect("a URL");
        if Rules::of(&answer, token(&case["agent"])).allowed(&url) == case["allowed"] {
            asked += 1;
            continue;
        }
        match case["tier"].as_str() {
            Some("must") => wrong.push(format!("{case}\n{}", answer.text)),
            _ => {
                println!("differs from {}: {case}", case["agree"]);
                differing += 1;
            }
        }
    }
    println!("{asked} agree, {} must and {differing} others differ", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn delays_and_sitemaps_are_read() {
    let Some(facts) = facts::read("robots.json") else { return };
    let base = Url::parse("https://site.local/robots.txt").expect("a URL");
    for fact in facts["other"].as_array().expect("facts") {
        // The sample names files that it does not hold.
        let Some(answer) = answer(&facts, fact) else { continue };
        match fact["kind"].as_str() {
            Some("crawl_delay") => {
                let delay = Rules::of(&answer, token(&fact["agent"])).crawl_delay();
                assert_eq!(delay, fact["value"].as_f64().map(Duration::from_secs_f64), "{fact}");
            }
            Some("sitemaps") => {
                let found: Vec<String> =
                    sitemaps(&answer.text, &base).into_iter().map(String::from).collect();
                assert_eq!(serde_json::json!(found), fact["value"], "{fact}");
            }
            _ => {}
        }
    }
}
