//! What an answer says about certificates, found by its words, for any server.

use http::header::WWW_AUTHENTICATE;

use super::alert::Refusal;
use crate::exchange::Head;
use crate::foreign::Foreign;

/// What an answer says about the client's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// The server got none.
    Missing,
    /// It is outside its validity.
    Expired,
    /// It was revoked, or its revocation list is not available.
    Revoked,
    /// Its CA is not trusted.
    Untrusted,
    /// It is for another purpose.
    Purpose,
    /// It is valid, and has no access.
    NotAuthorized,
    /// It is refused, without a reason.
    Refused,
}

impl Says {
    pub(super) const ALL: &[Self] = &[
        Self::Missing,
        Self::Expired,
        Self::Revoked,
        Self::Untrusted,
        Self::Purpose,
        Self::NotAuthorized,
        Self::Refused,
    ];

    /// The alert of the same meaning (RFC 8446 section 6.2), if there is one.
    pub(super) fn refusal(self) -> Refusal {
        match self {
            Self::Missing | Self::Refused => Refusal::Unexplained,
            Self::Purpose => Refusal::Alert(43),
            Self::Revoked => Refusal::Alert(44),
            Self::Expired => Refusal::Alert(45),
            Self::Untrusted => Refusal::Alert(48),
            Self::NotAuthorized => Refusal::Alert(49),
        }
    }
}

/// What an answer says about the client's certificate, with the sentence that says it.
#[derive(Debug)]
pub struct Speech {
    pub says: Says,
    pub sentence: Foreign,
}

impl Speech {
    /// Whether it speaks of a client certificate by that name.
    pub(super) fn names_client(&self) -> bool {
        let words = words(&self.sentence.text());
        let named = |kind: &str| words.contains(&format!("client {kind}cert"));
        ["", "ssl ", "tls ", "mtls ", "x509 ", "x 509 "].into_iter().any(named)
    }

    /// The answer as text, to follow "answered": the status, and the sentence unless it is the usual reason
    /// phrase.
    pub fn quote(&self, head: &Head) -> String {
        let status = head.describe_status();
        match head.reason == Some(self.sentence.clone()) {
            true => status,
            false => format!("{status}, and the answer says {:?}", self.sentence),
        }
    }
}

/// Reads the reason phrase, the beginning of the body, and what the challenge says.
pub fn read(head: &Head, excerpt: &Foreign) -> Option<Speech> {
    let challenge = head.field(&WWW_AUTHENTICATE);
    let texts = head.reason.iter().chain([excerpt]).chain(&challenge);
    texts.into_iter().find_map(|text| {
        let (says, sentence) = classify(&text.text())?;
        Some(Speech { says, sentence: text.map(|_| sentence) })
    })
}

/// The sentence of a text that says most about the client's certificate, with its meaning.
fn classify(text: &str) -> Option<(Says, String)> {
    let text = without_tags(text);
    let by_code = IIS.iter().find_map(|(code, says)| {
        let sentence = text.lines().find(|line| is_code(line, code))?;
        Some((*says, shorten(sentence)))
    });
    by_code.or_else(|| {
        let sentences = text.split(['.', '!', '?', '\n', '"', '{', '}', ';', '|']);
        let meant: Vec<_> =
            sentences.filter_map(|sentence| Some((meaning(sentence)?, shorten(sentence)))).collect();
        let telling = meant.iter().find(|(says, _)| *says != Says::Refused).or_else(|| meant.first());
        telling.cloned()
    })
}

/// Sub-statuses of IIS.
const IIS: &[(&str, Says)] = &[
    ("403.7", Says::Missing),
    ("403.12", Says::NotAuthorized),
    ("403.13", Says::Revoked),
    ("403.16", Says::Untrusted),
    ("403.17", Says::Expired),
];

/// The codes and words by which an answer says this of a client certificate, for people.
pub(super) fn patterns(says: Says) -> String {
    let codes = IIS.iter().filter(|(_, means)| *means == says).map(|(code, _)| *code);
    let rows = PHRASES.iter().filter(|(means, _)| *means == says);
    codes.chain(rows.flat_map(|(_, phrases)| phrases.iter().copied())).collect::<Vec<_>>().join(", ")
}

/// Whether a line is this code, such as `403.7 - Forbidden`, but not `403.70`.
fn is_code(line: &str, code: &str) -> bool {
    line.split_once(code).is_some_and(|(_, rest)| rest.trim_start().starts_with('-'))
}

