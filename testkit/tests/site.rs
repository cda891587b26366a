//! A small crawler that keeps to the standards finds all of the site's truth, and nothing else.

use flate2::read::GzDecoder;
use scraper::{Html, Selector};
use serde_json::{Value, json};
use std::collections::{HashSet, VecDeque};
use std::io::Read;
use testkit::site::{Compare, Fault, FaultKind, Never, Running, Site, SiteSpec, check};
use url::Url;

struct Page {
    url: Url,
    status: u16,
    content_type: String,
    body: Vec<u8>,
}

struct Crawler<'a> {
    client: reqwest::Client,
    site: &'a Running,
    seen: HashSet<String>,
    queue: VecDeque<String>,
    records: String,
}

fn client() -> reqwest::Client {
    // The workspace's reqwest brings no TLS provider. Only the first call chooses.
    let _chosen = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

async fn get(client: &reqwest::Client, url: &str, cookie: Option<&str>) -> (Page, Option<String>) {
    let mut request = client.get(url).header("Accept-Encoding", "gzip");
    if let Some(cookie) = cookie {
        request = request.header("Cookie", cookie);
    }
    let answer = request.send().await.unwrap();
    let header =
        |name: &str| answer.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let (location, coded) = (header("location"), header("content-encoding") == "gzip");
    let (url, status) = (answer.url().clone(), answer.status().as_u16());
    let content_type = header("content-type");
    let mut body = answer.bytes().await.unwrap().to_vec();
    if coded {
        let mut plain = Vec::new();
        GzDecoder::new(body.as_slice()).read_to_end(&mut plain).unwrap();
        body = plain;
    }
    let location = (300..400).contains(&status).then_some(location);
    (Page { url, status, content_type, body }, location)
}

/// By byte order mark, header, or the first `charset=` of the head.
fn decode(page: &Page) -> String {
    let label_in = |text: &str| {
        let at = text.to_lowercase().find("charset=")? + 8;
        let label = text[at..].trim_start_matches(['"', '\'']);
        let end = label.find(|c: char| "\"'>; /".contains(c)).unwrap_or(label.len());
        encoding_rs::Encoding::for_label(&label.as_bytes()[..end])
    };
    let start = String::from_utf8_lossy(&page.body[..page.body.len().min(1024)]).into_owned();
    let encoding =
        label_in(&page.content_type).or_else(|| label_in(&start)).unwrap_or(encoding_rs::WINDOWS_1252);
    encoding.decode(&page.body).0.into_owned()
}

fn text(html: &Html, css: &str) -> Option<String> {
    let element = html.select(&Selector::parse(css).unwrap()).next()?;
    Some(element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" "))
}

fn attribute(html: &Html, css: &str, name: &str) -> Option<String> {
    html.select(&Selector::parse(css).unwrap()).next()?.attr(name).map(str::to_owned)
}

impl<'a> Crawler<'a> {
    fn new(site: &'a Running) -> Self {
        Crawler {
            client: client(),
            site,
            seen: HashSet::new(),
            queue: VecDeque::new(),
            records: String::new(),
        }
    }

    /// Wants a URL, unless the site's own truth says that it must not be fetched.
    fn want(&mut self, url: &Url) {
        let Some(target) = url.as_str().strip_prefix(self.site.origin()) else { return };
        let truth = self.site.truth();
        if truth.never(target) == Some(Never::Denied) || target.matches("a/b").count() > 3 {
            return;
        }
        // One page has one key here, so that the two spellings of a page are one.
        let key = truth.page_at(target).map_or_else(
            || target.split('#').next().unwrap().replace("?utm_source=mail&utm_medium=x&gclid=Ab-1", ""),
            |i| format!("page {i}"),
        );
        let key = key.replace("%67", "g").replace("%68", "h").replace("%6d", "m").replace("%6D", "m");
        if self.seen.insert(key) {
            self.queue.push_back(url.to_string());
        }
    }

    async fn crawl(&mut self) {
        self.sitemaps().await;
        self.want(&Url::parse(&self.site.url("/")).unwrap());
        let (mut done, limit) = (0, self.site.truth().len() * 3);
        while let Some(url) = self.queue.pop_front() {
            done += 1;
            assert!(done < limit, "a trap");
            if url.contains("/calendar/2027") || url.contains("/session/") || url.matches("&f").count() > 5 {
                continue;
            }
            let (mut page, mut location) = get(&self.client, &url, Some("wall=open")).await;
            if page.status == 500 || page.status == 429 {
                (page, location) = get(&self.client, &url, Some("wall=open")).await;
            }
            if let Some(location) = location {
                self.want(&page.url.join(&location).unwrap());
            } else if page.content_type.starts_with("text/html") && page.status == 200 {
                self.parse(&page);
            }
        }
    }

