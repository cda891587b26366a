//! What a job keeps of each page, compiled once a run.

use crate::extract::Query;
use html5ever::LocalName;
use shared::job::{Content, ContentFormat, Problem};

/// See the module.
pub struct Rules {
    pub(super) formats: Vec<ContentFormat>,
    pub(super) main_only: bool,
    pub(super) include: Vec<Query>,
    pub(super) exclude: Vec<Query>,
    pub(super) attributes: Vec<Attribute>,
}

/// An attribute that is asked for, and the words in which it was.
pub(super) struct Attribute {
    pub(super) css: String,
    pub(super) query: Query,
    pub(super) name: String,
    pub(super) local: LocalName,
}

impl Rules {
    /// Compiles.
    ///
    /// # Errors
    /// All that is wrong, by its place in the job.
    pub fn new(content: &Content) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut query = |place: String, css: &str| match Query::new(css) {
            Ok(query) => Some(query),
            Err(message) => {
                problems.push(Problem { place: format!("extract.content.{place}"), message });
                None
            }
        };
        let mut queries = |name: &str, list: &[String]| -> Vec<Query> {
            list.iter().enumerate().filter_map(|(i, css)| query(format!("{name}[{i}]"), css)).collect()
        };
        let include = queries("include", &content.include);
        let exclude = queries("exclude", &content.exclude);
        let attributes = content.attributes.iter().enumerate().filter_map(|(i, asked)| {
            Some(Attribute {
                query: query(format!("attributes[{i}].css"), &asked.css)?,
                css: asked.css.clone(),
                name: asked.attribute.clone(),
                local: LocalName::from(asked.attribute.to_ascii_lowercase()),
            })
        });
        let attributes = attributes.collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        let Content { formats, main_only, .. } = content;
        Ok(Rules { formats: formats.clone(), main_only: *main_only, include, exclude, attributes })
    }
}