/// Turns HTML into lines of text; leaves other text unchanged.
fn without_tags(text: &str) -> String {
    let mut pieces = text.split('<');
    let mut lines = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (tag, rest) = piece.split_once('>').unwrap_or((piece, ""));
        let name =
            tag.trim_start_matches('/').split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let inline = ["a", "b", "code", "em", "font", "i", "small", "span", "strong", "u"].contains(&name);
        lines.push(if inline { ' ' } else { '\n' });
        lines.push_str(&rest.replace(['\r', '\n'], " "));
    }
    lines
}

/// A sentence on one line, without the status at the beginning of a title.
fn shorten(sentence: &str) -> String {
    let sentence = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = match sentence.split_once(' ') {
        Some((code, rest)) if code.len() == 3 && code.parse::<u16>().is_ok() => rest,
        _ => &sentence,
    };
    sentence.chars().take(160).collect()
}

/// Words that show that the client's certificate is meant. Without one, only phrases count that are used for
/// TLS alone.
const OWNERS: &[&str] = &["client", "ssl", "tls", "x509", "x 509", "peer", "mutual", "user"];

/// The meaning of each phrase. The first one found decides, so a negative phrase comes before the positive
/// one that it contains.
const PHRASES: &[(Says, &[&str])] = &[
    (Says::Revoked, &["revoked", "revocation", "crl"]),
    (Says::Expired, &["expired", "not yet valid", "no longer valid"]),
    (Says::Untrusted, &["truststore", "trust store"]),
    (
        Says::Missing,
        &[
            "not presented",
            "not present",
            "not provided",
            "not sent",
            "not supplied",
            "not found",
            "not received",
            "no required",
            "no client",
            "no certificate",
            "no ssl",
            "no tls",
            "no valid",
            "no x509",
            "no peer",
            "missing",
            "must present",
            "must provide",
            "must be provided",
            "must be presented",
            "absent",
        ],
    ),
    (
        Says::Untrusted,
        &[
            "not trusted",
            "untrusted",
            "unknown ca",
            "unknown issuer",
            "unknown authority",
            "self signed",
            "local issuer",
            "could not find issuer",
            "find issuer",
            "unable to verify",
        ],
    ),
    (Says::Purpose, &["certificate purpose", "invalid purpose", "wrong purpose", "key usage", "eku"]),
    (
        Says::NotAuthorized,
        &[
            "not authorized",
            "not authorised",
            "unauthorized",
            "unauthorised",
            "not allowed",
            "not permitted",
            "not registered",
            "not associated",
            "not mapped",
            "no mapping",
            "denied",
            "does not match",
            "do not match",
            "mismatch",
            "forbidden",
            "unknown",
        ],
    ),
    (
        Says::Refused,
        &["invalid", "not valid", "failed", "failure", "rejected", "refused", "not accepted", "error"],
    ),
    (Says::Missing, &["required", "requires", "needed", "needs"]),
];

fn meaning(sentence: &str) -> Option<Says> {
    let words = format!(" {} ", words(sentence));
    // Each phrase below needs one of these. Most sentences of a page have none, and every answer is read.
    if !["cert", "tls", "ssl", "crl", "leaf signature"].iter().any(|part| words.contains(part)) {
        return None;
    }
    let has = |phrase: &str| words.contains(&format!(" {phrase} "));
    let has_any = |phrases: &[&str]| phrases.iter().any(|phrase| has(phrase));
    let owned = has_any(OWNERS);
    let protocol = has_any(&["mtls", "m tls", "mutual tls", "mutual ssl"]);
    let certificate = has_any(&["certificate", "certificates"]) || owned && has("cert");
    let (says, _) = PHRASES.iter().find(|(_, phrases)| has_any(phrases))?;
    match says {
        // "A certificate number is required" speaks of another certificate; "the certificate has expired" hardly does.
        Says::Missing if !owned && !protocol => has_any(&["no certificate", "certificate required"]),
        Says::Expired | Says::Revoked | Says::Untrusted | Says::Purpose => {
            certificate || protocol || has_any(&["cert", "crl", "leaf signature"])
        }
        _ => certificate || protocol,
    }
    .then_some(*says)
}

/// The words in lower case, also of names such as `ClientCertificateMissing` and `invalid_client_cert`.
fn words(sentence: &str) -> String {
    let mut words = String::with_capacity(sentence.len());
    let mut before = ' ';
    for letter in sentence.chars() {
        if before.is_lowercase() && letter.is_uppercase() {
            words.push(' ');
        }
        words.extend(if letter.is_alphanumeric() { letter } else { ' ' }.to_lowercase());
        before = letter;
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "speech/tests.rs"]
mod tests;
