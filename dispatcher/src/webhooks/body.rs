//! What is sent. What is told of a page in the form of Firecrawl bears the page's document, which is read when it is sent:
//! pages and their content do not change, and are not written twice.

use serde_json::Value;
use shared::firecrawl::document;
use shared::ids::RunId;
use shared::ports::store::control::ToDeliver;
use shared::ports::store::{PageFilter, PageSelection, Store, StoreError};

/// The body of a delivery, whole.
///
/// # Errors
/// What the store says: then it is sent later.
pub async fn whole(store: &dyn Store, delivery: &ToDeliver) -> Result<String, StoreError> {
    let Some((run, _)) = &delivery.webhook.hook else { return Ok(delivery.body.clone()) };
    let mut body: Value =
        serde_json::from_str(&delivery.body).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let page = body.as_object_mut().and_then(|body| body.remove("page")).and_then(|seq| seq.as_u64());
    if let Some(seq) = page {
        body["data"] = document_of(store, *run, seq).await?.into_iter().collect();
    }
    Ok(body.to_string())
}

/// The document of a page; None: the page is not kept any more.
async fn document_of(store: &dyn Store, run: RunId, seq: u64) -> Result<Option<Value>, StoreError> {
    let after = seq.checked_sub(1);
    let selection = PageSelection { run, after, filter: PageFilter::default(), version: None, limit: 1 };
    let Some(page) = store.pages(selection).await?.pop().filter(|page| page.seq == seq) else {
        return Ok(None);
    };
    let content = store.contents(run, &[seq]).await?.pop().map(|(_, text)| text);
    Ok(Some(document(run, &page, content.as_deref(), None).into()))
}
