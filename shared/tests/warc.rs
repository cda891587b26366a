//! Segments: what is written comes back, and nothing that is read brings the reader down.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{StatusCode, Version};
use proptest::prelude::*;
use shared::clock::Timestamp;
use shared::ids::{Incarnation, RunId, SegmentId};
use shared::manifest::RecordSpan;
use shared::warc::{self, Exchange, SegmentWriter};
use std::io::Write;

const AT: Timestamp = Timestamp(1_795_406_400_123);

fn headers(of: &[(&'static str, &'static str)]) -> HeaderMap {
    of.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
}

fn writer() -> SegmentWriter {
    SegmentWriter::new(RunId(7), SegmentId::new(), Incarnation::new("w1"), AT)
}

fn exchange<'a>(response_headers: &'a HeaderMap, sent: &'a HeaderMap, body: &'a [u8]) -> Exchange<'a> {
    Exchange {
        url: "https://example.com/a?b=c",
        at: AT,
        peer: Some([192, 0, 2, 1].into()),
        method: "GET",
        request_headers: sent,
        version: Version::HTTP_2,
        status: StatusCode::OK,
        response_headers,
        body,
        truncated: Some("length"),
        rendered: None,
    }
}

/// A segment of three exchanges, with their spans and bodies.
fn segment() -> (Vec<u8>, Vec<(RecordSpan, Vec<u8>)>) {
    let sent = headers(&[("cookie", "a=b")]);
    let plain = headers(&[("content-type", "text/html"), ("transfer-encoding", "chunked")]);
    let coded = headers(&[("content-encoding", "gzip"), ("content-length", "3")]);
    let mut writer = writer();
    assert!(writer.is_empty());
    let mut spans = Vec::new();
    for (headers, body) in [(&plain, vec![b'a'; 5_000]), (&coded, b"\x1f\x8b\x08".to_vec()), (&coded, vec![])]
    {
        let (span, digest) = writer.exchange(&exchange(headers, &sent, &body));
        assert_eq!((digest.len(), &digest[..5]), (37, "sha1:"));
        spans.push((span, body));
    }
    assert!(!writer.is_empty());
    (writer.finish(Vec::new()).to_vec(), spans)
}

#[test]
fn a_document_stands_beside_the_response_that_it_was_made_of() {
    let sent = headers(&[]);
    let coded = headers(&[
        ("content-encoding", "br"),
        ("content-type", "text/html"),
        ("link", "</a>; rel=canonical"),
    ]);
    let mut writer = writer();
    let rendered =
        Exchange { rendered: Some("<h1>caf\u{e9}</h1>"), truncated: None, ..exchange(&coded, &sent, b"raw") };
    let (span, digest) = writer.exchange(&rendered);
    let (after, _) = writer.exchange(&exchange(&coded, &sent, b"next"));
    let bytes = writer.finish(Vec::new());
    let response = warc::response(&bytes, span).unwrap();
    assert_eq!(response.body, "<h1>caf\u{e9}</h1>".as_bytes());
    assert_eq!((response.status, response.headers["link"].as_bytes()), (200, &b"</a>; rel=canonical"[..]));
    assert_eq!(response.headers["content-type"], "text/html; charset=utf-8");
    assert!(!response.headers.contains_key("content-encoding"));
    assert_eq!(warc::response(&bytes, after).unwrap().body, b"next");
    // Both are records of their own; the second is a conversion of the first.
    let members: Vec<RecordSpan> = warc::members(&bytes).collect::<Result<_, _>>().unwrap();
    let at = members.iter().position(|member| member.offset == span.offset).unwrap();
    let (first, second) = (members[at], members[at + 1]);
    assert_eq!(first.len + second.len, span.len);
    assert!(warc::response(&bytes, first).unwrap().body == b"raw");
    let (first, second) = (warc::record(&bytes, first).unwrap(), warc::record(&bytes, second).unwrap());
    assert_eq!(second.header("warc-type"), Some("conversion"));
    assert_eq!(second.header("warc-refers-to"), first.header("warc-record-id"));
    assert_eq!(second.header("warc-payload-digest"), Some(&*digest));
    // Damage to either is found.
    for at in [span.offset + 200, span.offset + span.len - 30] {
        let mut damaged = bytes.to_vec();
        damaged[usize::try_from(at).unwrap()] ^= 0xff;
        assert!(warc::response(&damaged, span).is_err(), "{at}");
    }
}

#[test]
fn responses_come_back_byte_for_byte() {
    let (bytes, spans) = segment();
    for (span, body) in &spans {
        let response = warc::response(&bytes, *span).unwrap();
        assert_eq!((response.status, &response.body), (200, body));
        assert_eq!(response.headers["content-length"], body.len().to_string());
    }
    let first = warc::response(&bytes, spans[0].0).unwrap();
    assert_eq!(first.headers["x-archive-orig-transfer-encoding"], "chunked");
    assert!(first.headers.get("transfer-encoding").is_none());
}

