//! What a fleet promises besides that it loses nothing: real programs over servers of their own. The programs are
//! built before (`make test` does it); `HARVESTMAN_TEST_PROGRAMS` says where they are, if not beside this one.
//! The figures are printed (`-- --nocapture`).

mod backpressure;
mod common;
mod politeness;
mod shares;
mod tls;
