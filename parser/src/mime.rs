//! What a body is: by its media type, and where that says nothing, by its first bytes.

/// The forms that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// HTML, in either syntax.
    Html,
    /// Anything else.
    Other,
}

/// Bytes that are looked at (WHATWG MIME Sniffing 5).
const HEAD: usize = 1445;

/// What HTML begins with (WHATWG MIME Sniffing 7.1), each followed by white space or `>`.
const TAGS: [&[u8]; 17] = [
    b"<!doctype html",
    b"<html",
    b"<head",
    b"<script",
    b"<iframe",
    b"<h1",
    b"<div",
    b"<font",
    b"<table",
    b"<a",
    b"<style",
    b"<title",
    b"<b",
    b"<body",
    b"<br",
    b"<p",
    b"<meta",
];

/// The form of a body with this `Content-Type`.
pub fn form(content_type: Option<&str>, body: &[u8]) -> Form {
    let essence = content_type.unwrap_or_default().split([';', ',']).next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    match essence.as_str() {
        "text/html" | "application/xhtml+xml" | "application/vnd.wap.xhtml+xml" => Form::Html,
        "" | "unknown/unknown" | "application/unknown" | "*/*" | "text/*" | "text" | "html" => sniffed(body),
        // A text of a kind that nobody registered, such as `text/htm`.
        other if other.starts_with("text/h") => sniffed(body),
        other if !other.contains('/') => sniffed(body),
        _ => Form::Other,
    }
}

fn sniffed(body: &[u8]) -> Form {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let head = body[..body.len().min(HEAD)].trim_ascii_start();
    let begins = |tag: &&'static [u8]| {
        head.len() > tag.len()
            && head[..tag.len()].eq_ignore_ascii_case(tag)
            && (head[tag.len()] == b'>' || head[tag.len()].is_ascii_whitespace())
    };
    if head.starts_with(b"<!--") || TAGS.iter().any(begins) { Form::Html } else { Form::Other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_believed_and_none_is_made_up_from_the_bytes() {
        for (kind, body, form_of_it) in [
            (Some("text/html; charset=utf-8"), "x", Form::Html),
            (Some("Application/XHTML+XML"), "x", Form::Html),
            (Some("text/plain"), "<html>", Form::Other),
            (Some("application/json"), "<html>", Form::Other),
            (Some("application/rss+xml"), "<html>", Form::Other),
            (None, " \n<!DOCTYPE html>", Form::Html),
            (None, "<p>x", Form::Html),
            (None, "<px", Form::Other),
            (None, "\u{feff}<title >", Form::Html),
            (Some(""), "{}", Form::Other),
            (Some("html"), "<html lang=en>", Form::Html),
            (None, "", Form::Other),
        ] {
            assert_eq!(form(kind, body.as_bytes()), form_of_it, "{kind:?} {body}");
        }
    }
}
