//! A small shop: listing pages and products, made from their numbers. For `make demo` and `make compose-test`; one file, no dependency.
//!
//! `/` and `/list/N` link to 20 products each and to the next listing, `/product/N` shows name, price and stock.
//! `/scripted/N` is a product whose page is empty until its script has fetched `/data/N`; each leads to the next, up to 20.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

const PORT: u16 = 8000;
const PER_LISTING: usize = 20;
/// Products that have a page made by its script.
const SCRIPTED: usize = 20;
/// Longest head of a request that is read.
const MAX_HEAD: u64 = 8 * 1024;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("healthcheck") {
        return match TcpStream::connect(("127.0.0.1", PORT)) {
            Ok(_) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let products = std::env::var("PRODUCTS").ok().and_then(|n| n.parse().ok()).unwrap_or(500);
    let listener = match TcpListener::bind(("0.0.0.0", PORT)) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("cannot listen on {PORT}: {error}");
            return ExitCode::FAILURE;
        }
    };
    eprintln!("a shop of {products} products on port {PORT}");
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || {
            // A client that goes away is no failure.
            let _gone = converse(&stream, products);
        });
    }
    ExitCode::SUCCESS
}

/// Answers the requests of one connection until it ends.
fn converse(stream: &TcpStream, products: usize) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if reader.by_ref().take(MAX_HEAD).read_line(&mut first)? == 0 {
            return Ok(());
        }
        let path = first.split_whitespace().nth(1).unwrap_or("/").to_owned();
        // The head ends with an empty line: two bytes.
        let mut head = String::new();
        while reader.by_ref().take(MAX_HEAD).read_line(&mut head)? > 2 && head.len() < MAX_HEAD as usize {}
        let (status, kind, body) = answer(&path, products);
        let length = body.len();
        write!(
            &mut &*stream,
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
    }
}

/// Status line, content type and body for a path.
fn answer(path: &str, products: usize) -> (&'static str, &'static str, String) {
    const HTML: &str = "text/html; charset=utf-8";
    let number = |prefix: &str| path.strip_prefix(prefix).and_then(|n| n.parse::<usize>().ok());
    if path == "/" {
        return ("200 OK", HTML, listing(0, products));
    }
    if path == "/robots.txt" {
        return ("200 OK", "text/plain", "User-agent: *\nDisallow: /basket\n".into());
    }
    if let Some(n) = number("/list/").filter(|n| n * PER_LISTING < products) {
        return ("200 OK", HTML, listing(n, products));
    }
    if let Some(n) = number("/product/").filter(|n| *n < products) {
        return ("200 OK", HTML, product(n));
    }
    if let Some(n) = number("/scripted/").filter(|n| *n < products.min(SCRIPTED)) {
        return ("200 OK", HTML, scripted(n));
    }
    if let Some(n) = number("/data/").filter(|n| *n < products.min(SCRIPTED)) {
        let next = if n + 1 < products.min(SCRIPTED) { format!("/scripted/{}", n + 1) } else { String::new() };
        return ("200 OK", "application/json", format!("{{\"name\":\"Thing no. {n}\",\"next\":\"{next}\"}}"));
    }
    ("404 Not Found", HTML, "<!doctype html><title>Not found</title><p>No such page.".into())
}

fn listing(n: usize, products: usize) -> String {
    let mut page = format!("<!doctype html><html lang=en><title>Shop, page {n}</title><h1>Shop</h1><ul>");
    for i in (n * PER_LISTING)..((n + 1) * PER_LISTING).min(products) {
        let _infallible = write!(page, "<li><a href=/product/{i}>Thing no. {i}</a>");
    }
    page.push_str("</ul>");
    if (n + 1) * PER_LISTING < products {
        let _infallible = write!(page, "<a rel=next href=/list/{}>next</a>", n + 1);
    }
    page
}

fn scripted(n: usize) -> String {
    format!(
        "<!doctype html><html lang=en><title>A thing</title><main></main><script>fetch('/data/{n}').then(r=>r.json()).then(d=>{{\
         document.querySelector('main').innerHTML='<article class=product><h1>'+d.name+'</h1></article>'+\
         (d.next?'<a href='+d.next+'>next</a>':'')}})</script>"
    )
}

fn product(n: usize) -> String {
    format!(
        "<!doctype html><html lang=en><title>Thing no. {n}</title><article class=product><h1>Thing no. {n}</h1>\
         <p class=price>{}.{:02}</p><p class=stock>{}</p></article><a href=/>all things</a> <a href=/basket>basket</a>",
        3 + n * 7 % 90,
        n * 13 % 100,
        n * 11 % 40
    )
}
