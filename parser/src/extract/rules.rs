//! The job's fields, compiled once a run.

use super::numbers::Locale;
use super::select::Query;
use crate::content;
use crate::plan::content_of;
use chrono::format::{Item, StrftimeItems};
use html5ever::LocalName;
use regex::{Regex, RegexSet};
use shared::job::{Extract, Field, FieldType, Get, Job, PageValue, Problem, compile_regex, compile_regexes};

/// What is taken from each page, ready to be used.
pub struct Rules {
    /// Each element that matches is a record; None: the page is one.
    pub(super) each: Option<Query>,
    pub(super) pages: Option<RegexSet>,
    pub(super) fields: Vec<Rule>,
    pub(super) keep_empty: bool,
}

/// One field.
pub struct Rule {
    pub(super) name: String,
    pub(super) source: Source,
    pub(super) regex: Option<Regex>,
    pub(super) kind: FieldType,
    pub(super) locale: Locale,
    pub(super) month_first: bool,
    pub(super) format: Option<String>,
    pub(super) list: bool,
    /// JSON.
    pub(super) default: Option<String>,
    pub(super) required: bool,
}

/// Where a field's text comes from.
pub(super) enum Source {
    Page(PageValue),
    /// None: the record's own element.
    Element(Option<Query>, Take),
}

/// What is taken of an element.
pub(super) enum Take {
    Text,
    Html,
    InnerHtml,
    Markdown,
    Attribute(LocalName),
}

/// What is wrong with the selectors, patterns and pointers of a job; empty if nothing is. The rest
/// of a job is checked by [`Job::problems`].
pub fn check(job: &Job) -> Vec<Problem> {
    let Some(extract) = &job.extract else { return Vec::new() };
    let mut problems = Rules::new(extract).err().unwrap_or_default();
    let content = content_of(extract).and_then(|content| content::Rules::new(&content).err());
    problems.extend(content.unwrap_or_default());
    problems
}

impl Rules {
    /// Compiles.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn new(extract: &Extract) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut query = |place: String, css: &str| match Query::new(css) {
            Ok(query) => Some(query),
            Err(message) => {
                problems.push(Problem { place, message });
                None
            }
        };
        let each = extract.each.as_deref().and_then(|css| query("extract.each".to_owned(), css));
        let queries: Vec<Option<Query>> = extract
            .fields
            .iter()
            .map(|(name, field)| {
                field.css.as_deref().and_then(|css| query(format!("extract.fields.{name}.css"), css))
            })
            .collect();
        let fields = extract
            .fields
            .iter()
            .zip(queries)
            .map(|((name, field), query)| rule(name, field, query, &mut problems))
            .collect();
        let pages = compile_regexes(&extract.pages);
        if let Err(error) = &pages {
            problems.push(Problem { place: "extract.pages".to_owned(), message: error.to_string() });
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let pages = pages.ok().filter(|set| !set.is_empty());
        Ok(Rules { each, pages, fields, keep_empty: extract.keep_empty })
    }

    /// Whether a page with this URL gives records.
    pub fn wants(&self, url: &str) -> bool {
        self.pages.as_ref().is_none_or(|pages| pages.is_match(url))
    }
}

fn rule(name: &str, field: &Field, query: Option<Query>, problems: &mut Vec<Problem>) -> Rule {
    let mut problem = |part: &str, message: String| {
        problems.push(Problem { place: format!("extract.fields.{name}.{part}"), message });
    };
    let regex = field.regex.as_deref().and_then(|pattern| match compile_regex(pattern) {
        Ok(regex) => Some(regex),
        Err(error) => {
            problem("regex", format!("`{pattern}` is no regular expression: {error}"));
            None
        }
    });
    if let Some(format) = &field.format
        && StrftimeItems::new(format).any(|item| item == Item::Error)
    {
        problem("format", format!("`{format}` is no pattern for dates: use strftime, `%d/%m/%Y %H:%M`"));
    }
    if let Some(PageValue::JsonLd(pointer)) = &field.page
        && !pointer.starts_with('/')
    {
        problem("page", format!("`{pointer}` is no JSON pointer: `/0/offers/price` (0 is the first item)"));
    }
    let source = match &field.page {
        Some(page) => Source::Page(page.clone()),
        None => Source::Element(query, take(&field.get)),
    };
    Rule {
        name: name.to_owned(),
        source,
        regex,
        kind: field.kind,
        locale: Locale::named(field.locale.as_deref()),
        month_first: field.locale.as_deref().is_none_or(|locale| locale == "en"),
        format: field.format.clone(),
        list: field.list,
        default: field.default.as_ref().map(ToString::to_string),
        required: field.required,
    }
}

fn take(get: &Get) -> Take {
    match get {
        Get::Text => Take::Text,
        Get::Html => Take::Html,
        Get::InnerHtml => Take::InnerHtml,
        Get::Markdown => Take::Markdown,
        Get::Attribute(name) => Take::Attribute(LocalName::from(name.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(fields: &str) -> Vec<String> {
        let text = format!("{{\"seeds\":{{\"urls\":[\"https://a.example\"]}},\"extract\":{fields}}}");
        let job: Job = serde_json::from_str(&text).unwrap();
        check(&job).iter().map(|problem| problem.place.clone()).collect()
    }

    #[test]
    fn every_problem_has_its_place() {
        assert_eq!(
            problems(
                r#"{"each":"..","fields":{"price":{"css":"p["},"a":{"page":"jsonld:x"},"b":{"css":"p","format":"%Q%"},"ok":"> a@href"}}"#
            ),
            ["extract.each", "extract.fields.price.css", "extract.fields.a.page", "extract.fields.b.format"]
        );
        assert!(problems(r#"{"fields":{"a":"h1"}}"#).is_empty());
    }
}
