//! A run's job, compiled, and the runs that were worked for lately.

use crate::cache::Cache;
use crate::content;
use crate::extract::Rules;
use parking_lot::Mutex;
use shared::frontier::Wanted;
use shared::ids::RunId;
use shared::job::{Content, ContentFormat, Extract, Job, PageValue, Problem};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

/// Runs kept compiled; a run's known links are up to 4 MiB.
const MOST_PLANS: usize = 6;

/// All that the pages of one run are parsed by.
pub struct Plan {
    /// The run.
    pub run: RunId,
    /// The version of its records that is made; 0 is the crawl's own.
    pub version: u32,
    /// Its job.
    pub job: Arc<Job>,
    /// What it wants of links.
    pub wanted: Wanted,
    /// What it takes of pages.
    pub rules: Option<Rules>,
    /// What it keeps of their content.
    pub content: Option<content::Rules>,
    /// The links it knows.
    pub cache: Cache,
}

impl Plan {
    /// Compiles a job.
    ///
    /// # Errors
    /// What [`crate::check`] finds.
    pub fn new(run: RunId, job: Arc<Job>) -> Result<Self, Vec<Problem>> {
        let rules = job.extract.as_ref().map(Rules::new).transpose()?;
        let content = job.extract.as_ref().and_then(content_of).map(|content| content::Rules::new(&content));
        let content = content.transpose()?;
        Ok(Plan {
            run,
            version: 0,
            wanted: Wanted::new(run, &job),
            job,
            rules,
            content,
            cache: Cache::default(),
        })
    }

    /// Whether the content is stored with the page.
    pub fn stores_content(&self) -> bool {
        self.job.extract.as_ref().is_some_and(|extract| extract.content.is_some())
    }
}

/// The content that a job keeps, or that its fields ask for.
pub(crate) fn content_of(extract: &Extract) -> Option<Cow<'_, Content>> {
    let asked = extract.fields.values().any(|field| field.page == Some(PageValue::Markdown));
    match &extract.content {
        Some(content) if asked && !content.has(ContentFormat::Markdown) => {
            let mut content = content.clone();
            content.formats.push(ContentFormat::Markdown);
            Some(Cow::Owned(content))
        }
        Some(content) => Some(Cow::Borrowed(content)),
        None => asked.then(|| Cow::Owned(Content::default())),
    }
}

/// The plans used last.
#[derive(Default)]
pub struct Plans(Mutex<VecDeque<Arc<Plan>>>);

impl Plans {
    /// The plan of a run's version, if it is still here.
    pub fn get(&self, run: RunId, version: u32) -> Option<Arc<Plan>> {
        let mut plans = self.0.lock();
        let at = plans.iter().position(|plan| (plan.run, plan.version) == (run, version))?;
        let plan = plans.remove(at)?;
        plans.push_front(plan.clone());
        Some(plan)
    }

    /// Keeps a plan; of two for one version the first is kept, and returned.
    pub fn keep(&self, plan: Plan) -> Arc<Plan> {
        if let Some(plan) = self.get(plan.run, plan.version) {
            return plan;
        }
        let plan = Arc::new(plan);
        let mut plans = self.0.lock();
        plans.push_front(plan.clone());
        plans.truncate(MOST_PLANS);
        plan
    }

    /// Forgets a run that is over.
    pub fn forget(&self, run: RunId) {
        self.0.lock().retain(|plan| plan.run != run);
    }
}
