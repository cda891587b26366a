//! What can go wrong between an archive and S3.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::watch;

/// One thing that goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// 503 `SlowDown`; nothing is done.
    Unavailable,
    /// All is done, and then the answer is a 500.
    LostAnswer,
    /// 403 `AccessDenied`.
    Forbidden,
    /// 404 `NoSuchBucket`.
    NoBucket,
    /// 400 `ExpiredToken`.
    Expired,
    /// 409 `ConditionalRequestConflict`.
    Conflict,
    /// 507: the disk is full.
    Full,
    /// No answer until the faults are lifted, and then the right one.
    Late,
    /// The connection breaks in the middle of the answer's body.
    CutOff,
    /// A byte in the middle of the answer's body is another.
    WrongBytes,
}

/// Which faults the next requests meet.
pub struct Faults {
    next: Mutex<VecDeque<Fault>>,
    always: watch::Sender<Option<Fault>>,
    met: AtomicU64,
}

impl Default for Faults {
    fn default() -> Self {
        Faults { next: Mutex::default(), always: watch::Sender::new(None), met: AtomicU64::default() }
    }
}

impl Faults {
    /// The next requests meet these, one each.
    pub fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.next.lock().extend(faults);
    }

    /// From now on every request meets this one; None: all is well again.
    pub fn always(&self, fault: Option<Fault>) {
        if fault.is_none() {
            self.next.lock().clear();
        }
        self.always.send_replace(fault);
    }

    /// How many requests met a fault.
    pub fn met(&self) -> u64 {
        self.met.load(Ordering::Relaxed)
    }

    fn due(&self) -> Option<Fault> {
        let due = self.next.lock().pop_front().or(*self.always.borrow());
        self.met.fetch_add(u64::from(due.is_some()), Ordering::Relaxed);
        due
    }

    /// Answers a request, through the fault that is due.
    pub(super) async fn meet<F: Future<Output = Response>>(
        &self,
        request: Request,
        honest: impl FnOnce(Request) -> F,
    ) -> Response {
        match self.due() {
            None => honest(request).await,
            Some(Fault::Unavailable) => problem(StatusCode::SERVICE_UNAVAILABLE, "SlowDown"),
            Some(Fault::LostAnswer) => {
                honest(request).await;
                problem(StatusCode::INTERNAL_SERVER_ERROR, "InternalError")
            }
            Some(Fault::Forbidden) => problem(StatusCode::FORBIDDEN, "AccessDenied"),
            Some(Fault::NoBucket) => problem(StatusCode::NOT_FOUND, "NoSuchBucket"),
            Some(Fault::Expired) => problem(StatusCode::BAD_REQUEST, "ExpiredToken"),
            Some(Fault::Conflict) => problem(StatusCode::CONFLICT, "ConditionalRequestConflict"),
            Some(Fault::Full) => problem(StatusCode::INSUFFICIENT_STORAGE, "InsufficientStorage"),
            Some(Fault::Late) => {
                let mut faults = self.always.subscribe();
                // It fails only when the server is gone.
                drop(faults.wait_for(Option::is_none).await);
                honest(request).await
            }
            Some(Fault::CutOff) => {
                with_body(honest(request).await, |bytes| {
                    let half = Ok(bytes.slice(..bytes.len() / 2));
                    let broken = Err(io::Error::from(io::ErrorKind::BrokenPipe));
                    Body::from_stream(stream::iter([half, broken]))
                })
                .await
            }
            Some(Fault::WrongBytes) => {
                with_body(honest(request).await, |bytes| {
                    let mut bytes = bytes.to_vec();
                    let middle = bytes.len() / 2;
                    if let Some(byte) = bytes.get_mut(middle) {
                        *byte ^= 0x55;
                    }
                    Body::from(bytes)
                })
                .await
            }
        }
    }
}

/// An answer with another body of the same length.
async fn with_body(answer: Response, change: impl FnOnce(Bytes) -> Body) -> Response {
    let (mut head, body) = answer.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    head.headers.insert(header::CONTENT_LENGTH, bytes.len().into());
    Response::from_parts(head, change(bytes))
}

/// An error as S3 words it.
fn problem(status: StatusCode, code: &str) -> Response {
    let body = format!("<Error><Code>{code}</Code><Message>a fault of the test</Message></Error>");
    (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}
