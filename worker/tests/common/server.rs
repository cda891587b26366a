//! A small server whose answers the test writes out, byte for byte.

use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at: Instant,
    /// Path and query.
    pub target: String,
    /// The whole head, in lower case.
    pub head: String,
}

impl Seen {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// A server on an address of its own; ends when dropped.
pub struct Server {
    pub at: SocketAddr,
    pub origin: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Answers each request with what `answer` says; `None` closes the connection.
    pub async fn new(answer: impl Fn(&Seen) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.2", answer).await
    }

    pub async fn at(ip: &str, answer: impl Fn(&Seen) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let at = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (seen.clone(), Arc::new(answer));
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (log, answer) = (log.clone(), answer.clone());
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    let mut piece = [0; 4096];
                    while let Ok(count @ 1..) = stream.read(&mut piece).await {
                        head.extend_from_slice(&piece[..count]);
                        // A small body comes with its head.
                        if !head.windows(4).any(|end| end == b"\r\n\r\n") {
                            continue;
                        }
                        let text = String::from_utf8_lossy(&head).into_owned();
                        let target = text.split(' ').nth(1).unwrap_or_default().to_owned();
                        let seen = Seen { at: Instant::now(), target, head: text.to_ascii_lowercase() };
                        head.clear();
                        log.lock().push(seen.clone());
                        let Some(bytes) = answer(&seen) else { return };
                        if stream.write_all(&bytes).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Server { at, origin: format!("http://{at}"), seen, task }
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().clone()
    }

    /// Returns when so many requests came.
    pub async fn until_seen(&self, count: usize) {
        super::within(async {
            while self.seen.lock().len() < count {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// The paths asked for so far.
    pub fn paths(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.target).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An answer with a body and its length.
pub fn page(body: &str) -> Option<Vec<u8>> {
    answer("200 OK", "Content-Type: text/html\r\n", body)
}

/// A redirect.
pub fn redirect(to: &str, headers: &str) -> Option<Vec<u8>> {
    answer("302 Found", &format!("Location: {to}\r\n{headers}"), "")
}

/// Any answer; `headers` are whole lines.
pub fn answer(status: &str, headers: &str, body: &str) -> Option<Vec<u8>> {
    Some(format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len()).into_bytes())
}
