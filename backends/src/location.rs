//! Where in a cloud an archive is: `scheme://CONTAINER/PREFIX?name=value`.

use shared::ports::ArchiveError;
use std::collections::BTreeMap;
use url::Url;

/// A parsed location. What is asked of its parameters is taken out; what is left over is refused.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Location {
    /// The bucket or container.
    pub container: String,
    /// Empty, or what all keys begin with, its last character a `/`.
    pub prefix: String,
    parameters: BTreeMap<String, String>,
}

/// What a location that cannot be used is.
pub(crate) fn refused(why: impl std::fmt::Display) -> ArchiveError {
    ArchiveError::Refused(why.to_string())
}

impl Location {
    /// Reads a URL of one scheme. `known` are the names that its parameters may have.
    ///
    /// # Errors
    /// What is wrong with the URL; it does not repeat the values of parameters.
    pub fn parse(url: &str, scheme: &str, known: &[&str]) -> Result<Self, ArchiveError> {
        let parsed = Url::parse(url).map_err(|error| refused(format_args!("no URL: {error}")))?;
        if parsed.scheme() != scheme {
            return Err(refused(format_args!("not {scheme}://")));
        }
        let Some(container) = parsed.host_str().filter(|host| !host.is_empty()) else {
            return Err(refused(format_args!("{scheme}://NAME/PREFIX: the name is missing")));
        };
        if !parsed.username().is_empty() || parsed.password().is_some() || parsed.fragment().is_some() {
            return Err(refused("credentials and fragments have no place in the URL"));
        }
        let path = parsed.path().trim_matches('/');
        if path.split('/').any(|part| part == "." || part == "..") || path.contains('%') {
            return Err(refused("the prefix is made of plain names"));
        }
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut parameters = BTreeMap::new();
        for (name, value) in parsed.query_pairs() {
            if !known.contains(&&*name) {
                let known = known.join(", ");
                return Err(refused(format_args!("no parameter is called `{name}`; there are {known}")));
            }
            if parameters.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                return Err(refused(format_args!("the parameter `{name}` is there twice")));
            }
        }
        Ok(Location { container: container.to_owned(), prefix, parameters })
    }

    /// A parameter's text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A parameter that is `true` or `false`.
    pub fn flag(&self, name: &str, otherwise: bool) -> Result<bool, ArchiveError> {
        match self.text(name) {
            None => Ok(otherwise),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(_) => Err(refused(format_args!("`{name}` is true or false"))),
        }
    }

    /// The key of an object.
    pub fn key(&self, object: &str) -> String {
        format!("{}{object}", self.prefix)
    }

    /// The object that has this key.
    pub fn object<'a>(&self, key: &'a str) -> Option<&'a str> {
        key.strip_prefix(&self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_has_a_container_a_prefix_and_parameters() {
        let at = Location::parse("s3://pages/a/b/?region=r&path_style=true", "s3", &["region", "path_style"]);
        let Ok(at) = at else { panic!("a location") };
        assert_eq!((&*at.container, &*at.prefix), ("pages", "a/b/"));
        assert_eq!(at.text("region"), Some("r"));
        assert!(at.flag("path_style", false).unwrap() && !at.flag("other", false).unwrap());
        assert_eq!(at.key("runs/1/x"), "a/b/runs/1/x");
        assert_eq!(at.object("a/b/runs/1/x"), Some("runs/1/x"));
        let Ok(bare) = Location::parse("s3://pages", "s3", &[]) else { panic!("a location") };
        assert_eq!((&*bare.prefix, &*bare.key("x")), ("", "x"));
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        for url in [
            "",
            "s3:///x",
            "gs://pages",
            "s3://me:secret@pages",
            "s3://pages?regoin=x",
            "s3://pages?region=a&region=b",
            "s3://pages/a%2fb",
            "s3://pages#x",
        ] {
            assert!(Location::parse(url, "s3", &["region"]).is_err(), "{url}");
        }
    }
}
