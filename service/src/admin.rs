//! The admin port: `/livez` (the process runs) and `/readyz` (it takes work).

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A bound admin port.
pub struct Admin {
    listener: TcpListener,
}

impl Admin {
    /// Binds the port; `address` is `127.0.0.1:9090` or the like, port 0 takes any.
    ///
    /// # Errors
    /// If the address is taken or no address.
    pub async fn bind(address: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address)
            .await
            .map_err(|cause| anyhow::anyhow!("admin_listen: cannot listen on {address}: {cause}"))?;
        Ok(Admin { listener })
    }

    /// Answers until `stop`; from then on `/readyz` says 503 while the stage drains.
    ///
    /// # Errors
    /// If the listener breaks.
    pub async fn serve(self, stop: CancellationToken) -> anyhow::Result<()> {
        let ready = move || {
            let stopping = stop.is_cancelled();
            async move { if stopping { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK } }
        };
        let router = Router::new().route("/livez", get(|| async { "ok" })).route("/readyz", get(ready));
        axum::serve(self.listener, router).await?;
        Ok(())
    }
}
