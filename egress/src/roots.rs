//! Authorities that are trusted besides those of the system.

use reqwest::Certificate;

/// Certificates of authorities, such as that of a company's own network.
#[derive(Clone, Debug, Default)]
pub struct Roots(pub(super) Vec<Certificate>);

/// A text that holds no certificate.
#[derive(Debug, thiserror::Error)]
#[error("no certificate in PEM is in it (`-----BEGIN CERTIFICATE-----`)")]
pub struct BadRoots;

impl Roots {
    /// The certificates of a PEM file, one or more.
    ///
    /// # Errors
    /// If there is none, or one is broken.
    pub fn from_pem(pem: &[u8]) -> Result<Self, BadRoots> {
        let list = Certificate::from_pem_bundle(pem).map_err(|_| BadRoots)?;
        if list.is_empty() { Err(BadRoots) } else { Ok(Roots(list)) }
    }
}

impl std::str::FromStr for Roots {
    type Err = BadRoots;

    fn from_str(pem: &str) -> Result<Self, BadRoots> {
        Roots::from_pem(pem.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        assert!(Roots::from_pem(b"").is_err());
        assert!(Roots::from_pem(b"-----BEGIN CERTIFICATE-----\nAA\n").is_err());
    }
}
