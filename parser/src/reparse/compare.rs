//! How records differ from those of another version, field by field.

use serde_json::{Map, Value};
use shared::ports::store::RecordRow;
use shared::ports::store::control::{FieldDifference, ReparsedPage};
use std::collections::{BTreeMap, BTreeSet};

type Fields = Map<String, Value>;

/// Compares valid records of the same page and place. A record that only one side has counts with all
/// its fields. Fields that are null count as absent.
pub fn records(old: &[RecordRow], new: &[ReparsedPage]) -> Vec<FieldDifference> {
    let old: BTreeMap<(u64, u32), Fields> =
        old.iter().map(|record| ((record.seq, record.ord), fields(&record.data))).collect();
    let new: BTreeMap<(u64, u32), Fields> = new
        .iter()
        .flat_map(|page| (0..).zip(&page.records).map(move |(ord, record)| ((page.seq, ord), record)))
        .filter(|(_, record)| record.rejected.is_none())
        .map(|(place, record)| (place, fields(&record.data)))
        .collect();
    let mut counts: BTreeMap<&str, FieldDifference> = BTreeMap::new();
    let nothing = Fields::new();
    for place in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let before = old.get(place).unwrap_or(&nothing);
        let after = new.get(place).unwrap_or(&nothing);
        for field in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            let count = counts.entry(field).or_default();
            match (value(before, field), value(after, field)) {
                (None, None) => {}
                (None, Some(_)) => count.added += 1,
                (Some(_), None) => count.removed += 1,
                (Some(before), Some(after)) if before == after => count.same += 1,
                (Some(_), Some(_)) => count.changed += 1,
            }
        }
    }
    counts.into_iter().map(|(field, count)| FieldDifference { field: field.to_owned(), ..count }).collect()
}

fn fields(data: &str) -> Fields {
    serde_json::from_str(data).unwrap_or_default()
}

fn value<'a>(fields: &'a Fields, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::clock::Timestamp;
    use shared::ports::store::{NewRecord, ParsedPage};

    fn old(seq: u64, ord: u32, data: &str) -> RecordRow {
        RecordRow {
            seq,
            ord,
            data: data.into(),
            rejected: None,
            url: String::new(),
            final_url: String::new(),
            status: None,
            fetched_at: Timestamp(0),
        }
    }

    fn new(seq: u64, records: &[(&str, Option<&str>)]) -> ReparsedPage {
        let record = |(data, rejected): &(&str, Option<&str>)| NewRecord {
            data: (*data).into(),
            rejected: rejected.map(str::to_owned),
        };
        ReparsedPage { seq, parsed: ParsedPage::default(), records: records.iter().map(record).collect() }
    }

    #[test]
    fn fields_are_compared_at_the_same_place() {
        let before = [old(1, 0, r#"{"a":1,"b":"x","c":null}"#), old(2, 0, r#"{"a":5}"#)];
        let after = [
            new(1, &[(r#"{"a":1,"b":"y","c":true}"#, None), (r#"{"a":9}"#, Some("missing: b"))]),
            new(2, &[]),
        ];
        let count = |field: &str, same, changed, added, removed| FieldDifference {
            field: field.into(),
            same,
            changed,
            added,
            removed,
        };
        let found = records(&before, &after);
        assert_eq!(found, [count("a", 1, 0, 0, 1), count("b", 0, 1, 0, 0), count("c", 0, 0, 1, 0)]);
    }
}
