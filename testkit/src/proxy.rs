//! A TCP proxy that can turn into a black hole: connections stay open and nothing comes through, as when
//! a network is cut and nobody tells. When it is lifted, what was sent meanwhile arrives.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Bytes that are carried at a time.
const PIECE: usize = 16 << 10;

/// The pause before another try to have a port again.
const AGAIN: Duration = Duration::from_millis(20);

/// What comes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    /// Everything.
    Both,
    /// Only what clients send.
    ToServer,
    /// Only what the server sends.
    ToClient,
    /// Nothing.
    Nothing,
    /// There is nobody: connections are refused, and those that there are broken.
    Refused,
}

impl Through {
    fn lets(self, to_server: bool) -> bool {
        match self {
            Through::Both => true,
            Through::ToServer => to_server,
            Through::ToClient => !to_server,
            Through::Nothing | Through::Refused => false,
        }
    }
}

/// A proxy on a port of 127.0.0.1 of its own; ends when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    through: watch::Sender<Through>,
    broken: watch::Sender<u64>,
    _end: DropGuard,
}

impl Proxy {
    /// Begins, to a server that need not be there yet.
    ///
    /// # Errors
    /// No port is to be had.
    pub async fn to(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let through = watch::Sender::new(Through::Both);
        let broken = watch::Sender::new(0);
        let end = CancellationToken::new();
        let (wires, cuts, stop) = (through.subscribe(), broken.subscribe(), end.clone());
        tokio::spawn(stop.run_until_cancelled_owned(async move {
            let mut listener = listener;
            loop {
                let refused = until(wires.clone(), |what| what == Through::Refused);
                tokio::select! {
                    accepted = listener.accept() => {
                        let Ok((client, _)) = accepted else { return };
                        tokio::spawn(connection(client, server, wires.clone(), cuts.clone()));
                        continue;
                    }
                    () = refused => {}
                }
                drop(listener);
                until(wires.clone(), |what| what != Through::Refused).await;
                listener = loop {
                    match TcpListener::bind(address).await {
                        Ok(again) => break again,
                        // Somebody's connection may have the port for a moment.
                        Err(_) => tokio::time::sleep(AGAIN).await,
                    }
                };
            }
        }));
        Ok(Proxy { address, through, broken, _end: end.drop_guard() })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on, only this comes through. Connections stay.
    pub fn let_through(&self, what: Through) {
        self.through.send_replace(what);
    }

    /// Closes all connections that there are.
    pub fn cut(&self) {
        self.broken.send_modify(|cuts| *cuts += 1);
    }
}

/// Returns when it is so. Where nobody changes it any more: never.
async fn until(mut through: watch::Receiver<Through>, is: impl Fn(Through) -> bool) {
    if through.wait_for(|what| is(*what)).await.is_err() {
        std::future::pending().await
    }
}

async fn connection(
    client: TcpStream,
    server: SocketAddr,
    mut through: watch::Receiver<Through>,
    mut broken: watch::Receiver<u64>,
) {
    broken.mark_unchanged();
    // Into a hole nobody connects either: the handshake with the proxy is all that there is.
    if through.wait_for(|what| *what == Through::Both).await.is_err() {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (back, refused) = (through.clone(), until(through.clone(), |what| what == Through::Refused));
    tokio::select! {
        _ = broken.changed() => {}
        () = refused => {}
        _ = async { tokio::join!(carry(from_client, to_server, through, true), carry(from_server, to_client, back, false)) } => {}
    }
}

/// Carries one direction until its end, or until the proxy is gone.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut through: watch::Receiver<Through>,
    to_server: bool,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let count = from.read(&mut piece).await?;
        // What was read while the hole was there waits in it.
        through.wait_for(|what| what.lets(to_server)).await.map_err(io::Error::other)?;
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&piece[..count]).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.into_split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn a_hole_holds_what_comes_and_a_cut_ends_it() {
        let proxy = Proxy::to(echo().await).await.unwrap();
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        let mut letter = [0];
        client.write_all(b"a").await.unwrap();
        client.read_exact(&mut letter).await.unwrap();
        for hole in [Through::Nothing, Through::ToServer, Through::ToClient] {
            proxy.let_through(hole);
            client.write_all(b"b").await.unwrap();
            let nothing = timeout(Duration::from_millis(50), client.read_exact(&mut letter)).await;
            assert!(nothing.is_err(), "{hole:?}");
            proxy.let_through(Through::Both);
            client.read_exact(&mut letter).await.unwrap();
            assert_eq!(letter, *b"b");
        }
        proxy.cut();
        assert_eq!(client.read(&mut letter).await.unwrap_or(0), 0);
    }

    #[tokio::test]
    async fn who_refuses_is_there_again_at_the_same_port() {
        let proxy = Proxy::to(echo().await).await.unwrap();
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        let mut letter = [0];
        client.write_all(b"a").await.unwrap();
        client.read_exact(&mut letter).await.unwrap();
        proxy.let_through(Through::Refused);
        assert_eq!(client.read(&mut letter).await.unwrap_or(0), 0);
        while TcpStream::connect(proxy.address()).await.is_ok() {
            tokio::task::yield_now().await;
        }
        proxy.let_through(Through::Both);
        let mut client = loop {
            match TcpStream::connect(proxy.address()).await {
                Ok(client) => break client,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        client.write_all(b"b").await.unwrap();
        client.read_exact(&mut letter).await.unwrap();
        assert_eq!(letter, *b"b");
    }
}
