//! Ways to write a link to one and the same page (WHATWG URL, HTML 13.2.5, RFC 3986 6.2.2).

use crate::site::html::escape;
use std::borrow::Cow;

/// How many spellings there are.
pub(crate) const SPELLINGS: usize = 20;

/// Where a link stands.
pub(crate) struct Place<'a> {
    /// `http://host:port`.
    pub origin: &'a str,
    /// The path and query that relative links are joined with: the page's, or its base href's.
    pub base: &'a str,
}

/// The start tag of a link to `target` in one of the spellings; `more` are further attributes.
pub(crate) fn start_tag(spelling: usize, target: &str, place: &Place<'_>, more: &str) -> String {
    let quoted = |href: &str| format!("<a{more} href=\"{}\">", escape(href));
    let host = place.origin.split_once("://").map_or(place.origin, |(_, host)| host);
    match spelling {
        0 => quoted(target),
        1 => quoted(&format!("{}{target}", place.origin)),
        2 => quoted(&format!("HTTP://{}{target}", host.to_uppercase())),
        3 => quoted(&format!("//{host}{target}")),
        4 => quoted(&relative(place.base, target)),
        5 => quoted(&format!("./{}", relative(place.base, target))),
        6 => quoted(&format!(" \n\t{target} \r\n ")),
        7 => quoted(&with_breaks(target)),
        8 => quoted(&format!("{target}#reviews")),
        9 => quoted(&with_query(target, "utm_source=mail&utm_medium=x&gclid=Ab-1")),
        10 => quoted(&letter_encoded(target, true)),
        11 => quoted(&letter_encoded(&lower_hex(target), false)),
        12 => quoted(&raw_utf8(target)),
        13 => quoted(&format!("/x/y/../.././{}", &target[1..])),
        14 => quoted(&format!("/x/%2e%2E/%2e/{}", &target[1..])),
        15 => quoted(&backslashes(target)),
        16 => format!("<a{more} href=\"{}\">", entities(target)),
        17 => format!("<A{more} HREF={target}>"),
        18 => format!("<a href = '{target}' {more}>"),
        _ => quoted(&query_only(place.base, target)),
    }
}

fn path(target: &str) -> &str {
    target.split_once('?').map_or(target, |(path, _)| path)
}

/// The shortest way from a base to a target, with `../` where it goes up.
pub(crate) fn relative(base: &str, target: &str) -> String {
    let folder: Vec<&str> = path(base).split('/').collect();
    let folder = &folder[..folder.len() - 1];
    let (to, query) = match target.split_once('?') {
        Some((to, query)) => (to, Some(query)),
        None => (target, None),
    };
    let to: Vec<&str> = to.split('/').collect();
    let same = folder.iter().zip(&to[..to.len() - 1]).take_while(|(a, b)| a == b).count();
    let mut out = "../".repeat(folder.len() - same);
    out.push_str(&to[same..].join("/"));
    if out.is_empty() {
        out.push_str("./");
    }
    if let Some(query) = query {
        out.push('?');
        out.push_str(query);
    }
    out
}

/// `?a=1` where that is enough.
fn query_only(base: &str, target: &str) -> String {
    match target.split_once('?') {
        Some((to, query)) if to == path(base) => format!("?{query}"),
        _ => relative(base, target),
    }
}

fn with_query(target: &str, query: &str) -> String {
    format!("{target}{}{query}", if target.contains('?') { '&' } else { '?' })
}

/// Tabs and line breaks inside, which a URL parser drops.
fn with_breaks(target: &str) -> String {
    let middle = (1..target.len()).find(|i| *i * 2 >= target.len() && target.is_char_boundary(*i));
    let (a, b) = target.split_at(middle.unwrap_or(0));
    format!("{a}\n\t{b}")
}

/// The path's first letter percent-encoded, which names the same page.
fn letter_encoded(target: &str, upper: bool) -> String {
    let Some(letter) = target.as_bytes().get(1).filter(|b| b.is_ascii_alphabetic()) else {
        return target.to_owned();
    };
    let hex = if upper { format!("%{letter:02X}") } else { format!("%{letter:02x}") };
    format!("/{hex}{}", &target[2..])
}

fn lower_hex(target: &str) -> String {
    let mut hex = 0;
    let lower = |c: char| {
        let out = if hex > 0 { c.to_ascii_lowercase() } else { c };
        hex = if c == '%' { 2 } else { i32::max(hex - 1, 0) };
        out
    };
    target.chars().map(lower).collect()
}

/// Bytes above 0x7F as the characters they stand for.
fn raw_utf8(target: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = target.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let coded = (*first == b'%')
            .then(|| after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            .filter(|byte| *byte >= 0x80);
        match coded {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| target.to_owned())
}

fn backslashes(target: &str) -> String {
    match target.split_once('?') {
        Some((path, query)) => format!("{}?{query}", path.replace('/', "\\")),
        None => target.replace('/', "\\"),
    }
}

/// Character references for much of it: decimal, hexadecimal and named.
fn entities(target: &str) -> String {
    let mut out = String::new();
    for (i, c) in target.chars().enumerate() {
        let piece: Cow<'_, str> = match c {
            '/' if i == 0 => "&sol;".into(),
            '/' => "&#x2F;".into(),
            '&' => "&amp;".into(),
            '.' => "&period;".into(),
            c if i == 1 => format!("&#{};", u32::from(c)).into(),
            c => c.to_string().into(),
        };
        out.push_str(&piece);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn href(tag: &str) -> String {
        let at = tag.to_lowercase().find("href").unwrap() + 4;
        let value = tag[at..].trim_start_matches([' ', '=']).trim_end_matches('>');
        let value = value.trim_end_matches(' ').trim_matches(['"', '\'']);
        let pairs = [("&sol;", "/"), ("&#x2F;", "/"), ("&period;", "."), ("&amp;", "&"), ("&#112;", "p")];
        let mut value = value.to_owned();
        for (from, to) in pairs.iter().chain(&[("&#102;", "f"), ("&#105;", "i"), ("&#99;", "c")]) {
            value = value.replace(from, to);
        }
        value
    }

    #[test]
    fn every_spelling_leads_to_the_target() {
        let origin = "http://127.0.0.1:8080";
        let targets = ["/products/g/i.html", "/item?a=1&id=2", "/caf%C3%A9/1", "/folder/3/4/"];
        for base in ["/", "/products/x/y.html", "/item?a=1&id=9", "/folder/3/5/"] {
            let base_url = Url::parse(&format!("{origin}{base}")).unwrap();
            for target in targets {
                for spelling in 0..SPELLINGS {
                    let tag = start_tag(spelling, target, &Place { origin, base }, "");
                    let mut url = base_url.join(&href(&tag)).unwrap();
                    url.set_fragment(None);
                    let found = url.as_str().strip_prefix(origin).unwrap();
                    assert_eq!(crate::site::target::canonical(found), target, "{spelling}: {tag} on {base}");
                }
            }
        }
    }
}
