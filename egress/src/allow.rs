//! What an operator, or the person who typed a URL, allows on top of the internet.

use super::classify::Net;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A host that may be called although the rules would refuse it: a name, an address or a network,
/// with a port or with any. Written `intranet`, `127.0.0.2:8080`, `10.0.0.0/8`, `[fd00::1]:80`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    host: Host,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Name(String),
    Net(Net),
}

/// A text that names no host.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no host: use a name, an address or a network, with or without `:port`")]
pub struct BadAllow(String);

impl Allow {
    /// A name or an address as it stands in a URL (IPv6 in brackets or not), and a port or any.
    ///
    /// # Errors
    /// If `host` is neither.
    pub fn host(host: &str, port: Option<u16>) -> Result<Self, BadAllow> {
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        if let Some(net) = Net::parse(bare) {
            return Ok(Allow { host: Host::Net(net), port });
        }
        // The URL parser spells names: lower case, punycode, and odd forms of addresses.
        match url::Host::parse(host) {
            Ok(url::Host::Domain(name)) => {
                let name = name.strip_suffix('.').unwrap_or(&name).to_owned();
                if name.is_empty() {
                    Err(BadAllow(host.to_owned()))
                } else {
                    Ok(Allow { host: Host::Name(name), port })
                }
            }
            Ok(url::Host::Ipv4(address)) => Ok(Allow { host: Host::Net(Net::one(address.into())), port }),
            Ok(url::Host::Ipv6(address)) => Ok(Allow { host: Host::Net(Net::one(address.into())), port }),
            Err(_) => Err(BadAllow(host.to_owned())),
        }
    }

    pub(super) fn is_for_port(&self, port: u16) -> bool {
        self.port.is_none_or(|own| own == port)
    }

    pub(super) fn holds_name(&self, name: &str) -> bool {
        matches!(&self.host, Host::Name(own) if own == name)
    }

    pub(super) fn holds_address(&self, address: IpAddr) -> bool {
        matches!(&self.host, Host::Net(net) if net.holds(address))
    }
}

impl FromStr for Allow {
    type Err = BadAllow;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let is_bare_v6 = !text.starts_with('[') && text.matches(':').count() > 1;
        match text.rsplit_once(':') {
            Some((host, port)) if !is_bare_v6 && !port.ends_with(']') => {
                let port = port.parse().map_err(|_| BadAllow(text.to_owned()))?;
                Allow::host(host, Some(port))
            }
            _ => Allow::host(text, None),
        }
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Name(name) => f.write_str(name)?,
            Host::Net(net) => write!(f, "{net}")?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_as_people_write_them() {
        let allow: Allow = "127.0.0.2:18080".parse().unwrap();
        assert!(allow.holds_address("127.0.0.2".parse().unwrap()));
        assert!(!allow.holds_address("127.0.0.1".parse().unwrap()));
        assert!(!allow.holds_address("::ffff:127.0.0.2".parse().unwrap()));
        assert!(allow.is_for_port(18080) && !allow.is_for_port(80));
        assert!("Intranet.".parse::<Allow>().unwrap().holds_name("intranet"));
        assert!("intranet".parse::<Allow>().unwrap().is_for_port(1234));
        assert!("fd00::1".parse::<Allow>().unwrap().holds_address("fd00::1".parse().unwrap()));
        assert!("[fd00::1]:80".parse::<Allow>().unwrap().holds_address("fd00::1".parse().unwrap()));
        assert!("10.0.0.0/8:80".parse::<Allow>().unwrap().holds_address("10.2.3.4".parse().unwrap()));
        for text in ["", ".", "host:port", "host:99999", "http://host/", "a b", "[::1"] {
            assert!(text.parse::<Allow>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        for text in ["intranet:80", "127.0.0.2:8080", "10.0.0.0/8", "[fd00::]/8:80", "[fd00::1]", "name"] {
            let Ok(allow) = text.parse::<Allow>() else { continue };
            assert_eq!(allow.to_string().parse::<Allow>().unwrap(), allow, "{text}");
        }
    }
}
