//! What a page says of itself, as one JSON object.

use crate::json::{self, Object};
use crate::walk::Found;
use serde_json::Value;

/// Bytes of one value.
const LONGEST: usize = 8 * 1024;
/// Bytes of the whole.
const MOST: usize = 256 * 1024;

/// The object: description, keywords, author, canonical, language, robots, `og`, `twitter`,
/// `jsonld` and `microdata`, as far as they are there. `robots_header` is the `X-Robots-Tag`.
pub fn object(
    found: &Found<'_>,
    jsonld: &[Value],
    microdata: &[Value],
    robots_header: Option<&str>,
) -> String {
    let mut out = String::with_capacity(512);
    let mut object = Object::open(&mut out);
    let robots = match (found.meta_named("robots"), robots_header) {
        (Some(meta), Some(header)) => Some(format!("{meta}, {header}")),
        (meta, header) => meta.or(header).map(str::to_owned),
    };
    for (key, value) in [
        ("description", found.meta_named("description")),
        ("keywords", found.meta_named("keywords")),
        ("author", found.meta_named("author")),
        ("canonical", found.canonical),
        ("language", found.language.filter(|language| !language.is_empty())),
        ("robots", robots.as_deref()),
    ] {
        if let Some(value) = value {
            json::string(short(value), object.key(key));
        }
    }
    group(&mut object, "og", "og:", found);
    group(&mut object, "twitter", "twitter:", found);
    list(&mut object, "jsonld", jsonld);
    list(&mut object, "microdata", microdata);
    object.close();
    out
}

/// A list of items, as many as there is room for.
fn list(object: &mut Object<'_>, key: &str, items: &[Value]) {
    if items.is_empty() {
        return;
    }
    let out = object.key(key);
    out.push('[');
    for (n, item) in items.iter().enumerate() {
        let before = out.len();
        if n > 0 {
            out.push(',');
        }
        json::value(item, out);
        if out.len() > MOST {
            out.truncate(before);
            break;
        }
    }
    out.push(']');
}

/// The metas whose names begin with `prefix`, as an object of its own; the first of each name.
fn group(object: &mut Object<'_>, key: &str, prefix: &str, found: &Found<'_>) {
    let named = |name: &str| name.get(..prefix.len()).is_some_and(|p| p.eq_ignore_ascii_case(prefix));
    let mut metas = found.metas.iter().filter(|(name, _)| named(name)).peekable();
    if metas.peek().is_none() {
        return;
    }
    let mut taken: Vec<&str> = Vec::new();
    let mut inner = Object::open(object.key(key));
    let mut room = MOST / 4;
    for (name, content) in metas {
        let (name, content) = (short(&name[prefix.len()..]), short(content));
        let Some(left) = room.checked_sub(name.len() + content.len()) else { break };
        if !taken.contains(&name) {
            room = left;
            taken.push(name);
            json::string(content, inner.key(name));
        }
    }
    inner.close();
}

fn short(text: &str) -> &str {
    let text = text.trim();
    &text[..text.floor_char_boundary(LONGEST)]
}

/// Whether a robots meta element or `X-Robots-Tag` for this product forbids to follow links.
pub fn forbids_to_follow(found: &Found<'_>, robots_header: Option<&str>, product: &str) -> bool {
    let metas = found.metas.iter().filter(|(name, _)| {
        name.eq_ignore_ascii_case("robots") || (!product.is_empty() && name.eq_ignore_ascii_case(product))
    });
    metas.map(|(_, content)| *content).any(says_nofollow)
        || robots_header.is_some_and(|value| header_for(value, product).any(says_nofollow))
}

fn says_nofollow(content: &str) -> bool {
    content
        .split(',')
        .map(str::trim)
        .any(|rule| ["nofollow", "none"].iter().any(|n| rule.eq_ignore_ascii_case(n)))
}

/// The rules of `X-Robots-Tag` that are for everybody or for this product: `nofollow`,
/// `otherbot: noindex, nofollow`. A name holds until the next one.
fn header_for<'a>(value: &'a str, product: &'a str) -> impl Iterator<Item = &'a str> {
    let mut for_us = true;
    value.split(',').filter_map(move |rule| {
        let mut rule = rule.trim();
        if let Some((name, rest)) = rule.split_once(':')
            && !["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"]
                .iter()
                .any(|known| name.trim().eq_ignore_ascii_case(known))
        {
            for_us = name.trim().eq_ignore_ascii_case(product);
            rule = rest.trim();
        }
        for_us.then_some(rule)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::{Bounds, parse};
    use crate::walk::walk;

    #[test]
    fn what_a_page_says_is_one_object() {
        let page = r#"<html lang=de><meta name=Description content=" a &quot;b&quot; "><meta property="og:title" content=T>
            <meta property="og:title" content=U><meta name="twitter:card" content=summary><link rel=canonical href=/c>"#;
        let document = parse(page, Bounds::default());
        let item = serde_json::json!({"@type": "Product"});
        assert_eq!(
            object(&walk(&document.html), &[item], &[], Some("noindex")),
            r#"{"description":"a \"b\"","canonical":"/c","language":"de","robots":"noindex","og":{"title":"T"},"twitter":{"card":"summary"},"jsonld":[{"@type":"Product"}]}"#
        );
    }

    #[test]
    fn it_is_bounded_and_still_an_object() {
        let item = Value::String("x".repeat(MOST / 3));
        let text = object(&Found::default(), &[item.clone(), item.clone(), item], &[], None);
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back["jsonld"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn nofollow_is_heeded_for_us_only() {
        for (header, expected) in [
            ("nofollow", true),
            ("NONE", true),
            ("noindex", false),
            ("otherbot: noindex, nofollow", false),
            ("mybot: nofollow", true),
            ("unavailable_after: 25 Jun 2010 15:00:00 PST, nofollow", true),
        ] {
            assert_eq!(forbids_to_follow(&Found::default(), Some(header), "MyBot"), expected, "{header}");
        }
        let document = parse("<meta name=robots content='index,nofollow'>", Bounds::default());
        assert!(forbids_to_follow(&walk(&document.html), None, "x"));
    }
}
