//! A page over a browser that the test plays.

use super::*;
use crate::{Answer, Asked};
use async_trait::async_trait;
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};
use url::Url;

/// Says yes to all but pages with `no` in their URL.
#[derive(Default)]
struct Known(Mutex<Vec<String>>);

#[async_trait]
impl Source for Known {
    async fn answer(&self, asked: Asked) -> Option<Answer> {
        self.0.lock().push(asked.url.to_string());
        let body = b"x".to_vec();
        (!asked.url.path().contains("no")).then(|| Answer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body,
        })
    }
}

/// The other end of a link: what it is told, and what it says.
struct Fake {
    hears: BufReader<DuplexStream>,
    says: DuplexStream,
}

impl Fake {
    fn new() -> (Link, Fake) {
        let (said, says) = tokio::io::duplex(1 << 16);
        let (out, hears) = tokio::io::duplex(1 << 16);
        (Link::over(said, out), Fake { hears: BufReader::new(hears), says })
    }

    async fn say(&mut self, message: Value) {
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.says.write_all(&bytes).await.unwrap();
    }

    async fn event(&mut self, method: &str, params: Value) {
        self.say(json!({ "method": method, "params": params, "sessionId": "S" })).await;
    }

    async fn asks(&mut self, id: &str, frame: &str, kind: &str, url: &str) {
        let request = json!({ "url": url, "method": "GET", "headers": {} });
        let params = json!({ "requestId": id, "frameId": frame, "resourceType": kind, "request": request });
        self.event("Fetch.requestPaused", params).await;
    }

    /// Answers all calls until one of this name with what a browser would say; returns its parameters.
    async fn until(&mut self, name: &str) -> Value {
        loop {
            let mut bytes = Vec::new();
            assert!(self.hears.read_until(0, &mut bytes).await.unwrap() > 0, "no {name}");
            bytes.pop();
            let call: Value = serde_json::from_slice(&bytes).unwrap();
            let result = match call["method"].as_str().unwrap() {
                "Target.createBrowserContext" => json!({ "browserContextId": "C" }),
                "Target.createTarget" => json!({ "targetId": "T" }),
                "Target.attachToTarget" => json!({ "sessionId": "S" }),
                "DOM.getDocument" => json!({ "root": { "nodeId": 1 } }),
                "DOM.getOuterHTML" => json!({ "outerHTML": "<html>made</html>" }),
                _ => json!({}),
            };
            self.say(json!({ "id": call["id"], "result": result })).await;
            if call["method"] == name {
                return call["params"].clone();
            }
        }
    }

    /// Up to the moment at which the page has its own document.
    async fn begins(&mut self) {
        assert_eq!(self.until("Page.navigate").await["url"], "http://a.test/");
        self.asks("1", "T", "Document", "http://a.test/").await;
        let given = self.until("Fetch.fulfillRequest").await;
        assert_eq!((&given["requestId"], &given["responseCode"]), (&json!("1"), &json!(200)));
        assert_eq!(given["body"], "PGgxPg==");
    }
}

async fn run(
    most: usize,
    source: &Known,
    play: impl AsyncFnOnce(&mut Fake),
) -> Result<Rendered, RenderError> {
    let (link, mut fake) = Fake::new();
    let (url, headers) = (Url::parse("http://a.test/").unwrap(), HeaderMap::new());
    let page = Page {
        url: &url,
        status: StatusCode::OK,
        headers: &headers,
        body: b"<h1>",
        user_agent: "Test/1.0",
        wait: Duration::ZERO,
        deadline: Instant::now() + Duration::from_secs(60),
        most,
    };
    let played = async {
        play(&mut fake).await;
        fake
    };
    let (rendered, _fake) = tokio::join!(render(&link, &page, source), played);
    rendered
}

