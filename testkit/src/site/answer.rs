//! What the site answers to a request.

use super::knobs::{FaultKind, Knobs};
use super::messy::{robots, sitemaps};
use super::plan::{Plan, Turn};
use super::render::{self, Origins};
use super::reply::{Draft, Reply};
use super::resource::{Resource, resolve};
use super::target::canonical;
use super::transfer::Coding;
use parking_lot::{Mutex, RwLock};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// What of a request matters to the site.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub target: String,
    pub accept_encoding: String,
    pub cookie: String,
    pub user_agent: String,
    pub head_only: bool,
    pub close: bool,
}

/// What the site does with a request.
pub(crate) enum Action {
    Send(Reply),
    /// The connection is closed without a word.
    Hang,
    /// What is done at `/__bad/NAME`.
    Misbehave(String),
}

/// A site that is being served.
pub(crate) struct Served {
    pub plan: Plan,
    pub origins: Origins,
    pub knobs: Mutex<Knobs>,
    /// Pages that have had their first turn.
    begun: Mutex<HashSet<u32>>,
    prepared: RwLock<Prepared>,
}

/// Answers that are ready, up to a number of bytes.
#[derive(Default)]
struct Prepared {
    replies: HashMap<(u32, Coding), Reply>,
    bytes: usize,
}

/// The cookie that opens a wall.
const WALL: &str = "wall=open";

impl Served {
    pub(crate) fn new(plan: Plan, origins: Origins) -> Self {
        Served {
            plan,
            origins,
            knobs: Mutex::default(),
            begun: Mutex::default(),
            prepared: RwLock::default(),
        }
    }

    /// Forgets who has asked for what, so that another crawl finds the site as new.
    pub(crate) fn forget(&self) {
        self.begun.lock().clear();
    }

    /// Prepares every page's usual answer, as far as the memory goes, on all processors.
    pub(crate) fn prepare(&self) {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        std::thread::scope(|scope| {
            for first in 0..threads {
                scope.spawn(move || {
                    for (page, i) in self.plan.pages.iter().zip(0u32..).skip(first).step_by(threads) {
                        self.page(i, page.coding);
                    }
                });
            }
        });
    }

    pub(crate) fn answer(&self, request: &Request) -> Action {
        let (fault, latency) = {
            let mut knobs = self.knobs.lock();
            let fault =
                if knobs.faults.is_empty() { None } else { knobs.take_fault(&canonical(&request.target)) };
            (fault, knobs.latency())
        };
        let mut late = latency;
        match fault {
            None => {}
            Some(FaultKind::Close) => return Action::Hang,
            Some(FaultKind::Bad(name)) => return Action::Misbehave(name),
            Some(FaultKind::Late(ms)) => late += Duration::from_millis(ms),
            Some(FaultKind::Status(status)) => {
                return Action::Send(Draft { status, ..Draft::default() }.seal());
            }
            Some(FaultKind::RetryAfter(status, seconds)) => return Action::Send(retry(status, seconds)),
        }
        let mut reply = match resolve(&self.plan, &request.target) {
            Resource::Page(i) => self.turn(i, request),
            other => self.other(other, request).seal(),
        };
        reply.delay += late;
        Action::Send(reply)
    }

    /// A page, after what it does the first time.
    fn turn(&self, i: u32, request: &Request) -> Reply {
        let page = self.plan.page(i);
        let first = page.turn != Turn::None && self.begun.lock().insert(i);
        let coding = page.coding.agreed(&request.accept_encoding);
        match page.turn {
            Turn::Fails if first => Draft { status: 500, ..Draft::html("<h1>Oops</h1>".to_owned()) }.seal(),
            Turn::Busy if first => retry(429, 1),
            Turn::Wall if !request.cookie.split("; ").any(|cookie| cookie == WALL) => {
                let mut draft = Draft::redirect(302, page.target.clone());
                draft.headers.push(("Set-Cookie", format!("{WALL}; Path=/; HttpOnly; SameSite=Lax")));
                draft.seal()
            }
            Turn::Slow => Reply { delay: Duration::from_millis(400), ..self.page(i, coding) },
            _ => self.page(i, coding),
        }
    }