    async fn sitemaps(&mut self) {
        let (robots, _) = get(&self.client, &self.site.url("/robots.txt"), None).await;
        let robots = String::from_utf8_lossy(&robots.body).into_owned();
        let mut maps: Vec<String> =
            robots.lines().filter_map(|line| line.strip_prefix("sitemap: ")).map(str::to_owned).collect();
        while let Some(map) = maps.pop() {
            let (mut page, _) = get(&self.client, &map, None).await;
            if page.body.starts_with(&[0x1f, 0x8b]) {
                let mut plain = Vec::new();
                GzDecoder::new(page.body.as_slice()).read_to_end(&mut plain).unwrap();
                page.body = plain;
            }
            let xml = String::from_utf8(page.body).unwrap();
            let xml = xml.split("<!--").next().unwrap();
            for loc in xml.split("<loc>").skip(1).filter_map(|rest| rest.split("</loc>").next()) {
                let loc = loc.trim().replace("&amp;", "&");
                if xml.contains("<sitemapindex") {
                    maps.push(loc);
                } else {
                    self.want(&Url::parse(&loc).unwrap());
                }
            }
        }
    }

    fn parse(&mut self, page: &Page) {
        let source = decode(page);
        // Without scripts, as a crawler reads: what is in `noscript` counts.
        let source = source.replace("<noscript>", "").replace("</noscript>", "");
        let html = Html::parse_document(&source);
        let base = attribute(&html, "base[href]", "href")
            .and_then(|href| page.url.join(&href).ok())
            .unwrap_or_else(|| page.url.clone());
        for element in html.select(&Selector::parse("a[href], area[href]").unwrap()) {
            if element.attr("rel").is_some_and(|rel| rel.to_lowercase().contains("nofollow")) {
                continue;
            }
            if let Ok(url) = base.join(element.attr("href").unwrap()) {
                self.want(&url);
            }
        }
        if let Some(content) = attribute(&html, "meta[http-equiv=Refresh]", "content") {
            let (_, to) = content.split_once([';', ',']).unwrap();
            let to = to.trim();
            let to = if to.to_lowercase().starts_with("url") { to.split_once('=').unwrap().1 } else { to };
            self.want(&base.join(to.trim().trim_matches(['\'', '"'])).unwrap());
        }
        let Some(name) = text(&html, "h1.product-name") else { return };
        let price: String =
            text(&html, ".price").unwrap().chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
        let record = json!({
            "name": name, "price": price.trim_end_matches('.').parse::<f64>().unwrap(),
            "sku": text(&html, "[itemprop=sku]"), "brand": text(&html, "a.brand"),
            "rating": attribute(&html, ".rating", "data-rating").unwrap().parse::<f64>().unwrap(),
            "stock": attribute(&html, ".stock", "data-available").unwrap() == "yes",
            "category": text(&html, ".category"), "description": text(&html, ".description"),
            "url": page.url.as_str(),
        });
        let json_ld = html.select(&Selector::parse("script[type='application/ld+json']").unwrap()).next();
        let json_ld: Value = serde_json::from_str(&json_ld.unwrap().text().collect::<String>()).unwrap();
        let index = self.site.truth().page_at(page.url.as_str()).unwrap();
        assert_eq!(Some(json_ld), self.site.truth().page(index).json_ld);
        self.records.push_str(&format!("{record}\n"));
    }
}

async fn harvest(spec: SiteSpec) -> (Running, String) {
    let site = Site::new(spec).start().await.unwrap();
    let mut crawler = Crawler::new(&site);
    crawler.crawl().await;
    let records = crawler.records;
    (site, records)
}

#[tokio::test]
async fn a_clean_site_is_found_whole() {
    let (site, records) = harvest(SiteSpec { page_bytes: 5_000, ..SiteSpec::clean(300) }).await;
    let verdict =
        site.log().with(|hits| check(&site.truth(), Some(records.as_bytes()), hits, Compare::Typed)).unwrap();
    assert!(verdict.is_perfect(), "{verdict}");
    assert_eq!((verdict.pages_expected, verdict.records_expected), (300, 299));
}

