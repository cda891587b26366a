//! The crawler `spider` on the benchmark's site: `bench-peer-spider URL RECORDS`. Eight fields of
//! each product page go to RECORDS as JSON Lines, all text.

use scraper::{Html, Selector};
use spider::website::Website;
use std::fs::File;
use std::io::{BufWriter, Write};

/// Pages that may wait for the receiver. `spider` drops pages that a slow receiver misses: with 1,024 a
/// third of the records was lost.
const CHANNEL: usize = 16_384;

/// Field, selector, and the attribute where it is not the text.
type Field = (&'static str, Selector, Option<&'static str>);

fn fields() -> Vec<Field> {
    [
        ("name", "h1.product-name", None),
        ("price", "div.offer span.price", None),
        ("sku", "[itemprop=sku]", None),
        ("brand", "a.brand", None),
        ("rating", "span.rating", Some("data-rating")),
        ("stock", "div.offer span.stock", Some("data-available")),
        ("category", "nav.breadcrumb .category", None),
        ("description", "div.description", None),
    ]
    .into_iter()
    .map(|(name, css, attribute)| (name, Selector::parse(css).expect("the selector is fixed"), attribute))
    .collect()
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The page's record; none where no field was found.
fn record(url: &str, html: &str, fields: &[Field]) -> Option<String> {
    let document = Html::parse_document(html);
    let mut out = format!("{{\"url\":{}", quoted(url));
    let mut found = false;
    for (name, selector, attribute) in fields {
        let Some(element) = document.select(selector).next() else { continue };
        let text = match attribute {
            Some(attribute) => element.attr(attribute).unwrap_or_default().to_owned(),
            None => element.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" "),
        };
        out.push_str(&format!(",\"{name}\":{}", quoted(&text)));
        found = true;
    }
    out.push('}');
    found.then_some(out)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err(std::io::Error::other("usage: bench-peer-spider URL RECORDS"));
    };
    let mut website = Website::new(&url);
    website
        .with_respect_robots_txt(false)
        .with_delay(0)
        .with_concurrency_limit(Some(16))
        .with_subdomains(false);
    let mut pages = website.subscribe(CHANNEL);
    let writer = tokio::spawn(async move {
        let fields = fields();
        let mut out = BufWriter::new(File::create(path)?);
        loop {
            match pages.recv().await {
                Ok(page) => {
                    if let Some(record) = record(page.get_url(), &page.get_html(), &fields) {
                        writeln!(out, "{record}")?;
                    }
                }
                Err(spider::tokio::sync::broadcast::error::RecvError::Lagged(missed)) => {
                    eprintln!("{missed} pages were dropped by the channel");
                }
                Err(_) => return out.flush(),
            }
        }
    });
    website.crawl().await;
    website.unsubscribe();
    drop(website);
    writer.await?
}
