//! The built binary against sites that are known exactly: what a person at a terminal gets.

mod clean;
mod common;
mod jobs;
mod kills;
mod messy;
mod misuse;
mod stdout;
mod stopping;
