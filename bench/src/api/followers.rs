//! Clients that follow a run by Server-Sent Events, most of the time in silence.

use super::served::Served;
use anyhow::{Context, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// Connections that are made at the same time.
const AT_ONCE: usize = 64;
/// All are there, or have been told, by then.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the last event of a run that was cancelled holds.
const OVER: &[u8] = b"\"cancelled\"";

/// See the module.
pub struct Followers {
    counts: Arc<Counts>,
    clients: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Counts {
    /// Have heard of the run.
    there: AtomicUsize,
    /// Have heard of its end.
    told: AtomicUsize,
    /// Lost their connection before.
    lost: AtomicUsize,
}

impl Followers {
    /// So many clients, all of whom have heard of the run once.
    ///
    /// # Errors
    /// If some do not hear of it.
    pub async fn begin(served: &Served, run: i64, many: usize) -> Result<Self> {
        let counts = Arc::new(Counts::default());
        let address = served.base.trim_start_matches("http://").to_owned();
        let request = Arc::new(format!(
            "GET /v1/runs/{run}/events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
             Accept: text/event-stream\r\n\r\n",
            served.key
        ));
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let client = |_| {
            let (counts, places, request) = (counts.clone(), places.clone(), request.clone());
            let address = address.clone();
            tokio::spawn(async move {
                // What is wrong shows in the counts.
                if follow(&address, &request, &places, &counts).await.is_err() {
                    counts.lost.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        let followers = Followers { clients: (0..many).map(client).collect(), counts };
        followers.until(|counts| &counts.there).await?;
        Ok(followers)
    }

    /// Waits until all have heard of the end; how long that took.
    ///
    /// # Errors
    /// If some have not.
    pub async fn told(&self) -> Result<Duration> {
        let begun = Instant::now();
        self.until(|counts| &counts.told).await?;
        Ok(begun.elapsed())
    }

    /// Those that lost their connection.
    pub fn lost(&self) -> usize {
        self.counts.lost.load(Ordering::Relaxed)
    }

    async fn until(&self, of: impl Fn(&Counts) -> &AtomicUsize) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        while of(&self.counts).load(Ordering::Relaxed) < self.clients.len() {
            let (are, lost) = (of(&self.counts).load(Ordering::Relaxed), self.lost());
            let all = self.clients.len();
            anyhow::ensure!(Instant::now() < until, "{are} of {all} clients in time, {lost} lost");
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

impl Drop for Followers {
    fn drop(&mut self) {
        self.clients.iter().for_each(JoinHandle::abort);
    }
}

async fn follow(address: &str, request: &str, places: &Semaphore, counts: &Counts) -> Result<()> {
    let mut piece = [0; 2_048];
    let mut stream = {
        let _place = places.acquire().await?;
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        while !holds(&head, b"data: ") {
            head.extend_from_slice(some(&mut stream, &mut piece).await?);
        }
        counts.there.fetch_add(1, Ordering::Relaxed);
        stream
    };
    // An event may come in two pieces.
    let mut last = Vec::new();
    loop {
        last.extend_from_slice(some(&mut stream, &mut piece).await?);
        if holds(&last, OVER) {
            counts.told.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        let keep = last.len().saturating_sub(OVER.len());
        last.drain(..keep);
    }
}

async fn some<'a>(stream: &mut TcpStream, piece: &'a mut [u8]) -> Result<&'a [u8]> {
    let count = stream.read(piece).await?;
    piece.get(..count).filter(|piece| !piece.is_empty()).context("the server hung up")
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
