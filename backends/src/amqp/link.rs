//! One connection to the broker, for one purpose, made anew whenever it is lost.

use super::broken::{Broken, within};
use super::socket::{self, Socket};
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties};
use parking_lot::Mutex as Lock;
use shared::ports::Lane;
use shared::{pacing, random};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until, timeout_at};

/// How long one try to connect may take.
const CONNECT: Duration = Duration::from_secs(10);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What even a connection with nothing else wrong must do. Of one that is silent altogether, heartbeats
/// tell; and one lane whose queue is silent is no reason to take the connection from the others.
const OPENING: &str = "opening a channel";

/// See the module.
pub(super) struct Link {
    uri: AMQPUri,
    name: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    live: Option<Arc<Live>>,
    failures: u32,
    not_before: Option<Instant>,
}

/// A connection that is up, as far as anybody knows.
pub(super) struct Live {
    connection: Connection,
    socket: Socket,
    /// Lanes that were declared since it is up.
    pub(super) declared: Lock<HashSet<Lane>>,
}

impl Link {
    pub(super) fn new(uri: AMQPUri, name: String) -> Self {
        Link { uri, name, state: Mutex::default() }
    }

    /// The connection; made if there is none, with growing pauses between tries that fail.
    pub(super) async fn live(&self, deadline: Instant) -> Result<Arc<Live>, Broken> {
        let late = || Broken::late("connecting");
        let mut state = timeout_at(deadline, self.state.lock()).await.map_err(|_| late())?;
        if let Some(live) = state.live.as_ref().filter(|live| live.is_up()) {
            return Ok(live.clone());
        }
        state.live = None;
        if let Some(not_before) = state.not_before {
            timeout_at(deadline, sleep_until(not_before)).await.map_err(|_| late())?;
        }
        match self.connect(deadline).await {
            Ok(live) => {
                let live = Arc::new(live);
                if state.failures > 0 {
                    tracing::info!(connection = self.name, tries = state.failures + 1, "connected again");
                }
                *state = State { live: Some(live.clone()), ..State::default() };
                Ok(live)
            }
            Err(broken) => {
                state.failures += 1;
                let pause = pacing::jitter(pacing::back_off(state.failures), random::fraction());
                let pause = pause.min(LONGEST_PAUSE);
                state.not_before = Some(Instant::now() + pause);
                tracing::warn!(connection = self.name, error = %broken, tries = state.failures, "no broker");
                Err(broken)
            }
        }
    }

    async fn connect(&self, deadline: Instant) -> Result<Live, Broken> {
        let socket = Socket::default();
        let properties = ConnectionProperties::default().with_connection_name(self.name.as_str().into());
        let deadline = deadline.min(Instant::now() + CONNECT);
        let connecting = socket::connect(self.uri.clone(), properties, socket.clone());
        match within(deadline, "connecting", connecting).await {
            Ok(connection) => Ok(Live { connection, socket, declared: Lock::default() }),
            Err(broken) => {
                socket.cut();
                Err(broken)
            }
        }
    }

    /// Hears what went wrong on a connection: if it is no use any more, the next one who asks gets a new one.
    pub(super) async fn heard(&self, lost: &Arc<Live>, broken: &Broken) {
        lost.declared.lock().clear();
        if lost.is_up() && (lost.is_blocked() || !broken.is_silence_at(OPENING)) {
            return;
        }
        let mut state = self.state.lock().await;
        if state.live.as_ref().is_some_and(|live| Arc::ptr_eq(live, lost)) {
            state.live = None;
        }
        drop(state);
        lost.socket.cut();
    }
}

impl Live {
    pub(super) fn is_up(&self) -> bool {
        self.connection.status().connected()
    }

    /// The broker reads nothing from this connection: it is short of memory or disk.
    pub(super) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    pub(super) async fn channel(&self, deadline: Instant) -> Result<Channel, Broken> {
        within(deadline, OPENING, self.connection.create_channel()).await
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        std::mem::take(&mut self.socket).cut_soon();
    }
}
