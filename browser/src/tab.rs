//! One page, from its URL to its document, in a context of its own that goes with it.

use crate::events::Event;
use crate::link::Link;
use crate::paused::{Paused, fulfil, fulfil_with, refuse};
use crate::{Page, RenderError, Rendered, Source};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};

/// Without a request under way for so long, a loaded page is quiet.
const QUIET: Duration = Duration::from_millis(500);
/// A page that is never quiet is taken as it is after this.
const RESTLESS: Duration = Duration::from_secs(15);
/// What is left of the deadline for the document itself.
const FOR_DOCUMENT: Duration = Duration::from_secs(2);
/// Requests of a page that are answered; all others are refused.
const MOST_REQUESTS: usize = 200;
/// Of these, under way at a time.
const AT_A_TIME: usize = 6;
/// Bytes of the answers to them, inflated.
const MOST_BYTES: usize = 32 << 20;

/// Runs a page. Dropped in between, the page is closed.
pub(crate) async fn render(
    link: &Link,
    page: &Page<'_>,
    source: &dyn Source,
) -> Result<Rendered, RenderError> {
    let tab = Tab::open(link, page.user_agent).await?;
    tab.run(page, source).await
}

/// A context with one page in it.
struct Tab<'a> {
    link: &'a Link,
    context: String,
    target: String,
    session: String,
}

impl Drop for Tab<'_> {
    fn drop(&mut self) {
        self.link.forget(&self.session);
        // The page goes with its context.
        self.link.tell("", "Target.disposeBrowserContext", &json!({ "browserContextId": self.context }));
    }
}

/// A text in an answer.
fn text(of: &Value, name: &str) -> Result<String, RenderError> {
    let text = of[name].as_str().map(str::to_owned);
    text.ok_or_else(|| RenderError::Refused(format!("an answer without `{name}`")))
}

impl<'a> Tab<'a> {
    async fn open(link: &'a Link, user_agent: &str) -> Result<Self, RenderError> {
        let context =
            link.call("", "Target.createBrowserContext", json!({ "disposeOnDetach": true })).await?;
        let context = text(&context, "browserContextId")?;
        let mut tab = Tab { link, context, target: String::new(), session: String::new() };
        let within = json!({ "url": "about:blank", "browserContextId": tab.context });
        tab.target = text(&link.call("", "Target.createTarget", within).await?, "targetId")?;
        let attach = json!({ "targetId": tab.target, "flatten": true });
        tab.session = text(&link.call("", "Target.attachToTarget", attach).await?, "sessionId")?;
        let downloads = json!({ "behavior": "deny", "browserContextId": tab.context });
        futures::try_join!(
            link.call("", "Browser.setDownloadBehavior", downloads),
            tab.call("Inspector.enable", json!({})),
            tab.call("Page.enable", json!({})),
            tab.call("Emulation.setUserAgentOverride", json!({ "userAgent": user_agent })),
            tab.call("Fetch.enable", json!({ "patterns": [{ "urlPattern": "*" }] })),
        )?;
        Ok(tab)
    }

    async fn call(&self, method: &str, params: Value) -> Result<Value, RenderError> {
        self.link.call(&self.session, method, params).await
    }

    fn tell(&self, method: &str, params: &Value) {
        self.link.tell(&self.session, method, params);
    }

    async fn run(&self, page: &Page<'_>, source: &dyn Source) -> Result<Rendered, RenderError> {
        let mut events = self.link.events(&self.session);
        // Its answer says what the events say.
        self.tell("Page.navigate", &json!({ "url": page.url.as_str() }));
        if let Some(moved) = self.settle(page, source, &mut events).await? {
            return Ok(moved);
        }
        let root = self.call("DOM.getDocument", json!({ "depth": 0 })).await?;
        let node = json!({ "nodeId": root["root"]["nodeId"] });
        let mut document = self.call("DOM.getOuterHTML", node).await?;
        match document["outerHTML"].take() {
            Value::String(html) if html.len() <= page.most => Ok(Rendered::Document(html)),
            Value::String(_) => Err(RenderError::TooLarge),
            _ => Err(RenderError::Refused("no document".into())),
        }
    }

