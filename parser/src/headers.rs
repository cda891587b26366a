//! Response headers as the parser reads them.

use std::borrow::Cow;

/// A header's values, joined by commas (RFC 9110 5.3).
pub fn joined<'a>(headers: &'a http::HeaderMap, name: &str) -> Option<Cow<'a, str>> {
    let mut values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let first = values.next()?;
    Some(values.fold(first, |all, value| Cow::Owned(format!("{all}, {value}"))))
}
