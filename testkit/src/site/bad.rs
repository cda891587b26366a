//! Servers that misbehave: what `/__bad/NAME` does. Each one ends its connection.

use super::transfer::Coding;
use std::io;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Duration, sleep};

/// Every name that `/__bad/NAME` knows, and what happens there.
pub const NAMES: [(&str, &str); 34] = [
    ("ok", "a good answer"),
    ("empty", "200 without a body"),
    ("endless", "a chunked body without an end"),
    ("endless-length", "a body that is said to have a terabyte, and goes on"),
    ("endless-close", "a body without an end and without framing"),
    ("bomb-gzip", "2 GiB of zeros as gzip"),
    ("bomb-brotli", "2 GiB of zeros as brotli"),
    ("bomb-zstd", "2 GiB of zeros as zstd"),
    ("bomb-deflate", "2 GiB of zeros as deflate"),
    ("layers", "gzip in gzip, twelve deep, and a header that says so"),
    ("truncated", "half of the promised body"),
    ("truncated-chunked", "a chunk that ends early"),
    ("truncated-gzip", "a whole body with half a gzip stream"),
    ("wrong-coding", "plain text that is said to be gzip"),
    ("unknown-coding", "Content-Encoding: snappy"),
    ("long-length", "a body longer than its length"),
    ("two-lengths", "two different lengths"),
    ("length-and-chunked", "a length and chunked coding at once"),
    ("negative-length", "Content-Length: -1"),
    ("bad-chunk", "a chunk size that is no number"),
    ("slow-head", "a byte of the head each second"),
    ("slow-body", "a byte of the body each second"),
    ("silent", "no answer, the connection stays open"),
    ("close", "no answer, the connection ends"),
    ("half-head", "the connection ends within the head"),
    ("huge-header", "one header of 4 MiB"),
    ("many-headers", "20,000 headers"),
    ("garbage", "what is no HTTP"),
    ("http09", "a body without a head"),
    ("informational", "1xx answers without an end"),
    ("redirect-self", "a redirect to itself"),
    ("redirect-nowhere", "a redirect without Location"),
    ("redirect-file", "a redirect to file:///etc/passwd"),
    ("redirect-broken", "a Location that is no URL"),
];

const PAGE: &[u8] = b"<!doctype html><title>A page</title><h1>A page</h1>";

fn head(extra: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n{extra}\r\n").into_bytes()
}

fn with_body(extra: &str, body: &[u8]) -> Vec<u8> {
    [&head(&format!("Content-Length: {}\r\n{extra}", body.len())), body].concat()
}

