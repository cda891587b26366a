//! What a page would give, without a run: for people who write a job.

use crate::charset;
use crate::page::{self, Read, Source};
use crate::plan::Plan;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};
use shared::frontier::From;
use shared::ids::RunId;
use shared::job::Job;
use std::sync::Arc;
use url::Url;

/// Reads a page's bytes as a run of this job would, and says what it found, as JSON: `charset`, `title`,
/// `meta`, `content`, `links` (that would be followed), `not_followed` (how many, by reason), `records`, `rejected`.
/// `problems` says what is wrong with the job, if something is.
pub fn preview(job: &Job, url: &Url, content_type: &str, body: &[u8]) -> Value {
    let plan = match Plan::new(RunId(0), Arc::new(job.clone())) {
        Ok(plan) => plan,
        Err(problems) => {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return json!({ "problems": problems });
        }
    };
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(content_type) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    let Read { parsed, records, links } = page::read(&Source {
        plan: &plan,
        asked: url.as_str(),
        url,
        from: From { url, depth: 0, hops: 0, asked_url: None },
        status: Some(200),
        headers: &headers,
        body,
    });
    let followed: Vec<&str> = links.admitted.iter().map(|link| link.url.as_str()).collect();
    let not_followed: serde_json::Map<String, Value> =
        links.refused.0.iter().map(|(reason, count)| (reason.to_string(), (*count).into())).collect();
    let fields = |data: &str| serde_json::from_str::<Value>(data).unwrap_or(Value::Null);
    let rejected: Vec<Value> = records
        .iter()
        .filter_map(|record| {
            let why = record.rejected.as_ref()?;
            Some(json!({ "why": why, "fields": fields(&record.data) }))
        })
        .collect();
    let valid: Vec<Value> = records
        .iter()
        .filter(|record| record.rejected.is_none())
        .map(|record| fields(&record.data))
        .collect();
    json!({
        "charset": charset::decode(body, Some(content_type), url.host_str()).encoding.name(),
        "title": parsed.title,
        "meta": fields(&parsed.meta),
        "error": parsed.error,
        "content": parsed.content.as_deref().map(fields),
        "links": followed,
        "not_followed": not_followed,
        "records": valid,
        "rejected": rejected,
    })
}
