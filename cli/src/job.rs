//! The job that a command line means: a file, if one is named, and the flags on top of it.

use crate::args::JobFlags;
use anyhow::{Context, anyhow, bail};
use shared::job::{
    BasicAuth, Engine, Extract, Field, FieldType, Job, JobError, Output, PageValue, RobotsMode, load,
};
use std::path::Path;

/// Flags that mean nothing, or a job that cannot be run.
#[derive(Debug, thiserror::Error)]
#[error("{0:#}")]
pub struct BadUse(pub anyhow::Error);

/// The job of these flags, checked, its seeds file read.
///
/// # Errors
/// [`BadUse`]: what is wrong, with the flag's or the key's name.
pub fn from_flags(flags: &JobFlags) -> Result<Job, BadUse> {
    build(flags).map_err(BadUse)
}

fn build(flags: &JobFlags) -> anyhow::Result<Job> {
    let mut job = match &flags.job {
        Some(path) => load(path)?,
        None => Job::of_seeds(Vec::<String>::new()),
    };
    add_seeds(&mut job, flags)?;
    add_scope(&mut job, flags);
    add_politeness(&mut job, flags);
    add_request(&mut job, flags)?;
    add_extract(&mut job, flags)?;
    check(&job)?;
    Ok(job)
}

/// Everything that can be said of a job before it runs.
///
/// # Errors
/// All problems, one a line.
pub fn check(job: &Job) -> anyhow::Result<()> {
    let mut problems = job.problems();
    problems.extend(parser::check(job));
    if problems.is_empty() { Ok(()) } else { Err(JobError::Invalid(problems).into()) }
}

fn add_seeds(job: &mut Job, flags: &JobFlags) -> anyhow::Result<()> {
    if let Some(file) = flags.seeds.iter().find(|seed| is_file(seed)) {
        bail!(
            "{file} is a file and no URL: a job file is given by `--job {file}`, seeds in a file by `--seeds-file {file}`"
        );
    }
    job.seeds.urls.extend(flags.seeds.iter().cloned());
    job.seeds.sitemaps.extend(flags.sitemap.iter().cloned());
    let from_job = job.seeds.file.take();
    for path in from_job.iter().chain(&flags.seeds_file) {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("seeds.file: cannot read {}", path.display()))?;
        job.seeds.urls.extend(seed_lines(&text));
    }
    if job.seeds.urls.is_empty() && job.seeds.sitemaps.is_empty() {
        bail!("no seed: give a URL (`harvestman crawl https://example.com/`), a --sitemap or a --job");
    }
    Ok(())
}

/// Without a scheme a seed is a host, and `shop.yaml` would be one.
fn is_file(seed: &str) -> bool {
    let ends = [".yaml", ".yml", ".json", ".txt"];
    !seed.contains("://") && ends.iter().any(|end| seed.ends_with(end)) && Path::new(seed).is_file()
}

fn seed_lines(text: &str) -> impl Iterator<Item = String> {
    let without_comment = |line: &'_ str| match line.trim() {
        line if line.starts_with('#') => String::new(),
        // A `#` in the middle is a comment only after white space: URLs may have fragments.
        line => line.split(" #").next().unwrap_or_default().trim().to_owned(),
    };
    text.trim_start_matches('\u{feff}').lines().map(without_comment).filter(|line| !line.is_empty())
}

fn add_scope(job: &mut Job, flags: &JobFlags) {
    job.scope.within = flags.within.unwrap_or(job.scope.within);
    job.scope.include.extend(flags.include.iter().cloned());
    job.scope.exclude.extend(flags.exclude.iter().cloned());
    job.scope.sitemaps &= !flags.no_sitemaps;
    job.limits.pages = flags.max_pages.or(job.limits.pages);
    job.limits.depth = flags.max_depth.unwrap_or(job.limits.depth);
    job.limits.time = flags.max_time.or(job.limits.time);
    job.limits.bytes = flags.max_bytes.or(job.limits.bytes);
}

fn add_politeness(job: &mut Job, flags: &JobFlags) {
    let politeness = &mut job.politeness;
    politeness.delay = flags.delay.unwrap_or(politeness.delay);
    politeness.concurrency = flags.concurrency.or(politeness.concurrency);
    politeness.lanes = flags.lanes.unwrap_or(politeness.lanes);
    if flags.ignore_robots {
        politeness.robots = RobotsMode::Ignore;
    }
    if let Some(name) = &flags.user_agent {
        politeness.user_agent.clone_from(name);
    }
    if flags.contact.is_some() {
        politeness.contact.clone_from(&flags.contact);
    }
}

