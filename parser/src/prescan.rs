//! What a page says of its own encoding: WHATWG HTML 13.2.3.2, "prescan a byte stream to determine
//! its encoding", and the encoding of an XML declaration.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// The encoding that the bytes declare, if any.
pub fn prescan(bytes: &[u8]) -> Option<&'static Encoding> {
    let mut scan = Scan { bytes, at: 0 };
    scan.run().or_else(|| xml_declaration(bytes))
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Upper case is folded; attributes are short, so that they are copied.
struct Attribute {
    name: Vec<u8>,
    value: Vec<u8>,
}

impl Scan<'_> {
    fn run(&mut self) -> Option<&'static Encoding> {
        while let Some(open) = memchr::memchr(b'<', self.bytes.get(self.at..)?) {
            self.at += open;
            let rest = &self.bytes[self.at..];
            if rest.starts_with(b"<!--") {
                // The two hyphens may be those of `<!--`.
                self.at += 2 + memchr::memmem::find(&rest[2..], b"-->")? + 3;
            } else if is_meta(rest) {
                self.at += 5;
                if let Some(encoding) = self.meta()? {
                    return Some(encoding);
                }
                self.at += 1;
            } else if is_tag(rest) {
                self.at += rest.iter().position(|b| b.is_ascii_whitespace() || *b == b'>')?;
                while self.attribute()?.is_some() {}
                self.at += 1;
            } else if rest.len() > 1 && b"!/?".contains(&rest[1]) {
                self.at += memchr::memchr(b'>', rest)? + 1;
            } else {
                self.at += 1;
            }
        }
        None
    }

    /// The attributes of a `<meta`. Outer None: the bytes end; inner: it says nothing.
    fn meta(&mut self) -> Option<Option<&'static Encoding>> {
        let mut seen: Vec<Vec<u8>> = Vec::new();
        let (mut got_pragma, mut need_pragma) = (false, None);
        let mut charset: Option<Option<&'static Encoding>> = None;
        while let Some(attribute) = self.attribute()? {
            if seen.contains(&attribute.name) {
                continue;
            }
            match attribute.name.as_slice() {
                b"http-equiv" => got_pragma |= attribute.value == b"content-type",
                b"content" if charset.is_none() => {
                    if let Some(encoding) = of_content(&attribute.value) {
                        charset = Some(Some(encoding));
                        need_pragma = Some(true);
                    }
                }
                b"charset" => {
                    charset = Some(Encoding::for_label(&attribute.value));
                    need_pragma = Some(false);
                }
                _ => {}
            }
            seen.push(attribute.name);
        }
        Some(match (need_pragma, charset.flatten()) {
            (Some(needed), Some(encoding)) if got_pragma || !needed => Some(as_declared(encoding)),
            _ => None,
        })
    }

    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// "Get an attribute". Outer None: the bytes end; inner: the tag does.
    fn attribute(&mut self) -> Option<Option<Attribute>> {
        while self.byte()?.is_ascii_whitespace() || self.byte()? == b'/' {
            self.at += 1;
        }
        if self.byte()? == b'>' {
            return Some(None);
        }
        let mut found = Attribute { name: Vec::new(), value: Vec::new() };
        loop {
            match self.byte()? {
                b'=' if !found.name.is_empty() => break,
                b if b.is_ascii_whitespace() => {
                    while self.byte()?.is_ascii_whitespace() {
                        self.at += 1;
                    }
                    if self.byte()? != b'=' {
                        return Some(Some(found));
                    }
                    break;
                }
                b'/' | b'>' => return Some(Some(found)),
                b => found.name.push(b.to_ascii_lowercase()),
            }
            self.at += 1;
        }
        self.at += 1;
        while self.byte()?.is_ascii_whitespace() {
            self.at += 1;
        }
        match self.byte()? {
            quote @ (b'"' | b'\'') => {
                self.at += 1;
                while self.byte()? != quote {
                    found.value.push(self.byte()?.to_ascii_lowercase());
                    self.at += 1;
                }
                self.at += 1;
            }
            _ => {
                while !self.byte()?.is_ascii_whitespace() && self.byte()? != b'>' {
                    found.value.push(self.byte()?.to_ascii_lowercase());
                    self.at += 1;
                }
            }
        }
        Some(Some(found))
    }
}

fn is_meta(rest: &[u8]) -> bool {
    rest.len() > 5
        && rest[1..5].eq_ignore_ascii_case(b"meta")
        && (rest[5].is_ascii_whitespace() || rest[5] == b'/')
}

fn is_tag(rest: &[u8]) -> bool {
    let name = if rest.get(1) == Some(&b'/') { rest.get(2) } else { rest.get(1) };
    name.is_some_and(u8::is_ascii_alphabetic)
}

/// "Extracting a character encoding from a meta element" (WHATWG HTML 2.6.5).
fn of_content(content: &[u8]) -> Option<&'static Encoding> {
    let mut at = 0;
    loop {
        at += memchr::memmem::find(&content[at..], b"charset")? + 7;
        at += content[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        if content.get(at) == Some(&b'=') {
            break;
        }
    }
    let value = content[at + 1..].trim_ascii_start();
    let label = match value.first()? {
        quote @ (b'"' | b'\'') => {
            let end = memchr::memchr(*quote, &value[1..])?;
            &value[1..=end]
        }
        _ => {
            let end = value.iter().position(|b| b.is_ascii_whitespace() || *b == b';');
            &value[..end.unwrap_or(value.len())]
        }
    };
    Encoding::for_label(label)
}

/// A page that declares itself in readable bytes is not in UTF-16.
fn as_declared(encoding: &'static Encoding) -> &'static Encoding {
    match encoding.name() {
        "UTF-16LE" | "UTF-16BE" => UTF_8,
        "x-user-defined" => WINDOWS_1252,
        _ => encoding,
    }
}

/// `<?xml version="1.0" encoding="koi8-r"?>` at the very beginning.
fn xml_declaration(bytes: &[u8]) -> Option<&'static Encoding> {
    let declaration = bytes.strip_prefix(b"<?xml")?;
    let declaration = &declaration[..memchr::memchr(b'>', declaration)?];
    let after = memchr::memmem::find(declaration, b"encoding")? + 8;
    let value = declaration[after..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let quote = *value.first().filter(|b| b"\"'".contains(b))?;
    let end = memchr::memchr(quote, &value[1..])?;
    Encoding::for_label(&value[1..=end]).map(as_declared)
}
