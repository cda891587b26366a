//! What every test needs: a site, a folder, a command, and a look at what it left behind.

pub mod command;
pub mod http;
pub mod records;
pub mod server;
pub mod serving;
pub mod store;
pub mod warc;
pub mod world;

pub use command::Call;
pub use world::World;
