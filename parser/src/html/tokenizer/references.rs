//! Character references.

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};

/// The longest name of all, and its semicolon.
const LONGEST: usize = 32;

/// A reference.
#[derive(Debug, PartialEq, Eq)]
pub struct Reference {
    /// What it stands for.
    pub first: char,
    /// A few stand for two characters.
    pub second: Option<char>,
    /// Where the text goes on.
    pub end: usize,
}

/// Reads what comes after an ampersand; none, if that is no reference.
pub fn read(text: &str, at: usize, in_attribute: bool) -> Option<Reference> {
    match text.as_bytes().get(at)? {
        b'#' => numeric(text.as_bytes(), at + 1),
        byte if byte.is_ascii_alphanumeric() => named(text, at, in_attribute),
        _ => None,
    }
}

fn numeric(bytes: &[u8], at: usize) -> Option<Reference> {
    let (base, from) = match bytes.get(at)? {
        b'x' | b'X' => (16, at + 1),
        _ => (10, at),
    };
    let mut number = 0;
    let mut end = from;
    while let Some(digit) = bytes.get(end).and_then(|byte| char::from(*byte).to_digit(base)) {
        number = (number * base + digit).min(0x11_0000);
        end += 1;
    }
    if end == from {
        return None;
    }
    if bytes.get(end) == Some(&b';') {
        end += 1;
    }
    let first = match number {
        0 => '\u{fffd}',
        0x80..=0x9f => C1_REPLACEMENTS[number as usize - 0x80].or(char::from_u32(number))?,
        // Surrogates and what is too large are no characters.
        _ => char::from_u32(number).unwrap_or('\u{fffd}'),
    };
    Some(Reference { first, second: None, end })
}

fn named(text: &str, at: usize, in_attribute: bool) -> Option<Reference> {
    let bytes = text.as_bytes();
    let longest = bytes.len().min(at + LONGEST);
    let run = bytes[at..longest].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let stop = at + run;
    if bytes.get(stop) == Some(&b';')
        && let Some(reference) = entity(text, at, stop + 1)
    {
        return reference;
    }
    // Without a semicolon the longest name counts. The map also has all beginnings of names.
    let mut best = None;
    for end in at + 1..=stop {
        match entity(text, at, end) {
            Some(reference) => best = reference.or(best),
            None => break,
        }
    }
    let best = best?;
    // For the sake of old pages: "?a=b&copy=c" in an attribute is an address.
    let goes_on = bytes.get(best.end).is_some_and(|byte| *byte == b'=' || byte.is_ascii_alphanumeric());
    (!in_attribute || !goes_on).then_some(best)
}

/// What a name stands for: nothing, if it only begins one; none, if no name begins so.
fn entity(text: &str, at: usize, end: usize) -> Option<Option<Reference>> {
    let (first, second) = NAMED_ENTITIES.get(&text[at..end])?;
    let first = char::from_u32(*first).filter(|c| *c != '\0');
    let second = char::from_u32(*second).filter(|c| *c != '\0');
    Some(first.map(|first| Reference { first, second, end }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, in_attribute: bool) -> Option<(String, &str)> {
        let found = read(text, 0, in_attribute)?;
        Some((
            found.second.into_iter().fold(found.first.to_string(), |s, c| s + &c.to_string()),
            &text[found.end..],
        ))
    }

    #[test]
    fn names() {
        assert_eq!(all("amp;x", false), Some(("&".into(), "x")));
        assert_eq!(all("notit;", false), Some(("¬".into(), "it;")));
        assert_eq!(all("notin;", false), Some(("∉".into(), "")));
        assert_eq!(all("NotEqualTilde;", true), Some(("≂̸".into(), "")));
        assert_eq!(all("CounterClockwiseContourIntegral;", true), Some(("∳".into(), "")));
        assert_eq!(all("copy=1", false), Some(("©".into(), "=1")));
        assert_eq!(all("copy=1", true), None);
        assert_eq!(all("copy", true), Some(("©".into(), "")));
        assert_eq!(all("nothing", true), None);
        assert_eq!(all("", false), None);
        assert_eq!(all("é;", false), None);
    }

    #[test]
    fn numbers() {
        assert_eq!(all("#65;", false), Some(("A".into(), "")));
        assert_eq!(all("#X41g", true), Some(("A".into(), "g")));
        assert_eq!(all("#x80;", false), Some(("€".into(), "")));
        assert_eq!(all("#x81;", false), Some(("\u{81}".into(), "")));
        assert_eq!(all("#0;", false), Some(("\u{fffd}".into(), "")));
        assert_eq!(all("#xD800;", false), Some(("\u{fffd}".into(), "")));
        assert_eq!(all("#99999999999999999999;", false), Some(("\u{fffd}".into(), "")));
        assert_eq!(all("#;", false), None);
        assert_eq!(all("#x", false), None);
    }
}
