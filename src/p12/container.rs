//! The container: PFX and safes (RFC 7292 section 4.1). Structure only; nothing is decrypted here.

use std::borrow::Cow;

use super::bag::{Bag, OtherBag, read_bags};
use super::budget::Budget;
use super::fault::{Fault, Parsed};
use super::mac::Mac;
use super::protection::Protection;
use super::scheme::Scheme;
use crate::ber::{self, Decoder, Element, INTEGER, OCTET_STRING, OID, SEQUENCE};
use crate::error::Kind;

/// The outermost structure.
#[derive(Debug)]
pub(super) struct Pfx<'a> {
    /// What the MAC covers.
    pub(super) content: Cow<'a, [u8]>,
    pub(super) mac: Option<Mac>,
    /// Bytes after the end.
    pub(super) trailing: usize,
}

/// Whether DER starts like a PFX: a SEQUENCE with a small version and a ContentInfo.
pub(super) fn looks_like_pfx(bytes: &[u8]) -> bool {
    !Pfx::parse(bytes).is_err_and(|fault| fault.kind == Kind::NotAP12)
}

impl<'a> Pfx<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Parsed<Self> {
        let mut file = Decoder::new(bytes);
        let outer = file.any()?;
        if outer.tag != SEQUENCE {
            return Err(Fault::not_a_p12("its format is not known"));
        }
        let mut inside = outer.inside()?;
        check_version(&mut inside)?;
        let mut info = inside.sequence("the authenticated safe")?;
        let kind = info.expect(OID, "the type of the authenticated safe")?;
        match kind.oid().as_str() {
            DATA => {}
            SIGNED_DATA => {
                return Err(Fault::unsupported(
                    "it is protected by a signature (signedData, OID 1.2.840.113549.1.7.2) in place of a password",
                ));
            }
            other => {
                return Err(
                    ber::malformed(kind.at, format!("the authenticated safe has type {other}")).into()
                );
            }
        }
        let missing = || ber::malformed(kind.at, "the authenticated safe has no content".into());
        let content = info.optional(EXPLICIT)?.ok_or_else(missing)?;
        let content = content.inside()?.octets("the authenticated safe's content")?;
        // Nothing, or a MAC: a damaged file must not pass for one without.
        let mac = match inside.is_empty() {
            true => None,
            false => Some(Mac::parse(&inside.expect(SEQUENCE, "the MAC")?)?),
        };
        Ok(Self { content, mac, trailing: file.rest_length() })
    }

    pub(super) fn safes(&self) -> Parsed<Vec<Safe<'_>>> {
        let parse = || {
            let mut list = Decoder::new(&self.content).sequence("the list of safes")?;
            let mut safes = Vec::new();
            while !list.is_empty() {
                if safes.len() >= MAX_SAFES {
                    return Err(Fault::crowded("more safes than any P12 has"));
                }
                safes.push(parse_safe(&list.expect(SEQUENCE, "a safe")?)?);
            }
            Ok(safes)
        };
        parse().map_err(|fault: Fault| fault.within("the authenticated safe"))
    }
}

/// The `[0]` of a ContentInfo.
const EXPLICIT: u8 = 0xa0;
const DATA: &str = "1.2.840.113549.1.7.1";
/// The same in DER.
pub(super) const DATA_OID: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const ENVELOPED_DATA: &str = "1.2.840.113549.1.7.3";
const ENCRYPTED_DATA: &str = "1.2.840.113549.1.7.6";

/// The limit on safes. Real files have a few.
const MAX_SAFES: usize = 2_000;

fn check_version(inside: &mut Decoder<'_>) -> Parsed<()> {
    let not = |what: &str| Err(Fault::not_a_p12(format!("it is {what}, not a P12")));
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
            Err(Fault::unsupported(format!("it is PFX version {version}; only version 3 is known")))
        }
        _ => not("another DER structure"),
    }
}

/// A part of the file with its own encryption.
#[derive(Debug)]
pub(super) enum Safe<'a> {
    Plain(Cow<'a, [u8]>),
    Encrypted(Scheme, Cow<'a, [u8]>),
}

/// A safe, read as far as it is not encrypted.
pub(super) enum Part<'a> {
    Open(Vec<Bag>),
    Closed(&'a Scheme, &'a [u8]),
}

impl Part<'_> {
    /// Whether Windows users or groups can open the file in place of a password.
    pub(super) fn has_groups(&self) -> bool {
        let is_group = |bag: &Bag| matches!(bag, Bag::Other(OtherBag::GroupProtection));
        matches!(self, Self::Open(bags) if bags.iter().any(is_group))
    }
}

impl Safe<'_> {
    pub(super) fn open(&self, budget: &mut Budget) -> Parsed<Part<'_>> {
        match self {
            Self::Plain(contents) => read_bags(contents, budget).map(Part::Open),
            Self::Encrypted(scheme, ciphertext) => Ok(Part::Closed(scheme, ciphertext)),
        }
    }

    pub(super) fn protection(&self) -> Option<Protection> {
        match self {
            Self::Plain(_) => None,
            Self::Encrypted(scheme, _) => Some(scheme.protection()),
        }
    }
}

fn parse_safe<'a>(info: &Element<'a>) -> Parsed<Safe<'a>> {
    let mut info = info.inside()?;
    let kind = info.expect(OID, "the type of a safe")?;
    match (kind.oid().as_str(), info.optional(EXPLICIT)?) {
        (DATA, None) => Ok(Safe::Plain(Cow::Borrowed(&[]))),
        (DATA, Some(content)) => Ok(Safe::Plain(content.inside()?.octets("a safe's content")?)),
        (ENCRYPTED_DATA, Some(content)) => parse_encrypted(&content),
        (ENVELOPED_DATA, _) => Err(Fault::unsupported(
            "it is encrypted to a certificate (envelopedData, OID 1.2.840.113549.1.7.3) in place of a password",
        )),
        (other, _) => Err(ber::malformed(kind.at, format!("a safe of type {other}")).into()),
    }
}

/// EncryptedData: RFC 5652 section 8.
fn parse_encrypted<'a>(content: &Element<'a>) -> Parsed<Safe<'a>> {
    let mut data = content.inside()?.sequence("EncryptedData")?;
    data.expect(INTEGER, "the version of EncryptedData")?;
    let mut info = data.sequence("EncryptedContentInfo")?;
    info.expect(OID, "the type of what is encrypted")?;
    let scheme = Scheme::parse(&info.expect(SEQUENCE, "the encryption")?)?;
    let ciphertext = match (info.optional(0x80)?, info.optional(0xa0)?) {
        (Some(ciphertext), _) | (None, Some(ciphertext)) => ciphertext.octets()?,
        (None, None) => Cow::Borrowed([].as_slice()),
    };
    Ok(Safe::Encrypted(scheme, ciphertext))
}
