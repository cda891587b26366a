use super::{cases, judge};
use crate::html::{Bounds, parse};
use crate::microdata;
use crate::walk::walk;
use serde_json::Value;
use url::Url;

/// The same facts in the other project's form: lists of one are their item, URLs may be relative, and
/// the order of values is not held against anybody.
fn same(found: &Value, expected: &Value, base: &Url) -> bool {
    match (found, expected) {
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len()
                && expected.iter().all(|value| found.iter().any(|have| same(have, value, base)))
        }
        (Value::Array(found), one) => found.len() == 1 && same(&found[0], one, base),
        (Value::Object(found), Value::Object(expected)) => {
            // Its number of an item, and its text beside its properties, are that project's own.
            let own = |name: &str| name == "iid" || name == "textContent";
            let known = expected.iter().filter(|(name, _)| !own(name));
            found.len() == known.clone().count()
                && known
                    .into_iter()
                    .all(|(name, value)| found.get(name).is_some_and(|have| same(have, value, base)))
        }
        (Value::String(found), Value::String(expected)) => {
            found == expected || base.join(expected).is_ok_and(|url| url.as_str() == found)
        }
        _ => found == expected,
    }
}

#[test]
fn microdata_is_found() {
    let mut wrong = Vec::new();
    let all = cases("microdata.json");
    for case in all.iter().flat_map(|all| all["cases"].as_array().unwrap()) {
        // `query-input` as an object is one search engine's way to read forms, and no microdata.
        if case["group"] == "test_schemaorg_SearchAction" {
            continue;
        }
        let base = Url::parse(case["base_url"].as_str().unwrap_or("https://none.example/")).unwrap();
        let document = parse(case["html"].as_str().unwrap(), Bounds::default());
        let found = Value::Array(microdata::items(&walk(&document.html), &base));
        if !same(&found, &case["expected"], &base) {
            wrong.push(format!("{}: {found}\n{}", case["group"], case["expected"]));
        }
    }
    judge(&wrong);
}
