//! Traces over OTLP (HTTP, protobuf), where a collector is named. What waits to be sent is bounded and goes
//! out on a thread of its own: a collector that is slow or away costs spans, never time.

use crate::settings::{BadSetting, Common, PREFIX};
use crate::telemetry::Lines;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use shared::trace::{Propagation, TraceContext, install};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tracing::level_filters::LevelFilter;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;

/// Where collectors take traces.
const PATH: &str = "v1/traces";
/// How long a collector has to take a batch.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the last spans may keep the process.
const LAST: Duration = Duration::from_secs(2);
/// The most of a collector's answer that is read, in bytes.
const MOST: usize = 64 << 10;
/// Whose spans are sent.
const OURS: [&str; 7] = ["api", "backends", "dispatcher", "parser", "service", "shared", "worker"];

/// What exports the traces of this process.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// As the settings say; None: nobody is to have traces. To be called within the runtime that sends them.
    ///
    /// # Errors
    /// An endpoint that is no URL.
    pub fn of(service: &str, settings: &Common) -> Result<Option<Self>, BadSetting> {
        let Some(endpoint) = settings.collector()? else { return Ok(None) };
        let bad = |why: String| BadSetting::new(format!("{PREFIX}OTLP_ENDPOINT"), why);
        // The first of the process; whoever chose before chose the same.
        let _chosen = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(PATIENCE).no_proxy();
        let http = http
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| bad(error.to_string()))?;
        let client = Client { http, runtime: Handle::current(), fails: AtomicBool::new(false) };
        let url = format!("{}/{PATH}", endpoint.as_str().trim_end_matches('/'));
        let exporter = SpanExporter::builder().with_http().with_http_client(client).with_endpoint(url);
        let exporter = exporter.with_timeout(PATIENCE).build().map_err(|error| bad(error.to_string()))?;
        let resource = Resource::builder()
            .with_service_name(format!("harvestman-{service}"))
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .with_attribute(KeyValue::new("service.instance.id", shared::random::uuid().to_string()));
        let root = Sampler::TraceIdRatioBased(settings.otlp_ratio);
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(root)))
            .with_resource(resource.build())
            .build();
        Ok(Some(Traces(provider)))
    }

    /// Where spans go in; from now on messages carry their traces.
    pub fn lines(&self) -> Lines {
        install(Propagation { current, follow });
        let ours = Targets::new().with_targets(OURS.map(|target| (target, LevelFilter::INFO)));
        let layer = tracing_opentelemetry::layer().with_tracer(self.0.tracer("harvestman"));
        layer.with_location(false).with_threads(false).with_filter(ours).boxed()
    }

    /// Sends what waits, for a moment at most.
    pub async fn end(self) {
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(LAST));
        // Spans that nobody took are lost, and nothing else is.
        let _sent = tokio::time::timeout(LAST, ended).await;
    }
}

/// The context of the current span, if it is in a trace that is kept.
fn current() -> Option<TraceContext> {
    let context = tracing::Span::current().context();
    if !context.span().span_context().is_sampled() {
        return None;
    }
    let mut headers = HashMap::new();
    TraceContextPropagator::new().inject_context(&context, &mut headers);
    let traceparent = headers.remove("traceparent")?;
    Some(TraceContext { traceparent, tracestate: headers.remove("tracestate").unwrap_or_default() })
}

fn follow(span: &tracing::Span, context: &TraceContext) {
    let headers = HashMap::from([
        ("traceparent".to_owned(), context.traceparent.clone()),
        ("tracestate".to_owned(), context.tracestate.clone()),
    ]);
    let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &headers);
    // It fails for a span that no layer took, which is in no trace.
    let _set = span.set_parent(parent);
}

/// The exporter's thread has no runtime of its own: this sends in ours.
#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    runtime: Handle,
    /// The last batch was not taken; said once.
    fails: AtomicBool,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpError> {
        let sent = self.runtime.spawn(exchange(self.http.clone(), request)).await;
        let answer = sent.unwrap_or_else(|stopped| Err(stopped.into()));
        let why = match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(answer.status().to_string()),
            Err(error) => Some(error.to_string()),
        };
        if self.fails.swap(why.is_some(), Ordering::Relaxed) != why.is_some() {
            match why {
                Some(why) => {
                    tracing::warn!(why, "the collector takes no traces; they are lost until it does")
                }
                None => tracing::info!("the collector takes traces again"),
            }
        }
        answer
    }
}

async fn exchange(
    http: reqwest::Client,
    request: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, HttpError> {
    let mut answer = http.execute(request.try_into()?).await?;
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > MOST {
            return Err("the collector's answer is too long".into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(http::Response::builder().status(answer.status()).body(body.freeze())?)
}
