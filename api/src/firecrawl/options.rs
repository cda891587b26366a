//! What is to be taken of a page: the scrape options, as a part of a job. What this server has no use for
//! is accepted and named in a warning; what needs a model or a browser is refused by its name.

use super::error::Refusal;
use super::fields::Fields;
use axum::http::StatusCode;
use serde_json::Value;
use shared::job::{AttributeOf, Content, ContentFormat, Extract, Job, Span};
use std::time::Duration;

/// Options that are heeded.
const HEEDED: [&str; 13] = [
    "excludeTags",
    "formats",
    "headers",
    "includeTags",
    "integration",
    "location",
    "maxAge",
    "minAge",
    "onlyMainContent",
    "origin",
    "storeInCache",
    "timeout",
    "url",
];
/// Options that change nothing here at these values, which clients send unasked.
const NEEDLESS: [(&str, &str); 8] = [
    ("blockAds", "*"),
    ("fastMode", "*"),
    ("mobile", "false"),
    ("proxy", "*"),
    ("removeBase64Images", "true"),
    ("skipTlsVerification", "false"),
    ("waitFor", "0"),
    ("zeroDataRetention", "false"),
];

/// Scrape options, read.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is kept of the page.
    pub content: Content,
    /// Request headers.
    pub headers: Vec<(String, String)>,
    /// How long to wait.
    pub timeout: Option<Duration>,
    /// How old a stored page may be; 0: it is fetched.
    pub max_age: Duration,
    /// Only what was scraped before, and is at least so old, is answered; nothing is fetched.
    pub min_age: Option<Duration>,
    /// Others may be answered with what is scraped.
    pub is_kept: bool,
    /// The Markdown is compared with that of the last time, under this tag.
    pub changes: Option<String>,
    /// What is not heeded.
    pub ignored: Vec<String>,
}

impl Options {
    /// Reads options; `others` are keys of the request around them.
    ///
    /// # Errors
    /// 400 for what does not fit, 403 for formats that need a model.
    pub fn read(fields: &Fields, others: &[&str]) -> Result<Self, Refusal> {
        let millis = |key| Ok::<_, Refusal>(fields.whole(key)?.map(Duration::from_millis));
        let mut options = Options {
            content: Content {
                formats: Vec::new(),
                main_only: fields.flag("onlyMainContent")?.unwrap_or(true),
                include: fields.texts("includeTags")?,
                exclude: fields.texts("excludeTags")?,
                attributes: Vec::new(),
            },
            headers: Vec::new(),
            timeout: millis("timeout")?,
            max_age: millis("maxAge")?.unwrap_or_default(),
            min_age: millis("minAge")?,
            is_kept: fields.flag("storeInCache")?.unwrap_or(true),
            changes: None,
            ignored: ignored(fields, others),
        };
        if options.timeout.is_some_and(|timeout| timeout < Duration::from_secs(1)) {
            return Err(Refusal::bad("timeout: at least 1000 milliseconds"));
        }
        refuse_actions(fields)?;
        options.formats(fields.get("formats"))?;
        for (name, value) in &fields.inside("headers")?.0 {
            let value = value.as_str().ok_or_else(|| Refusal::bad("headers: use texts"))?;
            options.headers.push((name.clone(), value.to_owned()));
        }
        options.location(&fields.inside("location")?)?;
        Ok(options)
    }

    /// Languages are asked for; a country would need a proxy there.
    fn location(&mut self, location: &Fields) -> Result<(), Refusal> {
        let languages = location.texts("languages")?;
        let has = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept-language"));
        if !languages.is_empty() && !has {
            self.headers.push(("Accept-Language".to_owned(), languages.join(", ")));
        }
        let others = location.0.keys().filter(|key| *key != "languages");
        self.ignored.extend(others.map(|key| format!("location.{key}")));
        Ok(())
    }

    fn formats(&mut self, formats: Option<&Value>) -> Result<(), Refusal> {
        let usual = [Value::from("markdown")];
        let formats = match formats {
            None => &usual[..],
            Some(Value::Array(list)) => list,
            Some(_) => return Err(Refusal::bad("formats: use a list")),
        };
        for format in formats {
            let name = format.as_str().or_else(|| format.get("type")?.as_str());
            match name.ok_or_else(|| Refusal::bad("formats: use names, or objects with a `type`"))? {
                "markdown" => self.keep(ContentFormat::Markdown),
                "html" => self.keep(ContentFormat::Html),
                "rawHtml" => self.keep(ContentFormat::RawHtml),
                "links" => self.keep(ContentFormat::Links),
                "images" => self.keep(ContentFormat::Images),
                "attributes" => self.attributes(format)?,
                "changeTracking" => {
                    let tag = format.get("tag").and_then(Value::as_str).unwrap_or_default();
                    self.changes = Some(tag.to_owned());
                    self.keep(ContentFormat::Markdown);
                    let modes = format.get("modes").and_then(Value::as_array);
                    if modes.is_some_and(|modes| modes.iter().any(|mode| mode == "json")) {
                        return Err(unsupported("changeTracking with the mode json"));
                    }
                }
                "rawBase64" => {
                    return Err(Refusal::unbuilt(
                        "the format `rawBase64` (GET /v1/runs/{run}/pages/{seq}/body has the bytes)",
                    ));
                }
                other => return Err(unsupported(other)),
            }
        }
        Ok(())
    }

