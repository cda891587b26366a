//! Sending a dead letter on its way again.

use crate::frontier::{Admission, Wanted};
use crate::ids::{RunId, UrlId};
use crate::outcome::Kind;
use crate::ports::store::control::{About, Letter};
use crate::ports::{Lane, Queue, QueueError, Store, StoreError};

/// What became of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// It was published to its lane.
    Published(Lane),
    /// Its page is open in its run once more. The page that was closed stays as it is.
    Open(RunId),
}

/// A letter that is not sent on its way again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It cannot be, and why.
    #[error("{0}")]
    Refused(String),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue did not take it.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

fn refused(why: impl Into<String>) -> ReplayError {
    ReplayError::Refused(why.into())
}

/// Publishes a message to its lane again, or opens a page in its run again; then notes it.
///
/// # Errors
/// [`ReplayError`]; the letter is as it was.
pub async fn replay(store: &dyn Store, queue: &dyn Queue, id: i64) -> Result<Replayed, ReplayError> {
    let letter = store.control().letter(id).await?;
    let replayed = match &letter.about {
        About::Message { lane, body, len } => {
            if body.len() as u64 != *len {
                return Err(refused(format!("only the beginning of its {len} bytes was kept")));
            }
            let lane = Lane::named(lane).filter(|lane| *lane != Lane::Dead);
            let lane = lane.ok_or_else(|| refused("it came on no lane that it could be sent to"))?;
            queue.publish(&lane, vec![body.clone()]).await?;
            Replayed::Published(lane)
        }
        About::Page { url, kind, depth } => open(store, &letter, url, *kind, *depth).await?,
    };
    store.control().replayed(id).await?;
    Ok(replayed)
}

async fn open(
    store: &dyn Store,
    letter: &Letter,
    url: &str,
    kind: Kind,
    depth: u16,
) -> Result<Replayed, ReplayError> {
    let run = letter.run.ok_or_else(|| refused("it is of no run"))?;
    let info = store.run(run).await?;
    if info.summary.state.is_over() {
        return Err(refused(format!("run {run} is over; begin another one for {url}")));
    }
    let wanted = Wanted::new(run, &info.job);
    let admission = wanted.seed(url, kind).map_err(|why| refused(why.to_string()))?;
    // The first ending of a URL stays; what comes now is another one, under an id of its own.
    let url_id = UrlId::of(run, &format!("{url} after letter {} of {}", letter.id, letter.filed_at.0));
    let admission = Admission { url_id, depth, ..admission };
    if store.admit(run, wanted.rules(), vec![admission]).await? == 0 {
        return Err(refused(format!("run {run} takes no more URLs, or this page is open again already")));
    }
    Ok(Replayed::Open(run))
}
