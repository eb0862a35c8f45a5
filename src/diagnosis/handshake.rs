//! The TLS handshake failed. The alert, the step reached and the end decide; never the order of two errors.

use super::{client, own_failure, unasked};
use crate::error::{Error, Kind};
use crate::evidence::{Cause, Evidence, Message, Side};
use crate::foreign::Foreign;

/// The handshake failed, but not because of the endpoint's certificate.
pub fn explain(evidence: &Evidence) -> Error {
    if let Some(code) = evidence.alert() {
        let error = client::refusal(evidence).unwrap_or_else(|| explain_alert(code, evidence));
        return advise(error, evidence);
    }
    if let Some(error) = own_failure(evidence) {
        return error;
    }
    let target = &evidence.target;
    match evidence.end.as_ref().map(|end| &end.cause) {
        Some(Cause::Tls(reason)) if !has_spoken(evidence) => explain_other_protocol(reason, evidence),
        Some(Cause::Tls(reason)) if broke_request(evidence) => {
            let message = format!("{target} asked for a certificate in a way that breaks TLS ({reason})");
            Error::new(Kind::RequestMalformed, message)
        }
        Some(Cause::Tls(reason)) => explain_own_refusal(reason, target),
        cause => client::ended(evidence).unwrap_or_else(|| {
            let how = match cause {
                Some(cause @ (Cause::Reset | Cause::System(_))) => cause.in_words(),
                _ => "ended the connection".into(),
            };
            let error = |when| Error::new(Kind::HandshakeReset, format!("{target} {how} {when}"));
            match has_spoken(evidence) {
                true => error("in the TLS handshake").with_hint(CUT_OFF),
                false => error(BEFORE_TLS),
            }
        }),
    }
}

/// The same error, with a hint that fits what was offered.
fn advise(error: Error, evidence: &Evidence) -> Error {
    match (error.kind, unasked::name_hint(evidence, "")) {
        (Kind::NameNotServed, Some(hint)) => {
            let message = format!("{} wants a host name, and none was sent", evidence.target);
            Error::new(error.kind, format!("{message}: {}", Message::Alert(112).name())).with_hint(hint)
        }
        (Kind::TlsVersion, _) if evidence.offer.tls13 && !evidence.offer.tls12 => error
            .with_hint("--tls-min keeps TLS 1.2 from being offered; without it, the endpoint may take that"),
        // Servers built on mbed TLS send alert 40 in place of 70.
        (Kind::NoCipher, None) if evidence.offer.tls13 && !evidence.offer.tls12 => {
            let hint = format!(
                "--tls-min keeps TLS 1.2 from being offered, and the endpoint may take nothing else; or {}",
                error.hint()
            );
            error.with_hint(hint)
        }
        // Go's servers send alert 80 where they have no certificate for a name, such as Traefik with sniStrict.
        (Kind::NoCipher | Kind::EndpointFault, Some(hint)) => {
            let hint = format!("{hint}; or {}", error.hint());
            error.with_hint(hint)
        }
        (Kind::TlsVersion, _) if !evidence.offer.tls13 => error
            .with_hint("--tls-max keeps TLS 1.3 from being offered; without it, the endpoint may take that"),
        (Kind::NoProtocol, _) if evidence.offer.http2 => error.with_hint(
            "HTTP/1.1 and HTTP/2 were both offered, so it most likely speaks no HTTP there: check host and port, \
             or ask the endpoint's owner which protocols it takes (ALPN)",
        ),
        _ => error,
    }
}

/// The handshake was not complete in time.
pub fn explain_timeout(evidence: &Evidence) -> Error {
    let target = &evidence.target;
    if evidence.sent() {
        return client::silent(evidence);
    }
    if has_spoken(evidence) {
        let message =
            format!("{target} began the TLS handshake and then fell silent within the time allowed");
        let hint =
            "it is overloaded, or something on the way drops its packets; --connect-timeout waits longer";
        return Error::new(Kind::TlsTimeout, message).with_hint(hint);
    }
    let message = format!("{target} took the connection and said nothing in TLS within the time allowed");
    Error::new(Kind::TlsTimeout, message)
}

/// Whether this side failed at the CertificateRequest: it was the last message that came.
fn broke_request(evidence: &Evidence) -> bool {
    let last = evidence.steps.iter().rev().find(|step| step.from == Side::Endpoint);
    last.is_some_and(|step| step.what == Message::CERTIFICATE_REQUEST)
}

fn has_spoken(evidence: &Evidence) -> bool {
    evidence.steps.iter().any(|step| step.from == Side::Endpoint)
}

