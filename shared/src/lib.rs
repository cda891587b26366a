//! What every Harvestman stage agrees on, and nothing that one stage could keep to itself.
//!
//! - [`job`]: what to harvest, as a person writes it; a run keeps a frozen copy.
//! - [`frontier`]: which URL is which ([`frontier::canonical`]), and whether a run wants it.
//! - [`messages`]: what travels over the queue; [`manifest`]: what travels inside a segment.
//! - [`ports`]: the traits behind which the database, the broker and the object store stand.
//! - [`trace`]: the trace that a message belongs to; [`crash`]: where tests let a process die.
//! - [`warc`], [`body`], [`robots`]: formats that more than one stage reads; [`firecrawl`]: the documents of `/v2`.

pub mod body;
pub mod clock;
pub mod crash;
pub mod firecrawl;
pub mod frontier;
pub mod ids;
pub mod job;
pub mod manifest;
pub mod messages;
pub mod metric;
pub mod outcome;
pub mod pacing;
mod policy;
pub mod ports;
pub mod random;
pub mod replay;
pub mod robots;
pub mod schedule;
pub mod trace;
pub mod warc;
