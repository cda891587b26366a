//! What other projects' suites assert, where their cases lie beside the checkout.

mod encodings;
mod microdata;
mod pages;
mod sitemaps;

use serde_json::Value;

/// A file of cases; None: it is not here.
fn cases(file: &str) -> Option<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance/");
    let text = std::fs::read_to_string(format!("{folder}{file}")).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

/// The cases of one group of a file; none where the file is not here.
fn group(file: &str, group: &str) -> Vec<Value> {
    cases(file).map(|all| all[group].as_array().unwrap().clone()).unwrap_or_default()
}

/// Bytes, given as text or in base 64 under either of two names.
fn bytes(case: &Value) -> Vec<u8> {
    if let Some(text) =
        case.as_str().or_else(|| case["text"].as_str()).or_else(|| case["bytes_text"].as_str())
    {
        return text.as_bytes().to_vec();
    }
    let coded = case["base64"].as_str().or_else(|| case["bytes_base64"].as_str()).unwrap();
    base64(coded)
}

/// RFC 4648, where the text is known to be well formed.
fn base64(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut have) = (Vec::new(), 0u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        bits = bits << 6 | alphabet.iter().position(|b| *b == byte).unwrap() as u32;
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have) as u8);
        }
    }
    out
}

/// Fails with all that differs.
fn judge(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}
