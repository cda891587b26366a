//! Content codings: whole, torn, mislabelled and hostile.

use proptest::prelude::*;
use shared::body::{BodyError, Bounds, decode};
use std::io::Write;

const PLAIN: &[u8] = b"<html><body>hello</body></html>";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn raw(bytes: &[u8]) -> Vec<u8> {
    let zlib = zlib(bytes);
    zlib[2..zlib.len() - 4].to_vec()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 3).unwrap()
}

/// A page that is not all the same.
fn page() -> Vec<u8> {
    (0..3_000u32)
        .flat_map(|n| format!("<a href=/{}>{n}</a>", n.wrapping_mul(2_654_435_761)).into_bytes())
        .collect()
}

#[test]
fn every_coding_is_undone_whatever_its_case() {
    let page = page();
    for (name, wire) in [
        ("gzip", gzip(&page)),
        (" X-GZip ", gzip(&page)),
        ("deflate", zlib(&page)),
        ("Deflate", raw(&page)),
        ("zstd", zstd(&page)),
        ("zstd", [zstd(&page[..9]), vec![0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7], zstd(&page[9..])].concat()),
        ("identity", page.clone()),
        ("", page.clone()),
        ("deflate, GZIP", gzip(&zlib(&page))),
        ("gzip,, identity ,zstd", zstd(&gzip(&page))),
        ("gzip", [gzip(&page), b"garbage".to_vec()].concat()),
    ] {
        let decoded = decode(Some(name), &wire, Bounds::of(1 << 20)).unwrap();
        assert!(decoded.bytes == page && !decoded.truncated && !decoded.broken, "{name}");
    }
    let hello = decode(Some("br"), b"\x0b\x02\x80hello\x03", Bounds::of(9)).unwrap();
    assert_eq!((&hello.bytes[..], hello.broken), (&b"hello"[..], false));
    assert_eq!(decode(None, &page, Bounds::of(1 << 20)).unwrap().bytes, page);
}

#[test]
fn what_is_not_coded_as_it_claims_stays_as_it_is() {
    for coding in ["gzip", "deflate", "zstd", "br", "none", "utf-8", "gzip, gzip", "gzip, unheard-of"] {
        for body in [PLAIN, b""] {
            let decoded = decode(Some(coding), body, Bounds::of(1 << 20)).unwrap();
            assert_eq!(
                (&decoded.bytes[..], decoded.broken, decoded.truncated),
                (body, false, false),
                "{coding}"
            );
        }
    }
    let wire = gzip(PLAIN);
    assert_eq!(decode(Some("gzip, gzip"), &wire, Bounds::of(99)).unwrap().bytes, PLAIN);
    assert_eq!(decode(Some("gzip, unheard-of"), &wire, Bounds::of(99)).unwrap().bytes, wire);
    assert_eq!(decode(Some("unheard-of, gzip"), &wire, Bounds::of(99)).unwrap().bytes, PLAIN);
}

#[test]
fn a_torn_stream_gives_what_can_be_had() {
    let page = page();
    for (coding, wire) in
        [("gzip", gzip(&page)), ("deflate", zlib(&page)), ("deflate", raw(&page)), ("zstd", zstd(&page))]
    {
        for cut in [1, wire.len() / 2, wire.len() - 1] {
            let decoded = decode(Some(coding), &wire[..cut], Bounds::of(1 << 20)).unwrap();
            let plain = coding == "zstd" && cut == 1;
            assert!(decoded.broken || plain, "{coding} cut at {cut}");
            assert!(page.starts_with(&decoded.bytes) || plain, "{coding} cut at {cut}");
        }
    }
    let mut wire = gzip(&page);
    let crc = wire.len() - 8;
    wire[crc] ^= 1;
    let decoded = decode(Some("gzip"), &wire, Bounds::of(1 << 20)).unwrap();
    assert!(decoded.broken && decoded.bytes == page);
}

