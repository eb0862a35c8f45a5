//! Certificates as people and CAs hand them out: PEM, DER, PKCS#7, or another P12.

use std::path::Path;

use openssl::pkcs7::Pkcs7;
use openssl::x509::X509;

use crate::error::{Error, Kind, Result};
use crate::p12::P12File;
use crate::p12::anatomy::Anatomy;
use crate::password::{Password, Passwords};

/// All certificates of a file. One that is a P12 is opened by the password of the others, or at the terminal.
///
/// # Errors
/// When the file cannot be read, and when it holds no certificate.
pub async fn read(path: &Path, passwords: &mut Passwords) -> Result<Vec<X509>> {
    let file = P12File::read(path).await?;
    if let Some(certificates) = parse(&file.bytes()) {
        return Ok(certificates);
    }
    let open = async |password: Option<Password>| {
        let (anatomy, refused) = Anatomy::read(&file, password.as_ref()).await?;
        let held: Vec<_> =
            anatomy.certificates.into_iter().filter_map(|held| held.certificate.x509).collect();
        match refused {
            Some(refused) if held.is_empty() => Err(refused),
            _ => Ok(held),
        }
    };
    passwords.unlock(file.name(), open).await.map_err(|error| match error.kind {
        Kind::NotAP12 => {
            let what = format!("{} holds no certificate in PEM, DER, PKCS#7 (P7B) or a P12", path.display());
            Error::new(Kind::FileUnreadable, what).with_hint("save the certificate in one of these forms")
        }
        _ => error,
    })
}

/// The certificates in PEM, DER or PKCS#7; `None` when there are none.
pub(super) fn parse(bytes: &[u8]) -> Option<Vec<X509>> {
    let pem = X509::stack_from_pem(bytes).ok();
    let der = || X509::from_der(bytes).ok().map(|one| vec![one]);
    let pkcs7 = || {
        let bundle = Pkcs7::from_der(bytes).or_else(|_| Pkcs7::from_pem(bytes)).ok()?;
        Some(bundle.signed()?.certificates()?.iter().map(ToOwned::to_owned).collect())
    };
    let some = |list: &Vec<X509>| !list.is_empty();
    pem.filter(some).or_else(der).or_else(pkcs7).filter(some)
}
