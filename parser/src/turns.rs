//! The parser one segment at a time, for simulations that say themselves when each of them comes.

use crate::Deps;
use crate::segment::Segments;
use shared::ports::Delivery;
use tokio_util::sync::CancellationToken;

/// A parser that takes nothing by itself.
pub struct Turns(Segments);

impl Turns {
    /// Over these edges.
    pub fn new(deps: Deps) -> Self {
        Turns(Segments::new(deps, CancellationToken::new()))
    }

    /// Handles a delivery of the lane `parse`, and settles it.
    pub async fn segment(&self, delivery: Delivery) {
        self.0.handle(delivery).await;
    }
}
