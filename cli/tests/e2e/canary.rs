//! No spelling of a private address is called, whatever way a site leads there.

use crate::common::Call;
use crate::common::server::{answer, canary, serve};
use std::ffi::OsStr;
use std::sync::atomic::Ordering;
use testkit::spellings;

const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n";

/// A site that names every spelling in every place where a URL can stand.
fn hostile(port: u16) -> impl Fn(&str) -> String + Send + Sync + 'static {
    let hosts: Vec<String> = spellings().into_iter().collect();
    move |target| {
        let urls = |path: &str| -> Vec<String> {
            hosts.iter().map(|host| format!("http://{host}:{port}/{path}")).collect()
        };
        let (kind, number) = target.trim_start_matches('/').split_once('/').unwrap_or((&target[1..], "0"));
        let number = number.parse::<usize>().unwrap_or(0) % hosts.len();
        match kind {
            "robots.txt" => {
                let lines: String = urls("map").iter().map(|url| format!("Sitemap: {url}\n")).collect();
                answer(
                    "200 OK",
                    "Content-Type: text/plain\r\n",
                    &format!("User-agent: *\nDisallow:\nSitemap: /map.xml\n{lines}"),
                )
            }
            "map.xml" => {
                let entries: String =
                    urls("in-map").iter().map(|url| format!("<url><loc>{url}</loc></url>")).collect();
                let index: String = urls("in-index")
                    .iter()
                    .map(|url| format!("<sitemap><loc>{url}</loc></sitemap>"))
                    .collect();
                answer("200 OK", "Content-Type: text/xml\r\n", &format!("<urlset>{entries}{index}</urlset>"))
            }
            "redirect" => answer(
                "302 Found",
                &format!("Location: {}\r\nSet-Cookie: a={number}\r\n", urls("to")[number]),
                "",
            ),
            "refresh" => {
                let url = &urls("refreshed")[number];
                answer("200 OK", HTML, &format!("<meta http-equiv=refresh content='0; url={url}'>"))
            }
            "base" => {
                let url = &urls("based/")[number];
                answer(
                    "200 OK",
                    HTML,
                    &format!("<base href='{url}'><a href=x>x</a><link rel=canonical href=y>"),
                )
            }
            _ => {
                let mut page = String::from("<title>Home</title>");
                for (number, url) in urls("link").iter().enumerate() {
                    let tls = url.replacen("http:", "https:", 1);
                    let bare = url.trim_start_matches("http:");
                    page += &format!(
                        "<a href='{url}'>a</a><a href='{tls}'>b</a><a href='{bare}'>c</a><iframe src='{url}'></iframe>"
                    );
                    for kind in ["redirect", "refresh", "base"] {
                        page += &format!("<a href='/{kind}/{number}'>d</a>");
                    }
                }
                answer("200 OK", HTML, &page)
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_way_leads_to_a_private_address() {
    let (port, count) = canary().await;
    let first = serve("127.0.0.2", hostile(port)).await;
    // Here robots.txt itself leads astray.
    let second = serve("127.0.0.3", move |target| match target {
        "/robots.txt" => {
            answer("301 Moved", &format!("Location: http://127.0.0.1:{port}/robots.txt\r\n"), "")
        }
        _ => answer("200 OK", HTML, "<title>Second</title>"),
    })
    .await;
    let seeds = [format!("http://{first}/"), format!("http://{second}/")];
    let flags = ["--within", "any", "--delay", "0", "--give-up", "1s", "--json", "--data"];
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let call = Call::of(["crawl"]).with(&seeds).with(flags).with([OsStr::new(data.path())]);
    let summary = call.end().await.done().summary();

    let refused = summary["by"]["cut"]["address_refused"].as_u64().unwrap();
    assert!(spellings().len() >= 200 && refused >= 400, "{} spellings: {summary}", spellings().len());
    assert!(summary["counts"]["redirected"].as_u64().unwrap() >= 200, "{summary}");
    assert_eq!(count.load(Ordering::SeqCst), 0, "the canary was called: {summary}");

    // The ways are real: where the address is allowed, they are gone.
    let call = Call::of(["crawl"]).with(&seeds).with(["--allow", "127.0.0.1"]).with(flags);
    call.with([OsStr::new(other.path())]).end().await.done();
    assert!(count.load(Ordering::SeqCst) > 0);
}
