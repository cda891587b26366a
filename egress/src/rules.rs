//! The one place where it is decided whether something may be called.

use super::allow::Allow;
use super::classify::{self, Net};
use super::names;
use super::resolve::ResolveError;
use std::net::IpAddr;
use url::{Host, Url};

/// Ports that hosts of the internet may be called on without further words.
const PORTS: [u16; 2] = [80, 443];

pub(super) struct Rules {
    pub(super) allow: Vec<Allow>,
    pub(super) deny: Vec<Net>,
    pub(super) ports: Vec<u16>,
}

impl Rules {
    /// Judges a URL as far as it can be judged without a lookup, and tells its port. Addresses are
    /// judged in full, names again when they are resolved.
    pub(super) fn url(&self, url: &Url) -> Result<u16, ResolveError> {
        let refused = ResolveError::Refused;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some()
        {
            return Err(refused);
        }
        let port = url.port_or_known_default().ok_or(refused)?;
        match url.host().ok_or(refused)? {
            Host::Ipv4(address) => self.address(address.into(), port)?,
            Host::Ipv6(address) => self.address(address.into(), port)?,
            Host::Domain(name) => {
                // The HTTP client dials what it can read as an address without a lookup.
                if name.parse::<IpAddr>().is_ok() {
                    return Err(refused);
                }
                self.name(name.strip_suffix('.').unwrap_or(name), port)?;
            }
        }
        Ok(port)
    }

    /// Judges a name without its trailing dot; tells whether somebody allowed it.
    pub(super) fn name(&self, name: &str, port: u16) -> Result<bool, ResolveError> {
        if self.allow.iter().any(|allow| allow.holds_name(name) && allow.is_for_port(port)) {
            return Ok(true);
        }
        // A network may be allowed on a port of its own, and a name may lead there.
        let port_is_fit = self.is_usual(port) || self.allow.iter().any(|allow| allow.is_for_port(port));
        if names::is_refused(name) || !port_is_fit { Err(ResolveError::Refused) } else { Ok(false) }
    }

    /// Judges an address that a name leads to.
    pub(super) fn address_of_name(
        &self,
        address: IpAddr,
        name_is_allowed: bool,
        port: u16,
    ) -> Result<(), ResolveError> {
        let denied = self.deny.iter().any(|net| net.holds(address));
        if name_is_allowed && !denied && classify::is_fit_for_names(address) {
            return Ok(());
        }
        self.address(address, port)
    }

    fn address(&self, address: IpAddr, port: u16) -> Result<(), ResolveError> {
        let denied = self.deny.iter().any(|net| net.holds(address));
        let allowed = self.allow.iter().any(|allow| allow.holds_address(address) && allow.is_for_port(port));
        let usual = classify::is_global(address) && self.is_usual(port);
        if !denied && (allowed || usual) { Ok(()) } else { Err(ResolveError::Refused) }
    }

    fn is_usual(&self, port: u16) -> bool {
        PORTS.contains(&port) || self.ports.contains(&port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(allow: &[&str]) -> Rules {
        let allow = allow.iter().map(|text| text.parse().unwrap()).collect();
        Rules { allow, deny: vec![Net::parse("9.9.9.9").unwrap()], ports: vec![8080] }
    }

    fn verdict(rules: &Rules, url: &str) -> bool {
        rules.url(&Url::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn urls_are_judged_by_scheme_user_port_and_host() {
        let rules = rules(&["127.0.0.2:18080", "intranet"]);
        for url in [
            "http://example.com/",
            "https://example.com/",
            "http://example.com:8080/",
            "http://8.8.8.8/",
            "http://127.0.0.2:18080/",
            "http://0x7f.2:18080/",
            "http://intranet/",
            "https://intranet:9999/",
        ] {
            assert!(verdict(&rules, url), "{url}");
        }
        for url in [
            "ftp://example.com/",
            "file:///etc/passwd",
            "http://user@example.com/",
            "http://:secret@example.com/",
            "http://8.8.8.8:18080/",
            "http://9.9.9.9/",
            "http://127.0.0.2/",
            "http://127.0.0.2:18081/",
            "http://127.0.0.1:18080/",
            "http://[::ffff:127.0.0.2]:18080/",
            "http://localhost:18080/",
            "http://other/",
        ] {
            assert!(!verdict(&rules, url), "{url}");
        }
    }

    #[test]
    fn names_do_not_lead_to_metadata_services_even_if_allowed() {
        let open = rules(&["intranet"]);
        assert!(open.address_of_name("10.0.0.1".parse().unwrap(), true, 80).is_ok());
        assert!(open.address_of_name("10.0.0.1".parse().unwrap(), false, 80).is_err());
        assert!(open.address_of_name("169.254.169.254".parse().unwrap(), true, 80).is_err());
        assert!(open.address_of_name("9.9.9.9".parse().unwrap(), true, 80).is_err());
        let wider = rules(&["intranet", "169.254.169.254"]);
        assert!(wider.address_of_name("169.254.169.254".parse().unwrap(), true, 80).is_ok());
    }
}
