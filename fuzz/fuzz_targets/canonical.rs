//! Any text as a link: joined, spelled canonically, and spelled so again.
//! `cargo +nightly fuzz run canonical`
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::frontier::{Canonical, canonical, traps};
use shared::job::{Limits, Scope};
use url::Url;

fuzz_target!(|text: &str| {
    let Ok(base) = Url::parse("https://example.com/a/b?c=d") else { return };
    let _ = canonical::parse_seed(text).map_err(|error| error.to_string());
    let Some(url) = canonical::join(&base, text) else { return };
    let canonical = Canonical::of(&Scope::default());
    let once = canonical.url(url);
    assert_eq!(canonical.url(once.clone()), once, "idempotent");
    assert_eq!(Url::parse(once.as_str()).as_ref(), Ok(&once), "parsed again");
    let _ = traps::check(&once, &Limits::default());
});
