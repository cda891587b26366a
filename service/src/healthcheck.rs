//! `healthcheck`: asks the service that runs beside it, for containers without a shell.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// How long the service has to answer; more than it takes itself to ask its servers.
const PATIENCE: Duration = Duration::from_secs(4);

/// The most of an answer that is read, in bytes.
const MOST: u64 = 64 << 10;

/// Asks a path of an admin port. The answer's body, if it was 200; else what is wrong.
///
/// # Errors
/// In words, for people.
pub fn ask(admin: &str, path: &str) -> Result<String, String> {
    let mut address: SocketAddr = admin.parse().map_err(|_| format!("{admin} is no address"))?;
    if address.ip().is_unspecified() {
        // It listens on all addresses: this machine's own is one of them.
        address.set_ip(if address.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        });
    }
    let answer = exchange(address, path).map_err(|error| format!("{address}: {error}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| format!("{address}: no HTTP answer"))?;
    match head.split(' ').nth(1) {
        Some("200") => Ok(body.to_owned()),
        _ => Err(body.to_owned()),
    }
}

fn exchange(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(MOST).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
