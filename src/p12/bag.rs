//! The contents of a safe: bags and their attributes (RFC 7292 section 4.2). Structure only; nothing is
//! decrypted here.

use std::fmt;

use serde::Serialize;
use zeroize::Zeroizing;

use super::budget::Budget;
use super::fault::Parsed;
use super::iterate::Wiped;
use super::scheme::Scheme;
use crate::ber::{self, Decoder, Element, INTEGER, OCTET_STRING, SEQUENCE, SET};

/// How deep safes may be nested. Real files have one level at most.
const MAX_NESTING: usize = 8;

/// An item in a safe.
#[derive(Debug)]
pub(super) enum Bag {
    Key(Wiped, Label),
    ShroudedKey(Scheme, Vec<u8>, Label),
    /// PEM with the old encryption of OpenSSL; in no P12.
    SealedKey(Wiped),
    Certificate(Vec<u8>, Label),
    Other(OtherBag),
}

/// An item that is not part of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum OtherBag {
    #[serde(rename = "a CRL")]
    Crl,
    #[serde(rename = "a bag of unknown type")]
    Unknown,
    #[serde(rename = "a bag that protects it to Windows users or groups")]
    GroupProtection,
    /// Of another kind, such as SDSI.
    #[serde(rename = "a certificate that is not X.509")]
    OtherCertificate,
    #[serde(rename = "a secret key")]
    Secret,
}

impl fmt::Display for OtherBag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) alias: Option<String>,
    pub(super) key_id: Option<Vec<u8>>,
}

/// Whether decrypted bytes are a safe: one complete SEQUENCE of SEQUENCEs. A wrong key gives random bytes.
pub(super) fn is_safe(plain: &[u8]) -> bool {
    let list = Decoder::new(plain).sequence("");
    list.is_ok_and(|mut list| list.is_empty() || list.expect(SEQUENCE, "").is_ok())
}

/// The bags of a safe and of the safes in it.
pub(super) fn read_bags(contents: &[u8], budget: &mut Budget) -> Parsed<Vec<Bag>> {
    let mut bags = Vec::new();
    if !contents.is_empty() {
        collect(Decoder::new(contents), 0, &mut bags, budget).map_err(|fault| fault.within("a safe"))?;
    }
    Ok(bags)
}

fn collect(mut safe: Decoder<'_>, nesting: usize, bags: &mut Vec<Bag>, budget: &mut Budget) -> Parsed<()> {
    let mut list = safe.sequence("the list of bags")?;
    while !list.is_empty() {
        let bag = list.expect(SEQUENCE, "a bag")?;
        let mut inside = bag.inside()?;
        let kind = inside.oid("the type of a bag")?;
        let value = inside.expect(0xa0, "the value of a bag")?;
        let label = read_label(&mut inside);
        budget.take_bag()?;
        match kind.strip_prefix("1.2.840.113549.1.12.10.1.") {
            Some("6") if nesting >= MAX_NESTING => {
                return Err(ber::malformed(bag.at, "safes nested too deep".into()).into());
            }
            Some("6") => collect(value.inside()?, nesting + 1, bags, budget)?,
            kind => bags.push(parse_bag(kind, &value, label)?),
        }
    }
    Ok(())
}

fn parse_bag(kind: Option<&str>, value: &Element<'_>, label: Label) -> Parsed<Bag> {
    match kind {
        Some("1") => Ok(Bag::Key(Zeroizing::new(read_key(value)?.to_vec()), label)),
        Some("2") => parse_shrouded(value, label),
        Some("3") => parse_certificate(value, label),
        Some("4") => Ok(Bag::Other(OtherBag::Crl)),
        Some("5") => Ok(Bag::Other(parse_secret(value).unwrap_or(OtherBag::Secret))),
        _ => Ok(Bag::Other(OtherBag::Unknown)),
    }
}

fn read_key<'a>(value: &Element<'a>) -> Parsed<&'a [u8]> {
    Ok(value.inside()?.expect(SEQUENCE, "a private key")?.whole)
}

