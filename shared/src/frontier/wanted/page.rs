//! The links of one page.

use super::{From, Place, Wanted};
use crate::frontier::{Admission, origin};
use crate::ids::HostId;
use crate::outcome::{Kind, Reason};
use url::Url;

/// A page that holds links. Most of them lead to its own host or, in turn, to one other; what a
/// host has in common is worked out once.
pub struct Page<'a> {
    wanted: &'a Wanted,
    from: From<'a>,
    last: Option<(String, HostId)>,
}

impl<'a> Page<'a> {
    pub(super) fn new(wanted: &'a Wanted, from: From<'a>) -> Self {
        Page { wanted, from, last: None }
    }

    /// A link of the page, as [`Wanted::link`].
    ///
    /// # Errors
    /// Why it is not wanted.
    pub fn link(&mut self, target: Url) -> Result<Admission, Reason> {
        let depth = self.from.depth.saturating_add(1);
        let place = Place { kind: Kind::Page, depth, hops: 0, asked_url: None };
        let url = self.wanted.judged(self.from, target, place)?;
        let (origin, host) = self.host_of(&url);
        Ok(self.wanted.admission_at(url, host, origin, place))
    }

    fn host_of(&mut self, url: &Url) -> (String, HostId) {
        let known = self.last.as_ref().filter(|(last, _)| origin::plain_origin(url) == Some(last));
        match known {
            Some(known) => known.clone(),
            None => {
                let origin = origin::origin(url);
                let host = HostId::of(&origin);
                self.last.insert((origin, host)).clone()
            }
        }
    }
}
