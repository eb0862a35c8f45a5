//! What each alert and page can mean, as a table for people: asked of the functions that decide.

use std::time::Duration;

use http::StatusCode;

use super::alert::{self, Fit, Reason, Refusal};
use super::speech::{self, Says, Speech};
use super::{client, handshake, page};
use crate::certificate::{Certificate, KeyKind, SignatureAlgorithm};
use crate::checks::{Flaw, FlawKind};
use crate::error::Error;
use crate::evidence::{CertificateRequest, Evidence, Message, Offer, Side, Stage, Step};
use crate::exchange::Head;
use crate::foreign::Foreign;

/// One thing that an alert or a page can mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// The alert, or what the page says.
    pub sign: String,
    /// What is so where this is meant; may be empty.
    pub when: &'static str,
    /// What it means.
    pub means: String,
    /// How to tell, and what to do.
    pub tell: String,
}

/// What alerts mean that came after our certificate.
pub fn alerts() -> Vec<Meaning> {
    let refusing = (0..=u8::MAX).filter(|code| alert::refuses(*code));
    let all = refusing.flat_map(|code| refused(&Message::Alert(code).name(), Refusal::Alert(code)));
    all.collect()
}

/// What alerts mean that came before a certificate was asked for. Most mean nothing more than their name.
pub fn early_alerts() -> Vec<Meaning> {
    let unknown = handshake::explain(&early(255)).kind;
    let told = (0..=u8::MAX).map(|code| (code, handshake::explain(&early(code))));
    told.filter(|(_, error)| error.kind != unknown)
        .map(|(code, error)| {
            let tell = error.hint().to_owned();
            Meaning { sign: Message::Alert(code).name(), when: "", means: without_name(&error), tell }
        })
        .collect()
}

/// What pages mean.
pub fn pages() -> Vec<Meaning> {
    Says::ALL
        .iter()
        .flat_map(|says| {
            let sign = speech::patterns(*says);
            let mut all = match says.refusal() {
                _ if *says == Says::Missing => Vec::new(),
                Refusal::Page(code) => flaws(&sign, Refusal::Page(code)),
                refusal => flaws(&sign, refusal),
            };
            all.extend(no_flaw(&sign, |evidence| by_page(*says, evidence)));
            all
        })
        .collect()
}

fn refused(sign: &str, refusal: Refusal) -> Vec<Meaning> {
    let mut all = flaws(sign, refusal);
    all.extend(no_flaw(sign, |evidence| {
        let why = client::why_refused(evidence, refusal);
        (why.clause.trim_start_matches("; ").trim_start_matches("also, ").to_owned(), why.hint)
    }));
    all
}

/// The flaws of our chain that explain a refusal.
fn flaws(sign: &str, refusal: Refusal) -> Vec<Meaning> {
    let leaf = Certificate { unknown_critical: vec!["OID".into()], ..weak_sample("SUBJECT", "ISSUER") };
    let chain = [&leaf, &weak_sample("ISSUER", "ROOT")];
    let fits = |kind: &FlawKind| alert::fit(refusal, Reason::Flaw(*kind));
    let explain = FlawKind::ALL.iter().filter(|kind| fits(kind) == Fit::Explains).map(|kind| {
        let flaw = Flaw { kind: *kind, at: kind.usual_place() };
        let means = flaw.sentence(&chain, "the P12's certificate");
        Meaning { sign: sign.to_owned(), when: INSPECT, means, tell: flaw.fix(&chain) }
    });
    let open = FlawKind::ALL.iter().any(|kind| fits(kind) == Fit::MayExplain);
    let any = open.then(|| Meaning {
        sign: sign.to_owned(),
        when: INSPECT,
        means: "any flaw of the P12 that is not named here, as this names no cause".into(),
        tell: "do what inspect says of that flaw".into(),
    });
    explain.chain(any).collect()
}

const INSPECT: &str = "inspect finds it in the P12";

/// What is left where the P12 has no flaw, by the CAs that the endpoint named.
fn no_flaw(sign: &str, why: impl Fn(&Evidence) -> (String, String)) -> Vec<Meaning> {
    let cases = [
        (Some(false), "the P12 has no flaw; the endpoint named CAs, and not the P12's"),
        (Some(true), "the P12 has no flaw; the endpoint named its CA"),
        (None, "the P12 has no flaw; the endpoint named no CAs"),
    ];
    let mut all: Vec<Meaning> = Vec::new();
    for (accepted, when) in cases {
        let (means, tell) = why(&after(accepted));
        match all.iter_mut().find(|known| known.means == means && known.tell == tell) {
            Some(known) => known.when = "the P12 has no flaw",
            None => all.push(Meaning { sign: sign.to_owned(), when, means, tell }),
        }
    }
    all
}

