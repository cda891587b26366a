//! What breaks Harvestman on purpose.
//!
//! - `tests/sim` simulates: all stages in one thread, over a clock that stands while anybody works, with
//!   faults at every port.
//! - The rest kills: real programs ([`process`], [`fleet`]) over servers of their own ([`servers`]) harvest
//!   known [`sites`], one of the [`faults`] strikes in the middle ([`mod@strike`], [`round`]), and what they
//!   have to show in the end is judged ([`mod@judge`]). [`matrix`] makes a table of it.
//! - [`upgrade`] replaces the programs by those of another version in the middle of a run.

pub mod bulk;
pub mod client;
pub mod dice;
pub mod faults;
pub mod fleet;
pub mod http;
pub mod idle;
pub mod judge;
pub mod letters;
pub mod matrix;
pub mod meddler;
pub mod process;
pub mod receiver;
pub mod round;
pub mod servers;
pub mod sites;
pub mod strike;
pub mod table;
pub mod upgrade;
pub mod world;
