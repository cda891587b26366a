//! The socket below a connection, kept so that it can be cut. A connection whose other end is silent
//! cannot be closed politely: the driver would wait for the answer, with a thread and its buffers.

use async_rs::TokioRuntime;
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{AsyncTcpStream, Connection, ConnectionProperties, tcp::OwnedTLSConfig};
use parking_lot::Mutex;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

/// How long a connection has to close politely.
const FAREWELL: Duration = Duration::from_secs(5);

/// A second handle of the connection's socket.
#[derive(Clone, Default)]
pub(super) struct Socket(Arc<Mutex<Handle>>);

#[derive(Default)]
enum Handle {
    #[default]
    None,
    Open(TcpStream),
    Cut,
}

impl Socket {
    fn keep(&self, stream: &impl AsFd) -> io::Result<()> {
        let stream = TcpStream::from(stream.as_fd().try_clone_to_owned()?);
        let mut handle = self.0.lock();
        if let Handle::Cut = *handle {
            return stream.shutdown(Shutdown::Both);
        }
        *handle = Handle::Open(stream);
        Ok(())
    }

    /// Ends the connection, also one that is still being made, whatever the other side does.
    pub(super) fn cut(&self) {
        if let Handle::Open(stream) = std::mem::replace(&mut *self.0.lock(), Handle::Cut) {
            let _gone_already = stream.shutdown(Shutdown::Both);
        }
    }

    /// Ends it in a moment, in which it may close politely.
    pub(super) fn cut_soon(self) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                tokio::time::sleep(FAREWELL).await;
                self.cut();
            });
        } else {
            self.cut();
        }
    }
}

/// Connects by TCP or TLS, as the URI says.
pub(super) async fn connect(
    uri: AMQPUri,
    properties: ConnectionProperties,
    socket: Socket,
) -> lapin::Result<Connection> {
    let host = (uri.authority.host.as_str(), uri.authority.port);
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host(host).await?.collect();
    let dial = async move |uri: AMQPUri, runtime: TokioRuntime| {
        let stream = AsyncTcpStream::connect(&runtime, addresses.clone()).await?;
        if let AsyncTcpStream::Plain(stream) = &stream {
            socket.keep(stream.get_ref())?;
        }
        Ok(match uri.scheme {
            AMQPScheme::AMQP => stream,
            AMQPScheme::AMQPS => {
                stream.into_tls(&uri.authority.host, OwnedTLSConfig::default().as_ref()).await?
            }
        })
    };
    Connection::connector(uri, TokioRuntime::tokio_current(), dial, properties).await
}
