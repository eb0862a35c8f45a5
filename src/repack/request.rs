//! A request for a new certificate (PKCS#10) on the key of an old one.

use openssl::asn1::{Asn1Object, Asn1OctetString};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{HasPrivate, Id, PKeyRef};
use openssl::stack::Stack;
use openssl::x509::extension::ExtendedKeyUsage;
use openssl::x509::{X509Extension, X509Req};

use crate::certificate;
use crate::diagnosis;
use crate::error::Result;
use crate::p12::Identity;

/// The request in PEM: the subject and the subject alternative names as the certificate has them, for client
/// authentication.
///
/// # Errors
/// When OpenSSL cannot sign with the key.
pub fn request(identity: &Identity) -> Result<Vec<u8>> {
    sign(identity).map_err(|stack| diagnosis::openssl("making the certificate request", &stack))
}

fn sign(Identity { key, leaf, .. }: &Identity) -> std::result::Result<Vec<u8>, ErrorStack> {
    let mut request = X509Req::builder()?;
    request.set_version(0)?;
    request.set_subject_name(leaf.subject_name())?;
    request.set_pubkey(key)?;
    let mut extensions = Stack::new()?;
    extensions.push(ExtendedKeyUsage::new().client_auth().build()?)?;
    // As it stands: names of kinds that OpenSSL has no words for, such as Windows' logon name, stay.
    if let Some((critical, names)) = certificate::extension(leaf, ALTERNATIVE_NAMES) {
        let (oid, names) =
            (Asn1Object::from_str(ALTERNATIVE_NAMES)?, Asn1OctetString::new_from_bytes(&names)?);
        extensions.push(X509Extension::new_from_der(&oid, critical, &names)?)?;
    }
    request.add_extensions(&extensions)?;
    request.sign(key, digest(key))?;
    request.build().to_pem()
}

const ALTERNATIVE_NAMES: &str = "2.5.29.17";

/// Keys such as Ed25519 and ML-DSA take no digest.
fn digest<T: HasPrivate>(key: &PKeyRef<T>) -> MessageDigest {
    match key.id() {
        Id::RSA | Id::RSA_PSS | Id::EC | Id::DSA => MessageDigest::sha256(),
        _ => MessageDigest::null(),
    }
}
