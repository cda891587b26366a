//! What programs outside ask the site: its log, its truth, its knobs. None of it is logged.
//!
//! - `/__log`: the access log, a JSON array of [`Hit`](super::Hit).
//! - `/__truth`: what a harvest should find, one JSON object a line.
//! - `/__reset`: forgets the log, and who has asked for what.
//! - `/__knobs`: the knobs as JSON; with a body, sets them.
//! - `/__spec`: what the site is made from, and its other host.

use super::answer::Served;
use super::log::Log;
use super::reply::{Draft, Reply};
use super::transfer::Framing;
use super::truth::Truth;
use serde_json::{Value, json};

pub(crate) fn answer(target: &str, body: &[u8], site: &Served, log: &Log) -> Reply {
    let path = target.split('?').next().unwrap_or_default();
    let json = |value: Value| reply(200, "application/json", value.to_string().into_bytes());
    match path {
        "/__log" => match log.with(serde_json::to_vec) {
            Ok(body) => reply(200, "application/json", body),
            Err(error) => reply(500, "text/plain", error.to_string().into_bytes()),
        },
        "/__truth" => reply(200, "application/x-ndjson", truth(site)),
        "/__reset" => {
            site.forget();
            log.clear();
            json(json!({ "reset": true }))
        }
        "/__spec" => json(json!({ "spec": site.plan.spec, "elsewhere": site.origins.elsewhere })),
        "/__knobs" if body.is_empty() => json(json!(*site.knobs.lock())),
        "/__knobs" => match serde_json::from_slice(body) {
            Ok(knobs) => {
                *site.knobs.lock() = knobs;
                json(json!({ "set": true }))
            }
            Err(error) => reply(400, "text/plain", error.to_string().into_bytes()),
        },
        _ => reply(404, "text/plain", b"no such admin path\n".to_vec()),
    }
}

fn reply(status: u16, content_type: &'static str, body: Vec<u8>) -> Reply {
    Draft { status, content_type, body, framing: Framing::Length, ..Draft::default() }.seal()
}

fn truth(site: &Served) -> Vec<u8> {
    let mut out = Vec::new();
    for page in Truth::of(&site.plan, &site.origins.here).pages() {
        out.extend_from_slice(json!(page).to_string().as_bytes());
        out.push(b'\n');
    }
    out
}
