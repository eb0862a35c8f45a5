//! The table of verdicts.
#![allow(clippy::unwrap_used, reason = "a test may")]

use super::*;
use crate::error::Retry;
use crate::evidence::{CertificateRequest, Stage};

fn head(status: u16) -> Head {
    let (parts, ()) = http::Response::builder().status(status).body(()).unwrap().into_parts();
    Head::new(parts, Vec::new(), &Default::default())
}

fn evidence(sent: Option<bool>, control: Option<Control>) -> Evidence {
    let request = |sent| CertificateRequest {
        stage: Stage::Handshake,
        issuers: Vec::new(),
        ours_accepted: None,
        algorithms: Vec::new(),
        sent: Some(sent),
    };
    Evidence {
        target: "api.example:443".into(),
        requests: sent.map(request).into_iter().collect(),
        control,
        ..Evidence::default()
    }
}

fn by_platform(author: Author) -> Evidence {
    let (host, account) = ("platform.example".into(), "1".into());
    let submission = Submission { host, found_by: None, account, author: Some(author) };
    Evidence { submission: Some(submission), ..evidence(None, None) }
}

fn kind(status: u16, evidence: &Evidence, terms: &Terms) -> Option<Kind> {
    judge(&head(status), &Foreign::default(), evidence, terms).err().map(|error| error.kind)
}

#[test]
fn each_combination_of_head_evidence_and_terms_has_its_verdict() {
    let any = Terms::default;
    let expect = |text: &str| Terms { expect: vec![text.parse().unwrap()], ..Terms::default() };
    let unrequested = || Terms { allow_unrequested: true, ..Terms::default() };
    let insisted = || Some(Control::Insisted("refused".into()));
    let answered = |status| Some(Control::Answered(status));
    let failed = || Some(Control::Failed("timeout".into()));
    let table = [
        ("asked, sent, 200", 200, evidence(Some(true), None), any(), None),
        ("asked, sent, 404", 404, evidence(Some(true), None), any(), Some(Kind::Status)),
        ("asked, sent, 404 wanted", 404, evidence(Some(true), None), expect("4xx"), None),
        ("asked, sent, 200 not wanted", 200, evidence(Some(true), None), expect("201"), Some(Kind::Status)),
        ("asked, not sent", 200, evidence(Some(false), None), any(), Some(Kind::NotSent)),
        ("asked, not sent, allowed", 200, evidence(Some(false), None), unrequested(), Some(Kind::NotSent)),
        ("never asked, 200", 200, evidence(None, None), any(), Some(Kind::NotRequested)),
        ("never asked, 404", 404, evidence(None, None), any(), Some(Kind::NotRequested)),
        ("never asked, allowed", 200, evidence(None, None), unrequested(), None),
        ("control refused", 200, evidence(Some(true), insisted()), any(), None),
        ("control let in alike", 200, evidence(Some(true), answered(200)), any(), Some(Kind::NotInsisted)),
        ("control let in", 200, evidence(Some(true), answered(204)), any(), Some(Kind::NotInsisted)),
        ("control forbidden", 200, evidence(Some(true), answered(403)), any(), None),
        ("control busy", 200, evidence(Some(true), answered(503)), any(), Some(Kind::NotInsisted)),
        ("control failed", 200, evidence(Some(true), failed()), any(), Some(Kind::NotInsisted)),
        ("the wrong protocol", 101, evidence(Some(true), None), any(), Some(Kind::AnswerMalformed)),
        ("misdirected", 421, evidence(Some(true), None), any(), Some(Kind::Misdirected)),
    ];
    for (name, status, evidence, terms, wanted) in table {
        assert_eq!(kind(status, &evidence, &terms), wanted, "{name}");
    }
}

#[test]
fn each_author_of_an_answer_through_the_platform_has_its_verdict() {
    let platform = || Author::Platform("x".into());
    let table = [
        ("the platform's 401", 401, platform(), Some(Kind::PlatformCredential)),
        ("the platform's 403", 403, platform(), Some(Kind::PlatformForbidden)),
        ("the platform's 429", 429, platform(), Some(Kind::PlatformRate)),
        ("the platform's 500", 500, platform(), Some(Kind::PlatformFailed)),
        ("no answer to the platform", 424, Author::PlatformOfRemote("x".into()), Some(Kind::PlatformRemote)),
        ("either's 403", 403, Author::Unclear("x".into()), Some(Kind::Status)),
        ("either's 200", 200, Author::Unclear("x".into()), None),
        ("the endpoint's 302 by the platform", 302, Author::Remote("x".into()), None),
    ];
    for (name, status, author, wanted) in table {
        assert_eq!(kind(status, &by_platform(author), &Terms::default()), wanted, "{name}");
    }
}

#[test]
fn an_answer_without_a_head_is_no_http() {
    let mut head = head(200);
    head.version = Version::HTTP_09;
    let verdict = judge(&head, &Foreign::default(), &evidence(Some(true), None), &Terms::default());
    assert_eq!(verdict.unwrap_err().kind, Kind::NotHttp);
}

#[test]
fn retry_advice_follows_the_status() {
    for (status, wanted) in [(429, Retry::Yes), (503, Retry::IfIdempotent), (404, Retry::Never)] {
        let verdict =
            judge(&head(status), &Foreign::default(), &evidence(Some(true), None), &Terms::default());
        assert_eq!(verdict.unwrap_err().retry(), wanted, "{status}");
    }
}
