//! What is around every route: request ids, time-outs, problems for all errors, one answer to a
//! request that is repeated.

pub mod extract;
pub mod listing;
mod once;
mod outer;
mod traced;

pub use once::{NotKept, Once, once};
pub use outer::{outer, panicked};
pub use traced::traced;
