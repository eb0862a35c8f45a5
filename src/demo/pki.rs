//! A small PKI in memory, for the demo and for tests: authorities, certificates, P12 files.

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use openssl::stack::Stack;
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name};

use crate::certificate;

type Result<T> = std::result::Result<T, ErrorStack>;

/// A certificate, its key, and the certificates that lead to its root.
#[derive(Clone)]
pub struct Identity {
    /// The certificate.
    pub certificate: X509,
    /// Its private key.
    pub key: PKey<Private>,
    /// Its issuer first, the root left out.
    pub chain: Vec<X509>,
}

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To issue others.
    Authority,
    /// To serve its own name, `localhost` and the loopback addresses.
    Server,
    /// To be a client.
    Client,
}

/// Which key to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// NIST P-256.
    Ec,
    /// RSA with this many bits.
    Rsa(u32),
    /// Ed25519.
    Ed25519,
}

/// A certificate to be made.
#[derive(Debug, Clone, Copy)]
pub struct Profile<'a> {
    /// Its common name.
    pub name: &'a str,
    /// What it is for.
    pub purpose: Purpose,
    /// Its key.
    pub key: Key,
    /// The days of its validity, counted from today: `(-2, -1)` has expired.
    pub days: (i64, i64),
}

impl<'a> Profile<'a> {
    /// Valid from yesterday for a year, on an EC key.
    pub fn new(name: &'a str, purpose: Purpose) -> Self {
        Self { name, purpose, key: Key::Ec, days: (-1, 365) }
    }
}

impl Identity {
    /// A root.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn root(name: &str) -> Result<Self> {
        make(&Profile::new(name, Purpose::Authority), None)
    }

    /// A certificate issued by this one.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn issue(&self, profile: &Profile<'_>) -> Result<Self> {
        make(profile, Some(self))
    }

    /// The certificate in PEM.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn certificate_pem(&self) -> Result<Vec<u8>> {
        self.certificate.to_pem()
    }

    /// The certificate and its chain in PEM, as servers want it.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn chain_pem(&self) -> Result<Vec<u8>> {
        let mut pem = self.certificate.to_pem()?;
        for certificate in &self.chain {
            pem.extend(certificate.to_pem()?);
        }
        Ok(pem)
    }

    /// The key in PEM, PKCS#8.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn key_pem(&self) -> Result<Vec<u8>> {
        self.key.private_key_to_pem_pkcs8()
    }

    /// Key, certificate and chain as a P12 under this password.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn p12(&self, password: &str, alias: &str) -> Result<Vec<u8>> {
        let mut chain = Stack::new()?;
        for certificate in &self.chain {
            chain.push(certificate.clone())?;
        }
        let mut builder = Pkcs12::builder();
        builder.name(alias).pkey(&self.key).cert(&self.certificate).ca(chain);
        builder.build2(password)?.to_der()
    }
}

fn make(profile: &Profile<'_>, issuer: Option<&Identity>) -> Result<Identity> {
    let key = key(profile.key)?;
    let subject = subject(profile.name)?;
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    let (serial, from, until) = (serial()?, day(profile.days.0)?, day(profile.days.1)?);
    builder.set_serial_number(&serial)?;
    builder.set_subject_name(&subject)?;
    builder.set_issuer_name(issuer.map_or(&subject, |issuer| issuer.certificate.subject_name()))?;
    builder.set_pubkey(&key)?;
    builder.set_not_before(&from)?;
    builder.set_not_after(&until)?;
    extend(&mut builder, profile)?;
    let signer = issuer.map_or(&key, |issuer| &issuer.key);
    let bare = matches!(signer.id(), Id::ED25519 | Id::ED448);
    builder.sign(signer, if bare { MessageDigest::null() } else { MessageDigest::sha256() })?;
    Ok(Identity { certificate: builder.build(), key, chain: chain(issuer) })
}

fn chain(issuer: Option<&Identity>) -> Vec<X509> {
    let Some(issuer) = issuer else { return Vec::new() };
    if certificate::is_self_issued(&issuer.certificate) {
        return Vec::new();
    }
    std::iter::once(&issuer.certificate).chain(&issuer.chain).cloned().collect()
}

fn key(key: Key) -> Result<PKey<Private>> {
    match key {
        Key::Ec => PKey::ec_gen("P-256"),
        Key::Rsa(bits) => PKey::from_rsa(Rsa::generate(bits)?),
        Key::Ed25519 => PKey::generate_ed25519(),
    }
}

fn subject(name: &str) -> Result<X509Name> {
    let mut builder = X509Name::builder()?;
    builder.append_entry_by_nid(Nid::ORGANIZATIONNAME, "p12-test demo")?;
    builder.append_entry_by_nid(Nid::COMMONNAME, name)?;
    Ok(builder.build())
}

fn serial() -> Result<Asn1Integer> {
    let mut number = BigNum::new()?;
    number.rand(127, MsbOption::MAYBE_ZERO, false)?;
    number.to_asn1_integer()
}

fn day(offset: i64) -> Result<Asn1Time> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or_default());
    Asn1Time::from_unix(now + offset * 24 * 60 * 60)
}

fn extend(builder: &mut X509Builder, profile: &Profile<'_>) -> Result<()> {
    match profile.purpose {
        Purpose::Authority => {
            builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
            builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)
        }
        Purpose::Server => {
            let mut names = SubjectAlternativeName::new();
            let names = names.dns(profile.name).dns("localhost").ip("127.0.0.1").ip("::1");
            let extension = names.build(&builder.x509v3_context(None, None))?;
            builder.append_extension(extension)?;
            builder.append_extension(ExtendedKeyUsage::new().server_auth().build()?)
        }
        Purpose::Client => builder.append_extension(ExtendedKeyUsage::new().client_auth().build()?),
    }
}
