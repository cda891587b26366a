//! Numbers as people write them, in the manner of a country.

/// How a country writes numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Locale {
    /// 1,234.5
    #[default]
    English,
    /// 1.234,5
    German,
    /// 1 234,5
    French,
    /// 1'234.5
    Swiss,
    /// 12,34,567.8
    Indian,
}

/// Digits of one number.
const MOST_DIGITS: usize = 40;

impl Locale {
    /// By a job's name of it; what is unknown writes as in English.
    pub fn named(name: Option<&str>) -> Self {
        match name {
            Some("de") => Locale::German,
            Some("fr") => Locale::French,
            Some("ch") => Locale::Swiss,
            Some("in") => Locale::Indian,
            _ => Locale::English,
        }
    }

    fn decimal(self) -> char {
        if matches!(self, Locale::German | Locale::French) { ',' } else { '.' }
    }

    fn groups(self, c: char) -> bool {
        // Spaces that do not break are written for nothing else.
        let hard_space = matches!(c, '\u{a0}' | '\u{202f}' | '\u{2009}');
        hard_space
            || match self {
                Locale::English | Locale::Indian => c == ',',
                Locale::German => c == '.',
                Locale::French => c == ' ',
                Locale::Swiss => c == '\'' || c == '\u{2019}',
            }
    }
}

/// The one number in a text, as JSON writes it: `-1299.5`. Currency signs, units and words around it
/// are dropped. None if there is no number, more than one, or one that is not well formed.
pub fn number(text: &str, locale: Locale) -> Option<String> {
    let mut one: Option<(usize, &str)> = None;
    let mut in_word: Option<(usize, &str)> = None;
    for run in runs(text, locale) {
        // A digit at the end of a word belongs to it (`m2`), unless it is all there is.
        let after_letter = text[..run.0].chars().next_back().is_some_and(char::is_alphabetic);
        let place = if after_letter { &mut in_word } else { &mut one };
        if place.replace(run).is_some() && !after_letter {
            return None;
        }
    }
    let (at, run) = one.or(in_word)?;
    let (whole, fraction) = match run.split_once(locale.decimal()) {
        Some((whole, fraction)) => (whole, fraction),
        None => (run, ""),
    };
    let whole = ungrouped(whole, locale)?;
    if !fraction.bytes().all(|b| b.is_ascii_digit()) || whole.len() + fraction.len() > MOST_DIGITS {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let mut out = String::new();
    if is_negative(&text[..at]) && !(whole.is_empty() && fraction.is_empty()) {
        out.push('-');
    }
    out.push_str(if whole.is_empty() { "0" } else { whole });
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    Some(out)
}

/// The one whole number in a text; None as well if it has a fraction or does not fit in 64 bits.
pub fn integer(text: &str, locale: Locale) -> Option<String> {
    number(text, locale).filter(|n| n.parse::<i64>().is_ok())
}

/// The longest pieces that are made of digits and separators, and begin and end with a digit (or
/// begin with the decimal separator), with their places.
fn runs(text: &str, locale: Locale) -> impl Iterator<Item = (usize, &str)> {
    let decimal = locale.decimal();
    let mut from = 0;
    std::iter::from_fn(move || {
        let digit = from + text[from..].find(|c: char| c.is_ascii_digit())?;
        let mut end = digit;
        let mut chars = text[digit..].char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let joins = (c == decimal || locale.groups(c) || c == ',' || c == '.')
                && chars.peek().is_some_and(|(_, after)| after.is_ascii_digit());
            if c.is_ascii_digit() {
                end = digit + at + 1;
            } else if !joins {
                break;
            }
        }
        // `.5`, but not the full stop of a sentence.
        let before = text[..digit].strip_suffix(decimal);
        let start = match before {
            Some(before) if !before.ends_with(|c: char| c.is_alphanumeric()) => before.len(),
            _ => digit,
        };
        from = end;
        Some((start, &text[start..end]))
    })
}

/// Digits without their group separators; None if they are not grouped as the locale does.
fn ungrouped(whole: &str, locale: Locale) -> Option<String> {
    let groups: Vec<&str> = whole.split(|c| locale.groups(c)).collect();
    let digits: String = groups.concat();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if let [first, middle @ .., last] = groups.as_slice()
        && (first.is_empty() || first.len() > 3 || last.len() != 3 || !middle_fits(first, middle, locale))
    {
        return None;
    }
    Some(digits)
}

fn middle_fits(first: &str, middle: &[&str], locale: Locale) -> bool {
    let lakh = locale == Locale::Indian && first.len() < 3 && middle.iter().all(|group| group.len() == 2);
    lakh || middle.iter().all(|group| group.len() == 3)
}

/// Whether a minus stands before the number, with a currency sign or space between at most.
fn is_negative(before: &str) -> bool {
    let before = before.trim_end_matches(|c: char| c.is_whitespace() || "$€£¥₹¢".contains(c));
    match before.strip_suffix(['-', '\u{2212}']) {
        // A hyphen after a word is none.
        Some(rest) => !rest.ends_with(|c: char| c.is_alphanumeric() || c == '-'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_their_country_writes_them() {
        for (locale, text, expected) in [
            ("en", "£51.77", Some("51.77")),
            ("en", "$1,299.00", Some("1299")),
            ("en", "12 %", Some("12")),
            ("en", "-$5.20", Some("-5.2")),
            ("en", "\u{2212}5", Some("-5")),
            ("en", ".5 l", Some("0.5")),
            ("en", "In stock (22 available)", Some("22")),
            ("en", "12 m2", Some("12")),
            ("en", "USD5", Some("5")),
            ("en", "1,5", None),
            ("en", "1.299,00 €", None),
            ("en", "2026-11-23", None),
            ("en", "10 - 20", None),
            ("en", "free", None),
            ("en", "", None),
            ("en", "1.2.3", None),
            ("en", "A-5", Some("5")),
            ("en", "5.", Some("5")),
            ("en", "0.0", Some("0")),
            ("en", "1234567.891", Some("1234567.891")),
            ("gb", "1,234.5", Some("1234.5")),
            ("de", "1.299,00 €", Some("1299")),
            ("de", "€ 1.299,–", Some("1299")),
            ("de", "0,5 kg", Some("0.5")),
            ("de", "12.50", None),
            ("fr", "1 299,50 €", Some("1299.5")),
            ("fr", "1\u{202f}299\u{a0}€", Some("1299")),
            ("ch", "CHF 1'299.50", Some("1299.5")),
            ("ch", "1\u{2019}299.–", Some("1299")),
            ("in", "₹12,34,567.8", Some("1234567.8")),
            ("in", "₹1,234", Some("1234")),
            ("in", "1,23,45", None),
        ] {
            let found = number(text, Locale::named(Some(locale)));
            assert_eq!(found.as_deref(), expected, "{locale} {text}");
        }
    }

    #[test]
    fn whole_numbers_have_no_fraction_and_a_bound() {
        for (text, expected) in
            [("1,299.00", Some("1299")), ("12.5", None), ("99999999999999999999", None), ("-3", Some("-3"))]
        {
            assert_eq!(integer(text, Locale::English).as_deref(), expected, "{text}");
        }
        assert_eq!(number(&"9".repeat(100), Locale::English), None);
    }
}
