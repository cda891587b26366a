//! From a page to records: the job's fields, compiled once a run.

mod dates;
mod numbers;
mod record;
mod rules;
mod select;
mod values;

pub use record::{Facts, Records, records};
pub use rules::{Rules, check};
pub use select::{Budget, Query, Search, find};

#[cfg(test)]
mod tests;
