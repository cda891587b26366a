//! The description of the routes, made from them: OpenAPI 3.1, served and committed.

use crate::app::App;
use axum::Router;
use axum::http::header;
use axum::routing::get;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::openapi::{Info, License, OpenApi, OpenApiBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// Types that stand for schemas which are written elsewhere.
macro_rules! written_elsewhere {
    ($($(#[$doc:meta])* $type:ident = $name:literal;)*) => {$(
        $(#[$doc])*
        pub struct $type;

        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                RefOr::T(Schema::Object(ObjectBuilder::new().build()))
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    )*};
}

written_elsewhere! {
    /// A job document; its schema is the one of `harvestman schema`.
    JobDocument = "Job";
    /// An event of a run's stream.
    RunEvent = "RunEvent";
    /// Of `/v2`, as all that follow: see `firecrawl/schemas.json`.
    ScrapeRequest = "V2.ScrapeRequest";
    /// A crawl to be.
    CrawlRequest = "V2.CrawlRequest";
    /// A batch to be.
    BatchRequest = "V2.BatchRequest";
    /// A site whose URLs are wanted.
    MapRequest = "V2.MapRequest";
    /// A page, or why there is none.
    Scraped = "V2.Scraped";
    /// A job that began.
    Started = "V2.Started";
    /// How a job stands.
    Status = "V2.Status";
    /// A job that was ended.
    Cancelled = "V2.Cancelled";
    /// What went wrong in a job.
    Errors = "V2.Errors";
    /// Crawls under way.
    Active = "V2.Active";
    /// URLs of a site.
    Links = "V2.Links";
    /// What a client asks of its account.
    Team = "V2.Team";
}

/// What the document begins with.
pub fn head() -> OpenApi {
    let mut info = Info::new("Harvestman", env!("CARGO_PKG_VERSION"));
    info.description = Some("Harvest typed records from web sites, with every raw page kept.".into());
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".into());
    info.license = Some(license);
    OpenApiBuilder::new().info(info).build()
}

/// The whole document.
pub fn document() -> Value {
    finished(described(crate::v1::routes().split_for_parts().1))
}

/// The description of `/v1`, with that of `/v2`.
pub fn described(mut document: OpenApi) -> OpenApi {
    document.merge(crate::firecrawl::described().split_for_parts().1);
    document
}

/// `/openapi.json`. It is open to all: it tells nothing of anybody.
pub fn routes(document: OpenApi) -> Router<App> {
    let text = axum::body::Bytes::from(finished(document).to_string());
    let answer = get(move || async move { ([(header::CONTENT_TYPE, "application/json")], text) });
    Router::new().route("/openapi.json", answer)
}

/// What is the same for all routes is said here once: the keys, the errors, and what a job is.
fn finished(document: OpenApi) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    let schemas = &mut document["components"]["schemas"];
    put_job(schemas);
    schemas["RunEvent"] = json!({
        "type": "object",
        "description": "An event, field by field.",
        "required": ["event", "id", "data"],
        "properties": {
            "event": { "enum": ["run"] },
            "id": { "type": "string", "description": "For `Last-Event-ID`." },
            "data": { "type": "string", "description": "The run, in JSON.", "contentMediaType": "application/json" },
        },
    });
    put_v2(schemas);
    let problem = serde_json::to_value(crate::problem::Problem::schema()).unwrap_or_default();
    let field = serde_json::to_value(crate::problem::FieldError::schema()).unwrap_or_default();
    schemas["Problem"] = problem;
    schemas["FieldError"] = field;
    document["components"]["securitySchemes"] =
        json!({ "key": { "type": "http", "scheme": "bearer", "description": "An API key, `hm_...`." } });
    document["security"] = json!([{ "key": [] }]);
    let failed = json!({
        "description": "What is wrong, as problem details (RFC 9457).",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    });
    let once = json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "The same request under the same key is done once; its answer is kept for 24 hours.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
    });
    let failed_v2 = json!({
        "description": "What is wrong, as the clients of Firecrawl read it.",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/V2.Error" } } },
    });
    for (name, path) in document["paths"].as_object_mut().into_iter().flatten() {
        let is_v2 = name.starts_with("/v2/");
        for (method, operation) in path.as_object_mut().into_iter().flatten() {
            if !is_v2 {
                operation["operationId"] = identified(operation);
            }
            operation["responses"]["default"] = if is_v2 { failed_v2.clone() } else { failed.clone() };
            if method == "post" && !is_v2 {
                match operation["parameters"].as_array_mut() {
                    Some(all) => all.push(once.clone()),
                    None => operation["parameters"] = json!([once]),
                }
            }
        }
    }
    put_bounds(&mut document);
    document
}

/// Functions are named within their module, operations in the whole document: `jobs_list`.
fn identified(operation: &Value) -> Value {
    let [tag, function] =
        [&operation["tags"][0], &operation["operationId"]].map(|part| part.as_str().unwrap_or_default());
    format!("{}_{function}", tag.replace(' ', "_")).into()
}

/// Numbers without a sign go further than the formats that they are described with.
fn put_bounds(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let most = match fields.get("format").and_then(Value::as_str) {
                Some("int32") => Some(u64::from(u32::MAX)),
                Some("int64") => Some(u64::MAX),
                _ => None,
            };
            if let Some(most) = most.filter(|_| fields.get("minimum").and_then(Value::as_u64).is_some()) {
                fields.remove("format");
                fields.entry("maximum").or_insert_with(|| most.into());
            }
            fields.values_mut().for_each(put_bounds);
        }
        Value::Array(list) => list.iter_mut().for_each(put_bounds),
        _ => {}
    }
}

/// What `/v2` reads and answers.
fn put_v2(schemas: &mut Value) {
    let Ok(all) = serde_json::from_str::<Map<String, Value>>(include_str!("firecrawl/schemas.json")) else {
        return;
    };
    for (name, schema) in all {
        schemas[name] = schema;
    }
}

/// The job's JSON Schema, its definitions beside the others.
fn put_job(schemas: &mut Value) {
    let text = shared::job::SCHEMA.replace("#/$defs/", "#/components/schemas/Job.");
    let Ok(mut job) = serde_json::from_str::<Map<String, Value>>(&text) else { return };
    job.remove("$schema");
    if let Some(Value::Object(parts)) = job.remove("$defs") {
        for (name, part) in parts {
            schemas[format!("Job.{name}")] = part;
        }
    }
    let example = json!({
        "seeds": { "urls": ["https://example.com/"] },
        "limits": { "pages": 100 },
        "extract": { "fields": { "title": { "css": "h1" } } },
    });
    job.insert("examples".to_owned(), json!([example]));
    schemas["Job"] = job.into();
}
