//! A body, taken piece by piece under a cap and two deadlines.

use shared::crash;
use shared::outcome::Reason;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// A body that grows beyond this waits until it may be a large one.
const LARGE: usize = 1 << 20;
/// Bytes set aside for a body before any has come, whatever its length is declared to be.
const SET_ASIDE: u64 = 128 << 10;

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As announced.
    Whole,
    /// At the cap; there was more.
    Cut,
    /// Before its end, for this reason.
    Broken(Reason),
}

impl End {
    /// The value of `WARC-Truncated`, if the body is not whole.
    pub fn truncated(self) -> Option<&'static str> {
        match self {
            End::Whole => None,
            End::Cut => Some("length"),
            End::Broken(Reason::Timeout) => Some("time"),
            End::Broken(_) => Some("disconnect"),
        }
    }
}

pub(super) struct Bounds {
    /// Bytes taken.
    pub max: u64,
    /// Between two pieces.
    pub gap: Duration,
    /// Of the whole fetch.
    pub deadline: Instant,
}

pub(super) async fn take(
    mut response: reqwest::Response,
    bounds: &Bounds,
    large: &Semaphore,
) -> (Vec<u8>, End) {
    let announced = response.content_length().unwrap_or_default();
    let set_aside = announced.min(bounds.max).min(SET_ASIDE);
    let mut body = Vec::with_capacity(usize::try_from(set_aside).unwrap_or_default());
    let max = usize::try_from(bounds.max).unwrap_or(usize::MAX);
    let mut permit = None;
    loop {
        let gap_ends = (Instant::now() + bounds.gap).min(bounds.deadline);
        match timeout_at(gap_ends, response.chunk()).await {
            Err(_) => return (body, End::Broken(Reason::Timeout)),
            Ok(Err(error)) => {
                tracing::debug!(%error, "body broken");
                return (body, End::Broken(Reason::BodyBroken));
            }
            Ok(Ok(None)) => return (body, End::Whole),
            Ok(Ok(Some(piece))) => {
                crash::point("worker.in_body");
                let room = max - body.len();
                if piece.len() > room {
                    body.extend_from_slice(&piece[..room]);
                    return (body, End::Cut);
                }
                body.extend_from_slice(&piece);
            }
        }
        if body.len() > LARGE && permit.is_none() {
            match timeout_at(bounds.deadline, large.acquire()).await {
                Ok(granted) => permit = granted.ok(),
                Err(_) => return (body, End::Broken(Reason::Timeout)),
            }
        }
    }
}
