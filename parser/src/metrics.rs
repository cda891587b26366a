//! What a parser counts: for a segment at a time, never for a page.

use shared::metric::Metric;
use shared::ports::store::{Applied, Ending, PageEnd, ParsedSegment};
use std::time::Duration;

pub(crate) const ACTIVE: Metric =
    Metric::gauge("harvestman_parser_segments_active", &[], "Segments that are worked through now");
pub(crate) const SEGMENTS: Metric = Metric::counter(
    "harvestman_parser_segments_total",
    &["end"],
    "Segments taken, by what came of them: done, given back, or buried",
);
const PARSE: Metric =
    Metric::seconds("harvestman_parser_parse_seconds", &[], "How long a segment's pages took to parse");
const APPLY: Metric = Metric::seconds(
    "harvestman_parser_apply_seconds",
    &[],
    "How long applying a segment to the store took, tries again included",
);
const PAGES: Metric = Metric::counter("harvestman_parser_pages_total", &["end"], "URLs closed, by their end");
const AGAIN: Metric =
    Metric::counter("harvestman_parser_retries_total", &["reason"], "URLs that get another try, by reason");
const RECORDS: Metric =
    Metric::counter("harvestman_parser_records_total", &["valid"], "Records extracted from pages closed");
const REFUSED: Metric = Metric::counter(
    "harvestman_parser_links_refused_total",
    &["reason"],
    "Links that were not followed, by reason",
);
const ADMITTED: Metric = Metric::counter("harvestman_parser_urls_admitted_total", &[], "URLs admitted");

/// All metrics of a parser.
pub const METRICS: &[Metric] = &[ACTIVE, SEGMENTS, PARSE, APPLY, PAGES, AGAIN, RECORDS, REFUSED, ADMITTED];

/// What a segment comes to, before it is applied.
#[derive(Default)]
pub(crate) struct Tally {
    /// By place in the segment's visits: its end, and its records, valid and not.
    closing: Vec<(usize, &'static str, [u64; 2])>,
    again: Vec<&'static str>,
    refused: Vec<(&'static str, u64)>,
}

impl Tally {
    pub(crate) fn of(segment: &ParsedSegment) -> Self {
        let mut tally = Tally::default();
        for (place, visit) in segment.visits.iter().enumerate() {
            match &visit.ending {
                Ending::Closed(page) => {
                    let end = match &page.end {
                        PageEnd::Fetched => "fetched",
                        PageEnd::Redirected(_) => "redirected",
                        PageEnd::Failed(_) => "failed",
                        PageEnd::Cut(_) => "cut",
                    };
                    let valid = page.records.iter().filter(|record| record.rejected.is_none()).count() as u64;
                    let records = [valid, page.records.len() as u64 - valid];
                    tally.closing.push((place, end, records));
                    for (reason, count) in &page.refused {
                        let (label, count) = (reason.label(), u64::from(*count));
                        match tally.refused.iter_mut().find(|(known, _)| *known == label) {
                            Some((_, sum)) => *sum += count,
                            None => tally.refused.push((label, count)),
                        }
                    }
                }
                Ending::Retry { reason, .. } => tally.again.push(reason.label()),
            }
        }
        tally
    }

    /// Counts what was new in it, when it is applied.
    pub(crate) fn applied(self, applied: &Applied, took: Duration) {
        APPLY.took(&[], took);
        ADMITTED.add(&[], applied.admitted);
        for end in ["fetched", "redirected", "failed", "cut"] {
            let closed = |place: &usize| applied.closed.get(*place) == Some(&true);
            let of_end = || self.closing.iter().filter(|(place, is, _)| *is == end && closed(place));
            PAGES.add(&[end], of_end().count() as u64);
            RECORDS.add(&["true"], of_end().map(|(_, _, records)| records[0]).sum());
            RECORDS.add(&["false"], of_end().map(|(_, _, records)| records[1]).sum());
        }
        for (reason, count) in self.refused {
            REFUSED.add(&[reason], count);
        }
        for reason in self.again {
            AGAIN.add(&[reason], 1);
        }
    }
}

/// Times the parsing of a segment.
pub(crate) fn parsed(took: Duration) {
    PARSE.took(&[], took);
}
