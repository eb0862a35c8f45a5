//! An X.509 certificate as text.

use std::borrow::Cow;

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::hash::MessageDigest;
use openssl::x509::{X509, X509KeyUsage, X509Ref};
use serde::Serialize;

use crate::words::counted;
use extensions::Extensions;
pub use extensions::extension;
pub use key::{Curve, KeyKind};
pub use name::{is_same_name, is_self_issued, name};
pub use signature::{BrokenDigest, SignatureAlgorithm};
pub use usage::Usage;

mod extensions;
mod key;
mod name;
mod signature;
mod usage;

/// The facts of a certificate, for people and reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// Subject, RFC 2253 order as the certificate has it: `CN=client, O=Example`.
    pub subject: String,
    /// Issuer in the same form.
    pub issuer: String,
    /// Start of validity, `YYYY-MM-DD hh:mm:ss` UTC.
    pub not_before: String,
    /// End of validity in the same form.
    pub not_after: String,
    /// Whole days until the end of validity; negative once it has expired.
    pub days_left: i32,
    pub not_yet_valid: bool,
    /// The serial number in hex.
    pub serial: String,
    pub key: KeyKind,
    /// The key's size in bits; zero when it cannot be read.
    pub key_bits: u32,
    pub signature: SignatureAlgorithm,
    /// Subject alternative names: `DNS:localhost`, `IP:127.0.0.1`.
    pub names: Vec<String>,
    /// What its extended key usage allows; `None` when it has none, which allows all.
    pub usages: Option<Vec<Usage>>,
    /// Whether its basic constraints say that it is a CA.
    pub authority: bool,
    /// How many CAs may follow below it (RFC 5280 section 4.2.1.9); `None` when that is not limited.
    #[serde(skip)]
    pub path_length: Option<u32>,
    /// What its key usage allows; `None` when it has none, which allows all.
    #[serde(skip)]
    pub key_usage: Option<X509KeyUsage>,
    /// The bits of the Netscape certificate type: 0x80 for a TLS client. `None` if there is none, which
    /// allows everything.
    #[serde(skip)]
    pub netscape_type: Option<u8>,
    /// The OIDs of critical extensions that TLS servers do not know.
    #[serde(skip)]
    pub unknown_critical: Vec<String>,
    /// The SHA-256 of its DER, in hex.
    pub sha256: String,
    /// The SHA-1 of its DER, in hex: what many consoles show.
    pub sha1: String,
    /// The certificate itself, for verification.
    #[serde(skip)]
    pub x509: Option<X509>,
}

impl Certificate {
    /// Whether issuer and subject are the same, as in roots.
    pub fn is_self_issued(&self) -> bool {
        let by_text = || self.subject == self.issuer;
        self.x509.as_ref().map_or_else(by_text, |x509| is_self_issued(x509))
    }

    /// What it is called: its subject, or in place of an empty one its first alternative name.
    pub fn title(&self) -> Cow<'_, str> {
        match (self.subject.as_str(), self.names.first()) {
            ("", Some(name)) => format!("(no subject) {name}").into(),
            ("", None) => "(no subject)".into(),
            (subject, _) => subject.into(),
        }
    }

    /// How far its end is away: in days, or in hours or minutes on the last day and the first one after it.
    pub fn distance(&self) -> String {
        let now = Asn1Time::days_from_now(0).ok();
        let end = self.x509.as_ref().map(|x509| x509.not_after());
        let seconds = now.zip(end).and_then(|(now, end)| seconds_between(&now, end)).map(i64::unsigned_abs);
        match (self.days_left, seconds) {
            (0 | -1, Some(seconds @ 3600..)) => counted(seconds / 3600, "hour"),
            (0 | -1, Some(seconds)) => counted(seconds / 60, "minute"),
            (days, _) => counted(days.unsigned_abs(), "day"),
        }
    }

    /// The end of its validity as Unix time, where it can be read.
    pub fn end_of_validity(&self) -> Option<i64> {
        seconds_between(Asn1Time::from_unix(0).ok()?.as_ref(), self.x509.as_ref()?.not_after())
    }

    /// Whether it is valid at this Unix time, where that can be read.
    pub fn is_valid_at(&self, time: i64) -> Option<bool> {
        let (time, x509) = (Asn1Time::from_unix(time).ok()?, self.x509.as_ref()?);
        Some(x509.not_before() <= time && x509.not_after() >= time)
    }

    /// How much of its lifetime has gone, from 0 to 1, where that can be read.
    pub fn spent_lifetime(&self) -> Option<f64> {
        let (now, x509) = (Asn1Time::days_from_now(0).ok()?, self.x509.as_ref()?);
        let whole = seconds_between(x509.not_before(), x509.not_after())?.max(1);
        let gone = seconds_between(x509.not_before(), &now)?;
        Some((gone as f64 / whole as f64).clamp(0.0, 1.0))
    }
}