    fn keep(&mut self, format: ContentFormat) {
        if !self.content.has(format) {
            self.content.formats.push(format);
        }
    }

    fn attributes(&mut self, format: &Value) -> Result<(), Refusal> {
        let wrong = || Refusal::bad("formats: attributes needs `selectors`: [{selector, attribute}]");
        for asked in format.get("selectors").and_then(Value::as_array).ok_or_else(wrong)? {
            let text = |key: &str| asked.get(key).and_then(Value::as_str).map(str::to_owned);
            let (css, attribute) = text("selector").zip(text("attribute")).ok_or_else(wrong)?;
            self.content.attributes.push(AttributeOf { css, attribute });
        }
        Ok(())
    }

    /// Puts the options into a job.
    pub fn apply(&self, job: &mut Job) {
        job.extract = Some(Extract { content: Some(self.content.clone()), ..Extract::default() });
        job.request.headers.extend(self.headers.iter().cloned());
        if let Some(timeout) = self.timeout {
            job.request.timeouts.total = Span(timeout.min(job.request.timeouts.total.0));
        }
    }

    /// The same text for what gives the same document.
    pub fn key(&self) -> String {
        format!("{:?} {:?} {:?}", self.content, self.headers, self.changes)
    }
}

/// The options that this server does not heed.
fn ignored(fields: &Fields, others: &[&str]) -> Vec<String> {
    let needless = |key: &str, value: &Value| {
        let text = value.to_string();
        let same = |(name, at): &(&str, &str)| *name == key && (*at == "*" || text == *at);
        value.is_null() || NEEDLESS.iter().any(same)
    };
    let unknown = fields.0.iter().filter(|(key, value)| {
        !HEEDED.contains(&key.as_str()) && !others.contains(&key.as_str()) && !needless(key, value)
    });
    unknown.map(|(key, _)| key.clone()).collect()
}

/// The sentence about what is not heeded.
pub fn warning(ignored: &[String]) -> Option<String> {
    (!ignored.is_empty()).then(|| format!("not heeded by this server: {}", ignored.join(", ")))
}

fn refuse_actions(fields: &Fields) -> Result<(), Refusal> {
    let some = |key: &str| match fields.get(key) {
        Some(Value::Array(list)) => !list.is_empty(),
        Some(value) => value.as_f64().is_some_and(|n| n > 0.0),
        None => false,
    };
    if !some("actions") && !some("waitFor") {
        return Ok(());
    }
    let error = "actions and waitFor need a browser, which this server has not";
    Err(Refusal::new(StatusCode::BAD_REQUEST, "SCRAPE_ACTIONS_NOT_SUPPORTED", error))
}

fn unsupported(format: &str) -> Refusal {
    let error = format!("the format `{format}` needs a model or a browser, which this server has not");
    Refusal::new(StatusCode::FORBIDDEN, "SCRAPE_FORMAT_NOT_SUPPORTED", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Options, Refusal> {
        Options::read(&Fields(serde_json::from_str(text).unwrap()), &[])
    }

    #[test]
    fn what_a_model_would_do_is_refused_by_name_and_the_unknown_accepted() {
        let options =
            read(r#"{"formats":["links",{"type":"html"}],"blockAds":true,"waitFor":0,"mobile":true,"x":1}"#);
        let options = options.unwrap();
        assert_eq!(options.content.formats, [ContentFormat::Links, ContentFormat::Html]);
        assert_eq!(options.ignored, ["mobile", "x"]);
        for (text, word) in [
            (r#"{"formats":["summary"]}"#, "summary"),
            (r#"{"formats":[{"type":"json","prompt":"x"}]}"#, "json"),
            (r#"{"actions":[{"type":"wait"}]}"#, "browser"),
            (r#"{"timeout":5}"#, "timeout"),
            (r#"{"onlyMainContent":"yes"}"#, "onlyMainContent"),
        ] {
            assert!(read(text).unwrap_err().text().contains(word), "{text}");
        }
    }
}
