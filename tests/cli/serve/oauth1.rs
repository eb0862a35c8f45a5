//! OAuth1: each request counts once, within its time, also after a restart.

use std::time::{SystemTime, UNIX_EPOCH};

use p12_test::platform::oauth1::Keys;

use super::{Post, good};
use crate::harness::{ACCOUNT, Lab, Served};

/// A signed `Authorization`.
fn sign(verb: &str, timestamp: u64, nonce: &str) -> String {
    let keys = Keys {
        consumer_key: b"ck".to_vec().into(),
        consumer_secret: b"c&s".to_vec().into(),
        token: b"t".to_vec().into(),
        token_secret: b"t s".to_vec().into(),
    };
    let url = format!("http://h/mtls/account/{ACCOUNT}/p12-test/multipart").parse().unwrap();
    let line = keys.authorization_at(Default::default(), verb, &url, timestamp, nonce).unwrap();
    String::from_utf8(line.expose().to_vec()).unwrap()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn send(lab: &Lab, served: &Served, authorization: &str) -> (u16, String) {
    Post { authorization, ..Post::new(good(lab)) }.send(served)
}

#[test]
fn a_request_counts_once_and_within_its_time() {
    let lab = Lab::new();
    let served = lab.serve_oauth1(&["--rate", "0"]);
    let now = now();
    let sent = |timestamp, nonce| send(&lab, &served, &sign("POST", timestamp, nonce));
    assert_eq!(sent(now, "one").0, 200);
    assert!(sent(now, "one").1.contains("oauth_problem=nonce_used"));
    assert_eq!(sent(now, "two").0, 200);
    // A little ahead, as clocks are; too much; before the server's start.
    assert_eq!(sent(now + 5, "one").0, 200);
    for off in [now + 60, now - 60, now - 1_000] {
        assert!(sent(off, "three").1.contains("oauth_problem=timestamp_refused"), "{off}");
    }
    let (status, answer) = send(&lab, &served, &sign("GET", now, "four"));
    assert!(status == 401 && answer.contains("oauth_problem=signature_invalid"), "{answer}");
    assert!(answer.contains("www-authenticate: OAuth"), "{answer}");
}

#[test]
fn a_used_request_is_refused_after_a_restart() {
    let lab = Lab::new();
    let first = lab.serve_oauth1(&[]);
    let used = sign("POST", now(), "once");
    assert_eq!(send(&lab, &first, &used).0, 200);
    assert_eq!(first.end().0, 0);
    let second = lab.serve_oauth1(&[]);
    let (status, answer) = send(&lab, &second, &used);
    assert!(status == 401 && answer.contains("oauth_problem=timestamp_refused"), "{answer}");
    assert_eq!(send(&lab, &second, &sign("POST", now(), "another")).0, 200);
}

#[test]
fn a_realm_is_text_and_not_percent_encoded() {
    let lab = Lab::new();
    let served = lab.serve_oauth1(&[]);
    for realm in ["a, b", "100 %", "https://h/?a=\\\"b\\\", c=d", ""] {
        let line = sign("POST", now(), &format!("of {realm}")).replacen(
            "OAuth ",
            &format!("OAuth realm=\"{realm}\", "),
            1,
        );
        let (status, answer) = send(&lab, &served, &line);
        assert_eq!(status, 200, "{line}: {answer}");
    }
}
