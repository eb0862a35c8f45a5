//! Certificates with flaws, made at test time.

use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Builder, X509Extension, X509Name};
use p12_test::demo::pki::Identity;

/// A certificate to be made: extensions as OpenSSL's configuration writes them.
#[derive(Clone, Copy)]
pub(crate) struct Recipe<'a> {
    pub(crate) name: &'a str,
    pub(crate) key: Kind,
    pub(crate) days: (i64, i64),
    pub(crate) extensions: &'a [(Nid, &'a str)],
    /// An extension that nobody knows, and critical.
    pub(crate) unknown: bool,
    pub(crate) sha1: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Curve(Nid),
    Explicit,
    Rsa(u32),
}

pub(crate) const CLIENT: &[(Nid, &str)] = &[(Nid::EXT_KEY_USAGE, "clientAuth")];
pub(crate) const CA: &[(Nid, &str)] =
    &[(Nid::BASIC_CONSTRAINTS, "critical,CA:TRUE"), (Nid::KEY_USAGE, "critical,keyCertSign,cRLSign")];

impl<'a> Recipe<'a> {
    pub(crate) fn client() -> Self {
        let key = Kind::Curve(Nid::X9_62_PRIME256V1);
        Self { name: "client", key, days: (-1, 365), extensions: CLIENT, unknown: false, sha1: false }
    }

    pub(crate) fn ca(name: &'a str) -> Self {
        Self { name, extensions: CA, ..Self::client() }
    }

    /// Issued by this one, or by itself.
    pub(crate) fn issued_by(&self, issuer: Option<&Identity>) -> Identity {
        self.on_key(issuer, self.key())
    }

    /// The same on a key that is there already.
    pub(crate) fn on_key(&self, issuer: Option<&Identity>, key: PKey<Private>) -> Identity {
        let mut name = X509Name::builder().unwrap();
        if !self.name.is_empty() {
            name.append_entry_by_nid(Nid::COMMONNAME, self.name).unwrap();
        }
        let name = name.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        let serial = BigNum::from_u32(std::process::id()).unwrap();
        builder.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap()).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(issuer.map_or(&name, |issuer| issuer.certificate.subject_name())).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.set_not_before(&day(self.days.0)).unwrap();
        builder.set_not_after(&day(self.days.1)).unwrap();
        self.extend(&mut builder);
        let digest = if self.sha1 { MessageDigest::sha1() } else { MessageDigest::sha256() };
        builder.sign(issuer.map_or(&key, |issuer| &issuer.key), digest).unwrap();
        let above = |issuer: &Identity| [vec![issuer.certificate.clone()], issuer.chain.clone()].concat();
        Identity { certificate: builder.build(), key, chain: issuer.map(above).unwrap_or_default() }
    }

    #[allow(deprecated, reason = "there is no other way to write extensions of all kinds")]
    fn extend(&self, builder: &mut X509Builder) {
        for (nid, value) in self.extensions {
            let extension = X509Extension::new_nid(None, None, *nid, value).unwrap();
            builder.append_extension(extension).unwrap();
        }
        if self.unknown {
            let oid = Asn1Object::from_str("1.2.3.4.5").unwrap();
            let value = Asn1OctetString::new_from_bytes(&[5, 0]).unwrap();
            builder.append_extension(X509Extension::new_from_der(&oid, true, &value).unwrap()).unwrap();
        }
    }

    fn key(&self) -> PKey<Private> {
        let on = |group: &EcGroup| PKey::from_ec_key(EcKey::generate(group).unwrap()).unwrap();
        match self.key {
            Kind::Rsa(bits) => PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap(),
            Kind::Curve(curve) => on(&EcGroup::from_curve_name(curve).unwrap()),
            Kind::Explicit => {
                let mut group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
                group.set_asn1_flag(Asn1Flag::EXPLICIT_CURVE);
                on(&group)
            }
        }
    }
}

fn day(offset: i64) -> Asn1Time {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Asn1Time::from_unix(i64::try_from(now.as_secs()).unwrap() + offset * 24 * 60 * 60).unwrap()
}
