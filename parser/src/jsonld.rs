//! JSON-LD as pages really have it: with comments, line breaks inside strings, and blocks that are
//! no JSON at all.

use crate::json;
use serde_json::Value;
use std::borrow::Cow;

/// Lists and objects inside each other.
const DEEPEST: u32 = 100;

/// The items of one script; what cannot be read gives none. A list is its items, null is none.
pub fn items(script: &str) -> Vec<Value> {
    let text = script.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.is_empty() {
        return Vec::new();
    }
    let value = serde_json::from_str(text).or_else(|_| serde_json::from_str(&cleaned(text)));
    match value {
        // Readers of our own output have their bounds, too.
        Ok(value) if !json::is_flat(&value, DEEPEST) => Vec::new(),
        Ok(Value::Array(items)) => items.into_iter().filter(|item| !item.is_null()).collect(),
        Ok(Value::Null) | Err(_) => Vec::new(),
        Ok(value) => vec![value],
    }
}

/// Outside of strings: no comments, no marks of HTML comments and CDATA, no comma before a closing
/// bracket, no semicolon at the end. Inside: control characters escaped.
fn cleaned(text: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '"' {
            rest = copy_string(rest, &mut out);
            continue;
        }
        if let Some(after) = skipped(rest) {
            rest = after;
            continue;
        }
        if matches!(c, '}' | ']') {
            let end = out.trim_end().len();
            if out[..end].ends_with(',') {
                out.truncate(end - 1);
            }
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    let end = out.trim_end_matches(|c: char| c.is_whitespace() || c == ';').len();
    out.truncate(end);
    Cow::Owned(out)
}

/// What follows a comment or a mark at the beginning of `rest`, if there is one.
fn skipped(rest: &str) -> Option<&str> {
    const MARKS: [&str; 5] = ["<!--", "-->", "<![CDATA[", "]]>", "\u{feff}"];
    if let Some(comment) = rest.strip_prefix("//") {
        return Some(comment.find('\n').map_or("", |end| &comment[end..]));
    }
    if let Some(comment) = rest.strip_prefix("/*") {
        return Some(comment.find("*/").map_or("", |end| &comment[end + 2..]));
    }
    // `]]>` may also be the end of two lists: only with `>` it is a mark.
    MARKS.iter().find_map(|mark| rest.strip_prefix(mark))
}

/// Copies a string with its quotes; returns what follows it.
fn copy_string<'a>(text: &'a str, out: &mut String) -> &'a str {
    let mut chars = text.char_indices();
    chars.next();
    out.push('"');
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                out.push('"');
                return &text[at + 1..];
            }
            '\\' => {
                out.push('\\');
                if let Some((_, escaped)) = chars.next() {
                    out.push(escaped);
                }
            }
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_pages_write_is_read() {
        for (script, expected) in [
            ("{\"a\":1}", json!([{"a": 1}])),
            ("[{\"a\":1},null,{\"b\":2}]", json!([{"a": 1}, {"b": 2}])),
            ("// c\n{\"a\": \"// x\"} /* y */;", json!([{"a": "// x"}])),
            ("<!--\n{\"a\":[1,2,],}\n-->", json!([{"a": [1, 2]}])),
            ("//<![CDATA[\n{\"a\":[[1]]}\n//]]>", json!([{"a": [[1]]}])),
            ("{\"a\":\"x\n\ty\\\"z\"}", json!([{"a": "x\n\ty\"z"}])),
            ("{\"@graph\":[{}]}", json!([{"@graph": [{}]}])),
            ("{broken", json!([])),
            ("", json!([])),
            ("null", json!([])),
        ] {
            assert_eq!(Value::Array(items(script)), expected, "{script}");
        }
    }

    #[test]
    fn what_is_too_deep_is_skipped() {
        assert!(items(&"[".repeat(1_000_000)).is_empty());
    }
}