/// Misbehaves as the name says; an unknown name is answered with 404.
pub(crate) async fn misbehave(name: &str, to: &mut TcpStream) -> io::Result<()> {
    match name {
        "silent" => wait_for_the_client(to).await?,
        "close" => {}
        "slow-head" => slowly(to, &with_body("", PAGE)).await?,
        "slow-body" => {
            to.write_all(&head(&format!("Content-Length: {}\r\n", PAGE.len()))).await?;
            slowly(to, PAGE).await?;
        }
        "endless" => {
            let chunk = [b"4000\r\n".as_slice(), &[b'x'; 0x4000], b"\r\n"].concat();
            for_ever(to, &head("Transfer-Encoding: chunked\r\n"), &chunk).await?;
        }
        "endless-length" => {
            for_ever(to, &head("Content-Length: 1099511627776\r\n"), &[b'x'; 0x4000]).await?;
        }
        "endless-close" => for_ever(to, &head(""), &[b'x'; 0x4000]).await?,
        "informational" => for_ever(to, b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n").await?,
        bomb if bomb.starts_with("bomb-") => {
            let coding = bomb.trim_start_matches("bomb-").to_owned();
            let made = tokio::task::spawn_blocking(move || zeros(&coding, 2 << 30)).await;
            let (name, body) = made.map_err(io::Error::other)??;
            to.write_all(&with_body(&format!("Content-Encoding: {name}\r\n"), &body)).await?;
        }
        other => to.write_all(&fixed(other)?).await?,
    }
    to.shutdown().await
}

/// What is sent in one go.
fn fixed(name: &str) -> io::Result<Vec<u8>> {
    let gzip = |body: &[u8]| Coding::Gzip.encode(body.to_vec());
    let status = |line: &str| {
        format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into_bytes()
    };
    Ok(match name {
        "ok" => with_body("", PAGE),
        "empty" => with_body("", b""),
        "layers" => {
            let mut body = bytes::Bytes::from_static(PAGE);
            for _ in 0..12 {
                body = gzip(&body)?;
            }
            with_body(&format!("Content-Encoding: {}\r\n", ["gzip"; 12].join(", ")), &body)
        }
        "truncated" => [&head("Content-Length: 102400\r\n"), PAGE].concat(),
        "truncated-chunked" => {
            [&head("Transfer-Encoding: chunked\r\n"), b"ffff\r\n".as_slice(), PAGE].concat()
        }
        "truncated-gzip" => {
            let body = gzip(&PAGE.repeat(100))?;
            with_body("Content-Encoding: gzip\r\n", &body[..body.len() / 2])
        }
        "wrong-coding" => with_body("Content-Encoding: gzip\r\n", PAGE),
        "unknown-coding" => with_body("Content-Encoding: snappy\r\n", PAGE),
        "long-length" => {
            [&with_body("", PAGE), b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad".as_slice()].concat()
        }
        "two-lengths" => [&head("Content-Length: 5\r\nContent-Length: 51\r\n"), PAGE].concat(),
        "length-and-chunked" => [
            &head("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
            b"3\r\nabc\r\n0\r\n\r\n".as_slice(),
        ]
        .concat(),
        "negative-length" => [&head("Content-Length: -1\r\n"), PAGE].concat(),
        "bad-chunk" => [&head("Transfer-Encoding: chunked\r\n"), b"xyz\r\nabc\r\n".as_slice()].concat(),
        "half-head" => b"HTTP/1.1 200 OK\r\nContent-Ty".to_vec(),
        "huge-header" => with_body(&format!("X-Huge: {}\r\n", "x".repeat(4 << 20)), PAGE),
        "many-headers" => {
            let many: String = (0..20_000).map(|i| format!("X-{i}: y\r\n")).collect();
            with_body(&many, PAGE)
        }
        "garbage" => (0..2048u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect(),
        "http09" => PAGE.to_vec(),
        "redirect-self" => status("302 Found\r\nLocation: /__bad/redirect-self"),
        "redirect-nowhere" => status("308 Permanent Redirect"),
        "redirect-file" => status("301 Moved Permanently\r\nLocation: file:///etc/passwd"),
        "redirect-broken" => status("301 Moved Permanently\r\nLocation: http://[::1"),
        hops if hops.starts_with("redirect-") => match hops.trim_start_matches("redirect-").parse::<u32>() {
            Ok(0) => with_body("", PAGE),
            Ok(n) => status(&format!("302 Found\r\nLocation: /__bad/redirect-{}", n - 1)),
            Err(_) => status("404 Not Found"),
        },
        _ => status("404 Not Found"),
    })
}

/// So many zeros in a coding, without ever holding them.
fn zeros(coding: &str, count: u64) -> io::Result<(&'static str, Vec<u8>)> {
    use flate2::{Compression, write};
    use std::io::Read;
    let mut zeros = io::repeat(0).take(count);
    Ok(match coding {
        "brotli" => {
            let mut out = Vec::new();
            let params = brotli::enc::BrotliEncoderParams { quality: 1, ..Default::default() };
            brotli::BrotliCompress(&mut zeros, &mut out, &params)?;
            ("br", out)
        }
        "zstd" => {
            let mut to = zstd::Encoder::new(Vec::new(), 1)?;
            io::copy(&mut zeros, &mut to)?;
            ("zstd", to.finish()?)
        }
        "deflate" => {
            let mut to = write::ZlibEncoder::new(Vec::new(), Compression::fast());
            io::copy(&mut zeros, &mut to)?;
            ("deflate", to.finish()?)
        }
        _ => {
            let mut to = write::GzEncoder::new(Vec::new(), Compression::fast());
            io::copy(&mut zeros, &mut to)?;
            ("gzip", to.finish()?)
        }
    })
}

async fn for_ever(to: &mut TcpStream, first: &[u8], again: &[u8]) -> io::Result<()> {
    to.write_all(first).await?;
    loop {
        to.write_all(again).await?;
    }
}

async fn slowly(to: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    for byte in bytes {
        to.write_all(&[*byte]).await?;
        sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

/// Until the client ends the connection.
async fn wait_for_the_client(stream: &mut TcpStream) -> io::Result<()> {
    use tokio::io::AsyncReadExt;
    let mut buffer = [0; 1024];
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}
