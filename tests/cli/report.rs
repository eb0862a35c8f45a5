//! `--json` and `--report`: what is in them and what must not be.

use std::collections::BTreeSet;

use p12_test::error::Kind;
use serde_json::{Value, json};

use crate::harness::{Lab, OK, PASSWORD, Ran, Site, TOKEN, fit_schema, with};

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/report-1.json");

fn json(lab: &Lab, site: &Site, more: &[&str]) -> Value {
    let mut all = vec!["--json"];
    all.extend(more);
    serde_json::from_slice(&lab.run(site, &all).stdout).unwrap()
}

#[test]
fn a_document_takes_the_place_of_the_answer() {
    let lab = Lab::new();
    let site = lab.site("HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\nset-cookie: session=1\r\n\r\nno\n");
    let document = json(&lab, &site, &["--report", "report.json"]);
    let saved: Value = serde_json::from_slice(&std::fs::read(lab.path("report.json")).unwrap()).unwrap();
    assert_eq!(document, saved);
    assert_eq!(
        (&document["verdict"], &document["kind"], &document["exit"]),
        (&json!("failed"), &json!("status"), &json!(1))
    );
    assert_eq!(
        document["answer"]["sha256"],
        "564739ea8fa5926d4fa5c9734fed462061960a22e6b8d5c06e94969d97891bf2"
    );
    assert_eq!(document["answer"]["headers"][1], json!(["set-cookie", "***"]));
    assert_eq!(document["answer"]["body"], Value::Null);
    assert!(document["program"]["openssl"].as_str().unwrap().starts_with("OpenSSL"));
    let with_body = json(&lab, &site, &["--include-body"]);
    assert_eq!(with_body["answer"]["body"], json!({ "text": "no\n" }));
    let binary =
        json(&lab, &lab.site("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\u{ff}"), &["--include-body"]);
    assert_eq!(binary["answer"]["body"], json!({ "text": "ÿ" }));
    lab.run(&site, &["--report", "no/such/folder/r.json"]).ends(10, "cannot write to no/such/folder/r.json");
}

#[test]
fn a_report_alone_says_what_was_wrong() {
    let lab = Lab::new();
    let other = p12_test::demo::pki::Identity::root("Another CA").unwrap();
    let stranger = p12_test::demo::pki::Profile::new("stranger", p12_test::demo::pki::Purpose::Client);
    lab.write("stranger.p12", &other.issue(&stranger).unwrap().p12(PASSWORD, "x").unwrap());
    let ran = lab.run_p12("stranger.p12", &lab.site(OK), &["--json"]);
    let document: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(document["p12"]["leaf"]["issuer"], "CN=Another CA, O=p12-test demo");
    assert_eq!(document["evidence"]["alert"], "alert 48 unknown_ca");
    let request = &document["evidence"]["certificate_requests"][0];
    assert_eq!((&request["ours_accepted"], &request["sent"]), (&json!(false), &json!(true)));
    assert_eq!(request["issuers"], json!(["CN=Test CA, O=p12-test demo"]));
    assert_eq!(document["retry"], json!({ "advice": "never", "after": null }));
}

