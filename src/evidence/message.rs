//! The messages and alerts of TLS, by the names that the RFCs and IANA give them.

use std::time::Duration;

/// One of the two sides of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Us,
    Endpoint,
}

/// A TLS message or alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Since the call began.
    pub at: Duration,
    pub from: Side,
    pub what: Message,
}

/// A TLS message or alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// A handshake message by its type (RFC 8446 section 4).
    Handshake(u8),
    /// An alert by its description (RFC 8446 section 6).
    Alert(u8),
    /// An alert that does not end the connection: of level warning before TLS 1.3, or user_canceled in TLS
    /// 1.3 (RFC 5246 section 7.2.2).
    Warning(u8),
}

impl Message {
    pub(crate) const SERVER_HELLO: Self = Self::Handshake(2);
    pub(crate) const CERTIFICATE: Self = Self::Handshake(11);
    pub(crate) const CERTIFICATE_REQUEST: Self = Self::Handshake(13);

    pub fn name(self) -> String {
        match self {
            Self::Handshake(kind) => match handshake_name(kind) {
                Some(name) => name.into(),
                None => format!("handshake message {kind}"),
            },
            Self::Alert(code) => format!("alert {code} {}", alert_name(code)),
            Self::Warning(code) => format!("warning: alert {code} {}", alert_name(code)),
        }
    }
}

fn handshake_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0 => "HelloRequest",
        1 => "ClientHello",
        2 => "ServerHello",
        4 => "NewSessionTicket",
        5 => "EndOfEarlyData",
        8 => "EncryptedExtensions",
        11 => "Certificate",
        12 => "ServerKeyExchange",
        13 => "CertificateRequest",
        14 => "ServerHelloDone",
        15 => "CertificateVerify",
        16 => "ClientKeyExchange",
        20 => "Finished",
        22 => "CertificateStatus",
        24 => "KeyUpdate",
        25 => "CompressedCertificate",
        _ => return None,
    })
}

/// IANA's registry of TLS alerts, and the names of those that older versions had (RFC 2246, RFC 5246).
fn alert_name(code: u8) -> &'static str {
    match code {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        52 => "too_many_cids_requested",
        60 => "export_restriction",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        111 => "certificate_unobtainable",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        114 => "bad_certificate_hash_value",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        117 => "general_error",
        120 => "no_application_protocol",
        121 => "ech_required",
        _ => "(not assigned)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alert_has_a_name() {
        assert_eq!(Message::Alert(114).name(), "alert 114 bad_certificate_hash_value");
        assert_eq!(Message::Warning(41).name(), "warning: alert 41 no_certificate");
        assert_eq!(Message::Alert(200).name(), "alert 200 (not assigned)");
    }
}
