//! What breaks Harvestman on purpose.
//!
//! `tests/sim` simulates: all stages in one thread, over a clock that stands while anybody works, with faults
//! at every port.
