//! A known web site, served over HTTP, for tests, benchmarks and demos.
//!
//! A [`SiteSpec`] says which; the same spec always gives the same site. [`Site::serve`] serves it,
//! [`Running::truth`] says what a harvest should find, [`Running::log`] what was asked for, and
//! [`check()`] judges a harvest by both.
//!
//! A page is planned in `plan` (a messy one is dealt its oddities in `messy::deck`), drawn in
//! `render` and `html`, coded in `transfer`, sealed in `reply`, and sent in `connection`. `resource`
//! says what else stands where. `/__bad/NAME` misbehaves in the ways that [`BAD`] lists, and
//! programs outside read log and truth at `/__log` and `/__truth` (`admin`).

mod admin;
mod answer;
mod bad;
mod check;
mod connection;
mod html;
mod knobs;
mod lang;
mod log;
mod messy;
mod plan;
mod product;
mod random;
mod render;
mod reply;
mod resource;
mod serve;
mod spec;
mod target;
mod transfer;
mod truth;
mod verdict;

pub use bad::NAMES as BAD;
pub use check::{Compare, check};
pub use knobs::{Fault, FaultKind, Knobs, RobotsKnob};
pub use log::{Hit, Log};
pub use product::{FIELDS, extract};
pub use serve::{Running, Site};
pub use spec::{Flavour, SiteSpec};
pub use truth::{Never, Truth, TruthPage};
pub use verdict::Verdict;

/// A job that harvests a site's products from its home page: no delay, every field.
pub fn job(origin: &str) -> shared::job::Job {
    let mut job = shared::job::Job::of_seeds([format!("{origin}/")]);
    job.politeness.delay = shared::job::Delay::Fixed(std::time::Duration::ZERO);
    job.extract = Some(extract());
    job
}
