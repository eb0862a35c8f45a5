//! Private keys of JSON Web Key (RFC 7517, RFC 7518 section 6), with their certificates as `x5c`.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::RsaPrivateKeyBuilder;
use zeroize::Zeroizing;

use super::iterate::Wiped;
use crate::envelope::{self, Value};

/// More than a set has.
const MOST: usize = 16;

/// Each private key that can be read, as PKCS#8.
pub(super) fn keys(values: &[Value]) -> Vec<Wiped> {
    let mut keys: Vec<Vec<&Value>> = vec![Vec::new()];
    for value in values.iter().filter(|value| MEMBERS.contains(&value.name.as_str())) {
        // A member that is there already begins the next key of a set.
        match keys.last_mut().filter(|key| !key.iter().any(|other| other.name == value.name)) {
            Some(key) => key.push(value),
            None => keys.push(vec![value]),
        }
    }
    let read = keys.iter().take(MOST).filter_map(|key| Members(key).read());
    read.filter_map(|key| key.private_key_to_pkcs8().ok()).map(Zeroizing::new).collect()
}

const MEMBERS: &[&str] = &["kty", "crv", "n", "e", "d", "p", "q", "dp", "dq", "qi", "x", "y"];

struct Members<'a>(&'a [&'a Value]);

impl Members<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|value| value.name == name).map(|value| value.text.as_str())
    }

    fn bytes(&self, name: &str) -> Option<Wiped> {
        // Larger ones are in no key.
        self.text(name).filter(|text| text.len() <= 2_800).and_then(envelope::decode_base64)
    }

    fn number(&self, name: &str) -> Option<BigNum> {
        BigNum::from_slice(&self.bytes(name)?).ok()
    }

    fn read(&self) -> Option<PKey<Private>> {
        let raw = |kind| PKey::private_key_from_raw_bytes(&self.bytes("d")?, kind).ok();
        match self.text("crv") {
            None => self.rsa(),
            Some("P-256") => self.ec(Nid::X9_62_PRIME256V1),
            Some("P-384") => self.ec(Nid::SECP384R1),
            Some("P-521") => self.ec(Nid::SECP521R1),
            Some("Ed25519") => raw(Id::ED25519),
            Some("Ed448") => raw(Id::ED448),
            Some(_) => None,
        }
    }

    fn rsa(&self) -> Option<PKey<Private>> {
        let [n, e, d] = ["n", "e", "d"].map(|name| self.number(name));
        let key = RsaPrivateKeyBuilder::new(n?, e?, d?).ok()?;
        let [p, q, dp, dq, qi] = ["p", "q", "dp", "dq", "qi"].map(|name| self.number(name));
        let key = key.set_factors(p?, q?).ok()?.set_crt_params(dp?, dq?, qi?).ok()?;
        PKey::from_rsa(key.build()).ok()
    }

    fn ec(&self, curve: Nid) -> Option<PKey<Private>> {
        let (x, y, mut d) = (self.bytes("x")?, self.bytes("y")?, self.number("d")?);
        let key = || -> Result<_, ErrorStack> {
            let group = EcGroup::from_curve_name(curve)?;
            let point = [&[4], x.as_slice(), y.as_slice()].concat();
            let point = EcPoint::from_bytes(&group, &point, &mut *BigNumContext::new()?)?;
            PKey::from_ec_key(EcKey::from_private_components(&group, &d, &point)?)
        };
        let key = key().ok();
        d.clear();
        key
    }
}
