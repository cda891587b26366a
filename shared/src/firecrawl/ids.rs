//! Ids as the clients expect them: UUIDs (version 8, RFC 9562) that hold a run's number and a page's place.

use crate::ids::RunId;
use uuid::Uuid;

/// The lower 48 bits.
const LOW: u128 = (1 << 48) - 1;

/// A text that is no id of a run.
#[derive(Debug, PartialEq, Eq)]
pub enum NoId {
    /// It is no UUID.
    Malformed,
    /// It is one that was not made here.
    Foreign,
}

/// The id of a run.
pub fn of_run(run: RunId) -> String {
    of_page(run, 0)
}

/// The id of a page of a run.
pub fn of_page(run: RunId, seq: u64) -> String {
    let run = u128::from(run.0.unsigned_abs()) & LOW;
    Uuid::from_u128((u128::from(seq) & LOW) << 80 | 0x8 << 76 | 0x2 << 62 | run).to_string()
}

/// The run that an id stands for.
///
/// # Errors
/// [`NoId`].
pub fn run(text: &str) -> Result<RunId, NoId> {
    let id = Uuid::parse_str(text).map_err(|_| NoId::Malformed)?.as_u128();
    let run = RunId(i64::try_from(id & LOW).map_err(|_| NoId::Foreign)?);
    let seq = u64::try_from(id >> 80).map_err(|_| NoId::Foreign)?;
    if of_page(run, seq) == Uuid::from_u128(id).to_string() { Ok(run) } else { Err(NoId::Foreign) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_was_made() {
        for (number, seq) in [(1, 0), (7, 12), (1 << 40, 1 << 47)] {
            let id = of_page(RunId(number), seq);
            assert_eq!(run(&id).unwrap(), RunId(number));
            assert_eq!(Uuid::parse_str(&id).unwrap().get_version_num(), 8);
        }
        assert_eq!(run("x"), Err(NoId::Malformed));
        assert_eq!(run("6f1c2a9e-52a1-4c8e-9d3b-5f2a7c1e0b4d"), Err(NoId::Foreign));
    }
}