/// The message of a page after its quotation, and its hint.
fn by_page(says: Says, evidence: &Evidence) -> (String, String) {
    let answer = http::Response::builder().status(StatusCode::FORBIDDEN).body(()).map(|a| a.into_parts().0);
    let Ok(parts) = answer else { return Default::default() };
    let head = Head::new(parts, Vec::new(), &Default::default());
    let speech = Speech { says, sentence: Foreign::new("SAID", &Default::default()) };
    let Some(error) = page::explain(&head, Some(&speech), evidence) else { return Default::default() };
    let (_, means) = error.message.split_once("\"SAID\"").unwrap_or_default();
    (means.trim_start_matches("; ").to_owned(), error.hint().to_owned())
}

/// The message without the endpoint and the alert.
fn without_name(error: &Error) -> String {
    let message = error.message.trim_start_matches("ENDPOINT ");
    message.rsplit_once(": ").map_or(message, |(message, _)| message).to_owned()
}

fn sample(subject: &str, issuer: &str) -> Certificate {
    let (not_before, not_after) = ("DATE".into(), "DATE".into());
    let (key, key_bits) = (KeyKind::Rsa(2048), 2048);
    let (subject, issuer, sha256) = (subject.into(), issuer.into(), "FINGERPRINT".into());
    let authority = issuer == "ROOT";
    Certificate {
        subject,
        issuer,
        not_before,
        not_after,
        days_left: 9,
        key,
        key_bits,
        sha256,
        authority,
        ..Certificate::default()
    }
}

/// The same with a key and a signature that are named as faults.
fn weak_sample(subject: &str, issuer: &str) -> Certificate {
    let signature = SignatureAlgorithm::named("ALGORITHM");
    Certificate { key: KeyKind::Dsa(1024), key_bits: 1024, signature, ..sample(subject, issuer) }
}

/// Our certificate went out.
fn after(accepted: Option<bool>) -> Evidence {
    let asked = CertificateRequest {
        stage: Stage::Handshake,
        issuers: accepted.map(|_| "NAMES".to_owned()).into_iter().collect(),
        ours_accepted: accepted,
        algorithms: Vec::new(),
        sent: Some(true),
    };
    Evidence {
        ours: Some(sample("SUBJECT", "ISSUER")),
        our_chain: vec![sample("ISSUER", "ROOT")],
        target: "ENDPOINT".into(),
        requests: vec![asked],
        ..Evidence::default()
    }
}

/// This alert came for our first message.
fn early(code: u8) -> Evidence {
    let step = Step { at: Duration::ZERO, from: Side::Endpoint, what: Message::Alert(code) };
    let offer = Offer { name: Some("HOST".into()), tls12: true, tls13: true, http2: false };
    Evidence { target: "ENDPOINT".into(), steps: vec![step], offer, ..Evidence::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What tells somebody to change the P12.
    const CHANGES: &[&str] = &[
        "renew",
        "export it",
        "export the",
        "new certificate",
        "P12 lacks",
        "missing from the P12",
        "ask its CA for",
        "ask a CA",
        "ask for a certificate",
        "repack",
    ];

    /// 44 says that the certificate is revoked, so that one is not flawless.
    #[test]
    fn nobody_is_told_to_change_a_flawless_p12() {
        for accepted in [Some(true), Some(false), None] {
            let our_chain = vec![sample("ISSUER", "ROOT"), sample("ROOT", "ROOT")];
            let evidence = Evidence { our_chain, ..after(accepted) };
            let text = |error: &Error| format!("{} | {}", error.message, error.hint());
            let mut said = vec![text(&client::silent(&evidence))];
            said.extend(client::ended(&evidence).iter().map(text));
            for code in (0..=u8::MAX).filter(|code| *code != 44) {
                let step = Step { at: Duration::ZERO, from: Side::Endpoint, what: Message::Alert(code) };
                let evidence = Evidence { steps: vec![step], ..evidence.clone() };
                said.extend(client::refusal(&evidence).iter().map(text));
            }
            said.extend(Says::ALL.iter().map(|says| format!("{:?}", by_page(*says, &evidence))));
            for said in said {
                assert!(CHANGES.iter().all(|word| !said.contains(word)), "{accepted:?}: {said}");
            }
        }
    }

    #[test]
    fn every_alert_that_refuses_and_every_page_has_a_meaning() {
        let (alerts, pages) = (alerts(), pages());
        for code in (0..=u8::MAX).filter(|code| alert::refuses(*code)) {
            let sign = Message::Alert(code).name();
            let last = alerts.iter().rfind(|meaning| meaning.sign == sign).unwrap();
            assert!(last.when.starts_with("the P12 has no flaw") && !last.tell.is_empty(), "{last:?}");
        }
        assert!(Says::ALL.iter().all(|says| pages.iter().any(|page| page.sign == speech::patterns(*says))));
        assert!(early_alerts().iter().any(|meaning| meaning.sign.contains("unrecognized_name")));
    }
}
