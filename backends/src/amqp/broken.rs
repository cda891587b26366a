//! What goes wrong with a broker, and the deadline on every wait for it.

use futures::FutureExt;
use std::fmt;
use std::panic::AssertUnwindSafe;
use tokio::time::{Instant, timeout_at};

/// It was not done now; worth trying again on a new channel.
#[derive(Debug)]
pub(super) struct Broken {
    doing: &'static str,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Late,
    Refused(lapin::Error),
    Other(String),
}

impl Broken {
    pub(super) fn because(doing: &'static str, why: impl Into<String>) -> Self {
        Broken { doing, why: Why::Other(why.into()) }
    }

    pub(super) fn late(doing: &'static str) -> Self {
        Broken { doing, why: Why::Late }
    }

    /// Whether there was no answer to this.
    pub(super) fn is_silence_at(&self, doing: &str) -> bool {
        self.doing == doing && matches!(self.why, Why::Late)
    }

    /// What the broker says, as an AMQP reply code: 404 for what does not exist.
    pub(super) fn code(&self) -> Option<u16> {
        match &self.why {
            Why::Refused(error) => match error.kind() {
                lapin::ErrorKind::ProtocolError(error) => Some(error.get_id()),
                _ => None,
            },
            _ => None,
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            Why::Late => write!(f, "{}: no answer in time", self.doing),
            Why::Refused(error) => write!(f, "{}: {error}", self.doing),
            Why::Other(why) => write!(f, "{}: {why}", self.doing),
        }
    }
}

/// Waits for the broker, at most until a deadline. A panic in the driver is a failure like others.
pub(super) async fn within<T>(
    deadline: Instant,
    doing: &'static str,
    work: impl Future<Output = lapin::Result<T>>,
) -> Result<T, Broken> {
    match timeout_at(deadline, AssertUnwindSafe(work).catch_unwind()).await {
        Err(_) => Err(Broken::late(doing)),
        Ok(Err(_)) => Err(Broken::because(doing, "the driver panicked")),
        Ok(Ok(done)) => done.map_err(|error| Broken { doing, why: Why::Refused(error) }),
    }
}
