//! Whose credentials.

use aws_sdk_s3::config::Credentials;
use std::fmt;

/// Whose credentials the archive uses.
#[derive(Clone, Default)]
pub enum Access {
    /// What the SDK finds: the environment, a profile, a web identity (IRSA), the container's or the
    /// instance's role.
    #[default]
    Chain,
    /// A key that the caller has.
    Key {
        /// Its id.
        id: String,
        /// Its secret.
        secret: String,
    },
}

impl Access {
    /// The key, where it is given.
    pub(super) fn credentials(&self) -> Option<Credentials> {
        match self {
            Access::Chain => None,
            Access::Key { id, secret } => {
                Some(Credentials::new(id.clone(), secret.clone(), None, None, "given"))
            }
        }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Access::Chain => "Chain",
            Access::Key { .. } => "Key",
        })
    }
}
