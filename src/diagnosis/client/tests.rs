//! From alert, flaws and accepted CAs to the message. Each case is a row.

use super::*;
use crate::certificate::{KeyKind, Usage};
use crate::evidence::{CertificateRequest, Side, Step};

fn sound() -> Certificate {
    let key = KeyKind::Rsa(2048);
    let (subject, issuer) = ("CN=client".into(), "CN=CA".into());
    Certificate { subject, issuer, days_left: 9, key, key_bits: 2048, ..Certificate::default() }
}

fn ca() -> Certificate {
    Certificate { subject: "CN=CA".into(), issuer: "CN=Root".into(), authority: true, ..sound() }
}

/// Our certificate went out, and an alert came back.
fn after(alert: u8, ours: Certificate, above: &[Certificate], accepted: Option<bool>) -> Evidence {
    let asked = CertificateRequest {
        issuers: accepted.map(|_| "CN=Root".to_owned()).into_iter().collect(),
        ours_accepted: accepted,
        algorithms: vec!["rsa_pss_rsae_sha256".into()],
        sent: Some(true),
        ..CertificateRequest::default()
    };
    let alert = Step { at: Duration::ZERO, from: Side::Endpoint, what: Message::Alert(alert) };
    Evidence {
        ours: Some(ours),
        our_chain: above.to_vec(),
        target: "api:443".into(),
        requests: vec![asked],
        steps: vec![alert],
        ..Evidence::default()
    }
}

fn refused(alert: u8, ours: Certificate, accepted: Option<bool>) -> Error {
    refusal(&after(alert, ours, &[ca()], accepted)).unwrap()
}

#[test]
fn a_flaw_that_the_alert_fits_is_the_cause_and_gives_the_kind_and_the_hint() {
    let expired = Certificate { days_left: -1, not_after: "2025-01-01".into(), ..sound() };
    let early = Certificate { not_yet_valid: true, not_before: "2099-01-01".into(), ..sound() };
    let server = Certificate { usages: Some(vec![Usage::ServerAuth]), ..sound() };
    let alone = Certificate { issuer: "CN=client".into(), ..sound() };
    for (alert, ours, kind, fact, hint) in [
        (45, &expired, Kind::ClientExpired, "; the P12's certificate expired on 2025-01-01", "renew"),
        (45, &early, Kind::ClientNotYetValid, "; the P12's certificate is not valid before", "wait"),
        (42, &early, Kind::ClientRefused, "; the P12's certificate is not valid before 2099", "wait"),
        (42, &expired, Kind::ClientRefused, "; most likely because the P12's certificate expired", "renew"),
        (49, &expired, Kind::ClientDenied, "; most likely because the P12's certificate expired", "renew"),
        (43, &server, Kind::ClientUnsupported, "is for serverAuth and not", "clientAuth"),
        (
            46,
            &server,
            Kind::ClientRefused,
            "; most likely because the P12's certificate is for",
            "clientAuth",
        ),
        (48, &alone, Kind::ClientUnknownCa, "is self-signed", "trust this certificate"),
        (48, &expired, Kind::ClientUnknownCa, "; also, the P12's certificate expired", "CN=CA"),
    ] {
        let error = refusal(&after(alert, ours.clone(), &[], None)).unwrap();
        assert_eq!(error.kind, kind, "{alert}: {error:?}");
        assert!(error.message.contains(fact), "{alert}: {}", error.message);
        assert!(error.hint().contains(hint), "{alert}: {}", error.hint());
    }
}

#[test]
fn what_is_left_without_a_flaw_is_at_the_endpoint() {
    for (alert, accepted, kind, hint) in [
        (45, None, Kind::ClientRefused, "a CRL that is out of date"),
        (48, Some(true), Kind::ClientUnknownCa, "a CA certificate of that name with another key"),
        (48, Some(true), Kind::ClientUnknownCa, "ssl_verify_depth"),
        (51, Some(true), Kind::ClientRefused, "with another key than the one that signed"),
        (46, None, Kind::ClientRefused, "revoked"),
        (44, None, Kind::ClientRevoked, "whether it was revoked"),
        (
            49,
            None,
            Kind::ClientDenied,
            "built on GnuTLS, which sends this alert for every cause, it is not trusted there",
        ),
        (114, None, Kind::ClientDenied, "pin this certificate"),
    ] {
        let error = refused(alert, sound(), accepted);
        assert_eq!(error.kind, kind, "{alert}");
        assert!(error.hint().contains(hint), "{alert}: {}", error.hint());
    }
}

#[test]
fn a_chain_that_reaches_an_accepted_name_is_not_called_untrusted_or_incomplete() {
    let error = refused(48, sound(), Some(true));
    assert!(!error.hint().contains("missing from the P12") && !error.hint().contains("does not trust"));
    // Nothing was named, and the chain is open.
    let error = refused(48, sound(), None);
    let (message, hint) = (&error.message, error.hint());
    assert!(message.contains("the P12's chain ends with CN=CA, issued by CN=Root"), "{message}");
    assert!(hint.contains("whether CN=Root is trusted there; if that is no root"), "{hint}");
    let rooted = Certificate { issuer: "CN=Some Root".into(), ..sound() };
    let rooted = refusal(&after(48, rooted, &[], None)).unwrap();
    assert!(!rooted.hint().contains("lacks"), "{}", rooted.hint());
    let alone = refusal(&after(48, sound(), &[], None)).unwrap();
    let hint = alone.hint();
    assert!(hint.contains("the P12 lacks an intermediate certificate above CN=client"), "{hint}");
}

#[test]
fn a_key_that_was_not_used_is_called_unfit_only_where_it_is() {
    let with = |key, algorithm: &str, sent| {
        let mut evidence = after(40, Certificate { key, ..sound() }, &[], None);
        evidence.requests[0].algorithms = vec![algorithm.into()];
        evidence.requests[0].sent = sent;
        unfit::explain(&evidence)
    };
    assert!(with(KeyKind::Rsa(2048), "ecdsa_secp256r1_sha256", Some(false)).contains("fits none"));
    assert!(with(KeyKind::Rsa(2048), "rsa_pss_pss_sha256", Some(false)).contains("fits none"));
    assert!(!with(KeyKind::Rsa(2048), "rsa_pss_rsae_sha256", Some(false)).contains("fits none"));
    assert_eq!(
        with(KeyKind::Rsa(2048), "rsa_pss_rsae_sha256", None),
        "the connection was lost while it was on its way"
    );
}

#[test]
fn silence_after_our_certificate_is_a_refusal_only_where_the_p12_has_a_flaw() {
    let quiet = |ours| Evidence { steps: Vec::new(), ..after(0, ours, &[ca()], None) };
    let expired = Certificate { days_left: -1, ..sound() };
    assert_eq!(silent(&quiet(expired)).kind, Kind::ClientRefusedOrReset);
    let error = silent(&quiet(sound()));
    assert_eq!(error.kind, Kind::TlsTimeout);
    assert!(error.hint().contains("--connect-timeout 40"), "{}", error.hint());
}
