use super::{bytes, group, judge};
use crate::charset::{decode, of_header};
use crate::prescan::prescan;
use encoding_rs::Encoding;
use serde_json::Value;

const FILE: &str = "encodings.json";

fn name(encoding: Option<&'static Encoding>) -> Option<String> {
    encoding.map(|encoding| encoding.name().to_ascii_lowercase())
}

/// Python's name of an encoding as the WHATWG's.
fn python(value: &Value) -> Option<String> {
    let label = value.as_str()?.replace("utf-16-be", "utf-16be").replace("utf-16-le", "utf-16le");
    name(Encoding::for_label(label.as_bytes()))
}

#[test]
fn declarations_are_found() {
    let mut wrong = Vec::new();
    for case in group(FILE, "prescan").iter().filter(|case| case.get("note").is_none()) {
        let bytes = bytes(case);
        let found = Encoding::for_bom(&bytes).map(|(e, _)| e).or_else(|| prescan(&bytes));
        let found = name(found).unwrap_or_else(|| "windows-1252".to_owned());
        if Some(found.as_str()) != case["expected"].as_str() {
            wrong.push(format!("{found}: {case}"));
        }
    }
    // Two cases are about what browsers do not take for a declaration.
    let lenient =
        |text: &[u8]| text.starts_with(b" bad html") || memchr::memmem::find(text, b"Fake-").is_some();
    for case in group(FILE, "declared_in_body_w3lib") {
        let bytes = bytes(&case["args"][0]);
        if !lenient(&bytes) && name(prescan(&bytes)) != python(&case["result"]) {
            wrong.push(format!("{:?}: {case}", prescan(&bytes)));
        }
    }
    judge(&wrong);
}

#[test]
fn labels_and_headers_are_known() {
    let mut wrong = Vec::new();
    for case in group(FILE, "labels") {
        let label = case["label"].as_str().unwrap();
        if name(Encoding::for_label(label.as_bytes())).as_deref() != case["encoding"].as_str() {
            wrong.push(case.to_string());
        }
    }
    for case in group(FILE, "http_header_w3lib") {
        let header = case["args"][0].as_str().unwrap();
        let header = header.strip_prefix("Content-Type: ").unwrap_or(header);
        if name(of_header(header)) != python(&case["result"]) {
            wrong.push(format!("{:?}: {case}", of_header(header)));
        }
    }
    judge(&wrong);
}

#[test]
fn pages_are_decoded() {
    let mut wrong = Vec::new();
    for case in group(FILE, "bom_w3lib") {
        let found = Encoding::for_bom(&bytes(&case["args"][0])).map(|(encoding, _)| encoding);
        if !is_utf32(&case["result"][0]) && name(found) != python(&case["result"][0]) {
            wrong.push(format!("{found:?}: {case}"));
        }
    }
    for case in group(FILE, "html_to_unicode_w3lib").iter().filter(|case| !is_utf32(&case["result"][0])) {
        let header = case["args"][0].as_str().and_then(|header| header.strip_prefix("Content-Type: "));
        let bytes = bytes(&case["args"][1]);
        let text = decode(&bytes, header, None);
        if Some(&*text.text) != case["result"][1].as_str() {
            wrong.push(format!("{text:?}: {case}"));
        }
    }
    for case in group(FILE, "detect_without_declaration") {
        let found = name(Some(decode(&bytes(&case), None, None).encoding));
        if found.as_deref() != case["expected"].as_str().map(str::to_ascii_lowercase).as_deref() {
            wrong.push(format!("{found:?}: {}", case["src"]));
        }
    }
    judge(&wrong);
}

/// The Web has no UTF-32 (WHATWG Encoding 4.2).
fn is_utf32(name: &Value) -> bool {
    name.as_str().is_some_and(|name| name.starts_with("utf-32"))
}
