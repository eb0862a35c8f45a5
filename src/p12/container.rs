//! The container: PFX, safes, bags, attributes (RFC 7292). Structure only; nothing is decrypted here.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::cipher::Scheme;
use super::kdf::Wiped;
use super::mac::Mac;
use crate::ber::{self, Element, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, SET};

/// Why a file is not a P12 that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    NotP12(String),
    Truncated(String),
    Malformed(String),
    Unsupported(String),
}

impl From<ber::Fault> for Fault {
    fn from(fault: ber::Fault) -> Self {
        match fault {
            ber::Fault::Truncated { missing: Some(missing), .. } => {
                Self::Truncated(format!("it is cut short: {missing} bytes are missing"))
            }
            ber::Fault::Truncated { missing: None, at } => {
                Self::Truncated(format!("it is cut short: what begins at byte {at} has no end"))
            }
            ber::Fault::Malformed { at, what } => Self::Malformed(format!("at byte {at}: {what}")),
        }
    }
}

type Parsed<T> = Result<T, Fault>;

/// A fault in what lies inside the file: nothing there can be cut short, as the file is whole.
fn within<T>(layer: &str, outcome: Parsed<T>) -> Parsed<T> {
    outcome.map_err(|fault| match fault {
        Fault::Truncated(what) | Fault::Malformed(what) => Fault::Malformed(format!("in {layer}, {what}")),
        other => other,
    })
}

/// The outermost structure.
#[derive(Debug)]
pub(super) struct Pfx<'a> {
    /// What the MAC covers.
    pub(super) content: Cow<'a, [u8]>,
    pub(super) mac: Option<Mac>,
    /// Bytes after the end.
    pub(super) trailing: usize,
}

/// Whether DER begins as a PFX does: a SEQUENCE with a small version and a ContentInfo.
pub(super) fn looks_like_pfx(bytes: &[u8]) -> bool {
    !matches!(Pfx::parse(bytes), Err(Fault::NotP12(_)))
}

impl<'a> Pfx<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Parsed<Self> {
        let mut file = Reader::new(bytes);
        let outer = file.any()?;
        if outer.tag != SEQUENCE {
            return Err(Fault::NotP12("it is in no format that is known here".into()));
        }
        let mut inside = outer.inside()?;
        version(&mut inside)?;
        let mut info = inside.expect(SEQUENCE, "the authenticated safe")?.inside()?;
        let kind = info.expect(OID, "the type of the authenticated safe")?;
        match kind.oid().as_str() {
            DATA => {}
            SIGNED_DATA => return Err(Fault::Unsupported("it is protected by a signature (signedData, OID 1.2.840.113549.1.7.2) in place of a password".into())),
            other => return Err(ber::malformed(kind.at, format!("the authenticated safe has type {other}")).into()),
        }
        let content = explicit(&mut info)?.ok_or_else(|| {
            Fault::from(ber::malformed(kind.at, "the authenticated safe has no content".into()))
        })?;
        let content = content.inside()?.expect(OCTET_STRING, "the authenticated safe's content")?.octets()?;
        let mac = inside.optional(SEQUENCE)?.map(|data| Mac::parse(&data)).transpose()?;
        Ok(Self { content, mac, trailing: file.rest_length() })
    }

    /// The safes, each with its encryption.
    pub(super) fn safes(&self) -> Parsed<Vec<Safe<'_>>> {
        let parse = || {
            let mut list = Reader::new(&self.content).expect(SEQUENCE, "the list of safes")?.inside()?;
            let mut safes = Vec::new();
            while !list.is_empty() {
                if safes.len() >= MAX_ITEMS {
                    return Err(Fault::Malformed("more safes than any P12 has".into()));
                }
                safes.push(safe(&list.expect(SEQUENCE, "a safe")?)?);
            }
            Ok(safes)
        };
        within("the authenticated safe", parse())
    }
}

const DATA: &str = "1.2.840.113549.1.7.1";
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const ENVELOPED_DATA: &str = "1.2.840.113549.1.7.3";
const ENCRYPTED_DATA: &str = "1.2.840.113549.1.7.6";

/// More safes or bags than this are an attack.
const MAX_ITEMS: usize = 2_000;

/// Safes within safes; real files have one such step at most.
const MAX_NESTING: usize = 8;

