//! What the user wants to know about a file.

use std::path::Path;

use openssl::x509::X509;

use crate::diagnosis;
use crate::error::{Error, Kind, Result};

#[derive(Debug, Default)]
pub struct Criteria {
    /// How many days before its end a certificate is reported.
    pub within: i32,
    pub trusted: Option<Trusted>,
}

/// The certificates that a server trusts.
#[derive(Debug)]
pub struct Trusted {
    /// The name of the file that holds them.
    pub name: String,
    pub certificates: Vec<X509>,
}

impl Trusted {
    /// Reads certificates in PEM, or one in DER.
    ///
    /// # Errors
    /// When the file cannot be read or holds no certificate.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| diagnosis::unreadable(path, &error))?;
        let pem = X509::stack_from_pem(&bytes).unwrap_or_default();
        let certificates = if pem.is_empty() { X509::from_der(&bytes).into_iter().collect() } else { pem };
        let name = path.display().to_string();
        if certificates.is_empty() {
            let message = format!("there is no certificate in {name}");
            return Err(Error::new(Kind::FileUnreadable, message));
        }
        Ok(Self { name, certificates })
    }
}
