//! Sitemaps: the protocol of sitemaps.org, its indexes, RSS, Atom, and plain lists. Names are taken
//! without their namespaces, no entity is expanded, and a broken file gives what stands before the break.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use shared::outcome::Kind;

/// Entries taken of one file (sitemaps.org: 50,000).
pub const MOST_ENTRIES: usize = 50_000;
/// Inflated bytes of one file (sitemaps.org: 50 MiB).
pub const MOST_BYTES: u64 = 50 << 20;
/// Indexes inside each other.
pub const DEEPEST: u16 = 5;
/// Bytes of one address.
const LONGEST: usize = 8 * 1024;

/// An entry: where it is, and whether it is a page or a sitemap again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The address as it stands, without white space at its ends.
    pub href: String,
    /// [`Kind::Page`] or [`Kind::Sitemap`].
    pub kind: Kind,
}

/// The entries of a file, in order, at most [`MOST_ENTRIES`].
pub fn entries(text: &str) -> Vec<Entry> {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.starts_with('<') { xml(text) } else { list(text) }
}

/// One address a line; `www.example.com/x` is one as well.
fn list(text: &str) -> Vec<Entry> {
    let lines = text.lines().map(str::trim).filter(|line| line.len() <= LONGEST);
    lines.filter_map(address).take(MOST_ENTRIES).map(|href| Entry { href, kind: Kind::Page }).collect()
}

fn address(line: &str) -> Option<String> {
    let begins = |with: &str| line.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    if begins("http://") || begins("https://") {
        return Some(line.to_owned());
    }
    (begins("www.") && !line.contains(char::is_whitespace)).then(|| format!("http://{line}"))
}

/// What text is being collected for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum In {
    Loc,
    Link,
    Guid,
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    /// The root's prefix: `sm` of `<sm:urlset>`. Names with another one are extensions (`image:loc`).
    prefix: Option<String>,
    /// The kind of the entry that is open, if one is.
    entry: Option<Kind>,
    /// An RSS item is open: has it had its link, and what would do instead.
    item: Option<(bool, Option<String>)>,
    text: Option<(In, String)>,
    /// The text has a reference that is not expanded: it is no address.
    spoilt: bool,
}