#[tokio::test]
async fn a_messy_site_is_found_whole() {
    let (site, records) =
        harvest(SiteSpec { links_per_page: 20, page_bytes: 5_000, ..SiteSpec::messy(600) }).await;
    let verdict =
        site.log().with(|hits| check(&site.truth(), Some(records.as_bytes()), hits, Compare::Typed)).unwrap();
    assert!(verdict.is_perfect(), "{verdict}");
    assert!(verdict.pages_expected > 580 && verdict.trap_fetched > 10, "{verdict}");
}

#[tokio::test]
async fn the_judge_sees_what_is_wrong() {
    let (site, records) = harvest(SiteSpec::clean(50)).await;
    let mut lines: Vec<String> = records.lines().map(str::to_owned).collect();
    lines[0] = lines[0].replace("\"stock\":true", "\"stock\":1").replace("\"stock\":false", "\"stock\":0");
    lines.push(lines[1].clone());
    lines.push(lines[1].replace("/products/", "/nowhere/"));
    lines.remove(2);
    get(&client(), &site.url("/nothing"), None).await;
    get(&client(), &site.url("/"), None).await;
    get(&client(), &format!("{}/x", site.elsewhere()), None).await;
    let records = lines.join("\n");
    let verdict =
        site.log().with(|hits| check(&site.truth(), Some(records.as_bytes()), hits, Compare::Typed)).unwrap();
    let lists = [
        (&verdict.lost, 0),
        (&verdict.wrong_records, 1),
        (&verdict.duplicated, 1),
        (&verdict.unexpected, 1),
        (&verdict.missing_records, 1),
        (&verdict.fetched_twice, 1),
        (&verdict.unknown_fetched, 1),
        (&verdict.out_of_scope_fetched, 1),
    ];
    for (list, count) in lists {
        assert_eq!(list.len(), count, "{verdict}");
    }
    assert!(!verdict.is_perfect());
}

#[tokio::test]
async fn faults_the_log_and_the_truth_are_at_hand() {
    let site = Site::new(SiteSpec::clean(20)).start().await.unwrap();
    site.fault("/", Fault { kind: FaultKind::RetryAfter(503, 7), times: Some(1) });
    site.turn(|knobs| knobs.robots.crawl_delay = Some(2.5));
    let client = client();
    let mut seen = Vec::new();
    for _ in 0..2 {
        seen.push(get(&client, &site.url("/"), None).await.0.status);
    }
    assert_eq!(seen, [503, 200]);
    let robots = get(&client, &site.url("/robots.txt"), None).await.0;
    assert!(String::from_utf8(robots.body).unwrap().contains("Crawl-delay: 2.5"));
    let log: Value = serde_json::from_slice(&get(&client, &site.url("/__log"), None).await.0.body).unwrap();
    assert_eq!(log.as_array().unwrap().len(), 3);
    let truth = get(&client, &site.url("/__truth"), None).await.0.body;
    assert_eq!(String::from_utf8(truth).unwrap().lines().count(), 20);
    let knobs = client.post(site.url("/__knobs")).body(r#"{"faults":{"/":{"kind":"close"}}}"#);
    assert_eq!(knobs.send().await.unwrap().status(), 200);
    assert!(client.get(site.url("/")).send().await.is_err());
    get(&client, &site.url("/__reset"), None).await;
    assert!(site.log().is_empty());
    site.stop().await;
}

#[tokio::test]
async fn the_site_knows_how_to_misbehave() {
    let site = Site::new(SiteSpec::clean(2)).start().await.unwrap();
    let client = client();
    let open = |name: &str| client.get(site.url(&format!("/__bad/{name}"))).send();
    assert_eq!(open("ok").await.unwrap().status(), 200);
    assert_eq!(open("redirect-31").await.unwrap().headers()["location"], "/__bad/redirect-30");
    assert_eq!(open("no-such-thing").await.unwrap().status(), 404);
    for name in ["close", "half-head", "garbage", "two-lengths", "negative-length", "many-headers"] {
        assert!(open(name).await.is_err(), "{name}");
    }
    for name in ["truncated", "truncated-chunked", "bad-chunk"] {
        assert!(open(name).await.unwrap().bytes().await.is_err(), "{name}");
    }
    let mut endless = open("endless").await.unwrap();
    for _ in 0..10 {
        assert!(endless.chunk().await.unwrap().is_some());
    }
}
