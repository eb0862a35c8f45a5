//! What each alert and page can mean, as a table for people: asked of the functions that decide.

use std::net::SocketAddr;
use std::time::Duration;

use http::StatusCode;

use super::alert::{self, Fit, Reason, Refusal};
use super::speech::{self, Says, Speech};
use super::{client, handshake, page};
use crate::certificate::{Certificate, KeyKind, SignatureAlgorithm};
use crate::checks::{Flaw, FlawKind};
use crate::error::Error;
use crate::evidence::{CertificateRequest, Evidence, Message, Offer, Side, Step};
use crate::exchange::Head;
use crate::foreign::Foreign;

/// One thing that an alert or a page can mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// The alert, or what the page says.
    pub sign: String,
    /// What is so where this is meant; may be empty.
    pub when: String,
    /// What it means.
    pub means: String,
    /// How to tell, and what to do.
    pub tell: String,
}

/// What alerts mean that came after our certificate.
pub fn alerts() -> Vec<Meaning> {
    let refusing = (0..=u8::MAX).filter(|code| alert::refuses(*code));
    let all = refusing.flat_map(|code| refused(&Message::Alert(code).name(), Refusal::Alert(code)));
    let internal = unclear(Message::Alert(INTERNAL).name(), INTERNAL);
    all.chain([internal, unclear("any other alert".into(), UNRELATED)].into_iter().flatten()).collect()
}

/// Alerts that name no certificate: internal_error, and one like all others.
const INTERNAL: u8 = 80;
const UNRELATED: u8 = 10;

/// What an alert means that refuses nothing by its name.
fn unclear(sign: String, code: u8) -> Option<Meaning> {
    let error = client::refusal(&Evidence { steps: vec![alerted(code)], ..after(&["ROOT"], true) })?;
    let (_, means) = error.message.rsplit_once(": ")?;
    let (means, tell) = (means.replacen("it ", "the endpoint ", 1), error.hint().to_owned());
    Some(Meaning { sign, when: "the P12 has no flaw".into(), means, tell })
}

/// What alerts mean that came before a certificate was asked for. Most mean nothing more than their name. What the offer
/// changes has a row of its own.
pub fn early_alerts() -> Vec<Meaning> {
    let unknown = handshake::explain(&early(255, |_| {})).kind;
    let told = (0..=u8::MAX).filter(|code| handshake::explain(&early(*code, |_| {})).kind != unknown);
    told.flat_map(|code| {
        let usual = early_meaning(code, "", |_| {});
        let special = OFFERS.iter().map(|(when, change)| early_meaning(code, when, *change));
        let differs = |one: &Meaning| (&one.means, &one.tell) != (&usual.means, &usual.tell);
        let mut all: Vec<_> = special.filter(differs).collect();
        let when = if all.is_empty() { String::new() } else { "otherwise".into() };
        all.push(Meaning { when, ..usual });
        all
    })
    .collect()
}

fn early_meaning(code: u8, when: &str, change: Change) -> Meaning {
    let error = handshake::explain(&early(code, change));
    let tell = error.hint().replace("443:192.0.2.1", "PORT:ADDRESS");
    let means = format!("the endpoint {}", without_name(&error));
    Meaning { sign: Message::Alert(code).name(), when: when.into(), means, tell }
}

/// What pages mean.
pub fn pages() -> Vec<Meaning> {
    Says::ALL
        .iter()
        .flat_map(|says| {
            let sign = speech::patterns(*says);
            let mut all = match says {
                Says::Missing => Vec::new(),
                _ => flaws(&sign, says.refusal()),
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
        (plain(&why.clause), why.hint)
    }));
    all
}

/// A clause of a message as a sentence of its own.
fn plain(clause: &str) -> String {
    let clause = clause.trim_start_matches("; ");
    let clause = clause.trim_start_matches("also, ").trim_start_matches("most likely because ");
    let clause = clause.replace("its chain", "the P12's chain").replace("found in it", "found in the P12");
    clause.replace("; also, ", "; besides, ")
}

/// The flaws of our chain that explain a refusal.
fn flaws(sign: &str, refusal: Refusal) -> Vec<Meaning> {
    let leaf = Certificate { unknown_critical: vec!["OID".into()], ..weak_sample("SUBJECT", "ISSUER") };
    let (below, above) = (weak_sample("ISSUER", "UPPER CA"), weak_sample("UPPER CA", "ROOT"));
    let chain = [&leaf, &below, &above];
    let fits = |kind: &FlawKind| alert::fit(refusal, Reason::Flaw(*kind));
    let explain = FlawKind::ALL.iter().filter(|kind| fits(kind) == Fit::Explains).map(|kind| {
        let flaw = Flaw { kind: *kind, at: kind.usual_place() };
        let means = flaw.sentence(&chain, "the P12's certificate");
        Meaning { sign: sign.to_owned(), when: INSPECT.into(), means, tell: flaw.fix(&chain) }
    });
    let explained = FlawKind::ALL.iter().any(|kind| fits(kind) == Fit::Explains);
    let open = FlawKind::ALL.iter().any(|kind| fits(kind) == Fit::MayExplain);
    let any = open.then(|| Meaning {
        sign: sign.to_owned(),
        when: INSPECT.into(),
        means: format!("any {}flaw of the P12, as no cause is named", if explained { "other " } else { "" }),
        tell: "do what inspect says of that flaw".into(),
    });
    explain.chain(any).collect()
}

const INSPECT: &str = "inspect finds it in the P12";

