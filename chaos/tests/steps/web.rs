//! A web of a few pages that follows from a seed, and who asked for what.

use chaos::dice::Dice;
use shared::clock::Timestamp;
use std::collections::{BTreeMap, HashMap};
use url::Url;

/// What stands at a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// A page.
    Plain,
    /// 404.
    Gone,
    /// 503 so often, then a page.
    Fails(u32),
    /// A redirect to this host's page.
    Moved(u64, u64),
}

/// A place: host and page.
pub type At = (u64, u64);

/// The web of one seed.
pub struct Web {
    seed: u64,
    pub hosts: u64,
    pages: u64,
    /// Requests in their order.
    pub hits: Vec<(Timestamp, At)>,
    asked: HashMap<At, u32>,
}

impl Web {
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::of(seed, 11);
        let (hosts, pages) = (1 + dice.below(2), 2 + dice.below(5));
        Web { seed, hosts, pages, hits: Vec::new(), asked: HashMap::new() }
    }

    /// The URL of a place.
    pub fn url(&self, (host, page): At) -> String {
        format!("http://h{host}.s{}.example/{page}", self.seed)
    }

    /// The place of a URL.
    pub fn at(url: &str) -> At {
        let url = Url::parse(url).expect("a URL of ours");
        let host = url.host_str().and_then(|name| name[1..].split('.').next()?.parse().ok());
        (host.expect("a host of ours"), url.path()[1..].parse().expect("a page of ours"))
    }

    pub fn page(&self, (host, page): At) -> Page {
        let mut dice = Dice::of(self.seed, 1_000 * (host + 1) + page);
        match dice.below(20) {
            _ if page == 0 => Page::Plain,
            _ if page >= self.pages => Page::Gone,
            0..2 => Page::Gone,
            2..5 => Page::Fails(1 + dice.below(2) as u32),
            5..7 => Page::Moved(dice.below(self.hosts), dice.below(self.pages)),
            _ => Page::Plain,
        }
    }

    fn links(&self, (host, page): At) -> Vec<At> {
        let mut dice = Dice::of(self.seed, 1_000_000 * (host + 1) + page);
        let mut links: Vec<At> =
            (1..=2).map(|n| (host, page * 2 + n)).filter(|(_, page)| *page < self.pages).collect();
        links.push((dice.below(self.hosts), dice.below(self.pages)));
        links
    }

    /// Every page that is reached from the hosts' first ones.
    pub fn truth(&self) -> BTreeMap<At, Page> {
        let mut found = BTreeMap::new();
        let mut open: Vec<At> = (0..self.hosts).map(|host| (host, 0)).collect();
        while let Some(at) = open.pop() {
            let page = self.page(at);
            if found.insert(at, page).is_some() {
                continue;
            }
            match page {
                Page::Moved(host, page) => open.push((host, page)),
                Page::Plain | Page::Fails(_) => open.extend(self.links(at)),
                Page::Gone => {}
            }
        }
        found
    }

    /// What stands on a page for the record.
    pub fn name((host, page): At) -> String {
        format!("h{host}p{page}")
    }

    /// Somebody asks: the status, where a redirect leads, and the body.
    pub fn ask(&mut self, now: Timestamp, at: At) -> (u16, Option<String>, String) {
        self.hits.push((now, at));
        let asked = self.asked.entry(at).or_default();
        *asked += 1;
        match self.page(at) {
            Page::Gone => (404, None, String::new()),
            Page::Fails(times) if self.asked[&at] <= times => (503, None, String::new()),
            Page::Moved(host, page) => (302, Some(self.url((host, page))), String::new()),
            Page::Plain | Page::Fails(_) => {
                let links = self.links(at).into_iter().map(|at| format!("<a href='{}'>x</a>", self.url(at)));
                (200, None, format!("<!doctype html><h1>{}</h1>{}", Web::name(at), links.collect::<String>()))
            }
        }
    }
}
