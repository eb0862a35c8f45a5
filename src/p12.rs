//! STUB until the reader is merged.
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;
use openssl::pkey::{PKey, Private};
use openssl::x509::{X509, X509Ref};
use std::path::Path;
pub struct P12File {
    name: String,
    bytes: Vec<u8>,
}
impl P12File {
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|e| crate::diagnosis::unreadable(path, &e))?;
        Ok(Self { name: path.display().to_string(), bytes })
    }
    pub fn name(&self) -> &str {
        &self.name
    }
}
pub struct Identity {
    pub key: PKey<Private>,
    pub leaf: X509,
    pub chain: Vec<X509>,
}
pub struct P12 {
    key: PKey<Private>,
    leaf: X509,
    chain: Vec<X509>,
}
impl P12 {
    pub fn open(file: &P12File, password: Option<&Secret>, _alias: Option<&str>) -> Result<Self> {
        let text = password.map(|p| String::from_utf8_lossy(p.expose()).into_owned()).unwrap_or_default();
        let p = openssl::pkcs12::Pkcs12::from_der(&file.bytes).and_then(|p| p.parse2(&text));
        let p = p.map_err(|_| {
            Error::new(
                if password.is_some() { Kind::WrongPassword } else { Kind::PasswordNeeded },
                format!("cannot open {}: the password does not match", file.name),
            )
        })?;
        Ok(Self {
            key: p.pkey.unwrap(),
            leaf: p.cert.unwrap(),
            chain: p.ca.map(|c| c.into_iter().collect()).unwrap_or_default(),
        })
    }
    pub fn leaf(&self) -> &X509Ref {
        &self.leaf
    }
    pub fn warnings(&self) -> &[String] {
        &[]
    }
    pub fn identity(&self) -> Result<Identity> {
        Ok(Identity { key: self.key.clone(), leaf: self.leaf.clone(), chain: self.chain.clone() })
    }
}
