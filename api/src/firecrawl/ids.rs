//! Ids as the clients expect them: UUIDs (version 8, RFC 9562) that hold a run's number and a page's place.

use super::error::Refusal;
use shared::ids::RunId;
use uuid::Uuid;

/// The lower 48 bits.
const LOW: u128 = (1 << 48) - 1;

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
/// 400 where it is no id, 404 where it is not of this server's making.
pub fn run(text: &str) -> Result<RunId, Refusal> {
    let id = Uuid::parse_str(text).map_err(|_| Refusal::bad("Invalid job ID"))?.as_u128();
    let run = RunId(i64::try_from(id & LOW).map_err(|_| Refusal::no_job())?);
    let seq = u64::try_from(id >> 80).map_err(|_| Refusal::no_job())?;
    if of_page(run, seq) == Uuid::from_u128(id).to_string() { Ok(run) } else { Err(Refusal::no_job()) }
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
        assert_eq!(run("x").unwrap_err().status().as_u16(), 400);
        assert_eq!(run("6f1c2a9e-52a1-4c8e-9d3b-5f2a7c1e0b4d").unwrap_err().status().as_u16(), 404);
    }
}