#[test]
fn the_records_are_those_that_the_standard_wants() {
    let (bytes, spans) = segment();
    let members: Vec<RecordSpan> = warc::members(&bytes).collect::<Result<_, _>>().unwrap();
    let records: Vec<_> = members.iter().map(|span| warc::record(&bytes, *span).unwrap()).collect();
    let types: Vec<_> = records.iter().map(|r| r.header("warc-type").unwrap()).collect();
    assert_eq!(
        types,
        ["warcinfo", "request", "response", "request", "response", "request", "response", "metadata"]
    );
    assert_eq!([members[2], members[4], members[6]], [spans[0].0, spans[1].0, spans[2].0]);
    let response = &records[2];
    assert_eq!(response.header("warc-date"), Some("2026-11-23T04:00:00.123Z"));
    assert_eq!(response.header("warc-target-uri"), Some("https://example.com/a?b=c"));
    assert_eq!(response.header("warc-ip-address"), Some("192.0.2.1"));
    assert_eq!(response.header("warc-truncated"), Some("length"));
    assert_eq!(response.header("warc-protocol"), Some("h2"));
    assert!(response.block.starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert_eq!(records[1].header("warc-concurrent-to"), response.header("warc-record-id"));
    assert_eq!(records[1].block, b"GET /a?b=c HTTP/1.1\r\nhost: example.com\r\ncookie: [hidden]\r\n\r\n");
}

#[test]
fn the_manifest_is_found_in_the_last_record_and_nowhere_else() {
    let (bytes, _) = segment();
    let manifest = warc::manifest(&bytes).unwrap();
    assert_eq!((manifest.version, manifest.run, manifest.visits.len()), (1, RunId(7), 0));
    let members: Vec<RecordSpan> = warc::members(&bytes).collect::<Result<_, _>>().unwrap();
    let without = members.last().unwrap().offset as usize;
    assert!(warc::manifest(&bytes[..without]).is_err());
    assert!(warc::manifest(&[]).is_err());
}

#[test]
fn a_changed_body_is_noticed() {
    let (mut bytes, spans) = segment();
    let span = spans[1].0;
    let record = &mut bytes[span.offset as usize..(span.offset + span.len) as usize];
    let at = record.windows(3).rposition(|w| w == b"\x1f\x8b\x08").unwrap();
    record[at + 2] ^= 1;
    assert!(warc::response(&bytes, span).is_err());
}

#[test]
fn the_whole_prefix_ends_at_the_last_whole_member() {
    let (bytes, _) = segment();
    let ends: Vec<u64> = warc::members(&bytes).map(|s| s.map(|s| s.offset + s.len).unwrap()).collect();
    for cut in 0..=bytes.len() as u64 {
        let whole = warc::whole_prefix(&bytes[..cut as usize]).unwrap();
        assert_eq!(whole, ends.iter().copied().filter(|end| *end <= cut).max().unwrap_or(0), "cut at {cut}");
    }
    let torn = [&bytes[..], &[0; 500]].concat();
    assert_eq!(warc::whole_prefix(&torn[..]).unwrap(), bytes.len() as u64);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn members_of_other_archivers_are_read() {
    let http = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let of_chunks = "EZMCEYKLYMOWXPIGFLXFT3WW62PQVRQP";
    let of_body = "A9993E364706816ABA3E25717850C26C9CD0D89D";
    for digest in [of_body, of_chunks] {
        let record = format!(
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Payload-Digest: sha1:{digest}\r\nX-Folded: a\r\n b\r\n\
             content-length: {}\r\n\r\n{http}\r\n\r\n",
            http.len()
        );
        for bytes in [gzip(record.as_bytes()), record.clone().into_bytes()] {
            let span = RecordSpan { offset: 0, len: bytes.len() as u64 };
            assert_eq!(warc::response(&bytes, span).unwrap().body, b"abc");
            assert_eq!(warc::record(&bytes, span).unwrap().header("x-folded"), Some("a b"));
        }
    }
    let two = [gzip(b"WARC/1.0\r\nContent-Length: 0\r\n\r\n\r\n\r\n"), gzip(b"x")].concat();
    assert_eq!(warc::members(&two).map(|m| m.unwrap().len).sum::<u64>(), two.len() as u64);
}

#[test]
fn a_bomb_is_refused() {
    let member = gzip(&vec![b' '; 80 << 20]);
    let span = RecordSpan { offset: 0, len: member.len() as u64 };
    assert!(warc::record(&member, span).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_bring_the_reader_down(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
        span in any::<(u16, u16)>(),
    ) {
        let (mut bytes, spans) = segment();
        for (at, value) in edits {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let _ = warc::manifest(&bytes);
        let _ = warc::whole_prefix(&bytes[..]).unwrap();
        for (span, body) in spans {
            // What is read in spite of all is what was written.
            if let Ok(response) = warc::response(&bytes, span) {
                prop_assert_eq!(response.body, body);
            }
        }
        let _ = warc::record(&bytes, RecordSpan { offset: span.0.into(), len: span.1.into() });
        let _ = warc::record(&bytes, RecordSpan { offset: u64::MAX, len: u64::MAX });
    }

    #[test]
    fn no_record_text_brings_the_reader_down(text in "(WARC/1\\.[01]|HTTP/1|[a-z-]{1,8}|: ?|[0-9]{1,4}|\r?\n|\\PC){0,40}") {
        let bytes = gzip(text.as_bytes());
        let span = RecordSpan { offset: 0, len: bytes.len() as u64 };
        let _ = (warc::record(&bytes, span).is_ok(), warc::response(&bytes, span).is_ok());
        let wrapped = format!("WARC/1.1\r\nWARC-Type: response\r\nContent-Length: {}\r\n\r\n{text}", text.len());
        let span = RecordSpan { offset: 0, len: wrapped.len() as u64 };
        let _ = warc::response(wrapped.as_bytes(), span).is_ok();
    }
}
