//! Throwaway servers: each on ports and in a folder of its own, gone when it is dropped or its process
//! ends. Where `HARVESTMAN_TEST_*` names a server, that one is used. A missing server is a failure.

mod group;
mod http;
mod port;
pub mod postgres;
pub mod rabbitmq;
pub mod s3;

pub use port::free_port;
pub use rabbitmq::RabbitMq;
