//! The admin port: `/livez` (the process runs), `/readyz` (it takes work), `/metrics`.

use crate::health::Health;
use crate::recorder::Recorder;
use crate::settings::{BadSetting, PREFIX};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// A bound admin port.
pub struct Admin {
    listener: TcpListener,
}

impl Admin {
    /// Binds the port; port 0 takes any.
    ///
    /// # Errors
    /// If the address is taken or no address.
    pub async fn bind(address: &str) -> Result<Self, BadSetting> {
        let listener = TcpListener::bind(address).await.map_err(|cause| {
            BadSetting::new(format!("{PREFIX}ADMIN_LISTEN"), format!("cannot listen on {address}: {cause}"))
        })?;
        Ok(Admin { listener })
    }

    /// Where it listens.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers for ever.
    ///
    /// # Errors
    /// If the listener breaks.
    pub async fn serve(self, health: Arc<Health>, recorder: Recorder) -> anyhow::Result<()> {
        let router = Router::new()
            .route("/livez", get(|| async { "ok" }))
            .route("/readyz", get(ready).with_state(health))
            .route("/metrics", get(metrics).with_state(recorder));
        axum::serve(self.listener, router).await?;
        Ok(())
    }
}

async fn ready(State(health): State<Arc<Health>>) -> Response {
    let report = health.report().await;
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

/// The content type of Prometheus' text format.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

async fn metrics(State(recorder): State<Recorder>) -> Response {
    ([(header::CONTENT_TYPE, PROMETHEUS)], recorder.render()).into_response()
}
