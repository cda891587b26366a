//! What makes a messy site messy. `deck` says which page gets which oddity; the others make them.

pub(crate) mod charset;
pub(crate) mod deck;
pub(crate) mod noise;
pub(crate) mod robots;
pub(crate) mod sitemaps;
pub(crate) mod spelling;
pub(crate) mod traps;