fn add_request(job: &mut Job, flags: &JobFlags) -> anyhow::Result<()> {
    for header in &flags.header {
        let (name, value) =
            header.split_once(':').ok_or_else(|| anyhow!("--header `{header}`: use `Name: value`"))?;
        job.request.headers.insert(name.trim().to_owned(), value.trim().to_owned());
    }
    for cookie in &flags.cookie {
        let (name, value) =
            cookie.split_once('=').ok_or_else(|| anyhow!("--cookie `{cookie}`: use `name=value`"))?;
        job.request.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
    }
    if flags.browser {
        job.request.engine = Engine::Browser;
    }
    if let Some(both) = &flags.basic_auth {
        let (user, password) =
            both.split_once(':').ok_or_else(|| anyhow!("--basic-auth: use `user:password`"))?;
        job.request.basic_auth = Some(BasicAuth { user: user.to_owned(), password: password.to_owned() });
    }
    Ok(())
}

fn add_extract(job: &mut Job, flags: &JobFlags) -> anyhow::Result<()> {
    for text in &flags.field {
        let (name, field) = field(text)?;
        job.extract.get_or_insert_default().fields.insert(name, field);
    }
    if flags.markdown {
        let markdown = Field { page: Some(PageValue::Markdown), ..Field::default() };
        let fields = &mut job.extract.get_or_insert_default().fields;
        if fields.is_empty() {
            fields.insert("title".to_owned(), Field { page: Some(PageValue::Title), ..Field::default() });
        }
        fields.insert("markdown".to_owned(), markdown);
    }
    if let Some(each) = &flags.each {
        let extract = job
            .extract
            .as_mut()
            .ok_or_else(|| anyhow!("--each needs at least one --field, looked for inside each match"))?;
        extract.each = Some(each.clone());
    }
    if !flags.out.is_empty() {
        job.outputs = flags.out.iter().map(|path| Output { path: path.clone(), format: None }).collect();
    }
    if job.extract.is_none() && !job.outputs.is_empty() {
        job.extract = Some(title_and_description());
    }
    if job.extract.is_some() && job.outputs.is_empty() {
        job.outputs = vec![Output { path: Path::new("-").to_owned(), format: None }];
    }
    Ok(())
}

/// `name=css`, `name:type=css@attribute`.
fn field(text: &str) -> anyhow::Result<(String, Field)> {
    let wrong = || anyhow!("--field `{text}`: use NAME=CSS, NAME:TYPE=CSS or NAME=CSS@ATTRIBUTE");
    let (name, css) = text.split_once('=').ok_or_else(wrong)?;
    let (name, kind) = match name.split_once(':') {
        Some((name, kind)) => (
            name,
            serde_json::from_value(kind.into()).map_err(|_| {
                anyhow!("--field `{text}`: no type `{kind}`; use string, integer, number, boolean, date, url or json")
            })?,
        ),
        None => (name, FieldType::String),
    };
    if name.is_empty() || css.trim().is_empty() {
        return Err(wrong());
    }
    Ok((name.to_owned(), Field { kind, ..Field::short(css) }))
}

/// What an output holds where the job names no fields: every page, by its title.
fn title_and_description() -> Extract {
    let of_page = |value| Field { page: Some(value), ..Field::default() };
    let fields = [
        ("title".to_owned(), of_page(PageValue::Title)),
        ("description".to_owned(), of_page(PageValue::Meta("description".into()))),
    ];
    Extract { fields: fields.into_iter().collect(), keep_empty: true, ..Extract::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::job::Get;

    #[test]
    fn a_field_is_read_with_type_and_attribute() {
        let (name, price) = field("price:number=.price").unwrap();
        assert_eq!(
            (name.as_str(), price.kind, price.css.as_deref()),
            ("price", FieldType::Number, Some(".price"))
        );
        let (_, link) = field("link=a.buy@href").unwrap();
        assert_eq!((link.css.as_deref(), link.get), (Some("a.buy"), Get::Attribute("href".into())));
        let (_, tricky) = field("x=a[href=\"mailto:x@y\"]").unwrap();
        assert_eq!(tricky.css.as_deref(), Some("a[href=\"mailto:x@y\"]"));
        for wrong in ["title", "=h1", "a=", "a:money=h1"] {
            assert!(field(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn seeds_files_have_comments_and_fragments() {
        let text = "\u{feff}# mine\nhttps://a.example/#x\n\n  https://b.example/ # note\n";
        assert_eq!(seed_lines(text).collect::<Vec<_>>(), ["https://a.example/#x", "https://b.example/"]);
    }

    /// `jobs create job.yaml` kept a job that would have harvested `https://job.yaml`.
    #[test]
    fn a_file_is_no_seed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("job.yaml");
        std::fs::write(&file, "version: 1").unwrap();
        let flags = |seed: String| JobFlags { seeds: vec![seed], ..JobFlags::default() };
        let file = file.display().to_string();
        let error = from_flags(&flags(file.clone())).unwrap_err().to_string();
        assert!(error.contains(&format!("--job {file}")), "{error}");
        from_flags(&flags("example.com".to_owned())).unwrap();
    }

    #[test]
    fn no_seed_is_said_plainly() {
        let error = from_flags(&JobFlags::default()).unwrap_err().to_string();
        assert!(error.contains("no seed"), "{error}");
    }
}
