//! Why there was no answer: the HTTP client's chain of errors, read down to its root.

use egress::ResolveError;
use shared::outcome::{Outcome, Reason};
use std::error::Error;
use std::io;

/// A request without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub reason: Reason,
}

impl Failure {
    pub(super) fn new(reason: Reason) -> Self {
        Failure { reason }
    }

    pub(super) fn of(error: &reqwest::Error) -> Self {
        let failure = Failure::new(classify(error));
        tracing::debug!(reason = %failure.reason, error = error as &dyn Error, "no answer");
        failure
    }

    /// Whether it speaks of the host rather than of the URL.
    pub fn is_of_host(self) -> bool {
        matches!(self.reason, Reason::Dns | Reason::Connect | Reason::Tls | Reason::Timeout)
    }

    /// Whether another try could end otherwise.
    pub fn is_retryable(self) -> bool {
        matches!(self.reason, Reason::Dns | Reason::Connect | Reason::Timeout | Reason::BodyBroken)
    }

    /// The outcome of a visit that ended so.
    pub fn outcome(self) -> Outcome {
        Outcome::Failed { reason: self.reason, retry: self.is_retryable(), retry_after_ms: None }
    }
}

fn classify(error: &reqwest::Error) -> Reason {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(reason) = known(error) {
            return reason;
        }
        cause = error.source();
    }
    match error {
        error if error.is_timeout() => Reason::Timeout,
        error if error.is_connect() => Reason::Connect,
        error if error.is_builder() => Reason::BadUrl,
        _ => Reason::BodyBroken,
    }
}

fn known(error: &(dyn Error + 'static)) -> Option<Reason> {
    if let Some(error) = error.downcast_ref::<ResolveError>() {
        return Some(match error {
            ResolveError::Refused => Reason::AddressRefused,
            ResolveError::NotFound => Reason::Dns,
        });
    }
    if error.is::<rustls::Error>() {
        return Some(Reason::Tls);
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        // `is_parse` includes heads that are too large and statuses that are none.
        return error.is_parse().then_some(Reason::Protocol);
    }
    if let Some(error) = error.downcast_ref::<h2::Error>() {
        // What this side found wrong, not what the other side gave up.
        return error.is_library().then_some(Reason::Protocol);
    }
    let error = error.downcast_ref::<io::Error>()?;
    // An I/O error that wraps another error does not tell it as its source.
    if let Some(reason) = error.get_ref().and_then(|inner| known(inner)) {
        return Some(reason);
    }
    (error.kind() == io::ErrorKind::TimedOut).then_some(Reason::Timeout)
}
