//! The yardstick: what a harvest costs that keeps nothing. One thread fetches, inflates, parses and
//! selects; a set of strings is the frontier, and the fields are dropped.

use anyhow::{Context, Result};
use clap::Args;
use flate2::read::GzDecoder;
use futures::stream::{FuturesUnordered, StreamExt};
use scraper::{Html, Selector};
use serde_json::{Map, Value};
use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::PathBuf;
use testkit::site::FIELDS;
use url::Url;

/// Harvests a site with a bare loop.
#[derive(Args)]
pub struct Bare {
    /// Where to begin.
    url: Url,
    /// Requests under way.
    #[arg(long, default_value_t = 16)]
    concurrency: usize,
    /// Keep the records after all, as text, so that they can be judged.
    #[arg(long)]
    out: Option<PathBuf>,
}

struct Selectors {
    link: Selector,
    /// Name, selector, and the attribute where it is not the text.
    fields: Vec<(&'static str, Selector, Option<String>)>,
}

impl Selectors {
    fn new() -> Result<Self> {
        let parse = |css: &str| Selector::parse(css).map_err(|e| anyhow::anyhow!("{css}: {e}"));
        let field = |(name, short, _): &(&'static str, &str, _)| {
            let (css, attribute) = match short.rsplit_once('@') {
                Some((css, attribute)) => (css, Some(attribute.to_owned())),
                None => (*short, None),
            };
            Ok((*name, parse(css)?, attribute))
        };
        Ok(Selectors { link: parse("a[href]")?, fields: FIELDS.iter().map(field).collect::<Result<_>>()? })
    }

    fn record(&self, document: &Html) -> Map<String, Value> {
        let mut record = Map::new();
        for (name, selector, attribute) in &self.fields {
            if let Some(element) = document.select(selector).next() {
                let text = match attribute {
                    Some(attribute) => element.attr(attribute).unwrap_or_default().to_owned(),
                    None => element.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" "),
                };
                record.insert((*name).to_owned(), text.into());
            }
        }
        record
    }
}

impl Bare {
    /// Harvests, and says how much there was.
    #[tokio::main(flavor = "current_thread")]
    pub async fn run(self) -> Result<()> {
        let selectors = Selectors::new()?;
        let client = reqwest::Client::new();
        let origin = self.url.origin();
        let mut out = self.out.as_ref().map(File::create).transpose()?.map(BufWriter::new);
        let mut seen: HashSet<String> = HashSet::from([self.url.to_string()]);
        let mut queue: VecDeque<Url> = VecDeque::from([self.url.clone()]);
        let mut under_way = FuturesUnordered::new();
        let (mut pages, mut records) = (0u64, 0u64);
        loop {
            while under_way.len() < self.concurrency
                && let Some(url) = queue.pop_front()
            {
                under_way.push(fetch(&client, url));
            }
            let Some(fetched) = under_way.next().await else { break };
            let Ok(Some((url, body))) = fetched else { continue };
            let html = String::from_utf8_lossy(&body);
            let document = Html::parse_document(&html);
            pages += 1;
            let mut record = selectors.record(&document);
            records += u64::from(!record.is_empty());
            if let Some(out) = out.as_mut().filter(|_| !record.is_empty()) {
                record.insert("url".to_owned(), url.as_str().into());
                serde_json::to_writer(&mut *out, &record)?;
                out.write_all(b"\n")?;
            }
            for link in document.select(&selectors.link) {
                let Ok(mut target) = url.join(link.attr("href").unwrap_or_default()) else { continue };
                target.set_fragment(None);
                if target.origin() == origin && !seen.contains(target.as_str()) {
                    seen.insert(target.to_string());
                    queue.push_back(target);
                }
            }
        }
        if let Some(mut out) = out {
            out.flush()?;
        }
        writeln!(std::io::stdout(), "{pages} pages, {records} records")?;
        Ok(())
    }
}

/// A page's final URL and inflated body; None where there is no page.
async fn fetch(client: &reqwest::Client, url: Url) -> Result<Option<(Url, Vec<u8>)>> {
    let answer = client.get(url).header("accept-encoding", "gzip").send().await?;
    let url = answer.url().clone();
    if !answer.status().is_success() {
        return Ok(None);
    }
    let coded = answer.headers().get("content-encoding").is_some_and(|coding| coding == "gzip");
    let body = answer.bytes().await?;
    if !coded {
        return Ok(Some((url, body.to_vec())));
    }
    let mut plain = Vec::with_capacity(body.len() * 4);
    GzDecoder::new(&body[..]).read_to_end(&mut plain).context("the body is no gzip")?;
    Ok(Some((url, plain)))
}