fn version(inside: &mut Reader<'_>) -> Parsed<()> {
    let not = |what: &str| Err(Fault::NotP12(format!("it is {what}, not a P12")));
    let Some(first) = inside.optional(INTEGER)? else {
        return match inside.clone().any().map(|element| element.tag) {
            Ok(OID) => not("PKCS#7 or CMS"),
            Ok(SEQUENCE) => not("a bare certificate, an encrypted key or another DER structure"),
            _ => not("another DER structure"),
        };
    };
    let next = inside.clone().any().map(|element| element.tag);
    match first.unsigned() {
        Some(3) => Ok(()),
        Some(0) => not("a bare private key (PKCS#8 or PKCS#1)"),
        Some(1) if next == Ok(OCTET_STRING) => not("a bare EC private key"),
        Some(version @ 1..=9) => {
            Err(Fault::Unsupported(format!("it is PFX version {version}; only version 3 is known")))
        }
        _ => not("another DER structure"),
    }
}

/// What is inside an EXPLICIT `[0]`, where it is there.
fn explicit<'a>(reader: &mut Reader<'a>) -> Parsed<Option<Element<'a>>> {
    Ok(reader.optional(0xa0)?)
}

/// A part of the file with its own encryption.
#[derive(Debug)]
pub(super) enum Safe<'a> {
    Plain(Cow<'a, [u8]>),
    Encrypted(Scheme, Cow<'a, [u8]>),
}

fn safe<'a>(info: &Element<'a>) -> Parsed<Safe<'a>> {
    let mut info = info.inside()?;
    let kind = info.expect(OID, "the type of a safe")?;
    let content = explicit(&mut info)?;
    match (kind.oid().as_str(), content) {
        (DATA, None) => Ok(Safe::Plain(Cow::Borrowed(&[]))),
        (DATA, Some(content)) => {
            Ok(Safe::Plain(content.inside()?.expect(OCTET_STRING, "a safe's content")?.octets()?))
        }
        (ENCRYPTED_DATA, Some(content)) => encrypted(&content),
        (ENVELOPED_DATA, _) => Err(Fault::Unsupported("it is encrypted to a certificate (envelopedData, OID 1.2.840.113549.1.7.3) in place of a password".into())),
        (other, _) => Err(ber::malformed(kind.at, format!("a safe of type {other}")).into()),
    }
}

/// EncryptedData: RFC 5652 section 8.
fn encrypted<'a>(content: &Element<'a>) -> Parsed<Safe<'a>> {
    let mut data = content.inside()?.expect(SEQUENCE, "EncryptedData")?.inside()?;
    data.expect(INTEGER, "the version of EncryptedData")?;
    let mut info = data.expect(SEQUENCE, "EncryptedContentInfo")?.inside()?;
    info.expect(OID, "the type of what is encrypted")?;
    let scheme = Scheme::parse(&info.expect(SEQUENCE, "the encryption")?)?;
    let ciphertext = match (info.optional(0x80)?, info.optional(0xa0)?) {
        (Some(ciphertext), _) | (None, Some(ciphertext)) => ciphertext.octets()?,
        (None, None) => Cow::Borrowed([].as_slice()),
    };
    Ok(Safe::Encrypted(scheme, ciphertext))
}

/// One thing in a safe.
#[derive(Debug)]
pub(super) enum Bag {
    Key(Wiped, Label),
    ShroudedKey(Scheme, Vec<u8>, Label),
    Certificate(Vec<u8>, Label),
    /// Something that is no part of an identity, by its name.
    Other(&'static str),
}

/// What a bag is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) alias: Option<String>,
    pub(super) key_id: Option<Vec<u8>>,
}

/// Whether decrypted bytes are a safe's: one SEQUENCE, whole, of SEQUENCEs. Wrong keys give noise.
pub(super) fn is_safe(plain: &[u8]) -> bool {
    let mut reader = Reader::new(plain);
    let list = reader.expect(SEQUENCE, "").and_then(|list| list.inside());
    list.is_ok_and(|mut list| list.is_empty() || list.expect(SEQUENCE, "").is_ok())
}

/// The bags of a safe, those of safes within it included.
pub(super) fn bags(contents: &[u8]) -> Parsed<Vec<Bag>> {
    let mut bags = Vec::new();
    if !contents.is_empty() {
        within("a safe", collect(contents, 0, &mut bags))?;
    }
    Ok(bags)
}

