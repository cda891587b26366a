//! The few HTTP requests that test servers are managed by.

use data_encoding::BASE64;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// No management request takes longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who asks where.
#[derive(Clone, Debug)]
pub(super) struct Api {
    /// `127.0.0.1:15672`.
    pub(super) address: String,
    /// `user:password`.
    pub(super) user: String,
}

impl Api {
    /// One request with a JSON body; the answer's body.
    ///
    /// # Errors
    /// No connection, or a status that is not 2xx.
    pub(super) async fn ask(&self, method: &str, path: &str, body: &str) -> io::Result<String> {
        tokio::time::timeout(PATIENCE, self.exchange(method, path, body)).await?
    }

    async fn exchange(&self, method: &str, path: &str, body: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(&self.address).await?;
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nAuthorization: Basic {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            BASE64.encode(self.user.as_bytes()),
            body.len(),
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).unwrap_or_default();
        if !status.starts_with('2') {
            return Err(io::Error::other(format!("{method} {path}: {head} {body}")));
        }
        Ok(body.to_owned())
    }
}