/// What is left where the P12 has no flaw, by the CAs that the endpoint named, and by those in the P12.
fn no_flaw(sign: &str, why: impl Fn(&Evidence) -> (String, String)) -> Vec<Meaning> {
    let with = |names: &[&str]| after(names, true);
    let cases = [
        ("the endpoint named other CAs than the P12's", with(&["NAMES"])),
        ("the endpoint named other CAs, and the P12 holds no CA certificate", after(&["NAMES"], false)),
        ("the endpoint named ROOT", with(&["ROOT"])),
        ("the endpoint named ISSUER and not ROOT", with(&["ISSUER"])),
        ("the endpoint named no CAs", with(&[])),
        ("the endpoint named no CAs, and the P12 holds no CA certificate", after(&[], false)),
    ];
    let mut all: Vec<(Vec<&str>, (String, String))> = Vec::new();
    for (when, evidence) in &cases {
        let told = why(evidence);
        let known = all.iter_mut().find(|(_, known)| unnamed(known) == unnamed(&told));
        match known {
            // It makes no difference here.
            Some(_) if evidence.our_chain.is_empty() => {}
            Some((whens, _)) => whens.push(when),
            None => all.push((vec![when], told)),
        }
    }
    let meaning = |(whens, (means, tell)): (Vec<&str>, _)| Meaning {
        sign: sign.to_owned(),
        when: no_flaw_and(&whens),
        means,
        tell,
    };
    all.into_iter().map(meaning).collect()
}

/// What is told, whatever the certificates are called.
fn unnamed((means, tell): &(String, String)) -> String {
    ["SUBJECT", "ISSUER", "ROOT"]
        .iter()
        .fold(format!("{means}|{tell}"), |text, name| text.replace(name, "NAME"))
}

/// Most of the cases are "otherwise": what is left after the other rows.
fn no_flaw_and(whens: &[&str]) -> String {
    match whens.len() {
        3.. => "the P12 has no flaw".to_owned(),
        _ => format!("the P12 has no flaw; {}", whens.join(", or ")),
    }
}

/// The message of a page after its quotation, and its hint.
fn by_page(says: Says, evidence: &Evidence) -> (String, String) {
    let mut answer = http::Response::new(());
    *answer.status_mut() = StatusCode::FORBIDDEN;
    let head = Head::new(answer.into_parts().0, Vec::new(), &Default::default());
    let speech = Speech { says, sentence: Foreign::new("SAID", &Default::default()) };
    let Some(error) = page::explain(&head, Some(&speech), evidence) else { return Default::default() };
    let (_, means) = error.message.split_once("\"SAID\"").unwrap_or_default();
    (plain(means), error.hint().to_owned())
}

/// The message without the endpoint and the alert.
fn without_name(error: &Error) -> String {
    let message = error.message.trim_start_matches("ENDPOINT ");
    message.rsplit_once(": ").map_or(message, |(message, _)| message).to_owned()
}

fn sample(subject: &str, issuer: &str) -> Certificate {
    Certificate {
        subject: subject.into(),
        issuer: issuer.into(),
        not_before: "DATE".into(),
        not_after: "DATE".into(),
        days_left: 9,
        key: KeyKind::Rsa(2048),
        key_bits: 2048,
        authority: subject != "SUBJECT",
        sha256: "FINGERPRINT".into(),
        ..Certificate::default()
    }
}

/// The same with a key and a signature that are named as faults.
fn weak_sample(subject: &str, issuer: &str) -> Certificate {
    let signature = SignatureAlgorithm::named("ALGORITHM");
    Certificate { key: KeyKind::Dsa(1024), key_bits: 1024, signature, ..sample(subject, issuer) }
}

/// Our certificate went out, with the CA above it or without.
fn after(issuers: &[&str], with_chain: bool) -> Evidence {
    let chain = [sample("ISSUER", "ROOT")];
    let names = |name: &&str| chain[0].issuer == *name || with_chain && chain[0].subject == *name;
    let asked = CertificateRequest {
        issuers: issuers.iter().map(|name| (*name).to_owned()).collect(),
        ours_accepted: (!issuers.is_empty()).then(|| issuers.iter().any(names)),
        sent: Some(true),
        ..CertificateRequest::default()
    };
    Evidence {
        ours: Some(sample("SUBJECT", "ISSUER")),
        our_chain: if with_chain { chain.to_vec() } else { Vec::new() },
        target: "ENDPOINT".into(),
        requests: vec![asked],
        ..Evidence::default()
    }
}

/// The endpoint sent this alert.
fn alerted(code: u8) -> Step {
    Step { at: Duration::ZERO, from: Side::Endpoint, what: Message::Alert(code) }
}

/// What makes evidence of another kind of call.
type Change = fn(&mut Evidence);

/// When an offer is not the usual one, and what it has of its own.
const OFFERS: &[(&str, Change)] = &[
    ("the URL holds an address", |evidence| {
        evidence.offer.name = None;
        evidence.address = Some(SocketAddr::from(([192, 0, 2, 1], 443)));
    }),
    ("TLS 1.2 is not offered", |evidence| evidence.offer.tls12 = false),
    ("TLS 1.3 is not offered", |evidence| evidence.offer.tls13 = false),
    ("HTTP/2 is offered", |evidence| evidence.offer.http2 = true),
];

/// This alert came for our first message.
fn early(code: u8, change: Change) -> Evidence {
    let offer = Offer { name: Some("HOST".into()), tls12: true, tls13: true, http2: false };
    let mut evidence =
        Evidence { target: "ENDPOINT".into(), steps: vec![alerted(code)], offer, ..Evidence::default() };
    change(&mut evidence);
    evidence
}

#[cfg(test)]
#[path = "causes/tests.rs"]
mod tests;
