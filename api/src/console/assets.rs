//! The files of the console, inside the binary.

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const IMAGE: &str = "image/svg+xml";

/// A file.
pub struct Asset {
    /// Where it is answered.
    pub path: &'static str,
    /// Its `Content-Type`.
    pub kind: &'static str,
    /// What is in it.
    pub text: &'static str,
}

macro_rules! asset {
    ($kind:ident, $file:literal) => {
        asset!(concat!("/assets/", $file), $kind, $file)
    };
    ($path:expr, $kind:ident, $file:literal) => {
        Asset { path: $path, kind: $kind, text: include_str!(concat!("assets/", $file)) }
    };
}

/// All of them.
pub const ASSETS: &[Asset] = &[
    asset!("/", HTML, "index.html"),
    asset!("/docs", HTML, "docs.html"),
    asset!(IMAGE, "icon.svg"),
    asset!(STYLE, "style.css"),
    asset!(STYLE, "console.css"),
    asset!(SCRIPT, "again.js"),
    asset!(SCRIPT, "api.js"),
    asset!(SCRIPT, "app.js"),
    asset!(SCRIPT, "brief.js"),
    asset!(SCRIPT, "chart.js"),
    asset!(SCRIPT, "compare.js"),
    asset!(SCRIPT, "definition.js"),
    asset!(SCRIPT, "docs.js"),
    asset!(SCRIPT, "dom.js"),
    asset!(SCRIPT, "draft.js"),
    asset!(SCRIPT, "editor.js"),
    asset!(SCRIPT, "format.js"),
    asset!(SCRIPT, "harvest.js"),
    asset!(SCRIPT, "home.js"),
    asset!(SCRIPT, "hosts.js"),
    asset!(SCRIPT, "jobs.js"),
    asset!(SCRIPT, "key.js"),
    asset!(SCRIPT, "letters.js"),
    asset!(SCRIPT, "live.js"),
    asset!(SCRIPT, "page.js"),
    asset!(SCRIPT, "pages.js"),
    asset!(SCRIPT, "preview.js"),
    asset!(SCRIPT, "reasons.js"),
    asset!(SCRIPT, "records.js"),
    asset!(SCRIPT, "run.js"),
    asset!(SCRIPT, "schedule.js"),
    asset!(SCRIPT, "table.js"),
    asset!(SCRIPT, "ui.js"),
    asset!(SCRIPT, "versions.js"),
    asset!(SCRIPT, "webhooks.js"),
];