/// Names and validity of a certificate, for people. What cannot be read is left empty.
pub fn describe(certificate: &X509Ref) -> Certificate {
    let now = Asn1Time::days_from_now(0).ok();
    let not_yet_valid = now.as_ref().is_some_and(|now| certificate.not_before() > now);
    let (key, key_bits) = KeyKind::of_certificate(certificate);
    let extensions = Extensions::of(certificate);
    let digest = |kind| certificate.digest(kind).map(|digest| hex(&digest)).unwrap_or_default();
    let serial = certificate
        .serial_number()
        .to_bn()
        .and_then(|number| number.to_hex_str().map(|hex| hex.to_lowercase()));
    Certificate {
        subject: name(certificate.subject_name()),
        issuer: name(certificate.issuer_name()),
        not_before: time(certificate.not_before()),
        not_after: time(certificate.not_after()),
        days_left: now.map_or(0, |now| days_between(&now, certificate.not_after())),
        not_yet_valid,
        serial: serial.unwrap_or_default(),
        key,
        key_bits,
        signature: SignatureAlgorithm::of(certificate),
        names: extensions::names(certificate),
        usages: extensions.usages,
        authority: extensions.authority,
        path_length: certificate.pathlen(),
        key_usage: certificate.key_usage(),
        netscape_type: extensions.netscape_type,
        unknown_critical: extensions.unknown_critical,
        sha256: digest(MessageDigest::sha256()),
        sha1: digest(MessageDigest::sha1()),
        x509: Some(certificate.to_owned()),
    }
}

/// Bytes in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn seconds_between(from: &Asn1TimeRef, to: &Asn1TimeRef) -> Option<i64> {
    let span = from.diff(to).ok()?;
    Some(i64::from(span.days) * 86_400 + i64::from(span.secs))
}

/// Whole days; negative, and at least -1, when `end` has passed.
fn days_between(now: &Asn1TimeRef, end: &Asn1TimeRef) -> i32 {
    now.diff(end).map_or(0, |span| if span.secs < 0 { span.days - 1 } else { span.days })
}

/// The current time by RFC 3339: `2026-11-23T18:49:40Z`.
pub fn timestamp() -> String {
    Asn1Time::days_from_now(0).map(|now| format!("{}Z", time(&now).replace(' ', "T"))).unwrap_or_default()
}

/// Turns OpenSSL's `Nov 23 18:49:40 2026 GMT` into `2026-11-23 18:49:40`.
fn time(time: &Asn1TimeRef) -> String {
    year_first(&time.to_string())
}

/// The same for OpenSSL's text of any time.
pub fn year_first(text: &str) -> String {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let parts: Vec<_> = text.split_whitespace().collect();
    let [month, day, clock, year, ..] = parts.as_slice() else { return text.to_owned() };
    let Some(month) = MONTHS.find(month).map(|at| at / 3 + 1) else { return text.to_owned() };
    format!("{year}-{month:02}-{day:0>2} {clock}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_year_first() {
        let at = Asn1Time::from_str("20261103184940Z").unwrap();
        assert_eq!(time(&at), "2026-11-03 18:49:40");
    }
}
