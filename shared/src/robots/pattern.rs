//! One rule's pattern: `*` is any run of bytes, a `$` at the end is the end (RFC 9309 2.2.3).

use super::spelling::{Of, normal};

/// A compiled pattern. Matching takes time linear in the path for each part between two stars, and
/// never goes back: what follows a star is looked for once, at the first place that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    first: Box<str>,
    /// What follows each star; the last may be empty.
    parts: Vec<Box<str>>,
    anchored: bool,
    len: usize,
}

impl Pattern {
    /// Compiles a pattern that is not empty. One without a `/` or `*` in front gets the `/`.
    pub(super) fn new(text: &str) -> Self {
        let (text, anchored) = match text.strip_suffix('$') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let normal = normal(text, Of::Pattern);
        let slash = if normal.starts_with(['/', '*']) { "" } else { "/" };
        let len = slash.len() + normal.len() + usize::from(anchored);
        let mut parts = normal.split('*');
        let first = format!("{slash}{}", parts.next().unwrap_or_default()).into_boxed_str();
        let mut parts: Vec<Box<str>> = parts.map(Box::from).collect();
        // Stars side by side are one; the last part tells whether a star ends the pattern.
        if let Some(last) = parts.pop() {
            parts.retain(|part| !part.is_empty());
            parts.push(last);
        }
        Pattern { first, parts, anchored, len }
    }

    /// Where a pattern names the index page of a folder, the folder itself. Google, and in its wake
    /// others, let an `Allow` of one allow the other.
    pub(super) fn folder_of_index(&self) -> Option<Pattern> {
        let (last, before) = match self.parts.split_last() {
            Some((last, before)) => (&**last, Some(before)),
            None => (&*self.first, None),
        };
        let slash = last.rfind('/').filter(|at| last[*at..].starts_with("/index.htm"))?;
        let folder = Box::from(&last[..=slash]);
        let len = self.len - usize::from(self.anchored) - (last.len() - slash - 1) + 1;
        Some(match before {
            None => Pattern { first: folder, parts: Vec::new(), anchored: true, len },
            Some(before) => {
                let parts = before.iter().cloned().chain([folder]).collect();
                Pattern { first: self.first.clone(), parts, anchored: true, len }
            }
        })
    }

    /// How specific it is: its octets, `*` and `$` among them.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether it matches a path and query in normal spelling.
    pub(super) fn matches(&self, path: &str) -> bool {
        let Some(mut rest) = path.strip_prefix(&*self.first) else { return false };
        let Some((last, middle)) = self.parts.split_last() else {
            return !self.anchored || rest.is_empty();
        };
        for part in middle {
            match rest.find(&**part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        if self.anchored { rest.ends_with(&**last) } else { rest.contains(&**last) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stars_and_ends() {
        for (pattern, yes, no) in [
            ("/fish", vec!["/fish", "/fish.html", "/fish/a"], vec!["/Fish", "/a/fish", "/fis"]),
            ("/fish*", vec!["/fish", "/fishes"], vec!["/fis"]),
            ("/*.php$", vec!["/a.php", "/a.php/b.php"], vec!["/a.php5", "/a.php?x"]),
            ("*.gif$", vec!["/a.gif"], vec!["/a.gif?x"]),
            ("/a$", vec!["/a"], vec!["/a/", "/ab"]),
            ("/a$b", vec!["/a%24b"], vec!["/a"]),
            ("/a*b*c", vec!["/abc", "/aXbXcX", "/aacbc"], vec!["/acb"]),
            ("/*ab*ab$", vec!["/abab"], vec!["/ab"]),
            ("a", vec!["/a"], vec!["/b/a"]),
            ("*", vec!["/", "/x"], vec![]),
            ("/*$", vec!["/", "/x"], vec![]),
            ("/%2A", vec!["/%2A"], vec!["/x"]),
        ] {
            for path in yes {
                assert!(Pattern::new(pattern).matches(path), "{pattern} {path}");
            }
            for path in no {
                assert!(!Pattern::new(pattern).matches(path), "{pattern} {path}");
            }
        }
    }

    #[test]
    fn an_index_page_stands_for_its_folder() {
        let folder = |pattern| Pattern::new(pattern).folder_of_index();
        assert_eq!(folder("/a/index.html"), Some(Pattern::new("/a/$")));
        assert_eq!(folder("/index.htm$"), Some(Pattern::new("/$")));
        assert_eq!(folder("/a*b/index.html"), Some(Pattern::new("/a*b/$")));
        assert_eq!(folder("/a/index.html/b"), None);
        assert_eq!(folder("/a"), None);
    }

    /// The plain definition, which takes exponential time.
    fn naive(pattern: &[u8], path: &[u8]) -> bool {
        match pattern {
            [] => true,
            [b'$'] => path.is_empty(),
            [b'*', rest @ ..] => (0..=path.len()).any(|at| naive(rest, &path[at..])),
            [byte, rest @ ..] => path.first() == Some(byte) && naive(rest, &path[1..]),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_agrees_with_the_definition(pattern in "/[ab/*]{0,8}[$]?", path in "/[ab/]{0,10}") {
            prop_assert_eq!(Pattern::new(&pattern).matches(&path), naive(pattern.as_bytes(), path.as_bytes()));
            prop_assert_eq!(Pattern::new(&pattern).len(), pattern.len());
        }
    }
}
