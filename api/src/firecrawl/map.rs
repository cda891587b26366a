//! `POST /v2/map`: the URLs of a site, from its sitemaps and from the links of a page. Nothing else of it is
//! fetched.

use super::crawl::sitemaps;
use super::error::Refusal;
use super::fields::Fields;
use super::options::{Options, warning};
use crate::app::App;
use crate::auth::Caller;
use crate::frame::Once;
use crate::openapi::{Links, MapRequest};
use crate::scrape::one::{self, One};
use crate::scrape::{checked, patience};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use shared::firecrawl::{ids, is_document};
use shared::frontier::{From, Wanted};
use shared::ids::RunId;
use shared::job::{ContentFormat, Job, PatternsOn, Within};
use shared::outcome::Kind;
use shared::ports::store::{PageFilter, PageSelection};
use std::collections::HashSet;
use url::Url;

/// The name of the runs of maps.
const NAME: &str = "firecrawl-map";
/// URLs in an answer, where nobody says how many, and at most.
const LIMIT: u64 = 5_000;
const MOST: u64 = 100_000;
/// Rows read together.
const ROWS: u32 = 1_000;
/// Keys besides the scrape options.
const KEYS: [&str; 8] = [
    "excludePaths",
    "ignoreQueryParameters",
    "includePaths",
    "includeSubdomains",
    "limit",
    "location",
    "search",
    "sitemap",
];

/// What is wanted of a site.
struct Asked {
    url: Url,
    job: Job,
    limit: usize,
    search: Option<String>,
    drops_queries: bool,
}

/// The URLs of a site, from its sitemaps and from the links of a page.
#[utoipa::path(post, path = "/v2/map", tag = "v2", operation_id = "v2_map", request_body = MapRequest,
    responses((status = 200, description = "The URLs.", body = Links)))]
pub async fn map(State(app): State<App>, caller: Caller, fields: Fields) -> Result<Json<Value>, Refusal> {
    let options = Options::read(&fields, &KEYS)?;
    let asked = asked(&fields, &options)?;
    let timeout = patience(&app, options.timeout);
    let late = |refusal: crate::problem::Problem| match refusal.status() {
        StatusCode::REQUEST_TIMEOUT => {
            Refusal::new(StatusCode::REQUEST_TIMEOUT, "MAP_TIMEOUT", "the site did not answer in time")
        }
        _ => refusal.into(),
    };
    let mut found = Vec::new();
    let mut runs = Vec::new();
    let sitemap = fields.text("sitemap")?.unwrap_or("include");
    if !["include", "skip", "only"].contains(&sitemap) {
        return Err(Refusal::bad("sitemap: use include, skip or only"));
    }
    let page = async {
        let mut job = asked.job.clone();
        job.seeds.urls = vec![asked.url.clone().into()];
        job.limits.depth = 0;
        job.scope.sitemaps = false;
        let one = one::harvest(&app, &caller, Once::default(), checked(&app, job)?, timeout).await?;
        Ok::<_, crate::problem::Problem>(one)
    };
    let maps = async {
        let mut job = asked.job.clone();
        job.seeds.sitemaps = sitemaps(&asked.url);
        job.limits.depth = 1;
        // Sitemaps go first; the first page ends the run, and the others are only named.
        job.limits.pages = Some(1);
        let one = one::harvest(&app, &caller, Once::default(), checked(&app, job)?, timeout).await?;
        Ok::<_, crate::problem::Problem>(one.run)
    };
    let (page, maps) = match sitemap {
        "skip" => (Some(page.await.map_err(late)?), None),
        "only" => (None, Some(maps.await.map_err(late)?)),
        _ => {
            let (page, maps) = tokio::join!(page, maps);
            (Some(page.map_err(late)?), maps.ok())
        }
    };
    if let Some(run) = maps {
        runs.push(run);
        found.extend(of_sitemaps(&app, run).await?);
    }
    if let Some(one) = &page {
        runs.push(one.run);
        found.extend(links(&asked, one));
    }
    let links: Vec<Value> = chosen(&asked, found).into_iter().map(|url| json!({ "url": url })).collect();
    let id = runs.first().map(|run| ids::of_run(*run));
    let mut answer = json!({ "success": true, "id": id, "links": links });
    if let Some(warning) = warning(&options.ignored) {
        answer["warning"] = warning.into();
    }
    Ok(Json(answer))
}

fn asked(fields: &Fields, options: &Options) -> Result<Asked, Refusal> {
    let url = fields.url()?;
    let mut job = Job::of_seeds(Vec::<String>::new());
    job.name = Some(NAME.to_owned());
    let subdomains = fields.flag("includeSubdomains")?.unwrap_or(true);
    job.scope.within = if subdomains { Within::Site } else { Within::Host };
    job.scope.include = fields.texts("includePaths")?;
    job.scope.exclude = fields.texts("excludePaths")?;
    job.scope.patterns_on = PatternsOn::Path;
    job.limits.tries = 1;
    let limit = fields.whole("limit")?.unwrap_or(LIMIT).clamp(1, MOST);
    job.limits.urls = MOST + 1_000;
    let mut options = options.clone();
    options.content.formats = vec![ContentFormat::Links];
    options.content.main_only = false;
    options.apply(&mut job);
    Ok(Asked {
        url,
        job,
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
        search: fields.text("search")?.map(str::to_lowercase),
        drops_queries: fields.flag("ignoreQueryParameters")?.unwrap_or(true),
    })
}

/// The pages that sitemaps name, whether they were fetched or not.
async fn of_sitemaps(app: &App, run: RunId) -> Result<Vec<String>, Refusal> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let selection =
            PageSelection { run, after, filter: PageFilter::default(), version: None, limit: ROWS };
        let rows = app.deps.store.pages(selection).await?;
        let Some(last) = rows.last() else { return Ok(found) };
        after = Some(last.seq);
        found.extend(rows.into_iter().filter(|page| page.kind == Kind::Page).map(|page| page.url));
    }
}

/// The page itself, and where it links to within the site.
fn links(asked: &Asked, one: &One) -> Vec<String> {
    let Some(page) = &one.page else { return Vec::new() };
    let Ok(url) = Url::parse(&page.url) else { return Vec::new() };
    let mut job = asked.job.clone();
    job.seeds.urls = vec![asked.url.clone().into()];
    let wanted = Wanted::new(one.run, &job);
    let content: Value =
        one.content.as_ref().and_then(|content| serde_json::from_str(content.get()).ok()).unwrap_or_default();
    let hrefs = content.get("links").and_then(Value::as_array).cloned().unwrap_or_default();
    let from = From { url: &url, depth: 0, hops: 0, asked_url: None };
    let links = hrefs.iter().filter_map(|href| Url::parse(href.as_str()?).ok());
    let links = links.filter_map(|link| Some(wanted.link(from, link).ok()?.url));
    let own = is_document(page).then(|| page.url.clone());
    own.into_iter().chain(links).collect()
}

/// Those that are wanted, each once.
fn chosen(asked: &Asked, found: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let plain = found.into_iter().filter_map(|text| {
        let mut url = Url::parse(&text).ok()?;
        url.set_fragment(None);
        if asked.drops_queries {
            url.set_query(None);
        }
        Some(String::from(url))
    });
    let holds = |url: &String| asked.search.as_ref().is_none_or(|word| url.to_lowercase().contains(word));
    plain.filter(holds).filter(|url| seen.insert(url.clone())).take(asked.limit).collect()
}
