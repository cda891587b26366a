//! Parameters that do not choose the page: campaign marks, click numbers, session numbers.

use super::percent;
use std::borrow::Cow;
use std::collections::HashSet;

/// Tracking and session parameters dropped by `scope.drop_tracking`, in lower case and in order;
/// their case in a URL does not matter. `sid` is not here: many sites use it for a page's number.
pub const TRACKING_NAMES: [&str; 46] = [
    "__hsfp",
    "__hssc",
    "__hstc",
    "_branch_match_id",
    "_ga",
    "_gac",
    "_gl",
    "_hsenc",
    "_hsmi",
    "_openstat",
    "asp.net_sessionid",
    "cfid",
    "cftoken",
    "dclid",
    "epik",
    "fb_action_ids",
    "fb_action_types",
    "fb_ref",
    "fb_source",
    "fbclid",
    "gad_campaignid",
    "gad_source",
    "gbraid",
    "gclid",
    "gclsrc",
    "hsctatracking",
    "igsh",
    "igshid",
    "irclickid",
    "jsessionid",
    "li_fat_id",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "msclkid",
    "oly_anon_id",
    "oly_enc_id",
    "phpsessid",
    "srsltid",
    "ttclid",
    "twclid",
    "vero_conv",
    "vero_id",
    "wbraid",
    "yclid",
    "ysclid",
];

/// Beginnings of such names: `utm_source`, `mtm_campaign`, `ASPSESSIONIDQQABCD`.
pub const TRACKING_PREFIXES: [&str; 6] = ["aspsessionid", "hsa_", "mtm_", "pk_", "utm_", "wt.mc"];

/// A Java servlet's session number, which stands in the path: `/cart;jsessionid=1A2B`.
const PATH_SESSION: &str = "jsessionid=";

/// The parameters that a job drops.
#[derive(Clone, Debug, Default)]
pub(super) struct Dropped {
    tracking: bool,
    all: bool,
    own: HashSet<Vec<u8>>,
}

impl Dropped {
    pub(super) fn new(tracking: bool, own: &[String]) -> Self {
        let all = own.iter().any(|name| name == "*");
        Dropped { tracking, all, own: own.iter().map(|name| name.clone().into_bytes()).collect() }
    }

    /// The query without them; None where it has none of them.
    pub(super) fn query(&self, query: &str) -> Option<String> {
        if !query.split('&').any(|pair| self.drops(pair)) {
            return None;
        }
        let kept: Vec<&str> = query.split('&').filter(|pair| !self.drops(pair)).collect();
        Some(kept.join("&"))
    }

    fn drops(&self, pair: &str) -> bool {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        self.all || (self.tracking && is_tracking(name)) || self.is_own(name)
    }

    fn is_own(&self, name: &str) -> bool {
        if self.own.is_empty() {
            return false;
        }
        match name.contains(['%', '+']) {
            true => self.own.contains(&percent::decode_name(name)),
            false => self.own.contains(name.as_bytes()),
        }
    }

    /// The path without session numbers; None where it has none.
    pub(super) fn path_sessions(&self, path: &str) -> Option<String> {
        if !self.tracking || !path.contains(';') || !path.split(';').skip(1).any(is_path_session) {
            return None;
        }
        Some(path.split('/').map(without_session).collect::<Vec<_>>().join("/"))
    }
}

/// A segment without its session numbers. It stays as it is where a dot segment would be left,
/// which is no name: `..;jsessionid=1`.
fn without_session(segment: &str) -> Cow<'_, str> {
    if !segment.split(';').skip(1).any(is_path_session) {
        return segment.into();
    }
    let name = segment.split(';').take(1);
    let params = segment.split(';').skip(1).filter(|param| !is_path_session(param));
    let short = name.chain(params).collect::<Vec<_>>().join(";");
    if short == "." || short == ".." { segment.into() } else { short.into() }
}

fn is_path_session(param: &str) -> bool {
    let name = param.as_bytes().get(..PATH_SESSION.len());
    name.is_some_and(|name| name.eq_ignore_ascii_case(PATH_SESSION.as_bytes()))
}

/// Whether a parameter of this name is on the list.
fn is_tracking(name: &str) -> bool {
    const LONGEST: usize = 32;
    let bytes = name.as_bytes();
    let [first, second, _, ..] = bytes else { return false };
    if !begins_one(first.to_ascii_lowercase(), second.to_ascii_lowercase()) {
        return false;
    }
    let mut lower = [0u8; LONGEST];
    let len = bytes.len().min(LONGEST);
    lower[..len].copy_from_slice(&bytes[..len]);
    lower.make_ascii_lowercase();
    let lower = &lower[..len];
    TRACKING_PREFIXES.iter().any(|prefix| lower.starts_with(prefix.as_bytes()))
        || (bytes.len() <= LONGEST && TRACKING_NAMES.binary_search_by(|n| n.as_bytes().cmp(lower)).is_ok())
}

/// Whether a name on the list begins like this; spares most names the search.
fn begins_one(first: u8, second: u8) -> bool {
    matches!(
        (first, second),
        (b'_', b'_' | b'b' | b'g' | b'h' | b'o')
            | (b'a', b's')
            | (b'c', b'f')
            | (b'd', b'c')
            | (b'e', b'p')
            | (b'f', b'b')
            | (b'g', b'a' | b'b' | b'c')
            | (b'h', b's')
            | (b'i', b'g' | b'r')
            | (b'j', b's')
            | (b'l', b'i')
            | (b'm', b'c' | b'k' | b's' | b't')
            | (b'o', b'l')
            | (b'p', b'h' | b'k')
            | (b's', b'r')
            | (b't', b't' | b'w')
            | (b'u', b't')
            | (b'v', b'e')
            | (b'w', b'b' | b't')
            | (b'y', b'c' | b's')
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_within_the_quick_test() {
        assert!(TRACKING_NAMES.is_sorted());
        for name in TRACKING_NAMES {
            assert!(is_tracking(name) && is_tracking(&name.to_ascii_uppercase()), "{name}");
        }
        for prefix in TRACKING_PREFIXES {
            assert!(is_tracking(&format!("{prefix}x")), "{prefix}");
            assert!(is_tracking(&format!("{prefix}{}", "x".repeat(99))), "{prefix}");
        }
        for name in ["", "id", "sid", "page", "gclidx", "utm", "q", "session", "category"] {
            assert!(!is_tracking(name), "{name}");
        }
    }
}
