//! The DevTools protocol: calls with their answers, and the events of each session.

use crate::RenderError;
use crate::events::Event;
use crate::pipe::{self, Message};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{mpsc, oneshot};

/// Events of one session that wait; a page that makes more is given up.
const EVENTS: usize = 4096;

/// A browser at the other end of two pipes. Ends when the last hand on it does.
#[derive(Clone)]
pub(crate) struct Link(Arc<Inner>);

struct Inner {
    out: mpsc::UnboundedSender<Vec<u8>>,
    last: AtomicU64,
    heard: Arc<Mutex<Heard>>,
}

type Answered = Result<Value, RenderError>;

#[derive(Default)]
struct Heard {
    is_over: bool,
    calls: HashMap<u64, oneshot::Sender<Answered>>,
    sessions: HashMap<String, mpsc::Sender<Event>>,
}

#[derive(Deserialize)]
struct Incoming {
    id: Option<u64>,
    #[serde(default)]
    method: String,
    #[serde(default)]
    params: Value,
    #[serde(default)]
    result: Value,
    error: Option<Said>,
    #[serde(default, rename = "sessionId")]
    session: String,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    message: String,
}

impl Link {
    /// Over what the browser says and hears.
    pub(crate) fn over(
        said: impl AsyncRead + Send + Unpin + 'static,
        hears: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Self {
        let (out, queue) = mpsc::unbounded_channel();
        let heard = Arc::<Mutex<Heard>>::default();
        tokio::spawn(speak(hears, queue));
        tokio::spawn(listen(said, heard.clone()));
        Link(Arc::new(Inner { out, last: AtomicU64::new(0), heard }))
    }

    /// Calls a method, and waits for its answer.
    pub(crate) async fn call(&self, session: &str, method: &str, params: Value) -> Answered {
        let (sender, answer) = oneshot::channel();
        let id = self.0.last.fetch_add(1, Ordering::Relaxed) + 1;
        {
            let mut heard = self.0.heard.lock();
            if heard.is_over {
                return Err(RenderError::Died);
            }
            heard.calls.insert(id, sender);
        }
        let _forgotten = Forget { heard: &self.0.heard, id };
        self.send(id, session, method, &params);
        answer.await.unwrap_or(Err(RenderError::Died))
    }

    /// Calls a method whose answer does not matter.
    pub(crate) fn tell(&self, session: &str, method: &str, params: &Value) {
        let id = self.0.last.fetch_add(1, Ordering::Relaxed) + 1;
        self.send(id, session, method, params);
    }

    fn send(&self, id: u64, session: &str, method: &str, params: &Value) {
        let mut message = json!({ "id": id, "method": method, "params": params });
        if !session.is_empty() {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        // Nobody takes it where the browser is gone; whoever waits for an answer sees that.
        let _ = self.0.out.send(bytes);
    }

    /// The events of a session, from now on. They end with the browser, or where there are too many.
    pub(crate) fn events(&self, session: &str) -> mpsc::Receiver<Event> {
        let (sender, events) = mpsc::channel(EVENTS);
        let mut heard = self.0.heard.lock();
        if !heard.is_over {
            heard.sessions.insert(session.to_owned(), sender);
        }
        events
    }

    /// No events of a session any more.
    pub(crate) fn forget(&self, session: &str) {
        self.0.heard.lock().sessions.remove(session);
    }

    /// Whether the browser is gone.
    pub(crate) fn is_over(&self) -> bool {
        self.0.heard.lock().is_over
    }
}

/// Forgets a call that nobody waits for any more.
struct Forget<'a> {
    heard: &'a Mutex<Heard>,
    id: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.heard.lock().calls.remove(&self.id);
    }
}

async fn speak(mut to: impl AsyncWrite + Unpin, mut queue: mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(message) = queue.recv().await {
        if to.write_all(&message).await.is_err() || to.flush().await.is_err() {
            return;
        }
    }
}

async fn listen(from: impl AsyncRead + Unpin, heard: Arc<Mutex<Heard>>) {
    let mut from = BufReader::with_capacity(64 << 10, from);
    while let Ok(Some(message)) = pipe::next(&mut from).await {
        match message {
            Message::Whole(bytes) => match serde_json::from_slice(&bytes) {
                Ok(incoming) => heard.lock().take(incoming),
                Err(error) => tracing::debug!(%error, "the browser says what is no message"),
            },
            Message::TooLarge(beginning) => heard.lock().lost(&beginning),
        }
    }
    let mut heard = heard.lock();
    heard.is_over = true;
    heard.calls.clear();
    heard.sessions.clear();
}

impl Heard {
    fn take(&mut self, incoming: Incoming) {
        let Incoming { id, method, params, result, error, session } = incoming;
        if let Some(id) = id {
            let answer = error.map_or(Ok(result), |said| Err(RenderError::Refused(said.message)));
            self.answer(id, answer);
        } else if let Some(event) = Event::read(&method, params)
            && let Some(events) = self.sessions.get(&session)
            && events.try_send(event).is_err()
        {
            self.sessions.remove(&session);
        }
    }

    /// An answer that was too large to be taken.
    fn lost(&mut self, beginning: &[u8]) {
        let digits = beginning.strip_prefix(b"{\"id\":").unwrap_or_default();
        let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
        if let Some(id) = std::str::from_utf8(&digits[..end]).ok().and_then(|id| id.parse().ok()) {
            self.answer(id, Err(RenderError::TooLarge));
        }
    }

    fn answer(&mut self, id: u64, answer: Answered) {
        if let Some(call) = self.calls.remove(&id) {
            // Given up a moment ago.
            let _ = call.send(answer);
        }
    }
}