#[tokio::test(start_paused = true)]
async fn a_page_gets_its_scripts_and_is_read_when_it_is_quiet() {
    let source = Known::default();
    let rendered = run(1 << 20, &source, async |fake| {
        fake.begins().await;
        for (id, frame, kind, url) in [
            ("2", "T", "Image", "http://a.test/i.png"),
            ("3", "F", "Document", "http://a.test/frame"),
            ("4", "T", "XHR", "http://a.test/no"),
        ] {
            fake.asks(id, frame, kind, url).await;
            assert_eq!(fake.until("Fetch.failRequest").await["requestId"], id);
        }
        fake.asks("5", "T", "Script", "data:text/javascript,1").await;
        assert_eq!(fake.until("Fetch.continueRequest").await["requestId"], "5");
        fake.event("Page.javascriptDialogOpening", json!({})).await;
        assert_eq!(fake.until("Page.handleJavaScriptDialog").await["accept"], false);
        fake.event("Page.domContentEventFired", json!({})).await;
        fake.event("Page.loadEventFired", json!({})).await;
        fake.asks("6", "T", "Fetch", "http://a.test/data.json").await;
        let given = fake.until("Fetch.fulfillRequest").await;
        assert_eq!((&given["requestId"], &given["body"]), (&json!("6"), &json!("eA==")));
        fake.until("DOM.getOuterHTML").await;
        assert_eq!(fake.until("Target.disposeBrowserContext").await["browserContextId"], "C");
    });
    assert_eq!(rendered.await.unwrap(), Rendered::Document("<html>made</html>".into()));
    assert_eq!(*source.0.lock(), ["http://a.test/no", "http://a.test/data.json"]);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_goes_on_to_another_says_where() {
    let source = Known::default();
    let rendered = run(1 << 20, &source, async |fake| {
        fake.begins().await;
        // Once more the same is no other page.
        fake.asks("2", "T", "Document", "http://a.test/#x").await;
        assert_eq!(fake.until("Fetch.failRequest").await["errorReason"], "Aborted");
        fake.asks("3", "T", "Document", "http://a.test/next").await;
    });
    assert_eq!(rendered.await.unwrap(), Rendered::Moved(Url::parse("http://a.test/next").unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_never_quiet_is_taken_as_it_is_and_one_that_never_begins_is_not() {
    let source = Known::default();
    let restless = run(1 << 20, &source, async |fake| {
        fake.begins().await;
        fake.event("Page.domContentEventFired", json!({})).await;
        fake.until("DOM.getOuterHTML").await;
    });
    assert!(matches!(restless.await, Ok(Rendered::Document(_))));
    let dead = run(1 << 20, &source, async |fake| fake.begins().await);
    assert!(matches!(dead.await, Err(RenderError::Timeout)));
}

#[tokio::test(start_paused = true)]
async fn a_crash_a_large_document_and_a_browser_that_goes_are_failures() {
    let source = Known::default();
    let crashed = run(1 << 20, &source, async |fake| {
        fake.begins().await;
        fake.event("Inspector.targetCrashed", json!({})).await;
    });
    assert!(matches!(crashed.await, Err(RenderError::Died)));
    let large = run(10, &source, async |fake| {
        fake.begins().await;
        fake.event("Page.loadEventFired", json!({})).await;
        fake.until("DOM.getOuterHTML").await;
    });
    assert!(matches!(large.await, Err(RenderError::TooLarge)));
    let gone = run(1 << 20, &source, async |fake| {
        fake.begins().await;
        fake.says.shutdown().await.unwrap();
    });
    assert!(matches!(gone.await, Err(RenderError::Died)));
}

#[tokio::test(start_paused = true)]
async fn a_page_has_only_so_many_requests() {
    let source = Known::default();
    let rendered = run(1 << 20, &source, async |fake| {
        fake.begins().await;
        for n in 0..MOST_REQUESTS {
            fake.asks(&format!("n{n}"), "T", "Fetch", "http://a.test/again").await;
            fake.until("Fetch.fulfillRequest").await;
        }
        fake.asks("last", "T", "Fetch", "http://a.test/again").await;
        assert_eq!(fake.until("Fetch.failRequest").await["requestId"], "last");
        fake.event("Page.loadEventFired", json!({})).await;
        fake.until("DOM.getOuterHTML").await;
    });
    assert!(rendered.await.is_ok());
    assert_eq!(source.0.lock().len(), MOST_REQUESTS);
}
