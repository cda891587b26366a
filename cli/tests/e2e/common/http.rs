//! A client of the API that `serve` answers with.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The API at `host:port`.
pub struct Api(pub String);

impl Api {
    pub async fn get(&self, path: &str) -> Value {
        self.ask("GET", path, "").await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        self.ask("POST", path, &body.to_string()).await
    }

    /// Asks, and expects JSON and success.
    async fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        let (status, answer) = self.exchange(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// The status of an answer, and its JSON.
    pub async fn status(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.exchange(method, path, &body.to_string()).await
    }

    /// Asks on a connection of its own.
    async fn exchange(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.0).await.unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            self.0,
            body.len()
        );
        stream.write_all((head + body).as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
        (status, serde_json::from_str(body).unwrap_or_else(|why| panic!("{why}: {answer}")))
    }
}
