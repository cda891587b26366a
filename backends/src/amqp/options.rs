//! Where the broker is, and how much is asked of it.

use lapin::uri::AMQPUri;
use std::fmt;
use std::time::Duration;

/// How a queue on RabbitMQ is set up.
#[derive(Clone)]
pub struct AmqpOptions {
    /// `amqp://USER:PASSWORD@HOST:PORT/VHOST`, or `amqps://`. `?heartbeat=SECONDS` is heeded.
    pub url: String,
    /// Begins the names of the connections, as the broker shows them.
    pub name: String,
    /// Messages that wait in a lane before publishers wait. A lane that exists already keeps its own.
    pub capacity: u32,
    /// How long publishing waits for room and confirmation, all tries counted.
    pub publish_deadline: Duration,
    /// How long anything else waits for the broker.
    pub deadline: Duration,
}

/// A broker that says nothing for two of these, in seconds, is gone.
const HEARTBEAT: u16 = 10;
/// The largest frame in bytes; each connection keeps two buffers of 32 of them.
const FRAME_MAX: u32 = 32 * 1024;

impl AmqpOptions {
    /// The usual limits.
    pub fn new(url: impl Into<String>, name: impl Into<String>) -> Self {
        AmqpOptions {
            url: url.into(),
            name: name.into(),
            capacity: 10_000,
            publish_deadline: Duration::from_secs(30),
            deadline: Duration::from_secs(15),
        }
    }

    pub(super) fn uri(&self) -> Result<AMQPUri, BadUrl> {
        let url = url::Url::parse(&self.url).map_err(|why| BadUrl(why.to_string()))?;
        if url.host().is_none() {
            return Err(BadUrl("it names no host".into()));
        }
        // What lapin says of a URL shows it.
        let unreadable = |_| BadUrl("it is amqp://USER:PASSWORD@HOST/VHOST, or amqps://".into());
        let mut uri: AMQPUri = self.url.parse().map_err(unreadable)?;
        // lapin's reader takes an IPv6 address for no host at all.
        uri.authority.host = match url.host() {
            Some(url::Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => return Err(BadUrl("it names no host".into())),
        };
        // Without a path, or with an empty one, the usual virtual host is meant.
        if uri.vhost.is_empty() {
            uri.vhost = "/".into();
        }
        uri.query.heartbeat = uri.query.heartbeat.or(Some(HEARTBEAT));
        uri.query.frame_max = uri.query.frame_max.or(Some(FRAME_MAX));
        Ok(uri)
    }
}

impl fmt::Debug for AmqpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AmqpOptions").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Not the URL of a broker. Never shows the URL, which may hold a password.
#[derive(Debug, thiserror::Error)]
#[error("not an AMQP URL: {0}")]
pub struct BadUrl(String);

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(url: &str) -> Result<AMQPUri, BadUrl> {
        AmqpOptions::new(url, "test").uri()
    }

    #[test]
    fn urls_are_read() {
        let plain = uri("amqp://me:p%40ss@broker/crawl").unwrap();
        assert_eq!((plain.authority.host.as_str(), plain.authority.port), ("broker", 5672));
        assert_eq!((plain.vhost.as_str(), plain.authority.userinfo.password.as_str()), ("crawl", "p@ss"));
        assert_eq!(uri("amqps://b").unwrap().authority.port, 5671);
        assert_eq!(uri("amqp://b/").unwrap().vhost, "/");
        assert_eq!(uri("amqp://b").unwrap().vhost, "/");
        assert_eq!(uri("amqp://[fd00::1]:5673/x").unwrap().authority.host, "fd00::1");
        assert_eq!(uri("amqp://127.0.0.1:5673/x?heartbeat=3").unwrap().query.heartbeat, Some(3));
    }

    #[test]
    fn what_is_no_broker_is_refused_without_being_shown() {
        for url in ["http://me:secret@b/", "amqp://", "amqp:me:secret", "me:secret@b"] {
            let error = uri(url).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
