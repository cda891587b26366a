//! The store on Postgres: the suite, many at once, a server that goes away, and what becomes of its
//! statements when tables are large.
#![cfg(feature = "postgres")]

mod bounds;
mod common;
mod many;
mod outages;
mod plans;
mod suite;
mod work;
