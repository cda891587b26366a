//! Traces: from the request that begins a run to the parser, one trace; and a collector that is away costs nothing.
#![cfg(feature = "daemon")]

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use egress::{Egress, EgressConfig};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use service::settings::Common;
use service::telemetry::{self, LogFormat};
use service::traces::Traces;
use shared::clock::SystemClock;
use shared::ports::store::RunSelection;
use shared::ports::{Archive, Queue, Store};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testkit::site::{Running, Site, SiteSpec};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::layer::SubscriberExt;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// The trace of a client.
const CLIENTS: &str = "0af7651916cd43dd8448eb211c80319c";

/// A collector: what it took.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Span>>>);

impl Collector {
    /// Listens; its settings.
    async fn start(&self) -> Common {
        async fn take(State(all): State<Collector>, body: Bytes) {
            let request = ExportTraceServiceRequest::decode(body).unwrap();
            let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
            all.0.lock().unwrap().extend(scopes.flat_map(|scope| scope.spans));
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let otlp_endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/v1/traces", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Common { otlp_endpoint, ..Common::default() }
    }

    fn of(&self, trace: &[u8]) -> Vec<Span> {
        self.0.lock().unwrap().iter().filter(|span| span.trace_id == trace).cloned().collect()
    }
}

/// All stages in this process.
struct Stages {
    store: Arc<dyn Store>,
    api: String,
    stop: CancellationToken,
}

impl Stages {
    async fn start(folder: &Path, site: &Running) -> Self {
        let clock = Arc::new(SystemClock);
        let store = service::connect::store(&format!("sqlite://{}/x.db", folder.display()), clock.clone())
            .await
            .unwrap();
        let queue: Arc<dyn Queue> = service::connect::queue("memory://").await.unwrap();
        let archive: Arc<dyn Archive> =
            service::connect::archive(&format!("file://{}/archive", folder.display())).await.unwrap();
        let allow = vec![site.address().to_string().parse().unwrap()];
        let egress = Arc::new(Egress::new(EgressConfig { allow, ..EgressConfig::default() }));
        let stop = CancellationToken::new();
        let deps = dispatcher::Deps {
            store: store.clone(),
            queue: queue.clone(),
            clock: clock.clone(),
            egress: Some(egress.clone()),
        };
        tokio::spawn(dispatcher::run(dispatcher::Config::default(), deps, stop.clone()));
        let deps = worker::Deps {
            queue: queue.clone(),
            archive: archive.clone(),
            clock: clock.clone(),
            egress: egress.clone(),
            browser: None,
        };
        tokio::spawn(worker::run(worker::Config::default(), deps, stop.clone()));
        let deps = parser::Deps { queue: queue.clone(), archive: archive.clone(), store: store.clone() };
        tokio::spawn(parser::run(parser::Config::default(), deps, stop.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let access = api::Access::of(None, false, address, &*store).await.unwrap();
        let (check, preview) = (parser::check, Arc::new(parser::preview));
        let deps = api::Deps { store: store.clone(), archive, queue, clock, egress, check, preview };
        tokio::spawn(api::run(
            api::Config { access, ..api::Config::default() },
            deps,
            listener,
            stop.clone(),
        ));
        Stages { store, api: format!("http://{address}"), stop }
    }

    /// Harvests a site through the API; returns when the run is over.
    async fn harvest(&self, site: &Running, traceparent: Option<&str>) {
        let client = reqwest::Client::new();
        let job = format!(
            r#"{{"version": 1, "seeds": {{"urls": ["{}/"]}}, "politeness": {{"delay": "0s"}}}}"#,
            site.origin()
        );
        let mut request =
            client.post(format!("{}/v1/runs", self.api)).header("content-type", "application/json");
        if let Some(traceparent) = traceparent {
            request = request.header("traceparent", traceparent);
        }
        let answer = request.body(job).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        let run = self.store.runs(RunSelection::newest(1)).await.unwrap()[0].run;
        let over = async {
            let mut look = tokio::time::interval(Duration::from_millis(20));
            while !self.store.summary(run).await.unwrap().state.is_over() {
                look.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, over).await.expect("the run ends");
        // Reading is not worth a trace.
        let answer = client.get(format!("{}/v1/runs", self.api)).send().await.unwrap();
        assert!(answer.status().is_success());
    }
}

/// The names from a span to its trace's beginning.
fn ancestry(span: &Span, all: &[Span]) -> Vec<String> {
    let mut names = vec![span.name.clone()];
    let mut parent = &span.parent_span_id;
    while let Some(above) = all.iter().find(|other| other.span_id == *parent) {
        names.push(above.name.clone());
        parent = &above.parent_span_id;
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_and_all_that_comes_of_it_are_one_trace() {
    let (collector, folder) = (Collector::default(), tempfile::tempdir().unwrap());
    let site = Site::new(SiteSpec::clean(20)).start().await.unwrap();
    let traces = Traces::of("test", &collector.start().await).unwrap().expect("a collector is named");
    telemetry::start_with(LogFormat::Text, "warn", Some(traces.lines()));
    let stages = Stages::start(folder.path(), &site).await;
    stages.harvest(&site, None).await;
    stages.harvest(&site, Some(&format!("00-{CLIENTS}-b7ad6b7169203331-01"))).await;
    stages.harvest(&site, Some(&format!("00-{}-b7ad6b7169203331-00", CLIENTS.replace('0', "1")))).await;
    stages.stop.cancel();
    traces.end().await;

    let all = collector.0.lock().unwrap().clone();
    let requests: Vec<&Span> = all.iter().filter(|span| span.name == "POST /v1/runs").collect();
    assert_eq!(requests.len(), 2, "one of them was not to be kept");
    assert!(!all.iter().any(|span| span.name.starts_with("GET")));
    for request in requests {
        let trace = collector.of(&request.trace_id);
        let parsed: Vec<&Span> = trace.iter().filter(|span| span.name == "parse").collect();
        assert!(!parsed.is_empty());
        for span in parsed {
            assert_eq!(ancestry(span, &trace), ["parse", "segment", "lease", "offer", "POST /v1/runs"]);
        }
        let grant = trace.iter().find(|span| span.name == "grant").expect("a grant");
        assert_eq!(ancestry(grant, &trace), ["grant", "lease", "offer", "POST /v1/runs"]);
    }
    let clients: Vec<u8> =
        (0..16).map(|n| u8::from_str_radix(&CLIENTS[2 * n..2 * n + 2], 16).unwrap()).collect();
    assert!(!collector.of(&clients).is_empty(), "the client's trace goes on");
}

/// A collector that takes connections and never answers is the worst of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_says_nothing_costs_spans_and_no_time() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let otlp_endpoint = format!("http://{}", silent.local_addr().unwrap());
    let traces = Traces::of("test", &Common { otlp_endpoint, ..Common::default() }).unwrap().unwrap();
    let subscriber = tracing_subscriber::registry().with(vec![traces.lines()]);
    let begun = Instant::now();
    tracing::subscriber::with_default(subscriber, || {
        for n in 0..100_000 {
            tracing::info_span!(target: "service", "lease", n).in_scope(|| {});
        }
    });
    assert!(begun.elapsed() < PATIENCE / 2, "far more than fit into the queue: {:?}", begun.elapsed());
    let begun = Instant::now();
    traces.end().await;
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn without_a_collector_there_are_no_traces() {
    assert!(Traces::of("test", &Common::default()).unwrap().is_none());
    let wrong = Common { otlp_endpoint: "collector:4317".into(), ..Common::default() };
    assert!(Traces::of("test", &wrong).err().unwrap().to_string().contains("HARVESTMAN_OTLP_ENDPOINT"));
}
