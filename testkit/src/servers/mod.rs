//! Throwaway servers: each on a port and in a folder of its own, gone when it is dropped.

pub mod s3;
