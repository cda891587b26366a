//! The canonical spelling of a request's target, by which the site knows that two are one page.

/// Query parameters that only track people. The site makes links with these.
const TRACKING: [&str; 3] = ["utm_source", "utm_medium", "gclid"];

/// Path and query with unreserved characters decoded, hex digits in upper case, no fragment and no
/// tracking parameters (RFC 3986 6.2.2).
pub(crate) fn canonical(target: &str) -> String {
    let target = target.split('#').next().unwrap_or_default();
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let mut out = String::with_capacity(target.len());
    percent(path, &mut out);
    let mut mark = '?';
    for pair in query.into_iter().flat_map(|query| query.split('&')) {
        let name = pair.split('=').next().unwrap_or_default();
        if !pair.is_empty() && !TRACKING.contains(&name) {
            out.push(mark);
            percent(pair, &mut out);
            mark = '&';
        }
    }
    out
}

fn percent(text: &str, out: &mut String) {
    let mut parts = text.split('%');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let byte = part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                out.push(char::from(byte));
                out.push_str(&part[2..]);
            }
            Some(byte) => {
                out.push_str(&format!("%{byte:02X}"));
                out.push_str(&part[2..]);
            }
            None => {
                out.push('%');
                out.push_str(part);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn one_page_has_one_spelling() {
        assert_eq!(canonical("/%70a/%c3%a9?utm_source=x&b=%7e&gclid=1#f"), "/pa/%C3%A9?b=~");
        assert_eq!(canonical("/a%2fb?"), "/a%2Fb");
        assert_eq!(canonical("/100%/%zz"), "/100%/%zz");
    }
}
