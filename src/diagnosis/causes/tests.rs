//! What hints may say of a P12 without a flaw; that nothing lacks a meaning.

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
    let root = vec![sample("ISSUER", "ROOT"), sample("ROOT", "ROOT")];
    let whole = |evidence: Evidence| Evidence { our_chain: root.clone(), ..evidence };
    let accepted: [&[&str]; 4] = [&["ROOT"], &["ISSUER"], &["NAMES"], &[]];
    for evidence in accepted.iter().flat_map(|names| [after(names, true), whole(after(names, true))]) {
        let accepted = &evidence.requests[0].issuers;
        let text = |error: &Error| format!("{} | {}", error.message, error.hint());
        let mut said = vec![text(&client::silent(&evidence))];
        said.extend(client::ended(&evidence).iter().map(text));
        for code in (0..=u8::MAX).filter(|code| *code != 44) {
            let evidence = Evidence { steps: vec![alerted(code)], ..evidence.clone() };
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
    let early = early_alerts();
    let of_name = early.iter().filter(|meaning| meaning.sign.contains("unrecognized_name"));
    assert_eq!(of_name.map(|meaning| meaning.when.as_str()).collect::<Vec<_>>(), [OFFERS[0].0, "otherwise"]);
}
