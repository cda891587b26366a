//! The store on Postgres: the suite, many at once, and a server that goes away.
#![cfg(feature = "postgres")]

mod common;
mod many;
mod outages;
mod suite;