/// An alert that is not about our certificate (RFC 8446 section 6.2).
fn explain_alert(code: u8, evidence: &Evidence) -> Error {
    let (target, name) = (&evidence.target, Message::Alert(code).name());
    let hello = (Side::Endpoint, Message::SERVER_HELLO);
    let answered = evidence.steps.iter().any(|step| (step.from, step.what) == hello);
    let (kind, what) = match code {
        70 => (Kind::TlsVersion, "speaks none of the TLS versions that were offered"),
        71 => (Kind::NoCipher, "finds all ciphers that were offered too weak"),
        40 if !answered => (
            Kind::NoCipher,
            "shares no cipher, group or signature algorithm with this machine, or wants another host name",
        ),
        112 => (Kind::NameNotServed, "does not serve this host name"),
        120 => (Kind::NoProtocol, "takes none of the protocols that were offered by ALPN"),
        80 => (Kind::EndpointFault, "ended the handshake through a fault of its own"),
        _ if evidence.requested() => {
            let message = format!(
                "{target} asked for a certificate and ended the handshake before it was sent: {name}"
            );
            return Error::new(Kind::HandshakeFailed, message)
                .with_hint("ask the endpoint's owner for the log");
        }
        _ => (Kind::HandshakeFailed, "ended the handshake without having asked for a certificate"),
    };
    Error::new(kind, format!("{target} {what}: {name}"))
}

const CUT_OFF: &str = "ask the endpoint's owner for its log; a firewall can be the cause too";

pub(super) const BEFORE_TLS: &str = "before it had said anything in TLS";

/// OpenSSL on this machine refused the handshake.
fn explain_own_refusal(reason: &str, target: &str) -> Error {
    let says = |parts: &[&str]| parts.iter().any(|part| reason.contains(part));
    let (kind, what) = if says(&["dh key too small"]) {
        (Kind::WeakKeyExchange, "offers a Diffie-Hellman group that is too small to be safe".into())
    } else if says(&["wrong signature type", "no suitable signature algorithm", "legacy sigalg"]) {
        let what = format!("signs the key exchange in a way that is not safe, such as SHA-1 ({reason})");
        (Kind::WeakKeyExchange, what)
    } else if says(&["unsafe legacy renegotiation"]) {
        let what = "lacks secure renegotiation (RFC 5746), so its TLS is open to an old attack";
        (Kind::LegacyRenegotiation, what.into())
    } else if says(&["unsupported protocol", "version too low", "wrong ssl version"]) {
        (Kind::TlsVersion, "chose a TLS version that was not offered".into())
    } else {
        let message = format!("the TLS handshake with {target} failed: {reason}");
        return Error::new(Kind::HandshakeFailed, message);
    };
    Error::new(kind, format!("{target} {what}"))
}

/// What came is not TLS. Its first line may show which protocol it is.
fn explain_other_protocol(reason: &str, evidence: &Evidence) -> Error {
    let target = &evidence.target;
    let line = evidence.greeting.map(|text| text.lines().next().unwrap_or_default().trim_end().to_owned());
    let (greeting, text) = (evidence.greeting.text(), line.text());
    let printable = !text.is_empty() && !text.contains(|c: char| c.is_control() || c == '\u{fffd}');
    if greeting.starts_with("HTTP/") || greeting.trim_start().starts_with('<') {
        return explain_plain_http(&line, evidence);
    }
    let said = match (printable, reason) {
        (true, _) => format!("it said {line:?}"),
        (false, "wrong version number") => "what came is no TLS record".into(),
        (false, reason) => reason.to_owned(),
    };
    let hint = name_protocol(&text)
        .map(|protocol| format!("that is {protocol}: check the host and the port of the URL"));
    Error::new(Kind::NotTls, format!("{target} does not speak TLS there: {said}")).with_hint_if(hint)
}

/// Through a proxy it may be a page of the proxy's own.
fn explain_plain_http(line: &Foreign, evidence: &Evidence) -> Error {
    let target = &evidence.target;
    let Some(proxy) = &evidence.proxy else {
        return Error::new(Kind::PlainHttp, format!("{target} speaks HTTP without TLS: it said {line:?}"));
    };
    let message = format!("what came through the proxy {proxy} for {target} was HTTP without TLS: {line:?}");
    Error::new(Kind::PlainHttp, message).with_hint(
        "either that port of the endpoint has no TLS: check the URL; or it is a page of the proxy's own, to log in or as the \
         host is blocked: open the URL in a browser on this machine, or ask the proxy's administrator",
    )
}

/// Protocols in which the server speaks first.
pub(super) fn name_protocol(line: &str) -> Option<&'static str> {
    const GREETINGS: &[(&str, &str)] = &[
        ("SSH-", "SSH"),
        ("220", "a mail or FTP server"),
        ("+OK", "POP3"),
        ("* OK", "IMAP"),
        ("RFB ", "VNC"),
        ("-ERR", "Redis"),
    ];
    GREETINGS.iter().find(|(greeting, _)| line.starts_with(greeting)).map(|(_, name)| *name)
}