#[test]
fn a_body_is_cut_at_the_bound_and_not_before() {
    let page = page();
    for (coding, wire) in
        [("gzip", gzip(&page)), ("deflate", raw(&page)), ("zstd", zstd(&page)), ("identity", page.clone())]
    {
        for max in [0, 1, 1_000, page.len() - 1, page.len(), page.len() + 1] {
            let decoded = decode(Some(coding), &wire, Bounds::of(max as u64)).unwrap();
            assert_eq!(&decoded.bytes[..], &page[..max.min(page.len())], "{coding} {max}");
            assert_eq!(decoded.truncated, max < page.len(), "{coding} {max}");
        }
    }
}

#[test]
fn bombs_and_towers_are_refused() {
    let zeros = vec![0; 30 << 20];
    for (coding, wire) in [("gzip", gzip(&zeros)), ("deflate", zlib(&zeros)), ("zstd", zstd(&zeros))] {
        assert_eq!(decode(Some(coding), &wire, Bounds::of(100 << 20)), Err(BodyError::Bomb), "{coding}");
        let cut = decode(Some(coding), &wire, Bounds::of(1_000)).unwrap();
        assert!(cut.truncated && cut.bytes.len() == 1_000);
    }
    let twice = gzip(&gzip(&zeros));
    assert_eq!(decode(Some("gzip, gzip"), &twice, Bounds::of(100 << 20)), Err(BodyError::Bomb));
    let small = gzip(&zeros[..1 << 20]);
    assert_eq!(decode(Some("gzip"), &small, Bounds::of(2 << 20)).unwrap().bytes.len(), 1 << 20);
    assert_eq!(decode(Some("br,br,br,br,br,br"), b"", Bounds::of(9)), Err(BodyError::Layers));
}

proptest! {
    #[test]
    fn no_bytes_bring_the_decoder_down(
        coding in "(gzip|deflate|br|zstd)(, ?(gzip|deflate|br|zstd)){0,2}",
        frame in 0..5usize,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        noise in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut wire = [gzip(PLAIN), zlib(PLAIN), zstd(PLAIN), b"\x0b\x02\x80hello\x03".to_vec(), vec![]][frame].clone();
        wire.extend(noise);
        for (at, value) in edits {
            if !wire.is_empty() {
                let at = at.index(wire.len());
                wire[at] = value;
            }
        }
        if let Ok(decoded) = decode(Some(&coding), &wire, Bounds::of(100)) {
            prop_assert!(decoded.bytes.len() <= 100);
        }
    }
}

#[derive(serde::Deserialize)]
struct Facts {
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    id: String,
    content_encoding: Option<String>,
    body_base64: String,
    expect: String,
    decoded_bytes: Option<u64>,
    decoded_sha256: Option<String>,
    prefix_bytes: Option<usize>,
}

#[test]
fn the_conformance_facts_hold_where_they_are_at_hand() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance/bodies.json");
    let Ok(text) = std::fs::read(file) else { return };
    let facts: Facts = serde_json::from_slice(&text).unwrap();
    for Case { id, content_encoding, body_base64, expect, decoded_bytes, decoded_sha256, prefix_bytes } in
        facts.cases
    {
        let wire = data_encoding::BASE64.decode(body_base64.as_bytes()).unwrap();
        let all = decode(content_encoding.as_deref(), &wire, Bounds::of(20 << 20));
        match expect.as_str() {
            "decoded" => {
                let decoded = all.unwrap();
                assert!(!decoded.broken && !decoded.truncated, "{id}");
                assert_eq!(decoded.bytes.len() as u64, decoded_bytes.unwrap(), "{id}");
                assert_eq!(Some(sha256(&decoded.bytes)), decoded_sha256, "{id}");
            }
            "over-limit" => {
                assert_eq!(all, Err(BodyError::Bomb), "{id}");
                let limit = decoded_bytes.unwrap() / 20;
                let cut = decode(content_encoding.as_deref(), &wire, Bounds::of(limit)).unwrap();
                assert!(cut.truncated && cut.bytes.len() as u64 == limit, "{id}");
            }
            "truncated" => {
                let decoded = all.unwrap();
                assert!(decoded.broken, "{id}");
                assert_eq!(Some(decoded.bytes.len()), prefix_bytes, "{id}");
            }
            "error-or-plain" => assert_eq!(all.unwrap().bytes, wire, "{id}"),
            "decoded-or-error" => assert_eq!(all, Err(BodyError::Layers), "{id}"),
            other => panic!("{id} expects {other}"),
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(bytes))
}
