//! The built binary against sites that are known exactly: what a person at a terminal gets.

mod canary;
mod clean;
mod client;
mod client_keys;
mod client_misuse;
mod common;
mod folders;
mod full_disk;
mod jobs;
mod kills;
mod limits;
mod messy;
mod misuse;
mod politeness;
mod runs;
mod serve;
mod stdout;
mod stopping;
mod tls;
mod unreachable;
