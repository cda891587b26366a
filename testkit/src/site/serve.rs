//! Serving a site.

use super::answer::{Request, Served};
use super::connection;
use super::knobs::{Fault, Knobs};
use super::log::{Hit, Log};
use super::plan::Plan;
use super::render::Origins;
use super::spec::SiteSpec;
use super::truth::Truth;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// A known web site.
pub struct Site {
    plan: Plan,
}

impl Site {
    /// Plans a site; the same spec always gives the same one.
    pub fn new(spec: SiteSpec) -> Self {
        Site { plan: Plan::new(spec) }
    }

    /// What a harvest of the site should find, if it is served at `origin` (`http://127.0.0.1:8080`).
    pub fn truth<'a>(&'a self, origin: &'a str) -> Truth<'a> {
        Truth::of(&self.plan, origin)
    }

    /// Serves the site from a listener until [`Running`] is dropped. Another host, out of scope, is
    /// served at the same address on another port.
    ///
    /// # Errors
    /// The listener has no address, or the other port cannot be had.
    pub async fn serve(self, listener: TcpListener) -> io::Result<Running> {
        let address = listener.local_addr()?;
        let other = TcpListener::bind((address.ip(), 0)).await?;
        let origins = Origins {
            here: format!("http://{address}"),
            elsewhere: format!("http://{}", other.local_addr()?),
        };
        let served = Arc::new(Served::new(self.plan, origins));
        let log = Arc::new(Log::new());
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let running = (Arc::clone(&served), Arc::clone(&log));
        tasks.spawn(accept(listener, stop.clone(), tasks.clone(), move |stream, peer| {
            let (site, log) = (Arc::clone(&running.0), Arc::clone(&running.1));
            // A connection that breaks is the client's matter.
            async move { drop(connection::serve(stream, peer, &site, &log).await) }
        }));
        let canary = Arc::clone(&log);
        tasks.spawn(accept(other, stop.clone(), tasks.clone(), move |stream, peer| {
            let log = Arc::clone(&canary);
            async move { drop(elsewhere(stream, peer, &log).await) }
        }));
        tasks.close();
        Ok(Running { address, served, log, tasks, stop: stop.clone(), _guard: stop.drop_guard() })
    }

    /// Serves the site on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start(self) -> io::Result<Running> {
        self.serve(TcpListener::bind(("127.0.0.1", 0)).await?).await
    }
}

async fn accept<F, Fut>(listener: TcpListener, stop: CancellationToken, tasks: TaskTracker, serve: F)
where
    F: Fn(tokio::net::TcpStream, SocketAddr) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (stop, work) = (stop.clone(), serve(stream, peer));
                tasks.spawn(async move {
                    tokio::select! { () = stop.cancelled() => {}, () = work => {} }
                });
            }
            // Out of files, say: let others run before the next try.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

/// The other host: it logs every request and answers 204.
async fn elsewhere(mut stream: tokio::net::TcpStream, peer: SocketAddr, log: &Log) -> io::Result<()> {
    use tokio::io::AsyncWriteExt;
    let mut buffer = bytes::BytesMut::new();
    while let Some(received) = connection::read(&mut stream, &mut buffer).await? {
        let Request { target, user_agent, .. } = received.request;
        log.push(Hit { at_us: log.now_us(), target, status: 204, user_agent, peer, elsewhere: true });
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
    }
    Ok(())
}

/// A site that is being served. It stops when this is dropped.
pub struct Running {
    address: SocketAddr,
    served: Arc<Served>,
    log: Arc<Log>,
    tasks: TaskTracker,
    stop: CancellationToken,
    _guard: DropGuard,
}

impl Running {
    /// Where it is served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:8080`.
    pub fn origin(&self) -> &str {
        &self.served.origins.here
    }

    /// The origin of the other host, which is out of scope.
    pub fn elsewhere(&self) -> &str {
        &self.served.origins.elsewhere
    }

    /// The URL of a target: `running.url("/")`.
    pub fn url(&self, target: &str) -> String {
        format!("{}{target}", self.origin())
    }

    /// The access log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// What a harvest of the site should find.
    pub fn truth(&self) -> Truth<'_> {
        Truth::of(&self.served.plan, self.origin())
    }

    /// Changes knobs.
    pub fn turn(&self, change: impl FnOnce(&mut Knobs)) {
        change(&mut self.served.knobs.lock());
    }

    /// Lets something go wrong at a target, in its canonical spelling.
    pub fn fault(&self, target: &str, fault: Fault) {
        self.turn(|knobs| drop(knobs.faults.insert(target.to_owned(), fault)));
    }

    /// Prepares all answers now and not when they are asked for. Takes about 1 ms a page.
    pub fn prepare(&self) {
        self.served.prepare();
    }

    /// Forgets the log, and who has asked for what, so that another crawl finds the site as new.
    pub fn reset(&self) {
        self.served.forget();
        self.log.clear();
    }

    /// Stops, and waits until every connection is closed.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}