#[test]
fn documents_of_every_outcome_fit_the_schema() {
    let lab = Lab::new();
    let site = lab.site(OK);
    let serve = lab.serve(&[]);
    lab.write("token", TOKEN.as_bytes());
    let closed = Site::nowhere();
    let mut documents = Vec::new();
    let mut add = |ran: Ran, exit: i32| {
        assert_eq!(ran.exit, exit, "{}", ran.stderr);
        documents.push(serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr)));
    };
    add(lab.run(&site, &["--json"]), 0);
    add(lab.run(&site, &["--json", "--control", "--include-body"]), 0);
    add(lab.run(&lab.site("HTTP/1.1 503 No\r\nretry-after: 5\r\ncontent-length: 0\r\n\r\n"), &["--json"]), 1);
    add(lab.run(&site, &["--json", "-X", "BAD METHOD"]), 2);
    add(lab.run_p12("ca.pem", &site, &["--json"]), 3);
    add(lab.run(&closed, &["--json"]), 4);
    add(lab.run(&lab.plain(Some(b"SSH-2.0-x\r\n")), &["--json"]), 4);
    let mut untrusted = lab.command();
    untrusted.args(["--json", "--password-file", "password.txt", "client.p12"]).arg(site.url());
    add(Ran::of(untrusted, b""), 5);
    let insecure = ["--json", "-k", "--password-file", "password.txt", "client.p12", &site.url()];
    add(Ran::of(with(lab.command(), &insecure), b""), 0);
    add(lab.run(&lab.site("garbage"), &["--json"]), 9);
    add(lab.run(&lab.site("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncut"), &["--json"]), 9);
    add(lab.run_p12("nowhere.p12", &site, &["--json"]), 10);
    add(lab.run(&site, &["--json", "-x", &format!("http://127.0.0.1:{}", closed.address.port())]), 4);
    add(lab.submit(&serve.url, &site, &["--json"]), 0);
    add(lab.submit(&serve.url, &closed, &["--json"]), 7);
    add(lab.submit(&serve.url, &site, &["--json", "--compare", "--cacert", "ca.pem"]), 0);
    add(lab.submit(&closed.plain_url(), &site, &["--json"]), 4);
    let manifest = json!({ "id": "a", "p12": "client.p12", "url": site.url(), "cacert": "ca.pem", "password_file": "password.txt" });
    add(Ran::of(with(lab.command(), &["batch", "-q"]), manifest.to_string().as_bytes()), 0);
    add(Ran::of(with(lab.command(), &["batch", "-q"]), b"{}"), 1);
    fit_schema("report-1.json", &documents);
}

#[test]
fn the_schema_knows_every_kind() {
    let schema: Value = serde_json::from_slice(&std::fs::read(SCHEMA).unwrap()).unwrap();
    let listed = schema["properties"]["kind"]["enum"].as_array().unwrap();
    let listed: BTreeSet<_> = listed.iter().map(|kind| kind.as_str().unwrap()).collect();
    let known: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.name()).chain(["passed"]).collect();
    assert_eq!(listed, known);
}

/// Headers with credentials are hidden. Headers that describe the answer are shown.
#[test]
fn a_report_shows_the_harmless_and_nothing_else() {
    let lab = Lab::new();
    let site = lab.site(
        "HTTP/1.1 302 Found\r\ncontent-type: application/json\r\ncontent-length: 0\r\nx-access-token: t\r\n\
         location: https://u:p@h/cb;jsessionid=1?code=2&state=3#id_token=4\r\nserver: a Bearer of news\r\n\
         www-authenticate: Bearer realm=\"x\"\r\nset-cookie: a=b\r\nx-request-id: 12\r\n\r\n",
    );
    let asked =
        ["-H", "Accept: application/json", "-H", "Authorization: Bearer token-of-mine", "-H", "X-Own: a"];
    let document = json(&lab, &site, &asked);
    let mut headers = document["answer"]["headers"].as_array().unwrap().clone();
    headers.sort_by_key(Value::to_string);
    assert_eq!(
        Value::from(headers),
        json!([
            ["content-length", "0"],
            ["content-type", "application/json"],
            ["location", "https://***@h/cb;jsessionid=***?code=***&state=***#id_token=***"],
            ["server", "a Bearer of news"],
            ["set-cookie", "***"],
            ["www-authenticate", "Bearer ***"],
            ["x-access-token", "***"],
            ["x-request-id", "12"],
        ])
    );
    let mut headers = document["request"]["headers"].as_array().unwrap().clone();
    headers.retain(|header| header[0] != "user-agent");
    headers.sort_by_key(Value::to_string);
    assert_eq!(
        Value::from(headers),
        json!([["accept", "application/json"], ["authorization", "***"], ["x-own", "***"]])
    );
}
