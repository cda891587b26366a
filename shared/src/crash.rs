//! Places where a test lets the process die, as if it had been killed there.
//!
//! Nothing of this is in a program built without the feature `crash-points`. With it, the environment
//! says where: `CRASH_AT=parser.in_page` aborts the first time that the process comes by,
//! `CRASH_AT=parser.in_page:3` the third time. `CRASH_ON_TEXT=needle` aborts wherever a page that
//! holds the text is shown to a point, each time; with `CRASH_AT` as well, at that point only.

/// The process dies here, if the environment says so.
#[inline(always)]
pub fn point(name: &'static str) {
    #[cfg(feature = "crash-points")]
    armed::point(name);
    #[cfg(not(feature = "crash-points"))]
    let _ = name;
}

/// The process dies here over a page that holds the text that the environment names.
#[inline(always)]
pub fn on_text(name: &'static str, page: &[u8]) {
    #[cfg(feature = "crash-points")]
    armed::on_text(name, page);
    #[cfg(not(feature = "crash-points"))]
    let _ = (name, page);
}

#[cfg(feature = "crash-points")]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// What the environment says.
    #[derive(Debug)]
    struct Plan {
        at: Option<String>,
        nth: u64,
        text: Option<Vec<u8>>,
        passed: AtomicU64,
    }

    impl Plan {
        fn read(at: Option<String>, text: Option<String>) -> Self {
            let at = at.filter(|at| !at.is_empty());
            let (at, nth) = match at.as_deref().and_then(|at| at.rsplit_once(':')) {
                Some((name, nth)) => (Some(name.to_owned()), nth.parse().unwrap_or(1)),
                None => (at, 1),
            };
            let text = text.filter(|text| !text.is_empty()).map(String::into_bytes);
            Plan { at, nth, text, passed: AtomicU64::new(0) }
        }

        fn dies_at(&self, name: &str) -> bool {
            self.text.is_none()
                && self.at.as_deref() == Some(name)
                && self.passed.fetch_add(1, Ordering::Relaxed) + 1 == self.nth
        }

        fn dies_on(&self, name: &str, page: &[u8]) -> bool {
            let Some(text) = &self.text else { return false };
            self.at.as_deref().is_none_or(|at| at == name)
                && page.windows(text.len()).any(|window| window == &text[..])
        }
    }

    fn plan() -> &'static Plan {
        static PLAN: OnceLock<Plan> = OnceLock::new();
        PLAN.get_or_init(|| Plan::read(std::env::var("CRASH_AT").ok(), std::env::var("CRASH_ON_TEXT").ok()))
    }

    pub(super) fn point(name: &str) {
        if plan().dies_at(name) {
            die(name);
        }
    }

    pub(super) fn on_text(name: &str, page: &[u8]) {
        if plan().dies_on(name, page) {
            die(name);
        }
    }

    fn die(name: &str) -> ! {
        eprintln!("crash point {name}");
        std::process::abort();
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_point_is_passed_as_often_as_it_is_told() {
            let plan = Plan::read(Some("a.b:2".into()), None);
            assert_eq!(
                ["a.b", "c", "a.b", "a.b"].map(|name| plan.dies_at(name)),
                [false, false, true, false]
            );
        }

        #[test]
        fn a_text_kills_wherever_it_is_shown_each_time() {
            let plan = Plan::read(None, Some("poison".into()));
            assert!(plan.dies_on("a", b"some poison here") && plan.dies_on("b", b"poison"));
            assert!(!plan.dies_on("a", b"poiso") && !plan.dies_at("a"));
            let there = Plan::read(Some("a".into()), Some("poison".into()));
            assert!(there.dies_on("a", b"poison") && !there.dies_on("b", b"poison"));
        }
    }
}
