//! One suite per port: every sentence of the contract, asked of any implementation.
//!
//! A suite is given a function that makes an empty backend by name. Each name is a world of its
//! own (a virtual host, a prefix, a folder); asked for a name again, the function opens the same
//! world again, as after a restart. Nothing here assumes that a backend lives in this process.

pub mod archive;
pub mod queue;
pub mod store;

use shared::trace::{self, Propagation, TraceContext};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// Longer than any backend needs, so that only what hangs fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// What comes of a future that must not hang.
async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let Ok(value) = tokio::time::timeout(PATIENCE, future).await else {
        panic!("{what}: nothing came for {PATIENCE:?}");
    };
    value
}

tokio::task_local! {
    static TRACE: TraceContext;
}

/// Has a future done within a trace.
async fn in_trace<T>(context: TraceContext, future: impl Future<Output = T>) -> T {
    trace::install(Propagation { current: || TRACE.try_with(Clone::clone).ok(), follow: |_, _| () });
    TRACE.scope(context, future).await
}

/// Polls a future once and drops it.
async fn once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