    /// A page's usual answer.
    fn page(&self, i: u32, coding: Coding) -> Reply {
        if let Some(reply) = self.prepared.read().replies.get(&(i, coding)) {
            return reply.clone();
        }
        let page = self.plan.page(i);
        let draft = Draft {
            content_type: page.charset.content_type(),
            body: render::page(&self.plan, &self.origins, i),
            coding,
            framing: page.framing,
            ..Draft::default()
        };
        let reply = draft.seal();
        let mut prepared = self.prepared.write();
        if prepared.bytes + reply.wire.len() <= self.plan.spec.cache_bytes {
            prepared.bytes += reply.wire.len();
            if let Some(old) = prepared.replies.insert((i, coding), reply.clone()) {
                prepared.bytes -= old.wire.len();
            }
        }
        reply
    }

    fn other(&self, resource: Resource, request: &Request) -> Draft<'static> {
        let origin = &self.origins.here;
        match resource {
            Resource::Redirect { status, absolute, to } => {
                Draft::redirect(status, if absolute { format!("{origin}{to}") } else { to })
            }
            Resource::Away => Draft::redirect(301, format!("{}/away", self.origins.elsewhere)),
            Resource::Refresh(i) => Draft::html(render::refresh(&self.plan, i)),
            Resource::Robots => self.robots(),
            Resource::Sitemap(name) => self.sitemap(name),
            Resource::Trap => Draft::html(render::trap(&canonical(&request.target))),
            Resource::Denied => Draft::html(render::denied()),
            Resource::Gone => {
                let status = if request.target.ends_with(['0', '2', '4', '6', '8']) { 404 } else { 410 };
                Draft { status, ..Draft::html("<h1>Gone</h1>".to_owned()) }
            }
            Resource::File => {
                Draft { content_type: "image/jpeg", body: vec![0xFF, 0xD8, 0xFF, 0xE0], ..Draft::default() }
            }
            Resource::Note if request.target.ends_with(".json") => Draft {
                content_type: "application/json",
                body: b"{\"a\": \"<a href='/phantom/json'>x</a>\"}".to_vec(),
                ..Draft::default()
            },
            Resource::Note => Draft {
                content_type: "text/plain; charset=utf-8",
                body: b"No <a href='/phantom/text'>link</a> in a text.\n".to_vec(),
                ..Draft::default()
            },
            Resource::Page(_) | Resource::Phantom | Resource::Nothing => {
                Draft { status: 404, ..Draft::html("<h1>Nothing here</h1>".to_owned()) }
            }
        }
    }

    fn robots(&self) -> Draft<'static> {
        let knob = self.knobs.lock().robots.clone();
        let text = knob.text.unwrap_or_else(|| {
            let messy = self.plan.messy();
            let mut text = if messy { robots::RULES } else { "User-agent: *\nDisallow:\n" }.to_owned();
            if let Some(delay) = knob.crawl_delay {
                text.push_str(&format!("Crawl-delay: {delay}\n"));
            }
            if messy {
                text.push_str(&format!("\nsitemap: {}{}\n", self.origins.here, sitemaps::INDEX));
            }
            text
        });
        Draft {
            status: knob.status.unwrap_or(200),
            content_type: "text/plain",
            body: text.into_bytes(),
            ..Draft::default()
        }
    }

    fn sitemap(&self, name: &str) -> Draft<'static> {
        let Origins { here, elsewhere } = &self.origins;
        let list = |second| sitemaps::list(&self.plan, here, elsewhere, second).into_bytes();
        let xml = |body| Draft { content_type: "application/xml", body, ..Draft::default() };
        match name {
            sitemaps::INDEX => xml(sitemaps::index(here).into_bytes()),
            sitemaps::SECOND => xml(list(true)),
            // The file itself is gzip; nothing in the head says so.
            _ => match Coding::Gzip.encode(list(false)) {
                Ok(body) => Draft {
                    content_type: "application/octet-stream",
                    body: body.to_vec(),
                    ..Draft::default()
                },
                Err(_) => Draft { status: 500, ..Draft::default() },
            },
        }
    }
}

fn retry(status: u16, seconds: u64) -> Reply {
    Draft { status, headers: vec![("Retry-After", seconds.to_string())], ..Draft::default() }.seal()
}