/// The type of a secret (RFC 7292 section 4.2.5) tells what Windows puts there.
fn parse_secret(value: &Element<'_>) -> ber::Read<OtherBag> {
    let mut secret = value.inside()?.sequence("a secret")?;
    Ok(match secret.oid("the type of a secret")?.as_str() {
        "1.3.6.1.4.1.311.17.4" => OtherBag::GroupProtection,
        _ => OtherBag::Secret,
    })
}

/// EncryptedPrivateKeyInfo: RFC 5958 section 3. With an empty password, GnuTLS 3.7 puts a key there as it is.
fn parse_shrouded(value: &Element<'_>, label: Label) -> Parsed<Bag> {
    let element = value.inside()?.expect(SEQUENCE, "an encrypted key")?;
    if key_algorithm(element.whole).is_some() {
        return Ok(Bag::Key(Zeroizing::new(element.whole.to_vec()), label));
    }
    read_shrouded(&element, label)
}

pub(super) fn read_shrouded(element: &Element<'_>, label: Label) -> Parsed<Bag> {
    let mut info = element.inside()?;
    let scheme = Scheme::parse(&info.expect(SEQUENCE, "the key's encryption")?)?;
    let ciphertext = info.octets("the encrypted key")?;
    Ok(Bag::ShroudedKey(scheme, ciphertext.into_owned(), label))
}

fn parse_certificate(value: &Element<'_>, label: Label) -> Parsed<Bag> {
    let mut bag = value.inside()?.sequence("a certificate bag")?;
    if bag.oid("the type of a certificate")? != "1.2.840.113549.1.9.22.1" {
        return Ok(Bag::Other(OtherBag::OtherCertificate));
    }
    let certificate = bag.expect(0xa0, "a certificate")?.inside()?.expect(OCTET_STRING, "a certificate")?;
    Ok(Bag::Certificate(certificate.octets()?.into_owned(), label))
}

/// friendlyName and localKeyID (RFC 2985 section 5.5). Invalid attributes are ignored: they do not make a key
/// unusable.
fn read_label(bag: &mut Decoder<'_>) -> Label {
    let mut label = Label::default();
    let attributes = bag.optional(SET).ok().flatten().and_then(|set| set.inside().ok());
    let Some(mut attributes) = attributes else { return label };
    while let Ok(attribute) = attributes.expect(SEQUENCE, "") {
        let _ = attribute.inside().and_then(|inside| read_attribute(inside, &mut label));
    }
    label
}

fn read_attribute(mut attribute: Decoder<'_>, label: &mut Label) -> ber::Read<()> {
    let kind = attribute.oid("")?;
    let value = attribute.expect(SET, "")?.inside()?.any()?;
    match (kind.as_str(), value.tag) {
        ("1.2.840.113549.1.9.20", 0x1e) => {
            let units = value.content.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            let name = char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')).collect();
            label.alias = Some(name);
        }
        ("1.2.840.113549.1.9.20", 0x0c | 0x13 | 0x14 | 0x16) => {
            label.alias = Some(String::from_utf8_lossy(value.content).into_owned());
        }
        ("1.2.840.113549.1.9.21", OCTET_STRING | 0x24) => label.key_id = Some(value.octets()?.into_owned()),
        _ => {}
    }
    Ok(())
}

/// The algorithm of a PKCS#8 key; `None` if it is not such a key.
pub(super) fn key_algorithm(pkcs8: &[u8]) -> Option<String> {
    parse_key(pkcs8).ok().map(|(algorithm, _)| algorithm)
}

/// The same key with zeros in place of the secret. OpenSSL reads it in the same way.
pub(super) fn blank_key(pkcs8: &[u8]) -> Option<Vec<u8>> {
    let (_, secret) = parse_key(pkcs8).ok()?;
    let start = secret.at + secret.whole.len() - secret.content.len();
    let mut blank = pkcs8.to_vec();
    blank.get_mut(start..start + secret.content.len())?.fill(0);
    Some(blank)
}

/// The algorithm of a PKCS#8 key, and its secret (RFC 5958 section 2).
fn parse_key(pkcs8: &[u8]) -> ber::Read<(String, Element<'_>)> {
    let mut info = Decoder::new(pkcs8).sequence("")?;
    info.expect(INTEGER, "")?;
    let algorithm = info.sequence("")?.oid("")?;
    Ok((algorithm, info.expect(OCTET_STRING, "")?))
}
