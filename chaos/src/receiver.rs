//! A receiver of webhooks, who notes what he was told (I12).

use crate::world::World;
use parking_lot::Mutex;
use shared::ids::{TenantId, WebhookId};
use shared::ports::store::HasControl;
use shared::ports::store::control::{EventKind, NewWebhook};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

/// An event comes by then: a delivery whose dispatcher died is due again after a minute.
const PATIENCE: Duration = Duration::from_secs(80);

/// How often each event arrived, by its id, with what it tells.
type Arrived = Arc<Mutex<BTreeMap<String, (String, u32)>>>;

/// See the module. Ends when it is dropped.
pub struct Receiver {
    webhook: WebhookId,
    arrived: Arrived,
    listening: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// Listens at [`World::hook`], and lets the store know.
    ///
    /// # Panics
    /// If the address or the store is not to be had.
    pub async fn of(world: &World) -> Self {
        let listener = TcpListener::bind(&world.hook).await.expect("an address of our own");
        let arrived = Arrived::default();
        let noted = arrived.clone();
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, noted.clone()));
            }
        });
        let new = NewWebhook {
            tenant: TenantId::FIRST,
            job: None,
            url: format!("http://{}/", world.hook),
            events: vec![EventKind::RunStarted, EventKind::RunPages, EventKind::RunEnded],
            secrets: Vec::new(),
            headers: BTreeMap::new(),
            once: None,
        };
        let webhook = world.store().await.control().create_webhook(new).await.expect("a webhook");
        Receiver { webhook: webhook.id, arrived, listening }
    }

    /// What is wrong with what arrived: each event of the store at least once, and no other.
    pub async fn judge(&self, world: &World) -> Vec<String> {
        let made = format!("SELECT event_id FROM deliveries WHERE webhook_id = {}", self.webhook.0);
        let until = Instant::now() + PATIENCE;
        loop {
            let made = tokio::task::block_in_place(|| world.servers.sql(&made));
            let arrived = self.arrived.lock().clone();
            let missing: Vec<&str> = made.lines().filter(|id| !arrived.contains_key(*id)).collect();
            let ended = arrived.values().any(|(what, _)| what.contains("run.ended"));
            if missing.is_empty() && ended {
                let of_nobody = arrived.keys().filter(|id| !made.lines().any(|made| made == id.as_str()));
                return of_nobody.map(|id| format!("I12: the event {id} is of nobody")).collect();
            }
            if Instant::now() > until {
                return vec![format!("I12: events that never arrived: {missing:?}, of the end: {ended}")];
            }
            sleep(Duration::from_millis(500)).await;
        }
    }

    /// Waits until an event has arrived so often; false: it did not in time.
    pub async fn heard(&self, event: &str, times: u32) -> bool {
        let until = Instant::now() + PATIENCE;
        while self.arrived.lock().get(event).is_none_or(|(_, heard)| *heard < times) {
            if Instant::now() > until {
                return false;
            }
            sleep(Duration::from_millis(100)).await;
        }
        true
    }

    /// Nobody is told any more.
    pub async fn forget(&self, world: &World) {
        let store = world.store().await;
        let _gone = store.control().delete_webhook(TenantId::FIRST, self.webhook).await;
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Takes one request, notes it, and says yes.
async fn take(mut stream: TcpStream, arrived: Arrived) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut piece = [0; 4_096];
    loop {
        let count = stream.read(&mut piece).await?;
        request.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let header = |name: &str| {
                let mut lines = head.lines().filter_map(|line| line.split_once(": "));
                lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
            };
            let len = header("content-length").and_then(|len| len.parse::<usize>().ok()).unwrap_or(0);
            if body.len() >= len {
                let id = header("webhook-id").unwrap_or_default();
                arrived.lock().entry(id).or_insert_with(|| (body.to_owned(), 0)).1 += 1;
                break;
            }
        }
        if count == 0 {
            return Ok(());
        }
    }
    stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await
}