fn xml(text: &str) -> Vec<Entry> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut state = State::default();
    while state.entries.len() < MOST_ENTRIES {
        match reader.read_event() {
            Ok(Event::Start(tag)) => state.start(&tag),
            Ok(Event::Empty(tag)) => {
                state.start(&tag);
                state.end(tag.name().as_ref());
            }
            Ok(Event::End(tag)) => state.end(tag.name().as_ref()),
            Ok(Event::Text(text)) => state.text(&text),
            Ok(Event::CData(text)) => state.text(&text),
            Ok(Event::GeneralRef(reference)) => state.reference(&reference),
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    state.finish_text();
    state.finish_item();
    state.entries.truncate(MOST_ENTRIES);
    state.entries
}

impl State {
    /// The local name, if the name has the root's prefix.
    fn local<'a>(&self, name: &'a str) -> Option<&'a str> {
        let (prefix, local) = split(name);
        (self.prefix.as_deref() == Some(prefix)).then_some(local)
    }

    fn start(&mut self, tag: &BytesStart<'_>) {
        let name = tag.name();
        let name = name.as_ref();
        if self.prefix.is_none() {
            let (prefix, local) = split(name);
            // RSS 1.0: the root has a prefix, the items do not.
            self.prefix = Some(if local == "RDF" { String::new() } else { prefix.to_owned() });
        }
        let Some(local) = self.local(name) else { return };
        match local {
            "url" if self.text.is_none() => self.entry = Some(Kind::Page),
            "sitemap" => self.entry = Some(Kind::Sitemap),
            "item" => {
                self.finish_item();
                self.item = Some((false, None));
            }
            "entry" => self.item = Some((true, None)),
            "loc" if self.entry.is_some() => self.begin(In::Loc),
            "link" if self.item.is_some() => match href(tag) {
                Some(href) => self.add(href, Kind::Page),
                None => self.begin(In::Link),
            },
            "guid" if self.item.is_some() => self.begin(In::Guid),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match self.local(name) {
            Some("loc" | "link" | "guid") => self.finish_text(),
            Some("item" | "entry") => self.finish_item(),
            Some("sitemap") => self.entry = None,
            // `<loc><url>...</url></loc>` is seen in the wild.
            Some("url") if self.text.is_none() => self.entry = None,
            _ => {}
        }
    }

    fn begin(&mut self, what: In) {
        self.finish_text();
        self.text = Some((what, String::new()));
        self.spoilt = false;
    }

    fn text(&mut self, more: &str) {
        if let Some((_, text)) = &mut self.text
            && text.len() <= LONGEST
        {
            text.push_str(&more[..more.floor_char_boundary(LONGEST + 1)]);
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>) {
        let character = match &**reference {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => reference.resolve_char_ref().ok().flatten(),
        };
        match character {
            Some(c) => self.text(c.encode_utf8(&mut [0; 4])),
            None => self.spoilt = true,
        }
    }

    fn finish_text(&mut self) {
        let Some((what, text)) = self.text.take() else { return };
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST || self.spoilt {
            return;
        }
        match (what, &mut self.item) {
            (In::Loc, _) => self.add(text.to_owned(), self.entry.unwrap_or(Kind::Page)),
            (In::Link, Some((has_link, _))) => {
                *has_link = true;
                self.add(text.to_owned(), Kind::Page);
            }
            (In::Guid, Some((_, instead))) => *instead = Some(text.to_owned()),
            _ => {}
        }
    }

    /// An RSS item without a link has its address in its guid, if anywhere.
    fn finish_item(&mut self) {
        self.finish_text();
        if let Some((false, Some(guid))) = self.item.take()
            && guid.starts_with("http")
        {
            self.add(guid, Kind::Page);
        }
    }

    fn add(&mut self, href: String, kind: Kind) {
        if self.entries.len() < MOST_ENTRIES {
            self.entries.push(Entry { href, kind });
        }
    }
}

fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

/// The address of an Atom link that leads to the entry itself.
fn href(tag: &BytesStart<'_>) -> Option<String> {
    let value = |name: &str| {
        let found = tag.attributes().flatten().find(|a| a.key.as_ref() == name)?;
        Some(quick_xml::escape::unescape(&found.value).ok()?.trim().to_owned())
    };
    let leads_there = value("rel").is_none_or(|rel| rel == "alternate");
    value("href").filter(|href| leads_there && !href.is_empty() && href.len() <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hrefs(text: &str) -> Vec<String> {
        entries(text).into_iter().map(|entry| entry.href).collect()
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(hrefs("<urlset><url><loc> a </loc><image:loc>b</image:loc></url></urlset>"), ["a"]);
        assert_eq!(hrefs("<s:urlset><s:url><s:loc>a&amp;b&#x43;</s:loc></s:url></s:urlset>"), ["a&bC"]);
        let index = entries("<sitemapindex><sitemap><loc>a</loc></sitemap></sitemapindex>");
        assert_eq!(index, [Entry { href: "a".into(), kind: Kind::Sitemap }]);
        assert_eq!(
            hrefs(
                "<rss><channel><link>no</link><item><link>a</link><guid>http://b</guid></item><item><guid>http://c</guid></item></channel></rss>"
            ),
            ["a", "http://c"]
        );
        assert_eq!(
            hrefs(
                "<feed><link href='no'/><entry><link rel='edit' href='x'/><link href='a'/><link rel='alternate' href='b'/></entry></feed>"
            ),
            ["a", "b"]
        );
        assert_eq!(hrefs("\u{feff}http://a/\r\nb\n HTTPS://c/ \n"), ["http://a/", "HTTPS://c/"]);
    }

    #[test]
    fn what_is_broken_or_hostile_gives_what_can_be_read() {
        assert_eq!(hrefs("<urlset><url><loc>a</loc></url><url><loc>b</lo"), ["a", "b"]);
        assert_eq!(
            hrefs("<!DOCTYPE u [<!ENTITY x 'y'>]><urlset><url><loc>a&x;</loc><loc>b</loc></url>"),
            ["b"]
        );
        assert!(entries(&"<a>".repeat(200_000)).is_empty());
        let many = format!("<urlset>{}</urlset>", "<url><loc>http://a/</loc></url>".repeat(MOST_ENTRIES + 9));
        assert_eq!(entries(&many).len(), MOST_ENTRIES);
        assert!(entries(&format!("<urlset><url><loc>{}", "x".repeat(1 << 20))).is_empty());
        assert!(entries("").is_empty() && entries("not a sitemap").is_empty());
    }
}