fn collect(contents: &[u8], nesting: usize, bags: &mut Vec<Bag>) -> Parsed<()> {
    let list = Reader::new(contents).expect(SEQUENCE, "the list of bags")?;
    collect_list(&list, nesting, bags)
}

fn collect_list(list: &Element<'_>, nesting: usize, bags: &mut Vec<Bag>) -> Parsed<()> {
    let mut list = list.inside()?;
    while !list.is_empty() {
        let bag = list.expect(SEQUENCE, "a bag")?;
        let mut inside = bag.inside()?;
        let kind = inside.expect(OID, "the type of a bag")?.oid();
        let value = inside.expect(0xa0, "the value of a bag")?;
        let label = label(&mut inside);
        if bags.len() >= MAX_ITEMS {
            return Err(Fault::Malformed("more bags than any P12 has".into()));
        }
        match kind.strip_prefix("1.2.840.113549.1.12.10.1.") {
            Some("6") if nesting >= MAX_NESTING => {
                return Err(ber::malformed(bag.at, "safes nested too deep".into()).into());
            }
            Some("6") => {
                let list = value.inside()?.expect(SEQUENCE, "the list of bags")?;
                collect_list(&list, nesting + 1, bags)?;
            }
            kind => bags.push(single(kind, &value, label)?),
        }
    }
    Ok(())
}

fn single(kind: Option<&str>, value: &Element<'_>, label: Label) -> Parsed<Bag> {
    match kind {
        Some("1") => Ok(Bag::Key(Zeroizing::new(whole(value)?.to_vec()), label)),
        Some("2") => shrouded(value, label),
        Some("3") => certificate(value, label),
        Some("4") => Ok(Bag::Other("a CRL")),
        Some("5") => Ok(Bag::Other("a secret key")),
        _ => Ok(Bag::Other("a bag of unknown type")),
    }
}

fn whole<'a>(value: &Element<'a>) -> Parsed<&'a [u8]> {
    Ok(value.inside()?.expect(SEQUENCE, "a private key")?.whole)
}

/// EncryptedPrivateKeyInfo: RFC 5958 section 3.
fn shrouded(value: &Element<'_>, label: Label) -> Parsed<Bag> {
    let mut info = value.inside()?.expect(SEQUENCE, "an encrypted key")?.inside()?;
    let scheme = Scheme::parse(&info.expect(SEQUENCE, "the key's encryption")?)?;
    let ciphertext = info.expect(OCTET_STRING, "the encrypted key")?.octets()?;
    Ok(Bag::ShroudedKey(scheme, ciphertext.into_owned(), label))
}

fn certificate(value: &Element<'_>, label: Label) -> Parsed<Bag> {
    let mut bag = value.inside()?.expect(SEQUENCE, "a certificate bag")?.inside()?;
    if bag.expect(OID, "the type of a certificate")?.oid() != "1.2.840.113549.1.9.22.1" {
        return Ok(Bag::Other("a certificate that is not X.509"));
    }
    let certificate = bag.expect(0xa0, "a certificate")?.inside()?.expect(OCTET_STRING, "a certificate")?;
    Ok(Bag::Certificate(certificate.octets()?.into_owned(), label))
}

/// friendlyName and localKeyID (RFC 2985 section 5.5). Odd attributes are no reason to refuse a key.
fn label(bag: &mut Reader<'_>) -> Label {
    let mut label = Label::default();
    let attributes = bag.optional(SET).ok().flatten().and_then(|set| set.inside().ok());
    let Some(mut attributes) = attributes else { return label };
    while let Ok(attribute) = attributes.expect(SEQUENCE, "") {
        let _ = attribute.inside().and_then(|inside| named(inside, &mut label));
    }
    label
}

fn named(mut attribute: Reader<'_>, label: &mut Label) -> ber::Read<()> {
    let kind = attribute.expect(OID, "")?.oid();
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

/// The algorithm of a PKCS#8 key (RFC 5958 section 2), or `None` when it is no such key.
pub(super) fn key_algorithm(pkcs8: &[u8]) -> Option<String> {
    let mut info = Reader::new(pkcs8).expect(SEQUENCE, "").ok()?.inside().ok()?;
    info.expect(INTEGER, "").ok()?;
    let algorithm = info.expect(SEQUENCE, "").ok()?.inside().ok()?.expect(OID, "").ok()?.oid();
    info.expect(OCTET_STRING, "").ok()?;
    Some(algorithm)
}
