//! An X.509 certificate in words.

use std::fmt::Write as _;

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::x509::{X509NameRef, X509Ref};

use crate::evidence::Certificate;

/// Names and validity of a certificate, for people. What cannot be read is left empty.
pub fn describe(certificate: &X509Ref) -> Certificate {
    let now = Asn1Time::days_from_now(0).ok();
    let not_yet_valid = now.as_ref().is_some_and(|now| certificate.not_before() > now);
    Certificate {
        subject: name(certificate.subject_name()),
        issuer: name(certificate.issuer_name()),
        not_before: time(certificate.not_before()),
        not_after: time(certificate.not_after()),
        days_left: now.map_or(0, |now| days_between(&now, certificate.not_after())),
        not_yet_valid,
    }
}

/// A distinguished name, most specific part first as RFC 4514 has it: `CN=client, O=Example`.
pub fn name(name: &X509NameRef) -> String {
    let mut text = String::new();
    let entries: Vec<_> = name.entries().collect();
    for entry in entries.iter().rev() {
        let key =
            entry.object().nid().short_name().map_or_else(|_| entry.object().to_string(), str::to_owned);
        let value = entry.data().to_string().unwrap_or_else(|_| "?".into());
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{key}={value}");
    }
    text
}

/// Whole days; negative, and at least -1, when `end` has passed.
fn days_between(now: &Asn1TimeRef, end: &Asn1TimeRef) -> i32 {
    now.diff(end).map_or(0, |span| if span.secs < 0 { span.days - 1 } else { span.days })
}

/// Now, as RFC 3339 has it: `2026-11-23T18:49:40Z`.
pub fn timestamp() -> String {
    Asn1Time::days_from_now(0).map(|now| format!("{}Z", time(&now).replace(' ', "T"))).unwrap_or_default()
}

/// `2026-11-23 18:49:40`, out of OpenSSL's `Nov 23 18:49:40 2026 GMT`.
fn time(time: &Asn1TimeRef) -> String {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let text = time.to_string();
    let parts: Vec<_> = text.split_whitespace().collect();
    let [month, day, clock, year, ..] = parts.as_slice() else { return text };
    let Some(month) = MONTHS.find(month).map(|at| at / 3 + 1) else { return text };
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
