//! The verdict on a call: a pure function of the answer's head, the beginning of its body, the evidence and
//! the terms.

use std::str::FromStr;

use http::header::RETRY_AFTER;
use http::{StatusCode, Version};

use crate::diagnosis::{login, oauth, page, speech::Speech, status, unasked, unfit};
use crate::error::{Error, Exit, Kind, Result};
use crate::evidence::{Author, Control, Evidence, Submission};
use crate::exchange::{Head, describe_status};
use crate::foreign::Foreign;
use crate::platform::contract::{NOT_CALLED, TRANSPORT_ERROR};

/// Which answers count as success.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// The statuses that count as success; if empty, any below 400.
    pub expect: Vec<Expected>,
    /// Whether an endpoint may answer without asking for a certificate.
    pub allow_unrequested: bool,
}

/// A status, or a class of statuses such as `2xx`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Status(u16),
    /// All statuses with this first digit.
    Class(u16),
}

impl FromStr for Expected {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let wrong = || format!("{text:?} is neither a status (200) nor a class of them (2xx)");
        match text.as_bytes() {
            [digit @ b'1'..=b'5', b'x' | b'X', b'x' | b'X'] => Ok(Self::Class(u16::from(digit - b'0'))),
            [b'1'..=b'9', _, _] => text.parse().map(Self::Status).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

impl Terms {
    fn accept(&self, status: u16) -> bool {
        match self.expect.as_slice() {
            [] => status < 400,
            wanted => wanted.iter().any(|wanted| match *wanted {
                Expected::Status(code) => code == status,
                Expected::Class(class) => class == status / 100,
            }),
        }
    }
}

/// Judges a call after its body has ended, as a certificate may be asked for late. `excerpt` is the beginning
/// of the body.
///
/// # Errors
/// The answer is no success, or proves nothing about the P12.
pub fn judge(head: &Head, excerpt: &Foreign, evidence: &Evidence, terms: &Terms) -> Result<()> {
    judge_once(head, excerpt, evidence, terms).map_err(|error| match error.kind.exit() {
        // An answer that came: its status says whether to try again, whatever became of the certificate.
        Exit::Status | Exit::Untested => {
            let submitted = evidence.submission.is_some();
            error.with_retry(status::retry(head.status, submitted), head.field(&RETRY_AFTER))
        }
        _ => error,
    })
}

fn judge_once(head: &Head, excerpt: &Foreign, evidence: &Evidence, terms: &Terms) -> Result<()> {
    let target = &evidence.target;
    if head.version == Version::HTTP_09 {
        return Err(page::explain_headless(excerpt, evidence));
    }
    if head.status == StatusCode::SWITCHING_PROTOCOLS {
        let message = format!("{target} switched to another protocol, which was not asked for");
        return Err(Error::new(Kind::AnswerMalformed, message));
    }
    let speech = page::read(head, excerpt);
    match evidence.submission.as_ref().map(|submission| &submission.author) {
        None => check_sent(head, speech.as_ref(), evidence, terms)?,
        Some(author) => {
            author.as_ref().map_or(Ok(()), |author| check_author(head, excerpt, target, author))?
        }
    }
    let refusal = page::explain(head, speech.as_ref(), evidence);
    // Also with a status that is expected, and with the same one without the certificate.
    if let Some(error) = refusal.as_ref().filter(|error| error.kind != Kind::Misdirected) {
        return Err(error.clone());
    }
    if let Some(control) = &evidence.control {
        check_insistence(control, head.status, evidence, terms)?;
    }
    if terms.accept(head.status.as_u16()) {
        let led_away = login::explain_redirect(head, evidence);
        return led_away.filter(|_| terms.expect.is_empty()).map_or(Ok(()), Err);
    }
    Err(refusal.unwrap_or_else(|| unexpected_status(head, evidence, terms)))
}

fn unexpected_status(head: &Head, evidence: &Evidence, terms: &Terms) -> Error {
    let target = &evidence.target;
    let unexpected = if terms.expect.is_empty() { "" } else { ", which is not among the expected" };
    let (who, hint) = match &evidence.submission {
        None => (target.clone(), status::hint(head, evidence, !terms.expect.is_empty())),
        Some(Submission { author: Some(Author::Unclear(why)), .. }) => {
            (format!("{target} or the platform"), format!("{}: {why}", platform_hint(head.status)))
        }
        Some(_) => (format!("{target}, through the platform,"), Kind::Status.hint().to_owned()),
    };
    let message = format!("{who} answered {}{unexpected}", head.describe_status());
    Error::new(Kind::Status, message).with_hint(hint)
}

/// Fails if the answer is certainly the platform's own.
fn check_author(head: &Head, excerpt: &Foreign, target: &str, author: &Author) -> Result<()> {
    match author {
        Author::Remote(_) | Author::Unclear(_) => Ok(()),
        Author::PlatformOfRemote(message) => {
            let message = format!("the platform got no answer from {target}: {message}");
            let error = Error::new(Kind::PlatformRemote, message);
            let Some(kind) = transport_kind(head) else { return Err(error) };
            let seen = kind.hint();
            let hint = format!("seen from the platform: {seen}; --compare shows how it looks from here");
            Err(error.with_hint(hint).with_retry(kind.retry(), None))
        }
        Author::Platform(signal) => {
            let kind = match head.status.as_u16() {
                401 => Kind::PlatformCredential,
                403 => Kind::PlatformForbidden,
                429 => Kind::PlatformRate,
                _ => Kind::PlatformFailed,
            };
            let status = head.describe_status();
            let error = Error::new(kind, format!("the platform itself answered {status}: {signal}"));
            let error = match excerpt.text().contains(NOT_CALLED) {
                true => error.with_hint(FORBIDDEN_URL),
                false => error.with_hint_if(oauth::hint(head, excerpt)),
            };
            Err(error.with_retry(kind.retry(), head.field(&RETRY_AFTER)))
        }
    }
}

const FORBIDDEN_URL: &str = "check the forward URL's host and port; if they are right, ask the operator of that serve to allow them: --allow-net, --allow-port";

/// The kind that the platform names for the endpoint's failure, as `serve` does.
fn transport_kind(head: &Head) -> Option<Kind> {
    let name = head.headers.get(TRANSPORT_ERROR)?;
    Kind::ALL.iter().copied().find(|kind| kind.name().as_bytes() == name.as_bytes())
}

/// An answer proves something about the P12 only if its certificate was asked for and sent, so this comes before the
/// status.
fn check_sent(head: &Head, speech: Option<&Speech>, evidence: &Evidence, terms: &Terms) -> Result<()> {
    let (target, status) = (&evidence.target, head.describe_status());
    if !evidence.requested() && !terms.allow_unrequested {
        return Err(unasked::explain(head, speech, evidence));
    }
    if evidence.requested() && !evidence.sent() {
        let message = format!(
            "{target} answered {status} after asking for a certificate, and ours was not sent, as {}: the P12 was not tested",
            unfit::explain(evidence)
        );
        return Err(Error::new(Kind::NotSent, message));
    }
    Ok(())
}

/// Whether the call without the certificate proves that the endpoint insists on it.
fn check_insistence(control: &Control, status: StatusCode, evidence: &Evidence, terms: &Terms) -> Result<()> {
    let target = &evidence.target;
    let unknown = |why: &str| {
        let message = format!("whether {target} insists on the certificate was not found out: {why}");
        let hint = "the call without the certificate failed for another reason; try again";
        Err(Error::new(Kind::NotInsisted, message).with_hint(hint))
    };
    match control {
        Control::Answered(without) if *without == status.as_u16() => Err(Error::new(
            Kind::NotInsisted,
            format!("{target} answers {status} without the certificate too: it does not insist on it"),
        )),
        Control::Answered(without) if terms.accept(*without) => {
            let answered =
                StatusCode::from_u16(*without).map_or_else(|_| without.to_string(), describe_status);
            let message =
                format!("{target} answers {answered} without the certificate: it does not insist on it");
            let hint = "the endpoint also accepts calls without a certificate, so this answer proves nothing about the P12";
            Err(Error::new(Kind::NotInsisted, message).with_hint(hint))
        }
        // These statuses have other causes than the certificate (RFC 9110 section 15).
        Control::Answered(without @ (408 | 409 | 421 | 425 | 429 | 500..)) => {
            unknown(&format!("it answered {without} without it"))
        }
        Control::Failed(why) => unknown(why),
        Control::Answered(_) | Control::Insisted(_) => Ok(()),
    }
}

/// What to check for a status that can come from the platform or from the endpoint.
fn platform_hint(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "check the platform's credential first, then --authorization for the endpoint",
        403 => {
            "check the permission MTLS_READ_INTERNAL first, then whether the endpoint lets this certificate in"
        }
        404 => "check the path of the URL first, then the account number",
        424 => "check whether the platform can reach the endpoint",
        429 => "wait, then try again",
        500 => {
            "either the platform cannot use this P12 or password, or the endpoint failed; --compare tells more"
        }
        _ => "try --compare",
    }
}

#[cfg(test)]
mod tests;
