//! Links on a messy page that lead to no page of the site, and text that looks like a link.

use crate::site::html::escape;
use crate::site::random::Random;

/// In front of every address that stands only where no link is: comments, scripts, text.
pub(crate) const PHANTOM: &str = "/phantom/";
/// Files that a crawler may skip by their ending.
pub(crate) const FILES: &str = "/files/";
/// Pages that are gone.
pub(crate) const GONE: &str = "/gone/";
/// Text and JSON, which are pages without links and records.
pub(crate) const NOTES: &str = "/notes/";

/// What else is on page `i`: a piece of HTML with links that a crawler must judge. `elsewhere` is
/// the origin of another host; `own_base` says that links to the page itself are joined with its URL.
pub(crate) fn html(seed: u64, i: u32, elsewhere: &str, own_base: bool) -> String {
    let mut random = Random::of(seed, 30, u64::from(i));
    let other = elsewhere.split_once(':').map_or(elsewhere, |(_, rest)| rest);
    let mut out = format!(
        "<!-- <a href=\"{PHANTOM}comment-{i}\">not a link</a> -->\n\
         <script>var a = '<a href=\"{PHANTOM}script-{i}\">no</a>';</script>\n\
         <textarea><a href=\"{PHANTOM}textarea-{i}\">no</a></textarea>\n\
         <div data-href=\"{PHANTOM}data-{i}\">&lt;a href=\"{PHANTOM}text-{i}\"&gt;</div>\n"
    );
    let denied = ["/private/{}", "/reports/{}.php", "/search?q={}", "/cart?add={}", "/geheim%C3%9F/{}"];
    for _ in 0..2 {
        let href = random.pick(&denied).replace("{}", &random.below(1000).to_string());
        let spelled = match random.below(3) {
            0 if href.starts_with("/private") => href.replacen("/pri", "/%70ri", 1),
            1 => format!("/private/open/../..{href}"),
            _ => href,
        };
        out.push_str(&format!("<a href=\"{}\">members</a>\n", escape(&spelled)));
    }
    let odd = [
        "mailto:shop@example.com?subject=a%20b".to_owned(),
        "javascript:void(0)".to_owned(),
        " JavaScript:open('x')".to_owned(),
        "tel:+49-30-1234567".to_owned(),
        "data:text/html,<a href=/phantom/data>x</a>".to_owned(),
        "ftp://127.0.0.1/file".to_owned(),
        "http://[broken".to_owned(),
        "http://127.0.0.1:99999/".to_owned(),
        "http://".to_owned(),
        if own_base { "#top".to_owned() } else { "/#top".to_owned() },
        if own_base { String::new() } else { "/".to_owned() },
        format!("{elsewhere}/page/{i}"),
        format!("{other}/page/{i}"),
        format!("{FILES}photo-{}.jpg", random.below(20)),
        format!("{FILES}manual-{}.ZIP", random.below(20)),
        format!("{GONE}{}", random.below(10)),
    ];
    for _ in 0..6 {
        out.push_str(&format!("<a href=\"{}\">x</a>\n", escape(&odd[random.below(odd.len())])));
    }
    out.push_str("<a>no href</a> <a name=\"top\"></a>\n");
    out
}
