//! The part of a P12 that TLS needs.

use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

#[derive(Clone)]
pub struct Identity {
    /// The private key; OpenSSL wipes it.
    pub key: PKey<Private>,
    pub leaf: X509,
    /// The leaf's issuer first.
    pub chain: Vec<X509>,
}
