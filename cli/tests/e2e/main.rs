//! The built binary against sites that are known exactly: what a person at a terminal gets.

mod browser;
mod canary;
mod clean;
mod client;
mod client_keys;
mod client_misuse;
mod common;
mod exports;
mod folders;
mod full_disk;
mod jobs;
mod kills;
mod limits;
mod messy;
mod misuse;
mod politeness;
mod runs;
mod schedules;
mod serve;
mod stdout;
mod stopping;
mod streams;
mod tls;
mod unreachable;
mod webhooks;
