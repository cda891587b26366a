use super::*;
use crate::job::Scope;
use proptest::prelude::*;

fn of(scope: &Scope, text: &str) -> String {
    let canonical = Canonical::of(scope);
    let once = canonical.url(Url::parse(text).unwrap());
    assert_eq!(canonical.url(once.clone()), once, "twice: {text}");
    assert_eq!(Url::parse(once.as_str()).unwrap(), once, "parsed again: {text}");
    once.into()
}

#[test]
fn one_page_has_one_spelling() {
    for (from, to) in [
        ("HTTP://Example.COM:80", "http://example.com/"),
        ("https://example.com:443/a#frag", "https://example.com/a"),
        ("https://example.com:80/", "https://example.com:80/"),
        ("https://me:word@example.com/", "https://example.com/"),
        ("https://example.com./a", "https://example.com/a"),
        ("https://example.com.:8443/a", "https://example.com:8443/a"),
        ("https://b\u{fc}cher.de/\u{e9}?q=\u{e9}", "https://xn--bcher-kva.de/%C3%A9?q=%C3%A9"),
        ("https://e.com/a/./b/../c/%2e%2E/d", "https://e.com/a/d"),
        ("https://e.com/%7euser/%c3%a9?x=%7e%2f", "https://e.com/~user/%C3%A9?x=~%2F"),
        ("https://e.com/?utm_source=a&id=1&gclid=b", "https://e.com/?id=1"),
        ("https://e.com/?UTM_Medium=a&PHPSESSID=1", "https://e.com/"),
        ("https://e.com/?id=1&%75tm_source=x", "https://e.com/?id=1"),
        ("https://e.com/?utm_source=x&", "https://e.com/"),
        ("https://e.com/a^b?c^d", "https://e.com/a%5Eb?c^d"),
        ("https://e.com/?fbclid", "https://e.com/"),
        ("https://e.com/a;jsessionid=1F.node2?x=1", "https://e.com/a?x=1"),
        ("https://e.com/a;v=2;JSESSIONID=1;w=3/b", "https://e.com/a;v=2;w=3/b"),
        ("https://e.com/a;jsessionid=1;jsessionid=2", "https://e.com/a"),
        ("https://e.com/shop/;jsessionid=1", "https://e.com/shop/"),
        ("https://e.com/x/..;jsessionid=1", "https://e.com/x/..;jsessionid=1"),
        ("https://e.com/?ASPSESSIONIDQQ=1&a=b", "https://e.com/?a=b"),
    ] {
        assert_eq!(of(&Scope::default(), from), to, "{from}");
    }
}

#[test]
fn two_pages_stay_two() {
    for (one, other) in [
        ("https://e.com/a", "https://e.com/a/"),
        ("https://e.com/a", "https://e.com/A"),
        ("https://e.com/a", "http://e.com/a"),
        ("https://e.com/a", "https://www.e.com/a"),
        ("https://e.com/a", "https://e.com:444/a"),
        ("https://e.com/a/b", "https://e.com/a%2Fb"),
        ("https://e.com/a//b", "https://e.com/a/b"),
        ("https://e.com/a", "https://e.com/a?"),
        ("https://e.com/?a", "https://e.com/?a="),
        ("https://e.com/?a=1&b=2", "https://e.com/?b=2&a=1"),
        ("https://e.com/?a=1&a=1", "https://e.com/?a=1"),
        ("https://e.com/?a+b", "https://e.com/?a%2Bb"),
        ("https://e.com/?a=%26b", "https://e.com/?a=&b"),
        ("https://e.com/%2541", "https://e.com/%41"),
        ("https://e.com/%%34%31", "https://e.com/A"),
        ("https://e.com/%%34%31", "https://e.com/%41"),
        ("https://e.com/?sid=1", "https://e.com/?sid=2"),
        ("https://e.com/?session=1", "https://e.com/?session=2"),
        ("https://e.com/index.html", "https://e.com/"),
        ("https://e.com/a;b", "https://e.com/a"),
    ] {
        assert_ne!(of(&Scope::default(), one), of(&Scope::default(), other), "{one} {other}");
    }
}

#[test]
fn a_job_chooses_what_is_dropped() {
    let mut scope = Scope { drop_params: vec!["sort".into(), "x[y]".into()], ..Scope::default() };
    let url = "https://e.com/?sort=up&a=1&x%5By%5D=2&x[y]=3&utm_source=s&Sort=2";
    assert_eq!(of(&scope, url), "https://e.com/?a=1&Sort=2");
    scope.drop_tracking = false;
    assert_eq!(of(&scope, url), "https://e.com/?a=1&utm_source=s&Sort=2");
    assert_eq!(of(&scope, "https://e.com/a;jsessionid=1"), "https://e.com/a;jsessionid=1");
    scope.drop_params = vec!["*".into()];
    assert_eq!(of(&scope, url), "https://e.com/");
}

/// What a text says, apart from its spelling: each byte, and whether it stood for itself. Bytes
/// that RFC 3986 calls unreserved always stand for themselves.
fn meaning(text: &str) -> Vec<(bool, u8)> {
    let (bytes, mut at, mut out) = (text.as_bytes(), 0, Vec::new());
    while at < bytes.len() {
        match percent::triplet(&bytes[at..]) {
            Some(byte) => {
                out.push((!percent::is_unreserved(byte), byte));
                at += 3;
            }
            None => {
                out.push((false, bytes[at]));
                at += 1;
            }
        }
    }
    out
}

/// What makes trouble in a path and query.
#[rustfmt::skip]
const TROUBLE: [&str; 33] = [
    "%", "%2", "%41", "%2f", "%2E", "%25", "%c3%a9", "%7e", "/", "//", ".", "..", ";", ";jsessionid=1", "?", "&", "=",
    "+", "#", "utm_source=1", "gclid", "a", "4", "1", "F", "\u{e9}", "\\", " ", "\t", "[x]", "'", ":", "@",
];

fn troubled() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(&TROUBLE[..]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn canonical_is_idempotent(rest in troubled()) {
        of(&Scope::default(), &format!("https://e.com/{rest}"));
    }

    #[test]
    fn the_spelling_changes_and_the_meaning_does_not(rest in troubled()) {
        let url = Url::parse(&format!("https://e.com/{rest}")).unwrap();
        let scope = Scope { drop_tracking: false, ..Scope::default() };
        let same = Canonical::of(&scope).url(url.clone());
        prop_assert_eq!(meaning(same.path()), meaning(url.path()));
        prop_assert_eq!(same.query().map(meaning), url.query().map(meaning));
        prop_assert_eq!(same.origin(), url.origin());
    }

    #[test]
    fn only_what_is_on_the_list_is_dropped(rest in troubled()) {
        let url = Url::parse(&format!("https://e.com/{rest}")).unwrap();
        let same = Canonical::of(&Scope::default()).url(url.clone());
        let kept = |url: &Url| -> Vec<Vec<(bool, u8)>> {
            let pairs = url.query().into_iter().flat_map(|query| query.split('&'));
            let is_mark = |pair: &str| {
                let name = percent::normalise(pair).split('=').next().unwrap_or_default().to_owned();
                name.is_empty() || name == "gclid" || name.starts_with("utm_")
            };
            pairs.filter(|pair| !is_mark(pair)).map(meaning).collect()
        };
        prop_assert_eq!(kept(&same), kept(&url));
    }
}
