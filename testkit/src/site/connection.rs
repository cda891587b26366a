//! One connection to the site: HTTP/1.1 with keep-alive, written by hand, because a site that tests
//! a crawler must also send what no HTTP library would.

use super::admin;
use super::answer::{Action, Request, Served};
use super::bad;
use super::log::{Hit, Log};
use bytes::{Buf, BytesMut};
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The longest head of a request.
const MAX_HEAD: usize = 64 * 1024;
/// The longest body of a request, which only the admin paths read.
const MAX_BODY: usize = 1 << 20;

/// A request, and its body for the admin paths.
pub(crate) struct Received {
    pub request: Request,
    pub body: Vec<u8>,
}

/// Reads the next request; None at the end of the connection.
pub(crate) async fn read(stream: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<Option<Received>> {
    let malformed = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    loop {
        if let Some((head_len, body_len, mut received)) = parse(buffer).map_err(malformed)? {
            while buffer.len() < head_len + body_len {
                if stream.read_buf(buffer).await? == 0 {
                    return Ok(None);
                }
            }
            buffer.advance(head_len);
            received.body = buffer.split_to(body_len).to_vec();
            return Ok(Some(received));
        }
        if buffer.len() > MAX_HEAD {
            return Err(malformed("the head is too long".to_owned()));
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

fn parse(buffer: &[u8]) -> Result<Option<(usize, usize, Received)>, String> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head_len) = head.parse(buffer).map_err(|e| e.to_string())? else {
        return Ok(None);
    };
    let mut request = Request { target: head.path.unwrap_or("/").to_owned(), ..Request::default() };
    request.head_only = head.method == Some("HEAD");
    request.close = head.version == Some(0);
    let mut body_len = 0;
    for header in head.headers.iter() {
        let value = String::from_utf8_lossy(header.value);
        match header.name.to_ascii_lowercase().as_str() {
            "accept-encoding" => request.accept_encoding = value.into_owned(),
            "user-agent" => request.user_agent = value.into_owned(),
            "cookie" => request.cookie = value.into_owned(),
            "connection" => request.close |= value.eq_ignore_ascii_case("close"),
            "content-length" => body_len = value.trim().parse().map_err(|_| "odd length".to_owned())?,
            _ => {}
        }
    }
    if body_len > MAX_BODY {
        return Err("the body is too long".to_owned());
    }
    Ok(Some((head_len, body_len, Received { request, body: Vec::new() })))
}

/// Serves one connection to its end.
pub(crate) async fn serve(
    mut stream: TcpStream,
    peer: SocketAddr,
    site: &Served,
    log: &Log,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = BytesMut::with_capacity(4096);
    while let Some(received) = read(&mut stream, &mut buffer).await? {
        let at_us = log.now_us();
        let request = received.request;
        let path = request.target.split('?').next().unwrap_or_default();
        if path.starts_with("/__") && !path.starts_with("/__bad/") {
            let reply = admin::answer(&request.target, &received.body, site, log);
            stream.write_all(&reply.wire).await?;
            continue;
        }
        let _under_way = log.begin();
        let action = match path.strip_prefix("/__bad/") {
            Some(name) => Action::Misbehave(name.to_owned()),
            None => site.answer(&request),
        };
        let status = match &action {
            Action::Send(reply) => reply.status,
            Action::Hang | Action::Misbehave(_) => 0,
        };
        let target = request.target;
        log.push(Hit { at_us, target, status, user_agent: request.user_agent, peer, elsewhere: false });
        match action {
            Action::Hang => return Ok(()),
            Action::Misbehave(name) => return bad::misbehave(&name, &mut stream).await,
            Action::Send(reply) => {
                if !reply.delay.is_zero() {
                    tokio::time::sleep(reply.delay).await;
                }
                let end = if request.head_only { reply.head_len } else { reply.wire.len() };
                stream.write_all(&reply.wire[..end]).await?;
                if reply.close || request.close {
                    return stream.shutdown().await;
                }
            }
        }
    }
    Ok(())
}
