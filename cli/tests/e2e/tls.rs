//! https with a certificate of one's own.

use crate::common::Call;
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use std::path::Path;
use testkit::tls::{Alpn, Authority, TlsListener};

/// Serves one page, and returns its URL.
async fn site(authority: &Authority) -> String {
    let listener =
        TlsListener::bind("127.0.0.2", authority.identity("127.0.0.2"), Alpn::Http2).await.unwrap();
    let url = format!("https://{}/", listener.address().unwrap());
    let router = Router::new().route("/", get(async || Html("<h1>safe</h1>")));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn crawl(url: &str, folder: &Path) -> Call {
    let data = folder.join("data");
    Call::of(["crawl", url, "-f", "title=h1", "-o", "-", "--quiet", "--give-up", "1s", "--data"]).with([data])
}

#[tokio::test]
async fn an_authority_of_one_s_own_is_trusted_when_named() {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    let (url, ca) = (site(&authority).await, folder.path().join("ca.pem"));
    std::fs::write(&ca, authority.pem()).unwrap();
    let ended = crawl(&url, folder.path()).with(["--ca".as_ref(), ca.as_os_str()]).end().await.done();
    assert!(ended.stdout.contains(r#""title":"safe""#), "{ended:?}");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_named_as_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let url = site(&Authority::new()).await;
    crawl(&url, folder.path()).end().await.says(1, &["certificate", "--ca"]);
}

#[tokio::test]
async fn a_file_without_a_certificate_is_bad_use() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, "nothing").unwrap();
    let call = crawl("https://127.0.0.2/", folder.path()).with(["--ca".as_ref(), ca.as_os_str()]);
    call.end().await.says(2, &["--ca", "ca.pem", "PEM"]);
    let call = crawl("https://127.0.0.2/", folder.path()).with(["--ca", "/nowhere.pem"]);
    call.end().await.says(2, &["--ca", "/nowhere.pem"]);
}
