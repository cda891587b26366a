//! One request, for whoever asks a service.

use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// No request takes longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a server at an address says to a GET, head and all.
///
/// # Errors
/// No connection, or no answer in time.
pub async fn get(address: &str, path: &str) -> io::Result<String> {
    ask(address, format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")).await
}

/// What it says to a POST of JSON.
///
/// # Errors
/// No connection, or no answer in time.
pub async fn post(address: &str, path: &str, json: &str) -> io::Result<String> {
    let head = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    let body = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}", json.len());
    ask(address, head + &body).await
}

async fn ask(address: &str, request: String) -> io::Result<String> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    };
    tokio::time::timeout(PATIENCE, exchange).await?
}
