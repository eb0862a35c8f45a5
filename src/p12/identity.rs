//! The part of a P12 that TLS needs.

use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

/// Key, leaf and chain for TLS.
#[derive(Clone)]
pub struct Identity {
    /// The private key; OpenSSL wipes it.
    pub key: PKey<Private>,
    /// The certificate of that key.
    pub leaf: X509,
    /// The leaf's issuer first.
    pub chain: Vec<X509>,
}
