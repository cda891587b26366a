//! Others who have all connections of a Postgres, in its own protocol (version 3.0).

use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// More than the server has.
const MOST: usize = 400;
/// A server answers by then.
const PATIENCE: Duration = Duration::from_secs(10);

/// Nobody who works on `database` has a connection for a while.
///
/// # Errors
/// It could not be brought about.
pub async fn keep_out(port: u16, database: &str, spell: Duration) -> Result<(), String> {
    let mut crowd = Vec::new();
    fill(port, &mut crowd).await;
    let Some(one) = crowd.first_mut() else { return Err("the server takes nobody".into()) };
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
    // Whoever comes back between is thrown out by the next turn.
    ask(one, &end).await.map_err(|why| why.to_string())?;
    fill(port, &mut crowd).await;
    ask(&mut crowd[0], &end).await.map_err(|why| why.to_string())?;
    fill(port, &mut crowd).await;
    let is_full = connect(port).await.is_none();
    sleep(spell).await;
    if is_full { Ok(()) } else { Err("the server still had a connection left".into()) }
}

async fn fill(port: u16, crowd: &mut Vec<TcpStream>) {
    while crowd.len() < MOST {
        match connect(port).await {
            Some(stream) => crowd.push(stream),
            None => return,
        }
    }
}

/// A session, if the server has one left.
async fn connect(port: u16) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let names = b"user\0harvestman\0database\0postgres\0application_name\0crowd\0\0";
    let mut hello = ((names.len() + 8) as u32).to_be_bytes().to_vec();
    hello.extend([0, 3, 0, 0]);
    hello.extend(names);
    stream.write_all(&hello).await.ok()?;
    until_ready(&mut stream).await.ok()?;
    Some(stream)
}

async fn ask(stream: &mut TcpStream, statement: &str) -> std::io::Result<()> {
    let mut message = vec![b'Q'];
    message.extend(((statement.len() + 5) as u32).to_be_bytes());
    message.extend(statement.as_bytes());
    message.push(0);
    stream.write_all(&message).await?;
    until_ready(stream).await
}

/// Reads messages until the server is ready for a query; an error that it sends is one.
async fn until_ready(stream: &mut TcpStream) -> std::io::Result<()> {
    let read = async {
        loop {
            let kind = stream.read_u8().await?;
            let len = stream.read_u32().await?.saturating_sub(4);
            let mut body = vec![0; len as usize];
            stream.read_exact(&mut body).await?;
            match kind {
                b'Z' => return Ok(()),
                b'E' => return Err(std::io::Error::other(String::from_utf8_lossy(&body).into_owned())),
                _ => {}
            }
        }
    };
    timeout(PATIENCE, read).await?
}
