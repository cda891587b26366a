//! A small web that exists in memory only: what stands where, what happens when it is asked, and what
//! a harvest should find.

use bytes::Bytes;
use chaos::dice::Dice;
use egress::Answers;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, Response, StatusCode};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use url::Url;

/// What stands at a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// A page.
    Plain,
    /// 404.
    Gone,
    /// This status so often, then a page.
    Fails(u16, u32),
    /// No answer at first, then a page.
    Silent,
    /// A redirect to this host's page.
    Moved(u64, u64),
    /// What robots.txt denies where it has rules.
    Private,
}

/// What a host says when it is asked for its robots.txt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Robots {
    /// 404.
    None,
    /// Rules.
    Rules,
    /// 503 at first, then rules.
    Later,
}

/// A request, as the web saw it.
#[derive(Clone, Debug)]
pub struct Hit {
    pub at: Instant,
    /// When it was answered, or given up.
    pub over: Option<Instant>,
    pub host: u64,
    pub path: String,
}

/// The web of one seed.
pub struct Web {
    seed: u64,
    pub hosts: u64,
    pages: u64,
    asked: Mutex<HashMap<(u64, String), u32>>,
    pub hits: Mutex<Vec<Hit>>,
}

impl Web {
    pub fn of(seed: u64) -> Arc<Self> {
        let mut dice = Dice::of(seed, 1);
        let (hosts, pages) = (1 + dice.below(3), 3 + dice.below(10));
        Arc::new(Web { seed, hosts, pages, asked: Mutex::default(), hits: Mutex::default() })
    }

    pub fn origin(host: u64) -> String {
        format!("http://h{host}.example.com")
    }

    pub fn robots(&self, host: u64) -> Robots {
        Dice::of(self.seed, 100 + host).pick(&[Robots::None, Robots::Rules, Robots::Rules, Robots::Later])
    }

    fn page(&self, host: u64, page: u64) -> Page {
        let mut dice = Dice::of(self.seed, 1_000 * (host + 1) + page);
        match dice.below(20) {
            _ if page == 0 => Page::Plain,
            0..2 => Page::Gone,
            2 => Page::Fails(500, 1),
            3..5 => Page::Fails(503, 1 + dice.below(2) as u32),
            5 => Page::Silent,
            6..8 => Page::Moved(dice.below(self.hosts), dice.below(self.pages)),
            _ => Page::Plain,
        }
    }

    fn links(&self, host: u64, page: u64) -> Vec<String> {
        let mut dice = Dice::of(self.seed, 1_000_000 * (host + 1) + page);
        let mut links: Vec<String> =
            (1..=3).map(|n| page * 3 + n).filter(|n| *n < self.pages).map(|n| format!("/{n}")).collect();
        links.push(format!("{}/{}", Web::origin(dice.below(self.hosts)), dice.below(self.pages)));
        if dice.chance(20) {
            links.push(format!("/private/{page}"));
        }
        links
    }

    fn at(&self, host: u64, path: &str) -> Page {
        match path[1..].parse() {
            Ok(page) if page < self.pages => self.page(host, page),
            _ if path.starts_with("/private/") => Page::Private,
            _ => Page::Gone,
        }
    }

    /// Every page that is reached from these hosts' first pages, within them.
    pub fn truth(&self, hosts: &[u64]) -> BTreeMap<(u64, String), Page> {
        let mut found = BTreeMap::new();
        let mut open: Vec<(u64, String)> = hosts.iter().map(|host| (*host, "/0".to_owned())).collect();
        while let Some((host, path)) = open.pop() {
            if !hosts.contains(&host) || found.contains_key(&(host, path.clone())) {
                continue;
            }
            let page = self.at(host, &path);
            found.insert((host, path.clone()), page);
            match page {
                Page::Moved(to, page) => open.push((to, format!("/{page}"))),
                Page::Plain | Page::Fails(..) | Page::Silent => {
                    let base = Url::parse(&format!("{}{path}", Web::origin(host))).unwrap();
                    let links = path[1..].parse().map(|page| self.links(host, page)).unwrap_or_default();
                    open.extend(links.iter().map(|link| place(&base.join(link).unwrap())));
                }
                Page::Gone | Page::Private => {}
            }
        }
        found
    }

    /// What stands on a page for the record.
    pub fn name(host: u64, path: &str) -> String {
        format!("h{host}{path}")
    }

    /// The way out that leads here.
    pub fn answers(self: &Arc<Self>) -> Answers {
        let web = self.clone();
        Arc::new(move |url: Url, _: HeaderMap| {
            let web = web.clone();
            Box::pin(async move { web.answer(&url).await })
        })
    }

    async fn answer(&self, url: &Url) -> Response<Bytes> {
        let (host, path) = place(url);
        let before = {
            let mut asked = self.asked.lock();
            let count = asked.entry((host, path.clone())).or_default();
            *count += 1;
            *count - 1
        };
        let hit = Hit { at: Instant::now(), over: None, host, path: path.clone() };
        let place = {
            let mut hits = self.hits.lock();
            hits.push(hit);
            hits.len() - 1
        };
        let _over = Over { web: self, place };
        sleep(Duration::from_millis(5 + Dice::of(self.seed, 7 + place as u64).below(60))).await;
        if path == "/robots.txt" {
            return match self.robots(host) {
                Robots::None => status(404),
                Robots::Later if before == 0 => status(503),
                _ => text("text/plain", "User-agent: *\nDisallow: /private/\n".into()),
            };
        }
        match self.at(host, &path) {
            Page::Fails(code, times) if before < times => status(code),
            Page::Silent if before == 0 => std::future::pending().await,
            Page::Moved(to, page) => Response::builder()
                .status(302)
                .header(LOCATION, format!("{}/{page}", Web::origin(to)))
                .body(Bytes::new())
                .unwrap(),
            Page::Gone => status(404),
            _ => text("text/html", self.html(host, &path)),
        }
    }

    fn html(&self, host: u64, path: &str) -> String {
        let links = path[1..].parse().map(|page| self.links(host, page)).unwrap_or_default();
        let links: String = links.iter().map(|link| format!("<a href='{link}'>x</a>")).collect();
        format!("<!doctype html><title>t</title><h1>{}</h1>{links}", Web::name(host, path))
    }
}

/// Notes the end of a request, also of one that was given up.
struct Over<'a> {
    web: &'a Web,
    place: usize,
}

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.web.hits.lock()[self.place].over = Some(Instant::now());
    }
}

/// Host number and path of a URL.
pub fn place(url: &Url) -> (u64, String) {
    let name = url.host_str().unwrap_or_default();
    let host = name.trim_start_matches('h').split('.').next().and_then(|n| n.parse().ok());
    (host.unwrap_or(u64::MAX), url.path().to_owned())
}

fn status(code: u16) -> Response<Bytes> {
    Response::builder().status(StatusCode::from_u16(code).unwrap()).body(Bytes::new()).unwrap()
}

fn text(kind: &str, body: String) -> Response<Bytes> {
    Response::builder().header(CONTENT_TYPE, kind).body(Bytes::from(body)).unwrap()
}
