//! The browser's only proxy, which lets nothing through.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// A port of this machine where every connection ends at once.
pub(crate) struct Wall {
    address: SocketAddr,
    task: AbortHandle,
}

impl Wall {
    /// Takes a port, so that nobody else can answer on it.
    pub(crate) async fn build() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok(_closed_at_once) => tracing::debug!("the browser tried to go out by itself"),
                    Err(error) => {
                        tracing::debug!(%error, "the wall rests");
                        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    }
                }
            }
        });
        Ok(Wall { address, task: task.abort_handle() })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Wall {
    fn drop(&mut self) {
        self.task.abort();
    }
}