    /// Waits until the page is quiet; tells where it went, if it went on by itself.
    async fn settle(
        &self,
        page: &Page<'_>,
        source: &dyn Source,
        events: &mut mpsc::Receiver<Event>,
    ) -> Result<Option<Rendered>, RenderError> {
        let until = (Instant::now() + RESTLESS + page.wait).min(page.deadline - FOR_DOCUMENT);
        let places = Semaphore::new(AT_A_TIME);
        let mut asked = FuturesUnordered::new();
        let mut state = State::default();
        loop {
            let quiet = (state.is_loaded && asked.is_empty()).then_some(state.last + QUIET + page.wait);
            tokio::select! {
                event = events.recv() => match event.ok_or(RenderError::Died)? {
                    Event::Paused(paused) if paused.is_document() => {
                        if let Some(moved) = self.document(page, &paused, &mut state) {
                            return Ok(Some(moved));
                        }
                    }
                    Event::Paused(paused) if paused.is_inner() => {
                        self.tell("Fetch.continueRequest", &json!({ "requestId": paused.request_id }));
                    }
                    Event::Paused(paused) => {
                        state.last = Instant::now();
                        state.requests += 1;
                        let id = paused.request_id.clone();
                        match paused.asked().filter(|_| state.requests <= MOST_REQUESTS) {
                            Some((id, request)) => asked.push(async {
                                let _place = places.acquire().await;
                                (id, source.answer(request).await)
                            }),
                            None => self.tell("Fetch.failRequest", &refuse(&id)),
                        }
                    }
                    Event::Ready => state.is_ready = true,
                    Event::Loaded => {
                        (state.is_ready, state.is_loaded) = (true, true);
                        state.last = Instant::now();
                    }
                    Event::Dialog => {
                        self.tell("Page.handleJavaScriptDialog", &json!({ "accept": false }));
                    }
                    Event::Crashed => return Err(RenderError::Died),
                },
                Some((id, answer)) = asked.next(), if !asked.is_empty() => {
                    state.last = Instant::now();
                    match answer.filter(|answer| state.takes(answer.body.len())) {
                        Some(answer) => self.tell("Fetch.fulfillRequest", &fulfil_with(&id, &answer)),
                        None => self.tell("Fetch.failRequest", &refuse(&id)),
                    }
                }
                () = sleep_until(quiet.unwrap_or(until).min(until)) => {
                    return if state.is_ready { Ok(None) } else { Err(RenderError::Timeout) };
                }
            }
        }
    }

    /// Answers a request for a document: the page's own, once. Frames stay empty; where the page goes on to another
    /// one, that is told.
    fn document(&self, page: &Page<'_>, paused: &Paused, state: &mut State) -> Option<Rendered> {
        let id = &paused.request_id;
        let is_own = paused.frame_id == self.target;
        if is_own && !state.is_given {
            state.is_given = true;
            let answer = fulfil(id, page.status.as_u16(), page.headers, page.body);
            self.tell("Fetch.fulfillRequest", &answer);
            return None;
        }
        let elsewhere = paused.url().filter(|url| {
            is_own && paused.is_get() && matches!(url.scheme(), "http" | "https") && url != page.url
        });
        if elsewhere.is_none() {
            // `Aborted` leaves the page as it is, where another reason would show an error in its place.
            self.tell("Fetch.failRequest", &json!({ "requestId": id, "errorReason": "Aborted" }));
        }
        elsewhere.map(Rendered::Moved)
    }
}

/// How far a page is.
struct State {
    /// It was given its own document.
    is_given: bool,
    is_ready: bool,
    is_loaded: bool,
    requests: usize,
    bytes: usize,
    /// When something happened last.
    last: Instant,
}

impl Default for State {
    fn default() -> Self {
        State {
            is_given: false,
            is_ready: false,
            is_loaded: false,
            requests: 0,
            bytes: 0,
            last: Instant::now(),
        }
    }
}

impl State {
    /// Whether an answer of this size may still be given.
    fn takes(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        self.bytes <= MOST_BYTES
    }
}

#[cfg(test)]
mod tests;
